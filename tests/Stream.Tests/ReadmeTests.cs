using System.CommandLine;
using System.CommandLine.Parsing;
using System.Reflection;
using System.Text.RegularExpressions;
using Esn.Streaming.Commands;
using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>What the pages and the help say of the program is so.</summary>
public sealed partial class ReadmeTests
{
    static readonly (Command Command, string[] Examples)[] Commands =
    [
        .. typeof(RunCommand).Assembly.GetTypes().Where(type => type.Namespace == typeof(RunCommand).Namespace)
            .Select(type => type.GetMethod("Make", BindingFlags.Static | BindingFlags.Public, Type.EmptyTypes)).OfType<MethodInfo>()
            .Where(make => make.ReturnType == typeof((Command, string[])))
            .Select(make => ((Command, string[]))make.Invoke(null, [])!),
    ];

    /// <summary>Every command of the program.</summary>
    internal static IEnumerable<Command> All => Root.Subcommands;

    static readonly RootCommand Root = Rooted();

    static RootCommand Rooted()
    {
        var root = new RootCommand();
        foreach ((Command command, _) in Commands) root.Subcommands.Add(command);
        return root;
    }

    [Fact]
    public void A_command_of_the_pages_is_one_that_the_program_takes()
    {
        (string Page, string Line)[] named =
        [
            .. from page in Markdown.Pages
               from line in Markdown.Blocks(page).SelectMany(block => block.Text.Split('\n')).Concat(Markdown.Code(page))
               where line.StartsWith("esn ", StringComparison.Ordinal)
               select (page, line),
        ];
        Assert.Equal(Commands.Select(command => command.Command.Name).Order(),
            named.Select(one => one.Line.Split(' ')[1]).Distinct().Order());
        // A command that is only named, and what the changelog says of one option, is no command to type.
        Assert.Empty(named.Where(one => one.Line.Split(' ').Length > 2 && one.Page != "CHANGELOG.md")
            .Where(one => Wrong(one.Line) is not null).Select(one => $"{one.Page}: {one.Line}: {Wrong(one.Line)}"));
    }

    [Fact]
    public void An_example_of_the_help_is_one_that_the_program_takes()
    {
        string[] examples = [.. Commands.SelectMany(command => command.Examples).Select(example => Esn().Match(example))
            .Where(match => match.Success).Select(match => match.Value)];
        Assert.True(examples.Length >= Commands.Length, $"{examples.Length} examples for {Commands.Length} commands");
        Assert.Empty(examples.Where(example => Wrong(example) is not null).Select(example => $"{example}: {Wrong(example)}"));
    }

    [Fact]
    public void A_yaml_of_the_pages_is_a_configuration()
    {
        (string Page, string Text)[] blocks =
            [.. from page in Markdown.Pages from block in Markdown.Blocks(page) where block.Language == "yaml" select (page, block.Text)];
        Assert.NotEmpty(blocks);
        foreach ((string page, string text) in blocks) ConfigFile.Parse(text, page, _ => null);
    }

    [Fact]
    public void Every_metric_is_in_the_table_and_no_other()
    {
        IEnumerable<string> source = Directory.GetFiles(Path.Combine(SharedData.Root, "src", "Stream", "Telemetry"), "*.cs")
            .SelectMany(file => Created().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value);
        IEnumerable<string> page = Rows("esn_").SelectMany(row => Named().Matches(row)).Select(match => match.Value);
        Assert.Equal(source.Distinct().Order(StringComparer.Ordinal),
            page.Distinct().Where(name => name is not "esn_reason").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_reason_of_a_dead_letter_and_every_change_of_an_alarm_is_in_the_tables()
    {
        string[] code = [.. Markdown.Code("docs/operations.md")];
        Assert.Empty(Enum.GetValues<Rejection>().Select(reason => Words.Of(reason)).Except(code));
        Assert.Empty(Enum.GetValues<AlarmChange>().Select(change => AnomalyCloudEvent.TypePrefix + Words.Of(change)).Except(code));
    }

    // What the program would say to a command line; null: it takes it.
    internal static string? Wrong(string line)
    {
        string said = line.Split(" #")[0]["esn ".Length..].TrimEnd();
        ParseResult parsed = Root.Parse([.. CommandLineParser.SplitCommandLine(said)]);
        return parsed.Errors is [var first, ..] ? first.Message : null;
    }

    static IEnumerable<string> Rows(string with) =>
        Markdown.Read("docs/operations.md").Split('\n').Where(line => line.StartsWith("| `" + with, StringComparison.Ordinal));

    [GeneratedRegex(@"\besn .*?(?= [|>]|$)")]
    private static partial Regex Esn();

    [GeneratedRegex("\"(esn_[a-z_]+)\"")]
    private static partial Regex Created();

    [GeneratedRegex("(?<=`)esn_[a-z_]+")]
    private static partial Regex Named();
}
