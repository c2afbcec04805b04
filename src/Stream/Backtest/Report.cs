using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Backtest;

/// <summary>A backtest for a person: what is plotted, and the page that plots it.</summary>
public sealed class Report
{
    const string Placeholder = "{{report}}", Library = "{{echarts}}";

    // The default encoder writes <, > and & as escapes: no name can end the page's script element.
    static readonly JsonSerializerOptions Layout = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>What was found.</summary>
    public required BacktestSummary Summary { get; init; }

    /// <summary>Shown as they are, such as preset and budget.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>Name of the column of times; "row" where there is none.</summary>
    public required string TimeColumn { get; init; }

    /// <summary>The series.</summary>
    public required Trace Trace { get; init; }

    /// <summary>Ascending.</summary>
    public required IReadOnlyList<AlarmSpan> Alarms { get; init; }

    /// <summary>Labelled windows, each with its delay, or null where nothing was told in it; null: the feed has no labels.</summary>
    public required IReadOnlyList<(NabWindow Window, int? Delay)>? Windows { get; init; }

    /// <summary>Channels that are plotted at the most.</summary>
    public const int MostPlotted = 12;

    /// <summary>Which channels are plotted: those that alarmed before the others, by their part in it.</summary>
    public IReadOnlyList<int> Plotted =>
        [.. Enumerable.Range(0, Trace.Names.Count).OrderByDescending(Part).Take(MostPlotted)];

    double Part(int channel) =>
        Alarms.Sum(alarm => alarm.Last.Contributions.Where(part => part.Channel == channel).Sum(part => part.Share));

    /// <summary>Row by row.</summary>
    public required IReadOnlyList<bool> Alarmed { get; init; }

    /// <summary>Writes the page: one file that needs no other.</summary>
    public void WritePage(string file)
    {
        string page = Resource("report.html");
        int library = page.IndexOf(Library, StringComparison.Ordinal), at = page.IndexOf(Placeholder, StringComparison.Ordinal);
        using var writer = new StreamWriter(file, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        writer.Write(page.AsSpan(0, library));
        writer.Write(Resource("wwwroot/echarts.js"));
        writer.Write(page.AsSpan((library + Library.Length)..at));
        writer.Write(JsonSerializer.Serialize(Data(), Layout));
        writer.Write(page.AsSpan(at + Placeholder.Length));
    }

    static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(Report).Assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    PageData Data() => new(
        Summary.File, Settings, Summary, Trace.Rows, Trace.Score.Stride,
        TimeColumn == "row" ? null : new PageTimes(Trace.Regular?.Start, Trace.Regular?.Step, Trace.Regular is null
            ? Doubles(Trace.Times.Points()) : null),
        Trace.BandErrors, Trace.BandShare,
        [.. Plotted.Select(c => Channel(Trace.Names[c], c))], Singles(Trace.Score.Points(), 0),
        [.. Alarms.Select(Alarm)],
        Windows is null ? null : [.. Windows
            .Select(labelled => new PageWindow(labelled.Window.First, labelled.Window.Last + 1, labelled.Delay,
            labelled.Window.Last < Summary.WarmUpRows, LabelTally.WasOpen(Alarms, labelled.Window, Alarmed)))]);

    PageChannel Channel(string name, int c) => new(
        name, Offset(c), Singles(Trace.Observed[c].Points(), Offset(c)), Singles(Trace.Expected[c].Points(), Offset(c)),
            Singles(Trace.Width[c].Points(), 0), !Trace.Observed[c].Points().Any(value => value < 0));

    // Values are stored less the first one, so that small changes of a large level survive single precision.
    double Offset(int channel) => Trace.Observed[channel].Points().FirstOrDefault(value => Math.Abs(value) < float.MaxValue);

    PageAlarm Alarm(AlarmSpan alarm)
    {
        AlarmEvent last = alarm.Last;
        PageForecast? forecast = alarm.Forecast is not { } running ? null : new PageForecast(
            alarm.Start + (running.Start - last.Start),
            [.. Plotted.Select(c => Foretold(running, c, last.Expected.Length))]);
        int? delay = Windows?.Select(labelled => LabelTally.Delay([alarm], labelled.Window)).FirstOrDefault(rows => rows is not null);
        bool touches = Windows?.Any(labelled => alarm.Touches(labelled.Window, Alarmed)) == true;
        return new PageAlarm(
            alarm.Start, alarm.Peak, alarm.End, alarm.Score, Words.Of(last.Severity),
            last.Change is AlarmChange.Closed or AlarmChange.Adapted ? Words.Of(last.Change) : "open",
            [.. last.Contributions.Where(part => part.Share > 0).Select(part => new PagePart(Summary.Channels[part.Channel], part.Share))],
            [.. last.LaterChannels.Select(channel => Summary.Channels[channel])], last.Incidents,
            [.. last.Scores.Select(score => new PagePart(AnomalyCloudEvent.ScoreName(Summary.Channels, score.Name), score.Margin,
                ScoreText.Looks(score.Name)))],
            Windows is null ? null : delay is not null ? "caught" : touches ? "begun before"
                : alarm.End <= Summary.WarmUpRows ? "warm-up" : "false",
            delay, last.Early, forecast,
            alarm.Drift is not { } drift ? null : new PageDrift(
                Words.Of(drift.Kind), Summary.Channels[drift.Channel], Math.Max(0, alarm.Start + (drift.Since - last.Start)),
                    drift.PerStep, drift.LeadSteps));
    }

    double?[] Foretold(Forecast forecast, int channel, int channels)
    {
        double offset = Offset(channel);
        return [.. Enumerable.Range(0, forecast.Expected.Length / channels)
            .Select(i => Rounded(forecast.Expected[i * channels + channel] - offset))];
    }

    // As far as a plot shows: six digits.
    static double? Rounded(double value) => double.IsFinite(value)
        ? double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;

    static string Singles(IReadOnlyList<double> points, double offset)
    {
        var bytes = new byte[points.Count * sizeof(float)];
        for (int i = 0; i < points.Count; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)),
                (float)Math.Clamp(points[i] - offset, float.MinValue, float.MaxValue));
        return Convert.ToBase64String(bytes);
    }

    static string Doubles(IReadOnlyList<double> points)
    {
        var bytes = new byte[points.Count * sizeof(double)];
        for (int i = 0; i < points.Count; i++) BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(i * sizeof(double)), points[i]);
        return Convert.ToBase64String(bytes);
    }

    // What the page reads. Rows count from 0, ends are past the last row, series are base64 of little-endian numbers.
    sealed record PageData(
        string Name, IReadOnlyDictionary<string, string> Settings, BacktestSummary Summary, int Rows, int Stride, PageTimes? Times,
        int BandErrors, double BandShare, PageChannel[] Channels, string Score, PageAlarm[] Alarms, PageWindow[]? Windows);

    sealed record PageTimes(double? Start, double? Step, string? Points);

    sealed record PageChannel(string Name, double Offset, string Observed, string Expected, string Width, bool NeverBelowZero);

    sealed record PageAlarm(
        int Start, int Peak, int End, double Score, string Severity, string State, PagePart[] Channels, string[] LaterChannels,
        int Incidents, PagePart[] Scores, string? Verdict, int? Delay, bool Early, PageForecast? Forecast, PageDrift? Drift);

    sealed record PagePart(string Name, double Part, string? Looks = null);

    sealed record PageForecast(long Start, double?[][] Expected);

    sealed record PageDrift(string Kind, string Channel, long Since, double PerStep, double? LeadSteps);

    sealed record PageWindow(int Start, int End, int? Delay, bool WithinWarmUp, bool StillOpen);
}
