using System.Text;
using CloudNative.CloudEvents;
using Confluent.Kafka;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>What becomes of a stream beside its alarms: a change of its model, or that it is silent or speaks again.</summary>
/// <param name="stream">Whose it is.</param>
/// <param name="what">For the log.</param>
/// <param name="cloudEvent">As others read it.</param>
/// <param name="topic">Where it goes.</param>
sealed class OutgoingNotice(StreamId stream, string what, CloudEvent cloudEvent, string topic)
    : Outgoing(new PartitionId(stream.Topic, stream.Partition))
{
    public override string Topic => topic;

    public override string What => what;

    // It is as small as it can be.
    public override IReadOnlyList<Message<byte[]?, byte[]?>> Messages() => Attempt < 2 ? [Event()] : [];

    Message<byte[]?, byte[]?> Event()
    {
        (var attributes, ReadOnlyMemory<byte> data) = AnomalyCloudEvent.Binary(cloudEvent);
        var headers = new Headers();
        Add(headers, "content-type", cloudEvent.DataContentType!);
        foreach ((string name, string value) in attributes) Add(headers, $"ce_{name}", value);
        return new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes(stream.Key), Value = data.ToArray(), Headers = headers };
    }
}
