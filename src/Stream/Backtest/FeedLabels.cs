using System.Globalization;
using System.Text.Json;
using Esn.Streaming.Feeds;

namespace Esn.Streaming.Backtest;

/// <summary>
/// Labelled spans of time of many files, as the Numenta Anomaly Benchmark writes them: {"folder/file.csv": [["start", "end"], …],
/// …}.
/// </summary>
public sealed class WindowsFile
{
    const int MostTold = 60;  // characters

    readonly string _file;
    readonly Dictionary<string, (DateTime Start, DateTime End)[]> _spans;

    WindowsFile(string file, Dictionary<string, (DateTime, DateTime)[]> spans) => (_file, _spans) = (file, spans);

    /// <summary>Reads it whole.</summary>
    /// <exception cref="FeedException">Not there, not readable, or not of this form.</exception>
    public static WindowsFile Load(string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            return new WindowsFile(file, document.RootElement.EnumerateObject().ToDictionary(
                entry => entry.Name,
                entry => entry.Value.EnumerateArray().Select(Span).OrderBy(span => span.Start).ToArray()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FeedException($"can't read the windows: {e.Message}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new FeedException($$"""{{file}} must be {"folder/file.csv": [["start", "end"], …], …} in JSON: {{e.Message}}""");
        }
    }

    /// <summary>Spans of a feed, ascending, both ends included: those of the longest name that the path ends with.</summary>
    /// <exception cref="FeedException">The feed is not named; one without anomalies has an empty list.</exception>
    public IReadOnlyList<(DateTime Start, DateTime End)> Of(string path)
    {
        string[] parts = Parts(path);
        string? name = _spans.Keys.Where(key => EndsWith(parts, Parts(key))).MaxBy(key => key.Length);
        return name is not null ? _spans[name] :
            throw new FeedException($"{_file} does not name {path}: a feed without anomalies has an empty list there");
    }

    static (DateTime Start, DateTime End) Span(JsonElement span)
    {
        if (span.GetArrayLength() != 2) throw new FormatException($"a window is a start and an end, was {Short(span)}");
        (DateTime start, DateTime end) = (Time(span[0]), Time(span[1]));
        return start <= end ? (start, end) : throw new FormatException($"a window must not end before it starts, was {Short(span)}");
    }

    // A file of another kind may be one long element.
    static string Short(JsonElement element)
    {
        string text = element.ToString();
        return text.Length <= MostTold ? text : $"{text[..MostTold]} …";
    }

    static bool EndsWith(string[] path, string[] name) => name.Length <= path.Length
        && path.AsSpan(path.Length - name.Length).SequenceEqual(name);

    static string[] Parts(string path) => path.Split('/', '\\').Where(part => part is not ("" or ".")).ToArray();

    static DateTime Time(JsonElement text) =>
        DateTime.Parse(text.GetString() ?? "", CultureInfo.InvariantCulture,
            DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal);
}

/// <summary>Which rows of one feed are labelled anomalous, learnt as the rows go by. Windows are runs of labelled rows.</summary>
/// <param name="spans">Ascending, both ends included; null: the feed's label columns alone.</param>
public sealed class FeedLabels(IReadOnlyList<(DateTime Start, DateTime End)>? spans = null)
{
    const int ByColumn = -2, None = -1;

    readonly IReadOnlyList<(DateTime Start, DateTime End)> _spans = spans ?? [];
    readonly List<NabWindow> _windows = [];
    int _rows, _label = None, _next;

    /// <summary>Spans that were given.</summary>
    public int Spans => _spans.Count;

    /// <summary>Rows seen so far.</summary>
    public int Rows => _rows;

    /// <summary>Runs of rows under the same label, ascending.</summary>
    public IReadOnlyList<NabWindow> Windows => _windows;

    /// <summary>Takes the next row.</summary>
    /// <returns>Whether it is anomalous.</returns>
    public bool Take(FeedRow row)
    {
        int label = Label(row);
        if (label != None && label == _label) _windows[^1] = _windows[^1] with { Last = _rows };
        else if (label != None) _windows.Add(new NabWindow(_rows, _rows));
        _label = label;
        _rows++;
        return label != None;
    }

    int Label(FeedRow row)
    {
        while (_next < _spans.Count && _spans[_next].End < row.Time) _next++;
        if (_next < _spans.Count && _spans[_next].Start <= row.Time) return _next;
        return row.Anomalous ? ByColumn : None;
    }
}
