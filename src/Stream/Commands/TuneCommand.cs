using System.CommandLine;
using System.Globalization;
using Esn.Streaming.Backtest;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using Esn.Streaming.Tuning;
using Spectre.Console;

namespace Esn.Streaming.Commands;

/// <summary>esn tune: which parameters suit a feed?</summary>
static class TuneCommand
{
    public static (Command, string[]) Make()
    {
        var model = new ModelOptions();
        var trials = new Option<int>("--trials", "-n") { Description = "Candidates, the configured one included, 2 … 10,000.",
            DefaultValueFactory = _ => 24 };
        var seed = new Option<int>("--seed") { Description = "Of the search: the same seed finds the same.", DefaultValueFactory = _ => 1 };
        var output = new Option<FileInfo>("--out", "-o")
        {
            Description = "The configuration to write. What --config says beside the tuned parameters is kept.",
            DefaultValueFactory = _ => new FileInfo("tuned.yaml"),
        };
        var command = new Command("tune", $"""
            Searches the few parameters that matter (spectral radius, input scale, leak rates, β², λ, units) and writes a
            configuration. Without labels the model that forecasts best is the best: one step and {ForecastTrial.Ahead} steps ahead, with
            free runs that stay within the range of the feed; twice the units must bring 5 % less error. The first
            {TuneFeed.MostRows:#,0} rows of each file are used. With labels (--label-column, --windows) whole backtests decide: caught less
            false alarms, then delay, then the error. Begin without: the defaults are good.
            """);
        model.AddTo(command);
        command.Add(trials);
        command.Add(seed);
        command.Add(output);
        trials.Must(n => n is >= 2 and <= 10_000,
            n => string.Create(CultureInfo.InvariantCulture, $"--trials must be in [2, 10000], was {n}"));
        command.SetAction(async (parsed, stop) =>
        {
            EsnConfig config = model.Config(parsed) with { Models = [] };  // it is the file's own model that is tuned
            BacktestSet feeds = model.Feeds(parsed, config);
            if (feeds.Files.Contains("-")) throw new FeedException("esn tune reads its files more than once: standard input will not do");
            BacktestSet.Names(feeds.Files);
            if (feeds.Options.KeyColumn is not null)
                throw new FeedException("esn tune takes the series of a file as one feed: --key-column will not do, write each to a file "
                    + "of its own");
            string path = parsed.GetValue(output)!.ToString();
            Writable(path);
            bool labelled = feeds.Labels(feeds.Files[0]) is not null;
            List<TuneFeed> parts = [];
            foreach (string file in feeds.Files)
            {
                using CsvFeed feed = feeds.Open(file);
                foreach (string note in feed.Notes) Terminal.Note.MarkupLineInterpolated($"[yellow]{Path.GetFileName(file)}: {note}[/]");
                parts.Add(TuneFeed.Read(feed));
            }
            var tuner = new Tuner(feeds, parts, config, labelled);
            Tuned tuned = await Terminal.ProgressTelling("tuning", tell =>
                Task.Run(() => tuner.Run(parsed.GetValue(trials), parsed.GetValue(seed), (done, best) => tell(done, Said(best)), stop),
                    stop)).ConfigureAwait(false);

            string[] settings = ["--trials", parsed.GetValue(trials).ToString(CultureInfo.InvariantCulture), "--seed",
                parsed.GetValue(seed).ToString(CultureInfo.InvariantCulture)];
            List<string> comment =
            [
                $"Found by: esn tune {string.Join(' ', feeds.Files.Select(Path.GetFileName))} {string.Join(' ', settings)}", "",
                .. Lines(tuned).Select(line =>
                    string.Format(CultureInfo.InvariantCulture, "{0,-28}{1,14}{2,14}", line.Name, line.Configured, line.Tuned)), "",
                .. Notes(tuned),
            ];
            string text = parsed.GetValue(RunCommand.Config) is { } basis
                ? await File.ReadAllTextAsync(basis.ToString(), stop).ConfigureAwait(false) : "";
            int degree = tuned.Best.Candidate.In(config.Detector).Reservoir.Degree;
            try
            {
                string found = TunedConfig.Write(text, config.Preset, config.Alarms.Budget?.Text, tuned.Best.Candidate, degree, comment);
                await File.WriteAllTextAsync(path, found, stop).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new FeedException(e.Message);
            }
            Show(tuned, path);
            return 0;
        });
        return (command,
        [
            "esn tune feed.csv",
            "esn tune plant/*.csv --label-column anomaly --trials 100 --out config/plant-tuned.yaml --config config/plant.yaml",
            "esn backtest feed.csv --config tuned.yaml",
        ]);
    }

    // A search takes minutes: it is known before it whether its result can be kept.
    static void Writable(string path)
    {
        bool there = File.Exists(path);
        try
        {
            using (new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write)) { }
            if (!there) File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FeedException($"can't write --out {path}: {e.Message}");
        }
    }

    static string Said(Trial? best) => best is null ? "" : best.Labels is { } labels
        ? string.Create(CultureInfo.InvariantCulture, $"best: {labels.Caught} caught, {labels.FalseAlarms} false")
        : string.Create(CultureInfo.InvariantCulture, $"best: error {best.Error.OneStep:G3}");

    static IEnumerable<(string Name, string Configured, string Tuned)> Lines(Tuned tuned)
    {
        static string G(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
        (string, string, string) Line(string name, Func<Trial, string> value) => (name, value(tuned.Baseline), value(tuned.Best));
        yield return ("", "configured", "tuned");
        yield return Line("spectralRadius", trial => G(trial.Candidate.SpectralRadius));
        yield return Line("inputScale", trial => G(trial.Candidate.InputScale));
        yield return Line("leakRates", trial => string.Join(' ', trial.Candidate.LeakRates.Select(G)));
        yield return Line("regularisation", trial => G(trial.Candidate.Regularisation));
        yield return Line("forgettingFactor", trial => trial.Candidate.ForgettingFactor.ToString("R", CultureInfo.InvariantCulture));
        yield return Line("units", trial => trial.Candidate.Units.ToString(CultureInfo.InvariantCulture));
        yield return Line("one-step error", trial => G(trial.Error.OneStep));
        yield return Line($"{ForecastTrial.Ahead}-step error", trial => G(trial.Error.FreeRun));
        yield return Line("free runs that escaped", trial => trial.Error.Escaped.ToString("P0", CultureInfo.InvariantCulture));
        if (tuned.Baseline.Labels is null) yield break;
        yield return Line("windows caught", trial =>
            string.Create(CultureInfo.InvariantCulture, $"{trial.Labels!.Caught}/{trial.Labels.Windows}"));
        yield return Line("false alarms", trial => trial.Labels!.FalseAlarms.ToString(CultureInfo.InvariantCulture));
        yield return Line("median delay", trial => trial.Labels!.MedianDelay?.ToString(CultureInfo.InvariantCulture) ?? "–");
    }

    static IEnumerable<string> Notes(Tuned tuned)
    {
        yield return tuned.KeepsBaseline
            ? $"What was configured is the best of {tuned.Trials} candidates, as far as 1 % of the error can tell."
            : $"The best of {tuned.Trials} candidates.";
        yield return "Errors: after the warm-up, in standard deviations of the feed, the largest 1 % left out.";
        yield return "Figures are of two reservoirs together, on the feeds that the search has seen.";
        if (tuned.Baseline.Labels is null) yield return "A better forecast need not be a better alarm: compare the two with esn backtest.";
    }

    static void Show(Tuned tuned, string path)
    {
        var table = new Table { Border = TableBorder.Simple };
        (string Name, string Configured, string Tuned)[] lines = [.. Lines(tuned)];
        table.AddColumn("").AddColumn(new TableColumn(lines[0].Configured).RightAligned())
            .AddColumn(new TableColumn(lines[0].Tuned).RightAligned());
        foreach ((string name, string configured, string best) in lines.Skip(1)) table.AddRow(Markup.Escape(name),
            Markup.Escape(configured), Markup.Escape(best));
        AnsiConsole.Write(table);
        foreach (string note in Notes(tuned)) AnsiConsole.MarkupLineInterpolated($"{note}");
        AnsiConsole.MarkupLineInterpolated($"written to {path}");
    }
}
