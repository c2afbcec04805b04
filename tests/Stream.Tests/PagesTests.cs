using System.CommandLine;
using System.Text.RegularExpressions;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>What the pages name is there: options, metrics, headers, variables, files.</summary>
public sealed partial class PagesTests
{
    // The changelog names what is gone, too.
    static readonly string[] Pages = [.. Markdown.Pages.Where(page => page != "CHANGELOG.md")];

    static IEnumerable<string> Sources(params string[] folders) => folders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(SharedData.Root, folder), "*", SearchOption.AllDirectories))
        .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
        .Where(file => Path.GetExtension(file) is ".cs" or ".yaml" or ".yml" or ".json" or "").Select(File.ReadAllText);

    static void Named(Regex what, Func<string, bool> isThere, params string[] pages)
    {
        (string Page, string Name)[] named = [.. pages.SelectMany(page => what.Matches(Markdown.Read(page)).Select(match =>
            (page, match.Value)))];
        Assert.NotEmpty(named);
        Assert.Empty(named.Where(one => !isThere(one.Name)).Select(one => $"{one.Page}: {one.Name}").Distinct());
    }

    [Fact]
    public void An_option_that_is_named_by_itself_is_one_of_a_command()
    {
        HashSet<string> options = [.. ReadmeTests.All.SelectMany(Options)];
        // Those of the benchmarks are not the program's.
        string[] named = [.. Pages.Where(page => page != "docs/measured.md").SelectMany(Markdown.Code)
            .Where(code => code.StartsWith("--", StringComparison.Ordinal))
            .Select(code => code.Split(' ')[0])];
        Assert.Contains("--channels", named);
        Assert.Empty(named.Where(name => !options.Contains(name)).Distinct());

        static IEnumerable<string> Options(Command command) => command.Options.SelectMany(option => option.Aliases.Append(option.Name))
            .Concat(command.Subcommands.SelectMany(Options));
    }

    [Fact]
    public void A_metric_or_a_header_is_one_that_is_told()
    {
        string sources = string.Concat(Sources("src/Stream"));
        Named(Metric(), name => sources.Contains($"\"{name}\"", StringComparison.Ordinal)
            || sources.Contains($"\"{Part().Replace(name, "")}\"", StringComparison.Ordinal), Pages);
    }

    [Fact]
    public void A_variable_of_the_environment_is_read()
    {
        string sources = string.Concat(Sources("src", "tests", "config", "compose", ".ci"));
        Named(Variable(), name => sources.Contains(name, StringComparison.Ordinal), Pages);
    }

    [Fact]
    public void A_file_or_a_folder_is_there() =>
        Named(Place(), name => Path.Exists(Path.Combine(SharedData.Root, name)), Pages);

    [GeneratedRegex(@"\besn_[a-z_]*[a-z]\b")]
    private static partial Regex Metric();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Part();

    [GeneratedRegex("ESN_[A-Z_]*[A-Z]")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?<![\w/.$:-])(config|docs|compose|tests|src|\.ci)/[\w/-]+(\.\w+)*(?!\S*\*)")]
    private static partial Regex Place();
}
