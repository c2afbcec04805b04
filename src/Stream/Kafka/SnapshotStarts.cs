using Confluent.Kafka;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>Where partitions begin that have a snapshot: where it ends, if the records from there are still there.</summary>
/// <param name="store">Null: nothing is kept.</param>
/// <param name="consumer">Asked for what the group has committed, and what the partitions hold.</param>
/// <param name="log">Told of snapshots that do not fit what the partition holds.</param>
sealed class SnapshotStarts(ISnapshotStore? store, IConsumer<byte[]?, byte[]?> consumer, ILogger log)
{
    static readonly TimeSpan AskFor = TimeSpan.FromSeconds(5);

    /// <summary>One for each partition. Asks until the brokers have answered.</summary>
    /// <exception cref="SnapshotException">There are snapshots of a partition, and none can be used.</exception>
    /// <exception cref="OperationCanceledException">Not waited for any more.</exception>
    public IReadOnlyList<PartitionStart> Of(IReadOnlyList<TopicPartition> partitions, CancellationToken cancel)
    {
        if (store is null || partitions.Count == 0) return [];
        Dictionary<TopicPartition, Offset> committed = Ask(() => consumer.Committed(partitions, AskFor), cancel)
            .ToDictionary(partition => partition.TopicPartition, partition => partition.Offset);
        return [.. partitions.Select(partition => Of(partition, committed[partition], cancel))];
    }

    PartitionStart Of(TopicPartition partition, Offset committed, CancellationToken cancel)
    {
        var id = new PartitionId(partition.Topic, partition.Partition.Value);
        long told = committed.IsSpecial ? -1 : committed.Value;
        PartitionSnapshot? snapshot = store!.Load(id, cancel).AsTask().GetAwaiter().GetResult();
        if (snapshot is null) return new PartitionStart(id, null, told);
        WatermarkOffsets held = Ask(() => consumer.QueryWatermarkOffsets(partition, AskFor), cancel);
        if (snapshot.Next > held.High.Value)
        {
            log.MadeAnew(id.ToString(), snapshot.Next, held.High.Value);
            store.Renumber(id, cancel).AsTask().GetAwaiter().GetResult();
            return new PartitionStart(id, snapshot.At(held.Low.Value), Math.Min(told, held.High.Value));
        }
        if (snapshot.Next < held.Low.Value)
        {
            log.RecordsGone(id.ToString(), snapshot.Next, held.Low.Value);
            return new PartitionStart(id, snapshot.At(held.Low.Value), told);
        }
        log.GoesOn(id.ToString(), snapshot.Slots.Count, snapshot.Next, Math.Max(0, told - snapshot.Next));
        return new PartitionStart(id, snapshot, told);
    }

    static T Ask<T>(Func<T> question, CancellationToken cancel)
    {
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                return question();
            }
            catch (KafkaException e) when (!e.Error.IsFatal)
            {
                // The client tells of brokers that are away by itself.
                cancel.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));
            }
        }
    }
}
