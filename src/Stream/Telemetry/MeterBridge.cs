using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Prometheus;

namespace Esn.Streaming.Telemetry;

/// <summary>
/// The counters and gauges of a registry as instruments of a meter, read when the meter is: each is defined once, for whoever
/// scrapes and for whoever is exported to. Histograms are recorded in both worlds by <see cref="DurationHistogram"/>.
/// </summary>
sealed class MeterBridge : IDisposable
{
    static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);  // one reading serves all instruments of a collection

    readonly CollectorRegistry _registry;
    readonly TimeProvider _time;
    readonly Lock _lock = new();
    Dictionary<string, List<Measurement<double>>> _values = [];
    long _readAt;
    bool _ended;

    /// <param name="registry">With all its instruments.</param>
    /// <param name="meter">Gets the same.</param>
    /// <param name="time">The clock.</param>
    public MeterBridge(CollectorRegistry registry, Meter meter, TimeProvider time)
    {
        (_registry, _time) = (registry, time);
        string[] lines = Read().Split('\n');
        Dictionary<string, string> helps = lines.Where(line => line.StartsWith("# HELP ", StringComparison.Ordinal))
            .Select(line => line.Split(' ', 4)).Where(parts => parts.Length == 4).ToDictionary(parts => parts[2], parts => parts[3]);
        foreach (string[] parts in lines.Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal))
            .Select(line => line.Split(' ')))
        {
            (string name, string help) = (parts[2], helps.GetValueOrDefault(parts[2], ""));
            string? unit = name.Contains("_seconds", StringComparison.Ordinal) ? "s" : name.Contains("_bytes", StringComparison.Ordinal)
                ? "By"
                : null;
            if (parts[3] == "counter") meter.CreateObservableCounter(name, () => Of(name), unit, help);
            else if (parts[3] == "gauge") meter.CreateObservableGauge(name, () => Of(name), unit, help);
        }
    }

    /// <summary>From now on nothing is told.</summary>
    public void Dispose()
    {
        lock (_lock) (_ended, _values) = (true, []);
    }

    List<Measurement<double>> Of(string name)
    {
        lock (_lock)
        {
            if (!_ended && (_readAt == 0 || _time.GetElapsedTime(_readAt) > Fresh))
            {
                _values = Parse(Read());
                _readAt = _time.GetTimestamp();
            }
            return _values.GetValueOrDefault(name, []);
        }
    }

    string Read()
    {
        using var text = new MemoryStream();
        _registry.CollectAndExportAsTextAsync(text).GetAwaiter().GetResult();
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    /// <summary>Samples of a text in the format that Prometheus scrapes, by name; what is no number (NaN) is none.</summary>
    internal static Dictionary<string, List<Measurement<double>>> Parse(string text)
    {
        var values = new Dictionary<string, List<Measurement<double>>>();
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (line.IsEmpty || line[0] == '#') continue;
            int end = line.IndexOfAny('{', ' ');
            string name = line[..end].ToString();
            var labels = new List<KeyValuePair<string, object?>>();
            ReadOnlySpan<char> rest = line[end..];
            if (rest[0] == '{') rest = Labels(rest, labels);
            rest = rest.Trim();
            double value = rest is "+Inf" ? double.PositiveInfinity
                : double.TryParse(rest, CultureInfo.InvariantCulture, out double number) ? number : double.NaN;
            if (double.IsNaN(value)) continue;
            if (!values.TryGetValue(name, out List<Measurement<double>>? all)) values.Add(name, all = []);
            all.Add(new Measurement<double>(value, labels));
        }
        return values;
    }

    // {a="x",b="y"}: what is behind it.
    static ReadOnlySpan<char> Labels(ReadOnlySpan<char> rest, List<KeyValuePair<string, object?>> labels)
    {
        var value = new StringBuilder();
        int at = 1;
        while (rest[at] != '}')
        {
            if (rest[at] == ',') at++;
            int equals = at + rest[at..].IndexOf('=');
            string name = rest[at..equals].ToString();
            value.Clear();
            for (at = equals + 2; rest[at] != '"'; at++)
            {
                if (rest[at] != '\\') value.Append(rest[at]);
                else value.Append(rest[++at] == 'n' ? '\n' : rest[at]);
            }
            at++;
            labels.Add(new(name, value.ToString()));
        }
        return rest[(at + 1)..];
    }
}
