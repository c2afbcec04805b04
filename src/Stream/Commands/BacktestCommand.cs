using System.CommandLine;
using System.Globalization;
using Esn.Streaming.Backtest;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using Esn.Streaming.Wire;
using Spectre.Console;

namespace Esn.Streaming.Commands;

/// <summary>esn backtest: what would it have told?</summary>
static class BacktestCommand
{
    const int MostLines = 60, MostTold = 5;

    public static (Command, string[]) Make()
    {
        var model = new ModelOptions();
        var output = new Option<DirectoryInfo?>("--out", "-o")
        {
            Description = "Where the results go: those of a single file here, of several to a folder each. Default: out/NAME, out.",
        };
        var bare = new Option<bool>("--no-report") { Description = "Without report.html and report.png." };
        var command = new Command("backtest", """
            Runs files through the same detector as live, row by row and without looking ahead, several files at once.
            Of each it writes scores.csv (its column state says whether a row was judged), events.jsonl and summary.json,
            and what to look at: report.html (one file, no network needed) and report.png. Of fields (netCDF-4, HDF5, npy;
            --preset field) it writes regions.csv and maps/*.png as well, and the report has a slider in time.
            """);
        model.AddTo(command);
        command.Add(output);
        command.Add(bare);
        command.SetAction(async (parsed, stop) =>
        {
            EsnConfig config = model.Config(parsed);
            BacktestSet feeds = model.Feeds(parsed, config);
            model.Fits(parsed, feeds);
            string directory = parsed.GetValue(output)?.ToString()
                ?? (feeds.Files.Count > 1 ? "out" : Path.Combine("out", BacktestSet.Names(feeds.Files)[0]));
            var settings = new Dictionary<string, string>();
            BacktestTotal total = await Terminal.Progress(feeds.Files.Count == 1 ? feeds.Files[0] : $"{feeds.Files.Count} files",
                progress =>
                Task.Run(() => feeds.Run(config, directory, parsed.GetValue(bare) ? null : settings, TimeProvider.System, progress,
                    stop), stop)).ConfigureAwait(false);
            Terminal.Widen();
            bool nab = feeds.Windows is not null;
            Func<BacktestSummary, bool> said = one => model.SaysPreset(parsed, config, one.Stream);
            bool single = total.Files + total.Failed.Count == 1 && total.Keyless.Count == 0;
            if (single) Show(total.Each[0], directory, config, said(total.Each[0]), nab);
            else Show(total, directory, config, said, nab);
            if (HintAtPreset([.. total.Each.Where(one => !said(one))]) is { } preset)
                Terminal.Note.MarkupLineInterpolated($"[yellow]{preset}[/]");
            HintAtLabels(feeds, total);
            if (!parsed.GetValue(bare) && !feeds.Files.All(FieldFeed.Is) && !ReportPicture.HasFonts)
                Terminal.Note.MarkupLine("[yellow]report.png has no text, as this machine has no fonts (Debian: fonts-dejavu-core); "
                    + "report.html has[/]");
            if (total.Unfit is not { } unfit) return 0;
            Terminal.Note.MarkupLineInterpolated($"[red]{unfit}[/]");
            return 1;
        });
        return (command,
        [
            "esn backtest feed.csv",
            "esn backtest plant.csv --value-column flow --value-column pressure --label-column anomaly --out out/plant",
            "esn backtest nab/*/*.csv --windows nab/windows.json --budget \"1 per 10000 steps\" --out out/nab",
            "esn backtest export.csv --preset metric --time-format \"dd.MM.yyyy HH:mm\" --timezone Europe/Copenhagen --sort",
            "esn backtest hosts.csv.gz --preset metric --key-column host",
            "cat feed.csv | esn backtest - --out out/feed",
            "esn backtest sst.nc --preset field --var sst",
        ]);
    }

    static void HintAtLabels(BacktestSet feeds, BacktestTotal total)
    {
        if (feeds.LabelColumns.Count > 0 || feeds.Windows is not null) return;
        if (total.Each.FirstOrDefault(one => one.UnusedLabels.Count > 0) is not { UnusedLabels: [var label, ..] } first) return;
        string hint = $"column {label} of {Path.GetFileName(first.File)} looks like a label: with --label-column {label} the summary says "
            + "what was caught";
        Terminal.Note.MarkupLineInterpolated($"[yellow]{hint}[/]");
    }

    /// <summary>What to take in place of preset signal, which nobody said, where the feed does not look like one; null: it may.</summary>
    internal static string? HintAtPreset(IReadOnlyList<BacktestSummary> each)
    {
        if (each.Count == 0 || each.Any(one => one.Preset != "signal")) return null;
        if (2 * each.Count(one => one.IsRough) <= each.Count)
            return 2 * each.Count(one => one.IsDaily) <= each.Count ? null
                : "preset signal was taken, as none was said, and this follows the hours of the day: --preset metric is for such, "
                    + "requests, load or sales";
        string better = each.All(one => one.Channels.Count > 1) ? "--preset sensors for a plant's channels, --preset metric for operations"
            : "--preset metric for requests, load or sales, --preset sensors for a plant's";
        return $"preset signal was taken, as none was said, and this looks like noise around levels, of which it learns little: {better}";
    }

    // What a budget by steps comes to in a day; empty where it is by time, or nobody knows the interval.
    internal static string Daily(double? alarmsAStep, double? intervalSeconds) =>
        alarmsAStep is { } rate && intervalSeconds is > 0 and { } seconds
            ? $", so about {Often(86_400 / seconds * rate)} at {Figures.Interval(seconds)} a row"
            : "";

    // Of less than one a day, and of more than one an hour, nobody knows what it is.
    static string Often(double daily) => daily is >= 1 and <= 24 ? $"{Figures.About(daily)} false alarms a day"
        : $"one false alarm in {Figures.Time(86_400 / daily)}";

    // What each was judged by, where that is one thing.
    static string Common(IReadOnlyList<BacktestSummary> each, Func<BacktestSummary, string> of) =>
        string.Join(" and ", each.Select(of).Distinct(StringComparer.Ordinal).Take(MostTold));

    static string PresetOf(BacktestSummary one, bool said) => one.Preset + (said ? "" : " (none was said: --preset)");

    // What was taken for what: the first thing to look at where results surprise.
    static void Tell(IReadOnlyList<BacktestSummary> each)
    {
        string[] columns = [.. each.Select(one => one.Columns).Distinct()];
        foreach (string line in columns.Take(MostTold)) AnsiConsole.MarkupLineInterpolated($"{line}");
        if (columns.Length > MostTold)
            AnsiConsole.MarkupLineInterpolated($"… {columns.Length - MostTold} files of other columns, in summary.json");
        (string Note, string File, int Count)[] notes = [.. each.SelectMany(one => one.Notes.Select(note => (Note: note, one.File)))
            .GroupBy(told => told.Note).Select(same => (same.Key, same.First().File, same.Count()))];
        foreach ((string note, string file, int count) in notes.Take(MostTold))
        {
            string where = each.Count == 1 ? "" : count == 1 ? $"{Path.GetFileName(file)}: "
                : string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(file)} and {count - 1} more: ");
            Terminal.Note.MarkupLineInterpolated($"[yellow]{where}{note}[/]");
        }
        if (notes.Length > MostTold)
            Terminal.Note.MarkupLineInterpolated($"[yellow]… {notes.Length - MostTold} more of such notes, in summary.json[/]");
    }

    static void Show(BacktestSummary summary, string directory, EsnConfig config, bool said, bool nab)
    {
        Tell([summary]);
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn("").AddColumn("");
        void Row(string name, FormattableString value) =>
            table.AddRow(Markup.Escape(name), Markup.Escape(value.ToString(CultureInfo.InvariantCulture)));
        Row("channels", $"{string.Join(", ", summary.Channels)}");
        Row("preset", $"{PresetOf(summary, said)}");
        Row("rows", $"{summary.Rows}, of which {summary.Steps} were taken and {summary.States.GetValueOrDefault(RowState.Judged)} judged");
        foreach ((string reason, long count) in summary.Refused)
        {
            string advice = reason != "late" ? ""
                : "; rows are out of order: --sort puts them in the order of their times, and --timezone tells apart the hour that comes "
                    + $"twice when clocks go back{(summary.WhyLate is { } why ? $"; {why}" : "")}";
            Row("  refused", $"{count} {reason}: {summary.FirstRefused[reason]}{advice}");
        }
        foreach ((string channel, long count) in summary.Missing) Row("  missing", $"{count} values of {channel}: imputed, and not judged");
        if (summary.Bridged + summary.Gaps > 0)
            Row("  gaps", $"{summary.Bridged} rows did not come and were bridged; {summary.Gaps} gaps were too long for that");
        if (summary.Silences > 0) Row("  silent", $"{summary.Silences} times, the feed or a channel of it: in events.jsonl");
        string again = summary.WarmUps.Count < 2 ? ""
            : $", and again from row {string.Join(", ", summary.WarmUps.Skip(1).Take(MostTold).Select(span => span.First))}";
        string shorter = summary.LongerWarmUp is not { } longer ? ""
            : FormattableString.Invariant($", as the file is too short for the {longer} of detector.warmUp");
        Row("warm-up", $"{summary.WarmUpSteps} steps{shorter}{again}");
        if (RowState.Blind(summary.States, summary.WarmUps.Count) is { } blind) Row("  not judged", $"{blind} (state in scores.csv)");
        foreach (ModelRow change in summary.Models.Take(MostTold)) Row("  model", $"row {change.Row}: {change.Says}");
        if (summary.Models.Count > MostTold) Row("", $"… {summary.Models.Count - MostTold} more, in summary.json");
        string daily = Daily(summary.AlarmsAStep, summary.IntervalSeconds);
        Row("alarms", $"{summary.Alarms}, open in {summary.AlarmRows} rows; budget {summary.Budget}{daily}");
        foreach (ToldAlarm alarm in summary.Strongest) Row($"  {alarm.Severity}", $"{alarm.Says}");
        if (summary.Alarms > summary.Strongest.Count)
            Row("", $"… {summary.Alarms - summary.Strongest.Count} weaker ones, in events.jsonl");
        if (summary.Labels is { } labels)
        {
            string delayed = labels.MedianDelay is { } delay ? FormattableString.Invariant($", median delay {delay} steps") : "";
            string open = labels.StillOpen == 0 ? "" : $"; in {labels.StillOpen} an alarm of before was open, and nothing told";
            Row("labelled windows", $"{labels.Windows}, caught {labels.Caught}{delayed}{open}");
            Row("false alarms", $"{labels.FalseAlarms}, {labels.FalseAlarmsPer100000Steps:F1} per 100,000 steps");
            Row("rows in alarm", $"precision {Share(labels.Precision)}, recall {Share(labels.Recall)}, F1 {Share(labels.F1)}");
            if (nab) Row("NAB", $"{Points(labels.Nab)}");
        }
        Row("speed", $"{summary.StepsPerSecond:F0} steps/s");
        Row("written to", $"{directory}");
        AnsiConsole.Write(table);
        if (summary.Steps > 0 && summary.Steps <= summary.WarmUpSteps)
            Terminal.Note.MarkupLineInterpolated($"[yellow]the feed ended within the warm-up: {NothingAlarmed(config)}[/]");
    }

    // A line for each of several feeds, and one for all.
    internal static Table Several(BacktestTotal total, bool nab)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn(new TableColumn("feed").NoWrap());
        bool open = total.Labels is { StillOpen: > 0 };
        string[] found = total.Labels is null ? []
            : ["caught", .. open ? (string[])["still open"] : [], "false", "delay", "F1", .. nab ? (string[])["NAB"] : []];
        foreach (string column in (string[])["rows", "alarms", .. found])
            table.AddColumn(new TableColumn(column).RightAligned().NoWrap());
        void Row(string name, long rows, int alarms, LabelSummary? labels)
        {
            List<string> cells = [Markup.Escape(name), Count(rows), Count(alarms)];
            if (labels is not null)
                cells.AddRange([$"{labels.Caught}/{labels.Windows}", .. open ? (string[])[Count(labels.StillOpen)] : [],
                    Count(labels.FalseAlarms), labels.MedianDelay?.ToString(CultureInfo.InvariantCulture) ?? "–", Share(labels.F1)]);
            if (labels is not null && nab) cells.Add(Points(labels.Nab.Standard));
            table.AddRow([.. cells]);
        }
        IReadOnlyList<string> names = total.Each.Any(one => one.Series is not null)
            ? [.. total.Each.Select(one => total.Each.Any(other => other.File != one.File)
                ? $"{Path.GetFileName(one.File)} {one.Series}"
                : one.Series ?? "")]
            : BacktestSet.Names([.. total.Each.Select(one => one.File == "standard input" ? "-" : one.File)]);
        for (int i = 0; i < Math.Min(MostLines, names.Count); i++) Row(names[i], total.Each[i].Rows, total.Each[i].Alarms,
            total.Each[i].Labels);
        if (total.Files > MostLines) table.AddRow($"… {total.Files - MostLines} more in summary.json");
        table.AddEmptyRow();
        Row($"all {total.Files}", total.Rows, total.Alarms, total.Labels);
        return table;
    }

    static void Show(BacktestTotal total, string directory, EsnConfig config, Func<BacktestSummary, bool> said, bool nab)
    {
        Tell(total.Each);
        AnsiConsole.Write(Several(total, nab));
        double? rate = total.Each.Select(one => one.AlarmsAStep).Distinct().ToArray() is [var same] ? same : null;
        string preset = Common(total.Each, one => PresetOf(one, said(one))), budget = Common(total.Each, one => one.Budget);
        AnsiConsole.MarkupLineInterpolated($"preset {preset}; budget of each feed: {budget}{Daily(rate, Interval(total.Each))}");
        foreach ((string reason, long count) in total.Refused)
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture,
                $"{count} rows refused, {reason}; the first in {total.FirstRefused(reason)}");
        foreach (KeylessRows without in total.Keyless)
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture,
                $"{without.Rows} of the rows refused are of no series of {Path.GetFileName(without.File)}; the first is {without.First}");
        if (RowState.Blind(RowState.Sum(total.Each), total.Each.Sum(one => Math.Max(1, one.WarmUps.Count))) is { } blind)
            AnsiConsole.MarkupLineInterpolated($"not judged: {blind} (state in scores.csv)");
        if (total.Labels is { } all)
        {
            string rows = $"precision {Share(all.Precision)}, recall {Share(all.Recall)}";
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture,
                $"{all.FalseAlarmsPer100000Steps:F1} false alarms per 100,000 steps; rows in alarm: {rows}");
            if (nab) AnsiConsole.MarkupLineInterpolated($"NAB: {Points(all.Nab)}");
        }
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{total.StepsPerSecond:F0} steps/s, written to {directory}");
        foreach (BacktestFailure failure in total.Failed.Take(MostLines))
            Terminal.Note.MarkupLineInterpolated($"[red]not run: {failure.Reason}[/]");
        int unready = total.Each.Count(one => one.Steps <= one.WarmUpSteps);
        if (unready > 0)
            Terminal.Note.MarkupLineInterpolated(
                $"[yellow]{unready} of the feeds ended in the warm-up: {NothingAlarmed(config)}[/]");
    }

    // Of all feeds, where they have the same.
    static double? Interval(IReadOnlyList<BacktestSummary> each) =>
        each.Select(one => one.IntervalSeconds).Distinct().ToArray() is [var same] ? same : null;

    // Only preset metric has a warm-up that follows the length of a file.
    internal static string NothingAlarmed(EsnConfig config) =>
        config.Preset == "metric" || config.Models.Any(model => model.Preset == "metric")
            ? "nothing could alarm, but for what is told early; preset metric warms up in 15 % of a short file, "
                + "detector.warmUp says the length for the others"
            : "nothing could alarm, but for what is told early; detector.warmUp says how long it is, for now "
                + FormattableString.Invariant($"{config.Model.WarmUp} steps{Shorter(config)}");

    static string Shorter(EsnConfig config) => config.Preset == "signal"
        ? FormattableString.Invariant($" of preset signal; preset sensors needs {EsnConfig.Of("sensors").Model.WarmUp}") : "";

    static string Count(long n) => n.ToString(CultureInfo.InvariantCulture);

    static string Share(double? part) => part?.ToString("F3", CultureInfo.InvariantCulture) ?? "–";

    static string Points(NabSummary nab) =>
        $"standard {Points(nab.Standard)}, low-FP {Points(nab.LowFalsePositives)}, low-FN {Points(nab.LowFalseNegatives)}";

    static string Points(double? score) => score?.ToString("F1", CultureInfo.InvariantCulture) ?? "–";
}
