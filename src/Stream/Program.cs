using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Esn.Streaming.Commands;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using Esn.Streaming.State;

(Command Command, string[] Examples)[] commands =
[
    DemoCommand.Make(),
    RunCommand.Make(),
    JoinCommand.Make(),
    ReplayCommand.Make(),
    BacktestCommand.Make(),
    TuneCommand.Make(),
    PresetCommand.Make(),
    ValidateCommand.Make(),
    MuteCommand.Make(),
    AckCommand.Make(),
    FeedbackCommand.Make(),
    HealthCommand.Make(),
    StateCommand.Make(),
];

var root = new RootCommand("""
    Finds anomalies in live feeds of timesteps. Each stream has a model of its own, an echo state network that
    learns while it runs; what it can't explain becomes an anomaly event in Kafka and a metric for Prometheus.
    Begin with: esn demo
    """);
foreach ((Command command, _) in commands) root.Subcommands.Add(command);

HelpOption help = root.Options.OfType<HelpOption>().Single();
help.Action = new HelpWithExamples((HelpAction)help.Action!, commands);

// As many a program has it: help, and help COMMAND.
ParseResult parsed = root.Parse(args is ["help", .. var about] ? [.. about, "--help"] : args);
if (Mistakes.Of(parsed) is { Count: > 0 } mistakes)
{
    foreach (string mistake in mistakes) await Console.Error.WriteLineAsync(mistake);
    string command = parsed.CommandResult.Command is RootCommand ? "" : $" {parsed.CommandResult.Command.Name}";
    await Console.Error.WriteLineAsync($"esn{command} --help says what can be said");
    return 2;
}
try
{
    // An end takes 10 seconds at most; on a machine that is busy it may be late, and still says by its exit code what became of it.
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
}
catch (Exception e) when (e is ConfigException or FeedException or SnapshotException)
{
    await Console.Error.WriteLineAsync($"esn: {e.Message}");
    return 2;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("esn: stopped");
    return 130;
}

/// <summary>The library's help, and examples after it.</summary>
sealed class HelpWithExamples(HelpAction help, (Command Command, string[] Examples)[] commands) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        Command asked = parseResult.CommandResult.Command;
        if (asked is RootCommand)
            foreach ((Command command, _) in commands) command.Description = FirstSentence(command.Description!);
        int code = help.Invoke(parseResult);
        string[] examples = Array.Find(commands, entry => entry.Command == asked).Examples
            ?? ["esn backtest feed.csv", "esn run --config config/esn.yaml", "esn backtest --help"];
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (examples.Length > 0) output.WriteLine("Examples:");
        foreach (string example in examples) output.WriteLine($"  {example}");
        return code;
    }

    static string FirstSentence(string text)
    {
        string line = text.ReplaceLineEndings(" ");
        int end = line.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? line : line[..(end + 1)];
    }
}
