using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Esn.Tests;

/// <summary>What the pages say of the library is so.</summary>
public sealed partial class ReadmeTests
{
    const string Package = "src/Reservoir/README.md";

    public static TheoryData<string, int, string> Snippets =>
        [.. Markdown.Pages.SelectMany(page =>
            Markdown.Blocks(page).Where(block => block.Language == "csharp").Select((block, i) => (page, i, block.Text)))];

    [Theory, MemberData(nameof(Snippets))]
    public void A_snippet_compiles_and_finds_what_it_was_made_for(string page, int index, string text)
    {
        string said = Run(Path.ChangeExtension(page, FormattableString.Invariant($"{index}.cs")), text);
        Assert.Matches(Onset(), said);
        if (page == Package) Assert.Equal(Markdown.Blocks(page).Single(block => block.Language == "").Text, said.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void The_readme_and_the_package_show_how_the_library_is_used()
    {
        string[] pages = [.. Snippets.Select(snippet => snippet.Data.Item1)];
        Assert.Contains("README.md", pages);
        Assert.Contains(Package, pages);
    }

    [Fact]
    public void The_package_shows_the_example()
    {
        string example = File.ReadAllText(Path.Combine(SharedData.Root, "tests", "Example", "Program.cs"));
        Assert.Equal(example, Markdown.Blocks(Package).Single(block => block.Language == "csharp").Text);
    }

    [Fact]
    public void Links_lead_to_files()
    {
        string[] broken =
        [
            .. from page in Markdown.Pages
               from link in Markdown.Links(page)
               let path = Path.Combine(SharedData.Root, Path.GetDirectoryName(page)!, link)
               where !File.Exists(path) && !Directory.Exists(path)
               select $"{page} links to {link}",
        ];
        Assert.Empty(broken);
    }

    [Fact]
    public void Equations_are_cited_by_numbers_that_the_page_of_the_model_has()
    {
        string model = Markdown.Read("docs/model.md");
        HashSet<string> numbered = [.. Numbered().Matches(model[model.IndexOf("## Equations", StringComparison.Ordinal)..])
            .Select(match => match.Groups[1].Value)];
        (string File, string Number)[] cited =
        [
            .. from file in Directory.EnumerateFiles(Path.Combine(SharedData.Root, "src"), "*.cs", SearchOption.AllDirectories)
               from Match match in Cited().Matches(File.ReadAllText(file))
               from Match number in Number().Matches(match.Value)
               select (Path.GetRelativePath(SharedData.Root, file), number.Value),
        ];
        Assert.Superset(new HashSet<string> { "1", "2", "3", "4", "5" }, cited.Select(one => one.Number).ToHashSet());
        Assert.DoesNotContain(cited, one => !numbered.Contains(one.Number));
    }

    // What a program writes that consists of this text.
    static string Run(string name, string text)
    {
        CSharpCompilation compilation = SourceCode.Compile("Snippet", OutputKind.ConsoleApplication, [(name, text)]);
        Assert.Empty(SourceCode.ErrorsOf(compilation));
        using var image = new MemoryStream();
        Assert.True(compilation.Emit(image).Success);
        image.Position = 0;
        var context = new AssemblyLoadContext(name, isCollectible: true);
        TextWriter console = Console.Out;
        using var said = new StringWriter();
        Console.SetOut(said);
        try
        {
            MethodInfo main = context.LoadFromStream(image).EntryPoint!;
            main.Invoke(null, main.GetParameters().Length == 0 ? [] : [Array.Empty<string>()]);
        }
        finally
        {
            Console.SetOut(console);
            context.Unload();
        }
        return said.ToString();
    }

    [GeneratedRegex(@"^(\d+)\. ", RegexOptions.Multiline)]
    private static partial Regex Numbered();

    [GeneratedRegex(@"\(eqs?\. [\d, and]+\)")]
    private static partial Regex Cited();

    // Where the anomaly of each of them begins.
    [GeneratedRegex(@"^step (5000|600\d): Opened")]
    private static partial Regex Onset();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
