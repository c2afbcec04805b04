using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;

namespace Esn.Streaming.Wire;

/// <summary>An anomaly event as others read it: CloudEvents 1.0, data in JSON.</summary>
public static class AnomalyCloudEvent
{
    /// <summary>
    /// Bytes that the data of an event take at the most: fits through the limit of any topic that was not made smaller than
    /// Kafka's default.
    /// </summary>
    public const int MostBytes = 256 * 1024;

    /// <summary>Before the change: esn.anomaly.opened, …</summary>
    public const string TypePrefix = "esn.anomaly.";

    internal static readonly JsonSerializerOptions Layout = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,  // rather "NaN" than no event
    };

    static readonly JsonEventFormatter Formatter = new(Layout, default);

    /// <summary>A channel's part in an anomaly.</summary>
    /// <param name="Channel">Index.</param>
    /// <param name="Name">As configured, else null.</param>
    /// <param name="Share">Part of the squared error, 0 to 1.</param>
    public sealed record ChannelShare(int Channel, string? Name, double Share);

    /// <summary>
    /// The data of an event. Times are of the feed, positions are steps of the stream. Of a field there is <c>Field</c> in place of
    /// the values of thousands of cells: expected and observed are empty.
    /// </summary>
    public sealed record AnomalyData(
        string Stream, string Topic, string Alarm, string Change,
        string Time, long Position, string Start, long StartPosition, string Peak, long PeakPosition, string? End,
        double Score, double PeakScore, double Normality,
        string Severity, double[] Expected, double[] Observed,
        IReadOnlyList<ChannelShare> Channels, IReadOnlyList<ScoreContribution> Scores, ForecastData? Forecast, DriftData? Drift,
            LeftOutData? LeftOut = null, FieldEventData? Field = null)
    {
        /// <summary>Channels that began to alarm once it had been told of others, names or "channel 3"; else absent.</summary>
        public IReadOnlyList<string>? LaterChannels { get; init; }

        /// <summary>Incidents in this alarm, where it is more than one; else absent.</summary>
        public int? Incidents { get; init; }

        /// <summary>Of a joined alarm that closes since it turned out to be a part of another one: that one; else absent.</summary>
        public string? Into { get; init; }

        /// <summary>True: told in the warm-up, by the values before it alone; else absent.</summary>
        public bool? Early { get; init; }

        /// <summary>In a backtest: rows of the file; else absent.</summary>
        public RowsData? Rows { get; init; }

        /// <summary>Of one that did not end by itself: how, and where a person ended it, who and why; else absent.</summary>
        public EndedByData? EndedBy { get; init; }
    }

    /// <summary>
    /// Rows of the file, from 0, as in the report and the summary. Positions are steps, which rows without a value are none of.
    /// </summary>
    /// <param name="At">Of this change.</param>
    /// <param name="Start">At which it opened.</param>
    /// <param name="Peak">Of the highest score so far.</param>
    public sealed record RowsData(long At, long Start, long Peak);

    /// <summary>The alarm did not end by itself.</summary>
    /// <param name="How">
    /// muted: the stream is not to be judged; denied: a person said that it was no anomaly; gap: the feed was away for too long to say that
    /// it goes on; newRun: the feed began again.
    /// </param>
    /// <param name="By">Of a person: the name of the token; else absent.</param>
    /// <param name="Why">Of a person: what was said with it, may be empty; else absent.</param>
    public sealed record EndedByData(string How, string? By, string? Why);

    /// <summary>A slow change that the alarm is due to, as in <see cref="Esn.Drift"/>.</summary>
    /// <param name="Kind">level or error.</param>
    /// <param name="Channel">Index.</param>
    /// <param name="Name">As configured, else absent.</param>
    /// <param name="Since">Feed time of the estimated onset.</param>
    /// <param name="SincePosition">Step of the estimated onset.</param>
    /// <param name="PerStep">Of a level in units of the feed; of errors the growth of ln(mean squared error).</param>
    /// <param name="LeadSteps">Steps until the level leaves its range, or the errors alarm by themselves; absent: not known.</param>
    /// <param name="LeadSeconds">The same in seconds of feed time.</param>
    public sealed record DriftData(
        string Kind, int Channel, string? Name, string Since, long SincePosition, double PerStep, double? LeadSteps, double? LeadSeconds);

    /// <summary>What the event does not tell, as it would have been too large.</summary>
    /// <param name="ForecastPoints">The last ones of the forecast.</param>
    /// <param name="Channels">The last ones of expected and observed.</param>
    /// <param name="Details">Entries of channels and scores.</param>
    public sealed record LeftOutData(int ForecastPoints, int Channels, int Details);

    /// <summary>What normal would have looked like.</summary>
    /// <param name="StartPosition">Step of the first point.</param>
    /// <param name="Expected">A point a step, each with all channels, in units of the feed.</param>
    public sealed record ForecastData(long StartPosition, IReadOnlyList<double[]> Expected);

    /// <summary>The event.</summary>
    /// <param name="frame">The record that brought the change.</param>
    /// <param name="alarm">The change.</param>
    /// <param name="id">Of the alarm: the same for its whole life.</param>
    /// <param name="names">Names of the channels; empty: none.</param>
    /// <param name="most">Bytes that the data may take; what does not fit is left out, the forecast first, and the event says so.
    /// Below 4 kB it may come out larger.</param>
    /// <param name="grid">Of the stream, where it is a field; for degrees.</param>
    /// <param name="maps">Topic of the heat maps that are too large to stand in an event; null: there is none, they are left out.</param>
    /// <param name="ended">What ended it from outside; null: nothing did.</param>
    /// <param name="rows">Of the file, in a backtest.</param>
    /// <remarks>
    /// The id is made of the stream, the record's place and the change: whoever sees an id twice sees a repeat.
    /// </remarks>
    public static CloudEvent Of(Frame frame, AlarmEvent alarm, string id, IReadOnlyList<string> names, int most = MostBytes,
        GridSpec? grid = null, string? maps = null, EndedByData? ended = null, RowsData? rows = null)
    {
        StreamId stream = frame.Stream;
        string change = Words.Of(alarm.Change);
        return new CloudEvent
        {
            Id = IdOf(frame, alarm),
            Type = TypePrefix + change,
            Source = new Uri($"/esn/{Uri.EscapeDataString(stream.Topic)}", UriKind.Relative),
            Subject = stream.Key,
            Time = alarm.Time,
            DataContentType = "application/json",
            Data = Bounded(DataOf(stream, alarm, id, names) with
            {
                Field = FieldOf(frame, alarm, grid, maps, most),
                EndedBy = ended,
                Early = alarm.Early ? true : null,
                LaterChannels = alarm.LaterChannels.Count == 0 ? null : [.. alarm.LaterChannels.Select(c => NameOrNumber(names, c))],
                Incidents = alarm.Incidents > 1 ? alarm.Incidents : null,
                Rows = rows,
            }, most),
        };
    }

    /// <summary>An event of alarms of tiles that were joined.</summary>
    /// <param name="id">Its ce_id.</param>
    /// <param name="change">Of the joined alarm.</param>
    /// <param name="time">Feed time of the change.</param>
    /// <param name="data">What it tells.</param>
    internal static CloudEvent Joined(string id, AlarmChange change, DateTime time, AnomalyData data) => new()
    {
        Id = id,
        Type = TypePrefix + Words.Of(change),
        Source = new Uri($"/esn/{Uri.EscapeDataString(data.Topic)}/joined", UriKind.Relative),
        Subject = data.Stream,
        Time = time,
        DataContentType = "application/json",
        Data = Bounded(data, MostBytes),
    };

    /// <summary>The ce_id of an event.</summary>
    internal static string IdOf(Frame frame, AlarmEvent alarm)
    {
        FeedRecord record = frame.Record;
        string part = record.Part > 0 ? FormattableString.Invariant($".{record.Part}") : "";  // streams of one record tell apart
        return FormattableString.Invariant($"{record.Topic}/{record.Partition}/{record.Offset}{part}/{Words.Of(alarm.Change)}");
    }

    static FieldEventData? FieldOf(Frame frame, AlarmEvent alarm, GridSpec? grid, string? maps, int most)
    {
        if (alarm.Field is not { } evidence) return null;
        bool inline = FieldMap.IsInline(evidence, most);
        FieldMap map = FieldMap.Of(evidence, MostBytes);
        string? data = inline ? Convert.ToBase64String(FieldRecord.Bytes(evidence.Heat)) : null;
        return FieldEventData.Of(evidence, grid, !inline && maps is null ? null
            : new MapEventData("float32", map.Rows, map.Columns, map.Every, data, inline ? null : maps)) with
        {
            Tile = TileEventData.Of(frame.Stream.Key, frame.Field?.Tile, grid),
        };
    }

    static AnomalyData DataOf(StreamId stream, AlarmEvent alarm, string id, IReadOnlyList<string> names) => new(
        stream.Key, stream.Topic, id, Words.Of(alarm.Change),
        FeedTime.Write(alarm.Time), alarm.Position, FeedTime.Write(alarm.StartTime), alarm.Start,
        FeedTime.Write(alarm.PeakTime), alarm.Peak,
        alarm.Change is AlarmChange.Closed or AlarmChange.Adapted ? FeedTime.Write(alarm.Time) : null,
        alarm.Score, alarm.PeakScore, alarm.Normality, Words.Of(alarm.Severity),
        alarm.Field is null ? alarm.Expected : [], alarm.Field is null ? alarm.Observed : [],
        [.. alarm.Contributions.Where(part => part.Share > 0)
            .Select(part => new ChannelShare(part.Channel, Name(names, part.Channel), part.Share))],
        [.. alarm.Scores.Select(score => score with { Name = ScoreName(names, score.Name) })],
        alarm.Forecast is { } forecast ? new ForecastData(forecast.Start, [.. forecast.Expected.Chunk(alarm.Expected.Length)]) : null,
        alarm.Drift is { } drift
            ? new DriftData(Words.Of(drift.Kind), drift.Channel, Name(names, drift.Channel),
                FeedTime.Write(drift.SinceTime), drift.Since, drift.PerStep, drift.LeadSteps, drift.Lead?.TotalSeconds)
            : null);

    /// <summary>A channel's name as configured, else its number.</summary>
    internal static string NameOrNumber(IReadOnlyList<string> names, int channel) =>
        channel < names.Count ? names[channel] : FormattableString.Invariant($"channel {channel}");

    /// <summary>A score's name with that of its channel in place of its number: level 10[flow] of level 10[7].</summary>
    internal static string ScoreName(IReadOnlyList<string> names, string score)
    {
        int open = score.LastIndexOf('[');
        return open > 0 && score[^1] == ']'
            && int.TryParse(score.AsSpan()[(open + 1)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int channel)
            && channel < names.Count ? $"{score[..open]}[{names[channel]}]" : score;
    }

    static string? Name(IReadOnlyList<string> names, int channel) => channel < names.Count ? names[channel] : null;

    // Halves what there is most of until the rest fits: the points of the forecast, then the channels, then the lists of parts.
    static AnomalyData Bounded(AnomalyData data, int most)
    {
        AnomalyData kept = data;
        int all = data.Forecast?.Expected.Count ?? 0, points = all, channels = data.Expected.Length;
        bool details = true;
        while (JsonSerializer.SerializeToUtf8Bytes(kept, Layout).Length > most)
        {
            if (points > 0) points /= 2;
            else if (channels > 0) channels /= 2;
            else if (details) details = false;
            else break;  // names, numbers and regions alone
            kept = data with
            {
                Forecast = points > 0 ? data.Forecast! with { Expected = [.. data.Forecast.Expected.Take(points)] } : null,
                Expected = data.Expected[..channels],
                Observed = data.Observed[..channels],
                Channels = details ? data.Channels : [],
                Scores = details ? data.Scores : [],
                LeftOut = new LeftOutData(all - points, data.Expected.Length - channels, details ? 0
                    : data.Channels.Count + data.Scores.Count),
            };
        }
        return kept;
    }

    /// <summary>Binary mode: the attributes without their ce_ prefix, and the data.</summary>
    public static (IReadOnlyList<(string Name, string Value)> Attributes, ReadOnlyMemory<byte> Data) Binary(CloudEvent cloudEvent)
    {
        List<(string, string)> attributes = [(CloudEventsSpecVersion.SpecVersionAttribute.Name, cloudEvent.SpecVersion.VersionId)];
        foreach ((CloudEventAttribute attribute, object value) in cloudEvent.GetPopulatedAttributes())
            if (attribute != cloudEvent.SpecVersion.DataContentTypeAttribute) attributes.Add((attribute.Name, attribute.Format(value)));
        return (attributes, Formatter.EncodeBinaryModeEventData(cloudEvent));
    }

    /// <summary>The data of an event that was told.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static AnomalyData Read(ReadOnlySpan<byte> data) =>
        JsonSerializer.Deserialize<AnomalyData>(data, Layout) is { Alarm: not null, Channels: not null, Scores: not null } told ? told
            : throw new JsonException("this is no event of an alarm");

    /// <summary>Structured mode: one JSON object, without line breaks.</summary>
    public static ReadOnlyMemory<byte> Structured(CloudEvent cloudEvent) =>
        Formatter.EncodeStructuredModeMessage(cloudEvent, out _);
}
