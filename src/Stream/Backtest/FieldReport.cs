using System.Globalization;
using System.Text;
using System.Text.Json;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Backtest;

/// <summary>A backtest of fields for a person: one page with a slider in time, and the map of each alarm.</summary>
/// <param name="summary">What was found.</param>
/// <param name="settings">Shown as they are.</param>
/// <param name="layout">Of the feed.</param>
/// <param name="film">What is shown of it.</param>
/// <param name="scores">Row by row.</param>
/// <param name="alarms">Ascending, each with the picture of its map.</param>
sealed class FieldReport(BacktestSummary summary, IReadOnlyDictionary<string, string> settings, FieldLayout layout, FieldFilm film,
    IReadOnlyList<double> scores, IReadOnlyList<(AlarmSpan Span, DateTime Time, byte[] Map, GridSpec Grid)> alarms)
{
    const string Placeholder = "{{report}}";
    const int MostScores = 2000, MostAlarms = 200, MostRegions = 5;

    static readonly JsonSerializerOptions Layout = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Writes the page: one file that needs no other.</summary>
    public void WritePage(string file)
    {
        using Stream stream = typeof(FieldReport).Assembly.GetManifestResourceStream("field-report.html")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        string page = reader.ReadToEnd();
        int at = page.IndexOf(Placeholder, StringComparison.Ordinal);
        using var writer = new StreamWriter(file, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        writer.Write(page.AsSpan(0, at));
        writer.Write(JsonSerializer.Serialize(Data(), Layout));
        writer.Write(page.AsSpan(at + Placeholder.Length));
    }

    PageData Data()
    {
        IReadOnlyList<FilmFrame> frames = film.Frames;
        (double Low, double High)[] values =
            [.. Enumerable.Range(0, film.Fields).Select(field => Range(frames.Select(frame => Part(frame.Observed, field)), .005, .995))];
        double[] errors = [.. Enumerable.Range(0, film.Fields)
            .Select(field => Range(frames.Select(frame => Errors(frame, field)), 0, .998).High)];
        int stride = Math.Max(1, (scores.Count + MostScores - 1) / MostScores);
        return new PageData(
            Path.GetFileName(summary.File), settings, layout.ToString(), summary.Rows, summary.Alarms, summary.AlarmRows,
                summary.WarmUpSteps, summary.StepsPerSecond,
            [.. Enumerable.Range(0, film.Fields).Select(field => new PageField(
                field < layout.Names.Count ? layout.Names[field] : string.Create(CultureInfo.InvariantCulture, $"field {field}"),
                Say(values[field].Low), Say(values[field].High), Say(errors[field])))],
            [.. frames.Select(frame => new PageFrame(frame.Index, FeedTime.Write(frame.Time), Round(frame.Score), frame.InAlarm,
                [.. Enumerable.Range(0, film.Fields).Select(field => new[]
                {
                    Picture(Part(frame.Observed, field), ColourScale.Viridis, values[field].Low, values[field].High),
                    Picture(Part(frame.Expected, field), ColourScale.Viridis, values[field].Low, values[field].High),
                    Picture(Errors(frame, field), ColourScale.Inferno, 0, errors[field]),
                })]))],
            [.. scores.Chunk(stride).Select(part => Round(part.Max()))], stride,
            [.. alarms.Take(MostAlarms).Select(alarm => new PageAlarm(
                alarm.Span.Start, alarm.Span.End, FeedTime.Write(alarm.Time), Round(alarm.Span.Score), Words.Of(alarm.Span.Last.Severity),
                [.. (alarm.Span.Last.Field?.Regions ?? []).Take(MostRegions).Select(region => Place(region, alarm.Grid))],
                    Convert.ToBase64String(alarm.Map)))],
            Convert.ToBase64String(Bar(ColourScale.Viridis)), Convert.ToBase64String(Bar(ColourScale.Inferno)));
    }

    static string Place(FieldRegion region, GridSpec grid)
    {
        RegionEventData told = RegionEventData.Of(region, grid);
        string degrees = told.Latitude is { } north && told.Longitude is { } east
            ? string.Create(CultureInfo.InvariantCulture, $", {north:F1}°N {east:F1}°E") : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"row {region.Row:F1}, column {region.Column:F1}{degrees}: {region.Cells} cells, heat {region.Peak:G3}, "
            + $"{100 * region.Share:F0} %");
    }

    string Picture(float[] map, ColourScale scale, double low, double high) =>
        Convert.ToBase64String(FieldPicture.Png(Array.ConvertAll(map, one => (double)one), film.Columns, scale, low, high, film.NorthUp,
            pixels: 1));

    static byte[] Bar(ColourScale scale) =>
        FieldPicture.Png([.. Enumerable.Range(0, 256).Select(i => (double)i)], 256, scale, 0, 255, northUp: false, pixels: 1);

    float[] Part(float[] values, int field) => values[(field * film.Rows * film.Columns)..((field + 1) * film.Rows * film.Columns)];

    float[] Errors(FilmFrame frame, int field)
    {
        float[] observed = Part(frame.Observed, field), expected = Part(frame.Expected, field);
        for (int i = 0; i < observed.Length; i++) observed[i] = Math.Abs(observed[i] - expected[i]);
        return observed;
    }

    static (double Low, double High) Range(IEnumerable<float[]> maps, double low, double high)
    {
        float[] values = [.. maps.SelectMany(map => map).Where(float.IsFinite)];
        if (values.Length == 0) return (0, 1);
        Array.Sort(values);
        (double first, double last) = (values[(int)(low * (values.Length - 1))], values[(int)(high * (values.Length - 1))]);
        return first < last ? (first, last) : (first, first + 1);
    }

    static double Round(double value) => double.IsFinite(value) ? Math.Round(value, 4) : 0;

    static string Say(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    // What the page reads; pictures are PNG in base64.
    sealed record PageData(
        string Name, IReadOnlyDictionary<string, string> Settings, string Shape, long Rows, int Alarms, long AlarmRows, long WarmUp,
            double StepsPerSecond,
        PageField[] Fields, PageFrame[] Frames, double[] Scores, int Stride, PageAlarm[] Each, string Viridis, string Inferno);

    sealed record PageField(string Name, string Low, string High, string Error);

    sealed record PageFrame(long Index, string Time, double Score, bool Alarm, string[][] Pictures);

    sealed record PageAlarm(int Start, int End, string Time, double Score, string Severity, string[] Regions, string Map);
}
