using System.Text;
using Confluent.Kafka;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>Says that a snapshot is whole: with the offsets of its partition, so that nobody but their owner can.</summary>
sealed class OutgoingManifest(PartitionId source, string topic, string key, StateManifest manifest) : Outgoing(source)
{
    public override string Topic => topic;

    public override int? Partition => Source.Number;

    public override string What => $"manifest {key}";

    public override bool Tells => false;

    public override IReadOnlyList<Message<byte[]?, byte[]?>> Messages()
    {
        if (Attempt > 1) return [];  // it is as small as it can be
        return [new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes(key), Value = Record.Value }];
    }

    /// <summary>The record.</summary>
    public (string Key, byte[]? Value) Record => (key, manifest.Write(Encoding.UTF8.GetBytes(key)));
}
