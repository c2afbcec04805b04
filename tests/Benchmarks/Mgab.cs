using System.Globalization;

namespace Esn.Benchmarks;

/// <summary>The Mackey–Glass anomaly benchmark: 100,000 steps a file, ten spliced anomalies that no eye sees.</summary>
/// <remarks>M. Thill, W. Konen, T. Bäck (2020), doi:10.5281/zenodo.3760086.</remarks>
static class Mgab
{
    public static readonly Benchmark Benchmark =
        new("mgab", "MGAB files of the shared data: found of 10, false alarms [--units N] [--files 1,2,3]", Run);

    static List<Figure> Run(string[] options)
    {
        if (SharedData.Find("") is not { } data)
        {
            Console.WriteLine("no shared data: set ESN_DATA");
            return [];
        }
        int units = Options.Int(options, "--units", new ReservoirSpec().Units);
        string[] files = Options.Text(options, "--files") is { } list
            ? [.. list.Split(',').Select(n => Path.Combine(data, "mgab", n + ".csv"))]
            : [.. Directory.GetFiles(Path.Combine(data, "mgab"), "*.csv").Order()];
        var outcomes = new Outcome[files.Length];
        Parallel.For(0, files.Length, i => outcomes[i] = One(files[i], Spec(units)));
        Console.WriteLine($"{"file",-8}{"found",6}{"of",4}{"false",7}{"delay",7}{"weakest",9}{"next",7}{"highest normal",16}");
        for (int i = 0; i < files.Length; i++)
        {
            Outcome o = outcomes[i];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Path.GetFileName(files[i]),-8}{o.Found,6}{o.Windows,4}{o.False,7}{o.MedianDelay,7:0}"
                + $"{o.Peaks[0],9:0.00}{o.Peaks[1],7:0.00}{o.HighestNormal,16:0.00}"));
        }
        return
        [
            new Figure("mgab found", 100.0 * outcomes.Sum(o => o.Found) / outcomes.Sum(o => o.Windows), "percent"),
            new Figure("mgab false alarms", 1e5 * outcomes.Sum(o => o.False) / outcomes.Sum(o => (double)o.Steps), "per 100,000 steps"),
        ];
    }

    static ErrorModelSpec Spec(int units)
    {
        ErrorModelSpec spec = Presets.Signal(1e-5);
        return spec with { Reservoir = spec.Reservoir with { Units = units } };
    }

    /// <summary>What a file came to; peaks of the windows ascending.</summary>
    public sealed record Outcome(int Found, int Windows, int False, double MedianDelay, double[] Peaks, double HighestNormal, int Steps);

    public static Outcome One(string file, ErrorModelSpec spec)
    {
        string[][] rows = [.. File.ReadLines(file).Skip(1).Select(line => line.Split(','))];
        double[] feed = [.. rows.Select(row => double.Parse(row[1], CultureInfo.InvariantCulture))];
        bool[] anomalous = [.. rows.Select(row => row[2] == "1")];
        StepResult[] results = Runner.Run(spec, feed, 1);

        var windows = new List<(int Start, int End)>();
        for (int t = 0; t < feed.Length; t++)
            if (anomalous[t] && (t == 0 || !anomalous[t - 1]))
                windows.Add((t, Array.FindIndex(anomalous, t, a => !a) is int end and >= 0 ? end : feed.Length));
        int[] told = [.. results.Where(r => r.Alarm is { Announced: true }).Select(r => (int)r.Position)];
        int[] delays = [.. windows.Select(w => told.Where(t => t >= w.Start && t < w.End).Select(t => t - w.Start).DefaultIfEmpty(-1)
            .First()).Where(d => d >= 0).Order()];
        double[] peaks = [.. windows.Select(w => results[w.Start..w.End].Max(r => r.Score)).Order()];
        // An alarm within 100 steps after a window still is its echo.
        bool Echo(int t) => windows.Any(w => t >= w.Start && t < w.End + 100);
        return new Outcome(delays.Length, windows.Count, told.Count(t => !Echo(t)),
            delays.Length > 0 ? delays[delays.Length / 2] : double.NaN, peaks,
            results.Where(r => !Echo((int)r.Position)).Max(r => r.Score), feed.Length);
    }
}
