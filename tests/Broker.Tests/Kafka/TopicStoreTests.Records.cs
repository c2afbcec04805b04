using System.Buffers;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Esn.Stream.Tests;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.State;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Broker.Tests;

// Snapshots, and the records that a topic has of them.
public sealed partial class TopicStoreTests
{
    static async Task<Dictionary<string, byte[]?>> Records(EsnConfig config, int partition) =>
        (await Topics.ReadAll(config.Kafka.BootstrapServers, config.State.Topic)).Where(record => record.Partition.Value == partition)
            .GroupBy(record => Encoding.UTF8.GetString(record.Message.Key)).Select(same => (same.Key, same.Last().Message.Value))
            .Where(record => record.Value is not null).ToDictionary(record => record.Key, record => (byte[]?)record.Value);

    static async Task Put(EsnConfig config, int partition, IEnumerable<KeyValuePair<string, byte[]?>> records)
    {
        using IProducer<byte[], byte[]?> producer =
            new ProducerBuilder<byte[], byte[]?>(new ProducerConfig { BootstrapServers = config.Kafka.BootstrapServers }).Build();
        foreach ((string key, byte[]? value) in records)
            await producer.ProduceAsync(new TopicPartition(config.State.Topic, partition),
                new Message<byte[], byte[]?> { Key = Encoding.UTF8.GetBytes(key), Value = value }, Cancel);
    }

    static void Lie(Dictionary<string, byte[]?> records, string manifest, Func<StateManifest, StateManifest> lie)
    {
        byte[] key = Encoding.UTF8.GetBytes(manifest);
        records[manifest] = lie(StateManifest.Read(key, records[manifest])).Write(key);
    }

    static PartitionSnapshot Snapshot(PartitionId partition, long next) =>
        new(partition, next, Now.AddSeconds(next), [Slot(partition, "a", next), Slot(partition, "ü/b", next)]);

    static SlotSnapshot Slot(PartitionId partition, string key, long next) =>
        new(new StreamId(partition.Topic, partition.Number, key), next, 100 + next, -1, 2, new UInt128(1, 2), new byte[] { 1, 2, 3 },
            new ReadOnlySequence<byte>([.. Enumerable.Range(0, 20_000).Select(i => (byte)(i * next))]));

    static void AssertSame(PartitionSnapshot expected, PartitionSnapshot? found)
    {
        Assert.NotNull(found);
        Assert.Equal((expected.Partition, expected.Next, expected.TakenAt, expected.Digest),
            (found.Partition, found.Next, found.TakenAt, found.Digest));
        Assert.Equal(expected.Slots.Select(slot => slot.Stream), found.Slots.Select(slot => slot.Stream));
    }
}
