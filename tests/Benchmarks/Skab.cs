using System.Globalization;

namespace Esn.Benchmarks;

/// <summary>
/// The Skoltech anomaly benchmark by its own protocol: rows before 400 of each file are not scored, outlier F1, false and
/// missed alarm rates over all files together, no point adjustment.
/// </summary>
/// <remarks>I. D. Katser and V. O. Kozitsin (2020), doi:10.34740/KAGGLE/DSV/1693952.</remarks>
static class Skab
{
    const int Scored = 400;

    public static readonly Benchmark Benchmark =
        new("skab", "SKAB files of the shared data: F1, false and missed alarm rates, delay [--budget B] [--model 1] [--list 1]", Run);

    static List<Figure> Run(string[] options)
    {
        if (SharedData.Find("") is not { } data)
        {
            Console.WriteLine("no shared data: set ESN_DATA");
            return [];
        }
        ErrorModelSpec spec = Options.Text(options, "--budget") is { } budget
            ? Presets.Sensors(double.Parse(budget, CultureInfo.InvariantCulture)) : Presets.Sensors();
        if (Options.Int(options, "--model", 0) == 1) spec = spec with { Scores = Presets.SensorModelScores };
        string[] files = [.. Directory.GetFiles(Path.Combine(data, "skab"), "*.csv", SearchOption.AllDirectories).Order()];
        string[] labelled = [.. files.Where(f => !f.Contains("anomaly-free", StringComparison.Ordinal))];
        Outcome[] outcomes = [.. labelled.AsParallel().AsOrdered().Select(f => One(f, spec))];
        if (Options.Int(options, "--list", 0) == 1)
            for (int i = 0; i < labelled.Length; i++)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{Path.GetRelativePath(data, labelled[i]),-24} F1 {outcomes[i].F1:0.000}  FAR {outcomes[i].FalseRate:0.0} %"
                    + $"  delay {outcomes[i].Delay:0}  {string.Join(' ', outcomes[i].Spans)}"));
        Outcome all = outcomes.Aggregate(Sum);
        double[] delays = [.. outcomes.Select(o => o.Delay).Where(d => !double.IsNaN(d)).Order()];
        double delay = delays.Length > 0 ? delays[delays.Length / 2] : double.NaN;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{labelled.Length} files: F1 {all.F1:0.000}  FAR {all.FalseRate:0.0} %  MAR {all.MissedRate:0.0} %"
            + $"  windows {delays.Length} of {labelled.Length}  median delay {delay:0} rows"));
        List<Figure> figures =
        [
            new("skab F1", all.F1, "ratio"),
            new("skab false alarm rate", all.FalseRate, "percent"), new("skab missed alarm rate", all.MissedRate, "percent"),
            new("skab windows found", 100.0 * delays.Length / labelled.Length, "percent"), new("skab median delay", delay, "rows"),
        ];
        (double[] Feed, bool[] Label, int Channels)[] recorded = [.. labelled.Select(Read)];
        foreach (double part in new[] { .3, .5, .7 })
            Tell(figures, FormattableString.Invariant($"recorded faults at {part} of their size"),
                recorded.Select(r => (Injected.Weaken(r.Feed, r.Label, r.Channels, part), r.Label)), recorded[0].Channels, spec);
        double[][] before = [.. recorded.Select(r => Injected.ThereAndBack(r.Feed, r.Channels, Array.IndexOf(r.Label, true) - 3))];
        Beside(figures, "before the recorded faults", before, recorded[0].Channels, spec);
        foreach (string file in files.Except(labelled))
        {
            (double[] feed, _, int channels) = Read(file);
            Beside(figures, "anomaly-free", Injected.Pieces(feed, channels), channels, spec);
        }
        return figures;
    }

    // Alarms in pieces without a fault, and faults of every kind put into them.
    static void Beside(List<Figure> figures, string where, double[][] pieces, int channels, ErrorModelSpec spec)
    {
        int[] told = new int[pieces.Length], open = new int[pieces.Length];
        Parallel.For(0, pieces.Length, i =>
        {
            StepResult[] results = Runner.Run(spec, pieces[i], channels)[Scored..];
            (told[i], open[i]) = (results.Count(r => r.Alarm is { Announced: true }),
                results.Count(r => r.AlarmOpen));
        });
        double share = 100.0 * open.Sum() / (pieces.Length * (Injected.Piece - Scored));
        Console.WriteLine(FormattableString.Invariant(
            $"{where}, {pieces.Length} pieces: {told.Sum()} alarms, {share:0.0} % of the rows in alarm"));
        figures.Add(new Figure($"skab {where} alarms", told.Sum(), "alarms"));
        figures.Add(new Figure($"skab {where} rows in alarm", share, "percent"));
        bool[] label = Injected.Label();
        foreach ((string name, Func<int, (double, double)> shape) in Injected.Kinds)
            Tell(figures, $"{where}: {name}",
                Each(pieces, channels, (piece, c) => (Injected.Add(piece, channels, c, shape), label)), channels, spec);
        Tell(figures, $"{where}: noise twice as wide",
            Each(pieces, channels, (piece, c) => (Injected.Widen(piece, channels, c), label)), channels, spec);
    }

    static IEnumerable<(double[], bool[])> Each(double[][] pieces, int channels, Func<double[], int, (double[], bool[])> put) =>
        pieces.SelectMany(piece => Enumerable.Range(0, channels).Select(c => put(piece, c)));

    // By channel, where the feeds go through the channels in turn.
    static void Tell(List<Figure> figures, string name, IEnumerable<(double[] Feed, bool[] Label)> feeds, int channels, ErrorModelSpec spec)
    {
        Outcome[] outcomes = [.. feeds.AsParallel().AsOrdered().Select(f => Judge(Runner.Run(spec, f.Feed, channels), f.Label))];
        Outcome all = outcomes.Aggregate(Sum);
        string byChannel = outcomes.Length < channels ? "" : "  by channel " + string.Join(' ', Enumerable.Range(0, channels).Select(c =>
            FormattableString.Invariant($"{outcomes.Where((_, i) => i % channels == c).Aggregate(Sum).F1:.00}")));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {name,-58} F1 {all.F1:0.000}  FAR {all.FalseRate,4:0.0} %  MAR {all.MissedRate,4:0.0} %"
            + $"  found {outcomes.Count(o => !double.IsNaN(o.Delay))} of {outcomes.Length}{byChannel}"));
        figures.Add(new Figure($"skab {name}: F1", all.F1, "ratio"));
        figures.Add(new Figure($"skab {name}: false alarm rate", all.FalseRate, "percent"));
    }

    static Outcome Sum(Outcome a, Outcome b) =>
        new(a.TruePositive + b.TruePositive, a.FalsePositive + b.FalsePositive, a.TrueNegative + b.TrueNegative,
            a.FalseNegative + b.FalseNegative, 0, []);

    /// <summary>Counts of scored rows, and the rows from the first label to the first alarm within its window; NaN: none.</summary>
    public sealed record Outcome(int TruePositive, int FalsePositive, int TrueNegative, int FalseNegative, double Delay, string[] Spans)
    {
        public double F1 => 2.0 * TruePositive / (2 * TruePositive + FalsePositive + FalseNegative);
        public double FalseRate => 100.0 * FalsePositive / (FalsePositive + TrueNegative);
        public double MissedRate => 100.0 * FalseNegative / (FalseNegative + TruePositive);
    }

    public static Outcome One(string file, ErrorModelSpec spec)
    {
        (double[] feed, bool[] label, int channels) = Read(file);
        return Judge(Runner.Run(spec, feed, channels), label);
    }

    static Outcome Judge(StepResult[] results, bool[] label)
    {
        int[] counts = new int[4];
        var spans = new List<string>();
        for (int t = Scored; t < label.Length; t++)
        {
            counts[(results[t].AlarmOpen ? 0 : 2) + (results[t].AlarmOpen == label[t] ? 0 : 1)]++;
            if (results[t].Alarm is not { } alarm) continue;
            IEnumerable<string> scores = alarm.Scores.Select(s => FormattableString.Invariant($"{s.Name} {s.Margin:0}"));
            spans.Add($"{alarm.Change}@{t}({string.Join(',', scores)})");
        }
        int onset = Array.IndexOf(label, true);
        int end = Array.LastIndexOf(label, true);
        double delay = Enumerable.Range(onset, end - onset + 1).Where(t => results[t].AlarmOpen).Select(t => (double)(t - onset))
            .DefaultIfEmpty(double.NaN).First();
        return new Outcome(counts[0], counts[1], counts[2], counts[3], delay, [$"[{onset},{end}]", .. spans]);
    }

    /// <summary>Channels, labels where there are any.</summary>
    public static (double[] Feed, bool[] Label, int Channels) Read(string file)
    {
        string[][] rows = [.. File.ReadLines(file).Select(line => line.Split(';'))];
        int anomaly = Array.IndexOf(rows[0], "anomaly"), channels = (anomaly < 0 ? rows[0].Length : anomaly) - 1;
        double[] feed =
            [.. rows.Skip(1).SelectMany(row => row[1..(channels + 1)]).Select(x => double.Parse(x, CultureInfo.InvariantCulture))];
        bool[] label = anomaly < 0 ? [] : [.. rows.Skip(1).Select(row => double.Parse(row[anomaly], CultureInfo.InvariantCulture) == 1)];
        return (feed, label, channels);
    }
}
