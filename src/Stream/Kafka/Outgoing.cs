using Esn.Streaming.Pipeline;
using System.Globalization;
using System.Text;
using CloudNative.CloudEvents;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>An event, a dead letter, a command or a manifest of states on its way out, as large as its topic takes it.</summary>
/// <remarks>Events are CloudEvents (Kafka binding, binary mode); dead letters have their bytes as they came.</remarks>
abstract class Outgoing(PartitionId source)
{
    /// <summary>The partition of the source that it comes from.</summary>
    public PartitionId Source { get; } = source;

    /// <summary>Where it goes.</summary>
    public abstract string Topic { get; }

    /// <summary>Of that topic; null: any, by the key.</summary>
    public virtual int? Partition => null;

    /// <summary>Whether it tells what came of records: where it is given up, their models are ahead of what was told.</summary>
    public virtual bool Tells => true;

    /// <summary>For the log.</summary>
    public abstract string What { get; }

    /// <summary>
    /// How often it was found too large: 0 as it is, with others; 1 as it is, alone, as brokers refuse whole batches with messages
    /// in them that would fit; from 2 on smaller and smaller.
    /// </summary>
    public int Attempt { get; set; }

    /// <summary>The messages of this attempt, the largest first; empty: it can't be made smaller.</summary>
    public abstract IReadOnlyList<Message<byte[]?, byte[]?>> Messages();

    /// <summary>All that is to be told of a batch: events, then dead letters.</summary>
    public static List<Outgoing> Of(ScoredBatch batch, EsnConfig config) =>
    [
        .. batch.Alarms.Select(frame => new OutgoingEvent(frame, config)),
        .. batch.Alarms.Where(frame => frame.Result.Alarm?.Field is { } evidence
            && !FieldMap.IsInline(evidence, AnomalyCloudEvent.MostBytes))
            .Select(frame => new OutgoingMap(frame, config.Sink.Maps)),
        .. batch.ModelChanges.SelectMany(frame => ModelCloudEvent.All(frame.Frame, frame.Result.Position, frame.Result.Model!,
            config.Source.Fields.Channels).Select(change => new OutgoingNotice(frame.Frame.Stream,
                $"change of the model of {frame.Frame.Stream.Key}", change, config.Sink.Events))),
        .. batch.Silences.Select(change => new OutgoingNotice(change.Stream, $"silence of {change.Stream.Key}",
            FeedCloudEvent.Of(change.Stream, change.Channel, change.Ended, change.Since, change.Time, change.Interval, change.SinceAt,
                change.At, config.Source.Fields.Channels), config.Sink.Events)),
        .. batch.DeadLetters.Select(letter => new OutgoingLetter(letter, config.Sink.DeadLetters)),
        .. batch.Taken.Where(_ => config.Control.Topic.Length > 0).Select(taken => new OutgoingCommand(taken, config.Control.Topic)),
    ];

    /// <summary>A header of text.</summary>
    protected static void Add(Headers headers, string name, string value) => headers.Add(name, Encoding.UTF8.GetBytes(value));
}

/// <summary>A change in the life of an alarm.</summary>
sealed class OutgoingEvent(ScoredFrame frame, EsnConfig config)
    : Outgoing(new PartitionId(frame.Frame.Stream.Topic, frame.Frame.Stream.Partition))
{
    const int LeastBytes = 256;  // where no topic's limit is any sense

    public override string Topic => config.Sink.Events;

    public override string What => $"{Words.Of(frame.Result.Alarm!.Change)} of alarm {frame.AlarmId}";

    public override IReadOnlyList<Message<byte[]?, byte[]?>> Messages()
    {
        int most = AnomalyCloudEvent.MostBytes >> Math.Max(0, Attempt - 1);
        return most < LeastBytes ? [] : [Event(most)];
    }

    Message<byte[]?, byte[]?> Event(int most)
    {
        CloudEvent cloudEvent = AnomalyCloudEvent.Of(frame.Frame, frame.Result.Alarm!, frame.AlarmId, config.Source.Fields.Channels, most,
            frame.Grid, config.Sink.Maps, frame.EndedBy);
        (var attributes, ReadOnlyMemory<byte> data) = AnomalyCloudEvent.Binary(cloudEvent);
        var headers = new Headers();
        Add(headers, "content-type", cloudEvent.DataContentType!);
        foreach ((string name, string value) in attributes) Add(headers, $"ce_{name}", value);
        if (System.Diagnostics.Activity.Current is { IdFormat: System.Diagnostics.ActivityIdFormat.W3C, Id: { } trace })
            Add(headers, Spans.TraceParent, trace);
        // Alarms of a field's tiles meet in one partition: there they are joined.
        string stream = frame.Frame.Stream.Key, key = frame.Frame.Field?.Tile is null ? stream : FieldTilePlace.FieldOf(stream);
        return new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes(key), Value = data.ToArray(), Headers = headers };
    }
}

/// <summary>The heat map of an alarm that is too large to stand in its event; of fewer cells where the topic's limit asks for it.</summary>
sealed class OutgoingMap(ScoredFrame frame, string topic)
    : Outgoing(new PartitionId(frame.Frame.Stream.Topic, frame.Frame.Stream.Partition))
{
    const int LeastBytes = 256;  // where no topic's limit is any sense

    public override string Topic => topic;

    public override string What => $"map of alarm {frame.AlarmId}";

    public override IReadOnlyList<Message<byte[]?, byte[]?>> Messages()
    {
        int most = AnomalyCloudEvent.MostBytes >> Math.Max(0, Attempt - 1);
        if (most < LeastBytes) return [];
        AlarmEvent alarm = frame.Result.Alarm!;
        FieldMap map = FieldMap.Of(alarm.Field!, most);
        var headers = new Headers();
        var layout = new FieldLayout(1, map.Rows, map.Columns) { Names = ["heat"] };
        foreach (RecordHeader header in FieldRecord.Headers(layout, alarm.Time, wide: false)) headers.Add(header.Name, header.Value);
        Add(headers, "esn-every", string.Create(CultureInfo.InvariantCulture, $"{map.Every}"));
        Add(headers, "esn-alarm", frame.AlarmId!);
        Add(headers, "ce_id", AnomalyCloudEvent.IdOf(frame.Frame, alarm));
        return [new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes(frame.Frame.Stream.Key), Value = FieldRecord.Bytes(map.Heat),
            Headers = headers }];
    }
}

/// <summary>From which record on a command holds.</summary>
sealed class OutgoingCommand(ControlTaken taken, string topic) : Outgoing(taken.Of)
{
    public override string Topic => topic;

    public override string What => $"from where command {taken.Command} holds in {taken.Of}";

    public override IReadOnlyList<Message<byte[]?, byte[]?>> Messages() => Attempt < 2 ? [CommandTopic.MessageOf(taken)] : [];
}

/// <summary>A record that could not be taken.</summary>
sealed class OutgoingLetter(DeadLetter letter, string topic) : Outgoing(new PartitionId(letter.Record.Topic, letter.Record.Partition))
{
    const int PartBytes = 256 * 1024;  // of a value that comes in parts, at first: below any broker's default
    const int LeastBytes = 256;        // where no topic's limit is any sense
    const int LongestKey = 1024, LongestHeaders = 4096;  // bytes that a dead letter keeps where it must be made smaller
    const int LongestDetail = 500;     // letters: it may quote the record

    public override string Topic => topic;

    public override string What => $"record {letter.Record.Offset} of {letter.Record.Topic}[{letter.Record.Partition}]";

    // What just fitted through the broker's limit no longer does with headers: a value in parts, each saying which it is.
    public override IReadOnlyList<Message<byte[]?, byte[]?>> Messages()
    {
        FeedRecord record = letter.Record;
        if (Attempt < 2) return [Letter(record.Key, record.Value, record.Headers)];
        int size = PartBytes >> (Attempt - 2);
        if (size < LeastBytes) return [];
        byte[]? key = record.Key is { Length: > LongestKey } ? record.Key[..LongestKey] : record.Key;
        bool keepHeaders = record.Headers.Sum(header => header.Name.Length + (header.Value?.Length ?? 0)) <= LongestHeaders;
        byte[] value = record.Value ?? [];
        int parts = Math.Max(1, (value.Length + size - 1) / size);
        var messages = new Message<byte[]?, byte[]?>[parts];
        for (int part = 0; part < parts; part++)
        {
            byte[]? bytes = record.Value is null ? null : value[(part * size)..Math.Min(value.Length, (part + 1) * size)];
            messages[part] = Letter(key, bytes, keepHeaders ? record.Headers : []);
            if (parts > 1) Add(messages[part].Headers, "esn_part", $"{part + 1}/{parts}");
            if (key != record.Key) Add(messages[part].Headers, "esn_key_bytes", $"{record.Key!.Length}");
            if (!keepHeaders) Add(messages[part].Headers, "esn_headers_left_out", $"{record.Headers.Count}");
        }
        return messages;
    }

    Message<byte[]?, byte[]?> Letter(byte[]? key, byte[]? value, IReadOnlyList<RecordHeader> own)
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
}
