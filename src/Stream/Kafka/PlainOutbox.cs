using System.Globalization;
using System.Text;
using CloudNative.CloudEvents;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Pipeline;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// At least once: events and dead letters are produced, and when the brokers have them the offsets are stored, which the
/// consumer commits every second, when partitions go, and at the end.
/// </summary>
/// <remarks>Events are CloudEvents (Kafka binding, binary mode); dead letters have their bytes as they came.</remarks>
public sealed class PlainOutbox : IOutbox, IDisposable
{
    const int PartBytes = 256 * 1024;  // of a value that comes in parts, at first: below any broker's default
    const int LeastBytes = 256;        // where no topic's limit is any sense
    const int LongestKey = 1024, LongestHeaders = 4096;  // bytes that a dead letter keeps where it must be made smaller
    const int LongestDetail = 500;     // letters: it may quote the record

    static readonly TimeSpan QueueFull = TimeSpan.FromMilliseconds(50);

    readonly EsnConfig _config;
    readonly IConsumer<byte[]?, byte[]?> _consumer;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly IProducer<byte[]?, byte[]?> _producer;
    readonly RateLimit _letters;

    /// <summary>Makes the producer.</summary>
    /// <param name="config">Validated.</param>
    /// <param name="consumer">That of the source, whose offsets it stores.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">What the process says.</param>
    public PlainOutbox(EsnConfig config, IConsumer<byte[]?, byte[]?> consumer, TimeProvider time, ILogger log)
    {
        (_config, _consumer, _time, _log) = (config, consumer, time, log);
        _letters = new RateLimit(time, TimeSpan.FromSeconds(1));
        var said = new ClientLog(log, time);
        _producer = new ProducerBuilder<byte[]?, byte[]?>(ClientSettings.Producer(config))
            .SetErrorHandler((_, error) => said.Error(error))
            .SetLogHandler((_, line) => said.Line(line))
            .Build();
    }

    /// <inheritdoc/>
    public async Task Store(ScoredBatch batch, CancellationToken cancel)
    {
        await Publish(batch, cancel).ConfigureAwait(false);
        Mark(batch.Offsets);
        // On a thread of its own: the call blocks.
        if (batch.Message is PartitionsRevoked) await Task.Run(Commit, cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _producer.Dispose();

    async Task Publish(ScoredBatch batch, CancellationToken cancel)
    {
        var stored = new List<(Task<bool> Fits, Func<Task> Smaller)>();
        foreach (ScoredFrame frame in batch.Frames)
        {
            if (frame.Result.Alarm is not { } alarm) continue;
            _log.Alarm(Words.Of(alarm.Change), frame.Frame.Stream.Key, FeedTime.Write(alarm.Time), alarm.Position,
                Words.Of(alarm.Severity), alarm.PeakScore);
            stored.Add((TryProduce(_config.Sink.Events, Event(frame, alarm, AnomalyCloudEvent.MostBytes), cancel), () =>
                PublishThinned(frame, alarm, cancel)));
            if (alarm.Field is { } evidence && !FieldMap.IsInline(evidence, AnomalyCloudEvent.MostBytes))
                stored.Add((TryProduce(_config.Sink.Maps, Map(frame, alarm, evidence, AnomalyCloudEvent.MostBytes), cancel), () =>
                    PublishCoarser(frame, alarm, evidence, cancel)));
        }
        foreach (DeadLetter letter in batch.DeadLetters)
        {
            if (_letters.Allows(out int suppressed))
                _log.DeadLetter(letter.Record.Topic, letter.Record.Partition, letter.Record.Offset, Words.Of(letter.Reason),
                    letter.Detail, suppressed);
            stored.Add((TryProduce(_config.Sink.DeadLetters,
                Letter(letter, letter.Record.Key, letter.Record.Value, letter.Record.Headers), cancel), () =>
                PublishInParts(letter, cancel)));
        }
        bool[] fit = await Task.WhenAll(stored.Select(one => one.Fits)).ConfigureAwait(false);
        // One by one: brokers refuse whole batches, with messages in them that would fit alone.
        for (int i = 0; i < fit.Length; i++)
            if (!fit[i]) await stored[i].Smaller().ConfigureAwait(false);
    }

    // Whether the topic's limit lets it through.
    async Task<bool> TryProduce(string topic, Message<byte[]?, byte[]?> message, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await _producer.ProduceAsync(topic, message, cancel).ConfigureAwait(false);
                return true;
            }
            catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                await Task.Delay(QueueFull, _time, cancel).ConfigureAwait(false);  // it empties as the broker takes what is in it
            }
            catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.MsgSizeTooLarge)
            {
                return false;
            }
            catch (KafkaException e)
            {
                throw new OutboxException($"can't write to topic {topic}: {e.Error.Reason}", e);
            }
        }
    }

    async Task PublishThinned(ScoredFrame frame, AlarmEvent alarm, CancellationToken cancel)
    {
        int size = AnomalyCloudEvent.MostBytes;
        while (!await TryProduce(_config.Sink.Events, Event(frame, alarm, size), cancel).ConfigureAwait(false))
        {
            if (size < LeastBytes)
            {
                _log.NotFitting(_config.Sink.Events, $"{Words.Of(alarm.Change)} of alarm {frame.AlarmId}");
                return;
            }
            size /= 2;
        }
        if (alarm.Field is { } evidence && FieldMap.IsInline(evidence, AnomalyCloudEvent.MostBytes) && !FieldMap.IsInline(evidence, size))
            await PublishCoarser(frame, alarm, evidence, cancel).ConfigureAwait(false);
    }

    // What the topic's limit does not let through becomes a map of fewer cells; its headers say of how many.
    async Task PublishCoarser(ScoredFrame frame, AlarmEvent alarm, FieldEvidence evidence, CancellationToken cancel)
    {
        for (int size = AnomalyCloudEvent.MostBytes; size >= LeastBytes; size /= 2)
            if (await TryProduce(_config.Sink.Maps, Map(frame, alarm, evidence, size), cancel).ConfigureAwait(false)) return;
        _log.NotFitting(_config.Sink.Maps, $"map of alarm {frame.AlarmId}");
    }

    static Message<byte[]?, byte[]?> Map(ScoredFrame frame, AlarmEvent alarm, FieldEvidence evidence, int most)
    {
        FieldMap map = FieldMap.Of(evidence, most);
        var headers = new Headers();
        var layout = new FieldLayout(1, map.Rows, map.Columns) { Names = ["heat"] };
        foreach (RecordHeader header in FieldRecord.Headers(layout, alarm.Time, wide: false)) headers.Add(header.Name, header.Value);
        Add(headers, "esn-every", string.Create(CultureInfo.InvariantCulture, $"{map.Every}"));
        Add(headers, "esn-alarm", frame.AlarmId);
        Add(headers, "ce_id", AnomalyCloudEvent.IdOf(frame.Frame, alarm));
        return new Message<byte[]?, byte[]?> { Key = frame.Frame.Record.Key, Value = FieldRecord.Bytes(map.Heat), Headers = headers };
    }

    // What just fitted through the broker's limit no longer does with headers: a value in parts, each saying which it is.
    async Task PublishInParts(DeadLetter letter, CancellationToken cancel)
    {
        FeedRecord record = letter.Record;
        if (await TryProduce(_config.Sink.DeadLetters, Letter(letter, record.Key, record.Value, record.Headers),
            cancel).ConfigureAwait(false)) return;
        byte[]? key = record.Key is { Length: > LongestKey } ? record.Key[..LongestKey] : record.Key;
        bool keepHeaders = record.Headers.Sum(header => header.Name.Length + (header.Value?.Length ?? 0)) <= LongestHeaders;
        byte[] value = record.Value ?? [];
        for (int size = PartBytes; size >= LeastBytes; size /= 2)
        {
            int parts = Math.Max(1, (value.Length + size - 1) / size), part = 0;
            for (; part < parts; part++)
            {
                byte[]? bytes = record.Value is null ? null : value[(part * size)..Math.Min(value.Length, (part + 1) * size)];
                Message<byte[]?, byte[]?> message = Letter(letter, key, bytes, keepHeaders ? record.Headers : []);
                if (parts > 1) Add(message.Headers, "esn_part", $"{part + 1}/{parts}");
                if (key != record.Key) Add(message.Headers, "esn_key_bytes", $"{record.Key!.Length}");
                if (!keepHeaders) Add(message.Headers, "esn_headers_left_out", $"{record.Headers.Count}");
                // the first one is the largest
                if (!await TryProduce(_config.Sink.DeadLetters, message, cancel).ConfigureAwait(false)) break;
            }
            if (part == parts) return;
        }
        _log.NotFitting(_config.Sink.DeadLetters, $"record {record.Offset} of {record.Topic}[{record.Partition}]");
    }

    Message<byte[]?, byte[]?> Event(ScoredFrame frame, AlarmEvent alarm, int most)
    {
        CloudEvent cloudEvent = AnomalyCloudEvent.Of(
            frame.Frame, alarm, frame.AlarmId, _config.Source.Fields.Channels, most, frame.Grid, _config.Sink.Maps);
        (var attributes, ReadOnlyMemory<byte> data) = AnomalyCloudEvent.Binary(cloudEvent);
        var headers = new Headers();
        Add(headers, "content-type", cloudEvent.DataContentType!);
        foreach ((string name, string value) in attributes) Add(headers, $"ce_{name}", value);
        return new Message<byte[]?, byte[]?> { Key = frame.Frame.Record.Key, Value = data.ToArray(), Headers = headers };
    }

    static Message<byte[]?, byte[]?> Letter(DeadLetter letter, byte[]? key, byte[]? value, IReadOnlyList<RecordHeader> own)
    {
        FeedRecord record = letter.Record;
        var headers = new Headers();
        foreach (RecordHeader header in own) headers.Add(header.Name, header.Value);
        Add(headers, "esn_reason", Words.Of(letter.Reason));
        Add(headers, "esn_detail", letter.Detail.Length <= LongestDetail ? letter.Detail : letter.Detail[..LongestDetail] + " …");
        Add(headers, "esn_topic", record.Topic);
        Add(headers, "esn_partition", $"{record.Partition}");
        Add(headers, "esn_offset", $"{record.Offset}");
        Add(headers, "esn_timestamp", record.Timestamp is { } time ? FeedTime.Write(time)
            : string.Create(CultureInfo.InvariantCulture, $"{record.Milliseconds}"));
        return new Message<byte[]?, byte[]?> { Key = key, Value = value, Headers = headers };
    }

    static void Add(Headers headers, string name, string value) => headers.Add(name, Encoding.UTF8.GetBytes(value));

    void Mark(IReadOnlyList<PartitionOffset> offsets)
    {
        foreach ((PartitionId partition, long next) in offsets)
        {
            try
            {
                _consumer.StoreOffset(new TopicPartitionOffset(partition.Topic, partition.Number, next));
            }
            catch (KafkaException e)
            {
                _log.OffsetNotStored(partition.ToString(), e.Error.Reason);
            }
        }
    }

    void Commit()
    {
        try
        {
            _consumer.Commit();
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_NoOffset)
        {
            // Nothing new since the last commit.
        }
        catch (KafkaException e)
        {
            _log.NotCommitted(e.Error.Reason);
        }
    }
}
