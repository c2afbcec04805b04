using System.Globalization;
using System.Text.Json;

namespace Esn.Streaming.Backtest;

/// <summary>One file of the benchmark.</summary>
/// <param name="Name">Folder and file.</param>
/// <param name="Times">Of every row, as written.</param>
/// <param name="Values">Of every row.</param>
/// <param name="Windows">Its labelled anomalies.</param>
public sealed record NabFile(string Name, DateTime[] Times, double[] Values, IReadOnlyList<NabWindow> Windows)
{
    /// <summary>The part of the name before the first slash.</summary>
    public string Folder => Name[..Math.Max(0, Name.IndexOf('/', StringComparison.Ordinal))];
}

/// <summary>Reads the Numenta Anomaly Benchmark as it is published: <c>timestamp,value</c> files and <c>windows.json</c>.</summary>
public static class NabCorpus
{
    /// <summary>Every file named in the labels, in their order.</summary>
    /// <param name="folder">Holds windows.json and the folders named in it.</param>
    public static IReadOnlyList<NabFile> Load(string folder)
    {
        using JsonDocument labels = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "windows.json")));
        return [.. labels.RootElement.EnumerateObject().Select(file => Read(folder, file.Name, file.Value))];
    }

    static NabFile Read(string folder, string name, JsonElement windows)
    {
        string[] rows = [.. File.ReadLines(Path.Combine(folder, name)).Skip(1).Where(line => line.Length > 0)];
        var times = new DateTime[rows.Length];
        var values = new double[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            int comma = rows[i].IndexOf(',', StringComparison.Ordinal);
            times[i] = Time(rows[i][..Math.Max(0, comma)]);
            values[i] = double.Parse(rows[i].AsSpan(comma + 1), CultureInfo.InvariantCulture);
        }
        IEnumerable<(DateTime, DateTime)> spans = windows.EnumerateArray()
            .Select(span => (Time(span[0].GetString()!), Time(span[1].GetString()!)));
        return new NabFile(name, times, values, NabSeries.Locate(times, spans));
    }

    static DateTime Time(string text) =>
        DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal);
}
