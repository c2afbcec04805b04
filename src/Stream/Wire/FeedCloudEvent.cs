using System.Globalization;
using System.Text.Json;
using CloudNative.CloudEvents;

namespace Esn.Streaming.Wire;

/// <summary>What becomes of a feed itself, as others read it: a stream, or a channel of one, that is silent or speaks again.</summary>
public static class FeedCloudEvent
{
    /// <summary>It gives nothing any more.</summary>
    public const string Silent = "esn.feed.silent";

    /// <summary>It speaks again: closes what <see cref="Silent"/> opened.</summary>
    public const string Resumed = "esn.feed.resumed";

    /// <summary>The data of such an event. Times are of the feed.</summary>
    /// <param name="Stream">Its name.</param>
    /// <param name="Topic">Of the stream.</param>
    /// <param name="Partition">Of the stream.</param>
    /// <param name="Silence">The same for the whole life of this silence.</param>
    /// <param name="Channel">Index of the channel; absent: all of the stream.</param>
    /// <param name="Name">Of the channel, as configured.</param>
    /// <param name="Since">Of the last that it gave.</param>
    /// <param name="Time">Of this event.</param>
    /// <param name="SilentSeconds">Between the two.</param>
    /// <param name="IntervalSeconds">Between two frames of the stream, as usual.</param>
    public sealed record FeedData(string Stream, string Topic, int Partition, string Silence, int? Channel, string? Name, string Since,
        string Time, double SilentSeconds, double IntervalSeconds);

    /// <summary>The identity of a silence.</summary>
    /// <param name="stream">Which.</param>
    /// <param name="channel">Index; −1: all of it.</param>
    /// <param name="sinceAt">Offset of the record that it gave last.</param>
    public static string SilenceOf(StreamId stream, int channel, long sinceAt) => FormattableString.Invariant(
        $"{stream.Topic}/{stream.Partition}/{stream.Key}/{sinceAt}") + (channel < 0 ? "" : FormattableString.Invariant($"/{channel}"));

    /// <summary>Offset of the record that was given last, of the identity of a silence; null: it is none.</summary>
    public static long? SinceAtOf(FeedData data)
    {
        string before = FormattableString.Invariant($"{data.Topic}/{data.Partition}/{data.Stream}/");
        if (!data.Silence.StartsWith(before, StringComparison.Ordinal)) return null;
        string offset = data.Silence[before.Length..].Split('/')[0];  // a channel may follow
        return long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out long at) ? at : null;
    }

    /// <summary>The data of such an event that was told.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static FeedData Read(ReadOnlySpan<byte> data) =>
        JsonSerializer.Deserialize<FeedData>(data, AnomalyCloudEvent.Layout) is { Silence: not null, Stream: not null, Topic: not null } one
            ? one : throw new JsonException("this is no event of a feed");

    /// <summary>The event.</summary>
    /// <param name="stream">Which.</param>
    /// <param name="channel">Index; −1: all of it.</param>
    /// <param name="ended">It speaks again.</param>
    /// <param name="since">Feed time of the last that it gave.</param>
    /// <param name="time">Feed time of this event.</param>
    /// <param name="interval">Between two frames.</param>
    /// <param name="sinceAt">Offset of the record that it gave last.</param>
    /// <param name="at">Offset of the record that this is told with.</param>
    /// <param name="names">Names of the channels; empty: none.</param>
    /// <remarks>The id is made of the stream and of records' places: whoever sees an id twice sees a repeat.</remarks>
    public static CloudEvent Of(StreamId stream, int channel, bool ended, DateTime since, DateTime time, TimeSpan interval, long sinceAt,
        long at, IReadOnlyList<string> names)
    {
        string of = channel < 0 ? "" : FormattableString.Invariant($"/{channel}"), what = ended ? "resumed" : "silent";
        return new CloudEvent
        {
            Id = FormattableString.Invariant($"{stream.Topic}/{stream.Partition}/{stream.Key}/{sinceAt}/{at}{of}/{what}"),
            Type = ended ? Resumed : Silent,
            Source = new Uri($"/esn/{Uri.EscapeDataString(stream.Topic)}", UriKind.Relative),
            Subject = stream.Key,
            Time = time,
            DataContentType = "application/json",
            Data = new FeedData(stream.Key, stream.Topic, stream.Partition, SilenceOf(stream, channel, sinceAt),
                channel < 0 ? null : channel, channel >= 0 && channel < names.Count ? names[channel] : null,
                FeedTime.Write(since), FeedTime.Write(time), (time - since).TotalSeconds, interval.TotalSeconds),
        };
    }
}
