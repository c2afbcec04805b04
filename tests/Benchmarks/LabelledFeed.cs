using System.Globalization;

namespace Esn.Benchmarks;

/// <summary>A feed of the shared data whose last column, <c>anomaly</c>, says which rows are.</summary>
/// <param name="Name">Of its file.</param>
/// <param name="Times">[rows]; where the file has no column <c>timestamp</c>, a second apart.</param>
/// <param name="Values">[rows×channels].</param>
/// <param name="Channels">≥ 1.</param>
/// <param name="Windows">Stretches of anomalous rows, in order, their last row with them.</param>
sealed record LabelledFeed(string Name, DateTime[] Times, double[] Values, int Channels, IReadOnlyList<(int First, int Last)> Windows)
{
    /// <summary>Rows.</summary>
    public int Rows => Times.Length;

    /// <summary>All files of a folder of the shared data that have labels.</summary>
    /// <exception cref="DirectoryNotFoundException">There is none.</exception>
    public static IReadOnlyList<LabelledFeed> All(string folder, string? files = null)
    {
        string path = SharedData.Find(folder)
            ?? throw new DirectoryNotFoundException($"no data: set ESN_DATA to the folder that holds {folder}/");
        return [.. Directory.GetFiles(path, $"*{files}*.csv").Where(file => Path.GetFileName(file) != "index.csv").Order().Select(Read)];
    }

    static LabelledFeed Read(string file)
    {
        string[][] rows = [.. File.ReadLines(file).Select(line => line.Split(','))];
        string[] header = rows[0];
        int first = header[0] == "timestamp" ? 1 : 0, channels = header.Length - 1 - first;
        if (header[^1] != "anomaly") throw new InvalidDataException($"{file}: the last column must be anomaly, was {header[^1]}");
        // A row without a value is none, as to the program.
        rows = [.. rows.Skip(1).Where(row => !row.AsSpan(first..^1).Contains(""))];
        var windows = new List<(int, int)>();
        for (int t = 0; t < rows.Length; t++)
        {
            if (rows[t][^1] != "1") continue;
            int begin = t;
            while (t + 1 < rows.Length && rows[t + 1][^1] == "1") t++;
            windows.Add((begin, t));
        }
        return new LabelledFeed(
            Path.GetFileNameWithoutExtension(file),
            [.. rows.Select((row, t) => first == 0 ? DateTime.UnixEpoch.AddSeconds(t)
                : DateTime.Parse(row[0], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal))],
            [.. rows.SelectMany(row => row[first..^1]).Select(x => double.Parse(x, CultureInfo.InvariantCulture))],
            channels, windows);
    }

    /// <summary>The whole feed through a detector.</summary>
    public StepResult[] Run(ModelSpec spec)
    {
        var results = new StepResult[Rows];
        new Detector(spec, Channels).StepMany(Times, Values, results, new double[Values.Length]);
        return results;
    }

    /// <summary>Positions at which alarms were announced.</summary>
    public static IEnumerable<int> Told(IEnumerable<StepResult> results) =>
        results.Where(r => r.Alarm is { Announced: true }).Select(r => (int)r.Position);
}
