using System.CommandLine;
using System.Globalization;
using Esn.Streaming.Backtest;
using Esn.Streaming.Configuration;
using Spectre.Console;

namespace Esn.Streaming.Commands;

/// <summary>esn backtest: what would it have told?</summary>
static class BacktestCommand
{
    public static (Command, string[]) Make()
    {
        var file = new Argument<string>("FILE") { Description = "A CSV file with a header; - reads standard input." };
        var values = new Option<string[]>("--value-column") { Description = "A column that is a channel; may be repeated. Default: all columns of numbers but times and labels." };
        var labels = new Option<string[]>("--label-column") { Description = "A column that is not 0 where the feed is anomalous; may be repeated." };
        var output = new Option<DirectoryInfo?>("--out", "-o") { Description = "Where scores.csv, events.jsonl and summary.json go. Default: out/NAME." };
        var command = new Command("backtest", "Runs a file through the same detector as live, row by row and without looking ahead, and writes its scores, its anomaly events and a summary.") { file, values, labels, output, RunCommand.Config };
        command.SetAction(async (parsed, stop) =>
        {
            EsnConfig config = RunCommand.Load(parsed);
            string[] labelled = parsed.GetValue(labels) ?? [];
            using CsvFeed feed = CsvFeed.Open(parsed.GetValue(file)!, parsed.GetValue(values) ?? [], labelled);
            string directory = parsed.GetValue(output)?.ToString() ?? Path.Combine("out", feed.Name == "standard input" ? "stdin" : Path.GetFileNameWithoutExtension(feed.Name));
            BacktestSummary summary = await Terminal.Progress(feed.Name, progress =>
                Task.Run(() => BacktestRun.Run(feed, labelled.Length > 0, config.Model, directory, TimeProvider.System, progress, stop), stop)).ConfigureAwait(false);
            Show(summary, directory);
            return 0;
        });
        return (command, ["esn backtest feed.csv", "esn backtest feed.csv --value-column flow --value-column pressure --label-column anomaly --out out/feed", "cat feed.csv | esn backtest - --out out/feed"]);
    }

    static void Show(BacktestSummary summary, string directory)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn("").AddColumn("");
        void Row(string name, FormattableString value) => table.AddRow(Markup.Escape(name), Markup.Escape(value.ToString(CultureInfo.InvariantCulture)));
        Row("channels", $"{string.Join(", ", summary.Channels)}");
        Row("rows", $"{summary.Rows}, of which {summary.Steps} scored");
        foreach ((string reason, long count) in summary.Refused) Row("  refused", $"{count} {reason}");
        Row("warm-up", $"{summary.WarmUpSteps} steps");
        Row("alarms", $"{summary.Alarms}, open in {summary.AlarmRows} rows");
        if (summary.Labels is { } labels)
        {
            Row("labelled windows", $"{labels.Windows}, caught {labels.Caught}{(labels.MedianDelay is { } delay ? FormattableString.Invariant($", median delay {delay} steps") : "")}");
            Row("false alarms", $"{labels.FalseAlarms}, {labels.FalseAlarmsPer100000Steps:F1} per 100,000 steps");
        }
        Row("speed", $"{summary.StepsPerSecond:F0} steps/s");
        Row("written to", $"{directory}");
        AnsiConsole.Write(table);
        if (summary.Steps <= summary.WarmUpSteps) Terminal.Note.MarkupLineInterpolated($"[yellow]the feed ended within the warm-up: nothing could alarm[/]");
    }
}
