using System.Text;
using CloudNative.CloudEvents;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>A stream, or a channel of one, that is silent or speaks again.</summary>
sealed class OutgoingSilence(SilenceChange change, EsnConfig config)
    : Outgoing(new PartitionId(change.Stream.Topic, change.Stream.Partition))
{
    public override string Topic => config.Sink.Events;

    public override string What => $"silence of {change.Stream.Key}";

    // It is as small as it can be.
    public override IReadOnlyList<Message<byte[]?, byte[]?>> Messages() => Attempt < 2 ? [Event()] : [];

    Message<byte[]?, byte[]?> Event()
    {
        CloudEvent cloudEvent = FeedCloudEvent.Of(change.Stream, change.Channel, change.Ended, change.Since, change.Time, change.Interval,
            change.SinceAt, change.At, config.Source.Fields.Channels);
        (var attributes, ReadOnlyMemory<byte> data) = AnomalyCloudEvent.Binary(cloudEvent);
        var headers = new Headers();
        Add(headers, "content-type", cloudEvent.DataContentType!);
        foreach ((string name, string value) in attributes) Add(headers, $"ce_{name}", value);
        return new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes(change.Stream.Key), Value = data.ToArray(), Headers = headers };
    }
}
