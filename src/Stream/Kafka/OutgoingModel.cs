using System.Text;
using CloudNative.CloudEvents;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>A change of a stream's model itself.</summary>
sealed class OutgoingModel(ScoredFrame frame, EsnConfig config)
    : Outgoing(new PartitionId(frame.Frame.Stream.Topic, frame.Frame.Stream.Partition))
{
    public override string Topic => config.Sink.Events;

    public override string What => $"change of the model of {frame.Frame.Stream.Key}";

    // It is as small as it can be.
    public override IReadOnlyList<Message<byte[]?, byte[]?>> Messages() => Attempt < 2 ? [Event()] : [];

    Message<byte[]?, byte[]?> Event()
    {
        CloudEvent cloudEvent = ModelCloudEvent.Of(frame.Frame, frame.Result.Position, frame.Result.Model!, config.Source.Fields.Channels);
        (var attributes, ReadOnlyMemory<byte> data) = AnomalyCloudEvent.Binary(cloudEvent);
        var headers = new Headers();
        Add(headers, "content-type", cloudEvent.DataContentType!);
        foreach ((string name, string value) in attributes) Add(headers, $"ce_{name}", value);
        return new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes(frame.Frame.Stream.Key), Value = data.ToArray(),
            Headers = headers };
    }
}
