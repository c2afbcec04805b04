using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>What was told before this process, of some partitions.</summary>
/// <param name="Alarms">The last ones, by their last event each.</param>
/// <param name="Silences">Streams that were told to be silent, and not yet that they speak again; the last one of each.</param>
/// <param name="Whole">It is all that was ever told of these partitions: an alarm that is not there never was.</param>
public sealed record PastEvents(IReadOnlyList<BoardAlarm> Alarms, IReadOnlyList<SilenceTold> Silences, bool Whole);

/// <summary>What the topic of events tells of what was before this process: the end of it, as far back as a board shows.</summary>
/// <param name="config">Validated.</param>
/// <param name="time">The clock.</param>
/// <param name="log">What the process says.</param>
public sealed class EventHistory(EsnConfig config, TimeProvider time, ILogger log)
{
    const int MostEvents = 4000;  // the last ones, of all partitions together

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>What was told. Blocks; a board without a past is no reason to stop.</summary>
    /// <param name="of">Only of streams of these partitions.</param>
    /// <param name="stop">Ends it.</param>
    public PastEvents Read(IReadOnlyCollection<PartitionId> of, CancellationToken stop)
    {
        var read = new Extent();
        var alarms = new Dictionary<string, (BoardAlarm Alarm, Timestamp At)>();
        var silences = new Dictionary<StreamId, SilenceTold>();
        int unread = 0;
        try
        {
            foreach (ConsumeResult<byte[]?, byte[]?> record in Records(read, stop))
            {
                string type = TypeOf(record.Message.Headers);
                if (type.StartsWith("esn.model.", StringComparison.Ordinal)) continue;  // our own too, and nothing that goes on
                if (type is FeedCloudEvent.Silent or FeedCloudEvent.Resumed)
                {
                    if (Feed(record.Message.Value) is not { } feed) unread++;
                    else if (Silence(feed) is not { } silence) unread++;
                    else if (feed.Channel is not null || !of.Contains(new PartitionId(feed.Topic, feed.Partition))) continue;
                    else if (type == FeedCloudEvent.Silent) silences[silence.Stream] = silence;
                    else if (silences.GetValueOrDefault(silence.Stream)?.SinceAt == silence.SinceAt) silences.Remove(silence.Stream);
                }
                else if (Alarm(record.Message.Value) is not { } alarm) unread++;
                else if (of.Contains(new PartitionId(alarm.Topic, alarm.Partition))) alarms[alarm.Id] = (alarm, record.Message.Timestamp);
            }
        }
        catch (KafkaException e)
        {
            log.PastUnread(config.Sink.Events, e.Error.Reason);
            read.Whole = false;
        }
        if (unread > 0) log.NoEvents(unread, config.Sink.Events);
        return new PastEvents([.. alarms.Values.OrderBy(alarm => alarm.At.UnixTimestampMs).Select(alarm => alarm.Alarm)],
            read.ToEnd ? [.. silences.Values] : [], read.Whole);  // else that one has ended may not have been read
    }

    static string TypeOf(Headers? headers) =>
        headers is not null && headers.TryGetLastBytes("ce_type", out byte[] type) ? Encoding.UTF8.GetString(type) : "";

    // Null: its places can't be read.
    static SilenceTold? Silence(FeedCloudEvent.FeedData feed) =>
        FeedCloudEvent.SinceAtOf(feed) is { } at && feed.Since is not null && FeedTime.Parse(feed.Since) is { } since
            ? new SilenceTold(new StreamId(feed.Topic, feed.Partition, feed.Stream), since, at) : null;

    static FeedCloudEvent.FeedData? Feed(byte[]? value)
    {
        try
        {
            return value is null ? null : FeedCloudEvent.Read(value);
        }
        catch (JsonException)
        {
            return null;  // counted
        }
    }

    static BoardAlarm? Alarm(byte[]? value)
    {
        try
        {
            return value is null ? null : PastAlarm.Of(AnomalyCloudEvent.Read(value));
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;  // counted: others may write to this topic too
        }
    }

    sealed class Extent
    {
        public bool Whole { get; set; }

        public bool ToEnd { get; set; }
    }

    IEnumerable<ConsumeResult<byte[]?, byte[]?>> Records(Extent read, CancellationToken stop)
    {
        ConsumerConfig settings = ClientSettings.Consumer(config);
        (settings.GroupId, settings.EnableAutoCommit, settings.GroupInstanceId) = ($"{config.Source.Group}-past", false, null);
        (settings.StatisticsIntervalMs, settings.EnablePartitionEof, settings.FetchWaitMaxMs) = (0, true, 100);
        using IConsumer<byte[]?, byte[]?> consumer = Clients.Consumer(settings, time, log);
        using IAdminClient admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        TopicPartition[] partitions = [.. admin.GetMetadata(config.Sink.Events, Patience).Topics.Single().Partitions
            .Select(partition => new TopicPartition(config.Sink.Events, partition.PartitionId))];
        bool all = true;
        consumer.Assign(partitions.Select(partition =>
        {
            WatermarkOffsets held = consumer.QueryWatermarkOffsets(partition, Patience);
            all &= held.Low.Value == 0 && held.High.Value <= MostEvents / partitions.Length;
            return new TopicPartitionOffset(partition, Math.Max(held.Low.Value, held.High.Value - MostEvents / partitions.Length));
        }));
        long since = time.GetTimestamp();
        var open = partitions.ToHashSet();
        while (open.Count > 0 && !stop.IsCancellationRequested && time.GetElapsedTime(since) < Patience)
        {
            if (consumer.Consume(Poll) is not { } record) continue;
            if (record.IsPartitionEOF) open.Remove(record.TopicPartition);
            else yield return record;
        }
        read.ToEnd = open.Count == 0;
        if (!read.ToEnd && !stop.IsCancellationRequested)
            log.PastInPart(config.Sink.Events, Patience.TotalSeconds);
        read.Whole = all && read.ToEnd;
    }
}
