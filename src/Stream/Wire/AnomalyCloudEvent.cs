using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;

namespace Esn.Streaming.Wire;

/// <summary>An anomaly event as others read it: CloudEvents 1.0, data in JSON.</summary>
public static class AnomalyCloudEvent
{
    /// <summary>Before the change: esn.anomaly.opened, …</summary>
    public const string TypePrefix = "esn.anomaly.";

    static readonly JsonSerializerOptions Layout = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    static readonly JsonEventFormatter Formatter = new(Layout, default);

    /// <summary>A channel's part in an anomaly.</summary>
    /// <param name="Channel">Index.</param>
    /// <param name="Name">As configured, else null.</param>
    /// <param name="Share">Part of the squared error, 0 to 1.</param>
    public sealed record ChannelShare(int Channel, string? Name, double Share);

    /// <summary>The data of an event. Times are of the feed, positions are steps of the stream.</summary>
    public sealed record AnomalyData(
        string Stream, string Topic, string Alarm, string Change,
        string Time, long Position, string Start, long StartPosition, string Peak, long PeakPosition, string? End,
        double Score, double PeakScore, double Normality,
        string Severity, double[] Expected, double[] Observed,
        IReadOnlyList<ChannelShare> Channels, IReadOnlyList<ScoreContribution> Scores, ForecastData? Forecast, DriftData? Drift);

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

    /// <summary>What normal would have looked like.</summary>
    /// <param name="StartPosition">Step of the first point.</param>
    /// <param name="Expected">A point a step, each with all channels, in units of the feed.</param>
    public sealed record ForecastData(long StartPosition, IReadOnlyList<double[]> Expected);

    /// <summary>The event.</summary>
    /// <param name="frame">The record that brought the change.</param>
    /// <param name="alarm">The change.</param>
    /// <param name="names">Names of the channels; empty: none.</param>
    /// <remarks>
    /// The id is made of the stream, the record's place and the change: whoever sees an id twice sees a repeat.
    /// </remarks>
    public static CloudEvent Of(Frame frame, AlarmEvent alarm, IReadOnlyList<string> names)
    {
        (FeedRecord record, StreamId stream) = (frame.Record, frame.Stream);
        string change = Words.Of(alarm.Change);
        return new CloudEvent
        {
            Id = FormattableString.Invariant($"{stream.Topic}/{record.Partition}/{record.Offset}/{change}"),
            Type = TypePrefix + change,
            Source = new Uri($"/esn/{Uri.EscapeDataString(stream.Topic)}", UriKind.Relative),
            Subject = stream.Name,
            Time = alarm.Time,
            DataContentType = "application/json",
            Data = new AnomalyData(
                stream.Name, stream.Topic,
                FormattableString.Invariant($"{stream.Topic}/{record.Partition}/{stream.Name}/{record.Offset - (alarm.Position - alarm.Start)}"), change,
                FeedTime.Write(alarm.Time), alarm.Position, FeedTime.Write(alarm.StartTime), alarm.Start, FeedTime.Write(alarm.PeakTime), alarm.Peak,
                alarm.Change is AlarmChange.Closed or AlarmChange.Adapted ? FeedTime.Write(alarm.Time) : null,
                alarm.Score, alarm.PeakScore, alarm.Normality, Words.Of(alarm.Severity), alarm.Expected, alarm.Observed,
                [.. alarm.Contributions.Select(part => new ChannelShare(part.Channel, part.Channel < names.Count ? names[part.Channel] : null, part.Share))],
                alarm.Scores,
                alarm.Forecast is { } forecast ? new ForecastData(forecast.Start, [.. forecast.Expected.Chunk(alarm.Expected.Length)]) : null,
                alarm.Drift is { } drift
                    ? new DriftData(Words.Of(drift.Kind), drift.Channel, drift.Channel < names.Count ? names[drift.Channel] : null,
                        FeedTime.Write(drift.SinceTime), drift.Since, drift.PerStep, drift.LeadSteps, drift.Lead?.TotalSeconds)
                    : null),
        };
    }

    /// <summary>Binary mode: the attributes without their ce_ prefix, and the data.</summary>
    public static (IReadOnlyList<(string Name, string Value)> Attributes, ReadOnlyMemory<byte> Data) Binary(CloudEvent cloudEvent)
    {
        var attributes = new List<(string, string)> { (CloudEventsSpecVersion.SpecVersionAttribute.Name, cloudEvent.SpecVersion.VersionId) };
        foreach ((CloudEventAttribute attribute, object value) in cloudEvent.GetPopulatedAttributes())
            if (attribute != cloudEvent.SpecVersion.DataContentTypeAttribute) attributes.Add((attribute.Name, attribute.Format(value)));
        return (attributes, Formatter.EncodeBinaryModeEventData(cloudEvent));
    }

    /// <summary>Structured mode: one JSON object, without line breaks.</summary>
    public static ReadOnlyMemory<byte> Structured(CloudEvent cloudEvent) =>
        Formatter.EncodeStructuredModeMessage(cloudEvent, out _);
}
