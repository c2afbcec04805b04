using System.Globalization;
using Esn.Streaming.Backtest;

namespace Esn.Benchmarks;

/// <summary>The Numenta Anomaly Benchmark on the files at hand, strictly online, one specification for all of them.</summary>
static class Nab
{
    /// <summary>Options: <c>--seeds N</c> (default 5), <c>--folder PATH</c> of the corpus, <c>--files</c> for a table of files.</summary>
    public static IReadOnlyList<Figure> Run(string[] options)
    {
        string folder = Option(options, "--folder") ?? SharedData.Find("nab")
            ?? throw new DirectoryNotFoundException("no data: set ESN_DATA to the folder that holds nab/");
        int seeds = int.Parse(Option(options, "--seeds") ?? "5", System.Globalization.CultureInfo.InvariantCulture);
        IReadOnlyList<NabFile> files = NabCorpus.Load(folder);
        var figures = new List<Figure>();
        double[][] table = [.. Enumerable.Range(1, seeds).Select(seed => Row(files, seed, options.Contains("--files")))];

        Console.WriteLine($"{files.Count} files, {files.Sum(file => file.Windows.Count)} windows, {seeds} seeds: mean ± s.d.");
        string[] names = ["standard at 1", "low-FP at 1", "low-FN at 1", "standard best", "low-FP best", "low-FN best", "best threshold",
            "leave one folder out"];
        for (int i = 0; i < names.Length; i++)
        {
            double mean = table.Average(row => row[i]);
            double deviation = Math.Sqrt(table.Average(row => (row[i] - mean) * (row[i] - mean)));
            Console.WriteLine(FormattableString.Invariant($"  {names[i],-22}{mean,8:0.00} ± {deviation:0.00}"));
            figures.Add(new Figure("nab " + names[i], mean, i == 6 ? "score" : "NAB"));
        }
        return figures;
    }

    static double[] Row(IReadOnlyList<NabFile> files, int seed, bool perFile)
    {
        var spec = new MetricModelSpec();
        spec = spec with { Reservoir = spec.Reservoir with { Seed = seed } };
        NabSeries[] series = new NabSeries[files.Count];
        Parallel.For(0, files.Count, i => series[i] = new NabSeries(files[i].Name, Scores(files[i], spec), files[i].Windows));
        if (perFile)
            foreach (NabSeries one in series)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  {one.Name,-64}{one.Windows.Count,3} windows {NabScore.At([one], 1, NabProfile.Standard),8:0.0}"
                    + $" {NabScore.Best([one], NabProfile.Standard).Score,8:0.0}"));
        return
        [
            .. NabProfile.All.Select(profile => NabScore.At(series, 1, profile)),
            .. NabProfile.All.Select(profile => NabScore.Best(series, profile).Score),
            NabScore.Best(series, NabProfile.Standard).Threshold,
            NabScore.LeaveOneGroupOut(series, one => one.Name[..one.Name.IndexOf('/', StringComparison.Ordinal)], NabProfile.Standard),
        ];
    }

    static double[] Scores(NabFile file, MetricModelSpec spec)
    {
        // The benchmark tells how long a file is, and lets a detector warm up for this part of it.
        var model = new Detector(spec with { WarmUp = NabScore.Probation(file.Values.Length) }, channels: 1);
        double[] scores = new double[file.Values.Length], expected = new double[1];
        for (int t = 0; t < scores.Length; t++) scores[t] = model.Step(file.Times[t], file.Values.AsSpan(t, 1), expected).Score;
        return scores;
    }

    static string? Option(string[] options, string name)
    {
        int at = Array.IndexOf(options, name);
        return at >= 0 && at + 1 < options.Length ? options[at + 1] : null;
    }
}
