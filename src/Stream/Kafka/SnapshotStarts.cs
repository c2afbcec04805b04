using Confluent.Kafka;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Where partitions begin where there is a store: where their snapshot ends, if the records from there are still there. One that
/// has none gets an empty one, of where it begins: what was committed before the first real one would else be missing in the
/// models of the worker that comes after a crash.
/// </summary>
/// <param name="store">Null: nothing is kept.</param>
/// <param name="consumer">Asked for what the partitions hold.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of snapshots that do not fit what the partition holds.</param>
sealed class SnapshotStarts(ISnapshotStore? store, IConsumer<byte[]?, byte[]?> consumer, TimeProvider time, ILogger log)
{
    static readonly TimeSpan AskFor = TimeSpan.FromSeconds(5);

    /// <summary>One for each partition. Asks until the brokers have answered.</summary>
    /// <param name="partitions">That came.</param>
    /// <param name="committed">The group's offsets; those without one are left out.</param>
    /// <param name="begins">Where they begin without a snapshot.</param>
    /// <param name="cancel">Ends the waiting.</param>
    /// <exception cref="SnapshotException">There are snapshots of a partition, and none can be used.</exception>
    /// <exception cref="OperationCanceledException">Not waited for any more.</exception>
    public IReadOnlyList<PartitionStart> Of(IReadOnlyList<TopicPartition> partitions,
        IReadOnlyDictionary<TopicPartition, long> committed, IReadOnlyDictionary<TopicPartition, Offset> begins, CancellationToken cancel)
    {
        if (store is null) return [];
        return [.. partitions.Select(partition =>
            Of(partition, committed.TryGetValue(partition, out long told) ? told : -1, begins[partition], cancel))];
    }

    PartitionStart Of(TopicPartition partition, long told, Offset begin, CancellationToken cancel)
    {
        var id = new PartitionId(partition.Topic, partition.Partition.Value);
        PartitionSnapshot? snapshot = store!.Load(id, cancel).AsTask().GetAwaiter().GetResult();
        WatermarkOffsets held = Ask(partition, cancel);
        if (snapshot is null)
        {
            long next = begin.Value >= 0 ? begin.Value : held.Low.Value;
            if (told < 0) Commit(partition, next);
            return Keep(new PartitionSnapshot(id, next, time.GetUtcNow().UtcDateTime, []), told, cancel);
        }
        // Where a group begins is committed before its first snapshot: no offset means that the brokers have forgotten it, as they
        // do with a topic.
        if (snapshot.Next > held.High.Value || (told < 0 && snapshot.Next > held.Low.Value))
        {
            log.MadeAnew(id.ToString(), snapshot.Next, held.Low.Value, held.High.Value);
            Commit(partition, held.Low.Value);
            store.Renumber(id, cancel).AsTask().GetAwaiter().GetResult();
            return Keep(snapshot.At(held.Low.Value), held.Low.Value, cancel);
        }
        if (snapshot.Next < held.Low.Value)
        {
            log.RecordsGone(id.ToString(), snapshot.Next, held.Low.Value);
            return new PartitionStart(id, snapshot.At(held.Low.Value), told);
        }
        if (snapshot.Slots.Count > 0) log.GoesOn(id.ToString(), snapshot.Slots.Count, snapshot.Next, Math.Max(0, told - snapshot.Next));
        return new PartitionStart(id, snapshot, told);
    }

    PartitionStart Keep(PartitionSnapshot snapshot, long told, CancellationToken cancel)
    {
        try
        {
            store!.Begin(snapshot, cancel).AsTask().GetAwaiter().GetResult();
        }
        catch (SnapshotException e)
        {
            log.BeginNotKept(e.Message);
        }
        return new PartitionStart(snapshot.Partition, snapshot, told);
    }

    // Whoever goes on knows by it that this topic is the one of the snapshot. It may fail while the group shares its partitions
    // anew: the next one to begin does it then.
    void Commit(TopicPartition partition, long next)
    {
        try
        {
            consumer.Commit([new TopicPartitionOffset(partition, next)]);
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            log.OffsetsUnknown(partition.ToString(), e.Error.Reason);
        }
    }

    WatermarkOffsets Ask(TopicPartition partition, CancellationToken cancel)
    {
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                return consumer.QueryWatermarkOffsets(partition, AskFor);
            }
            catch (KafkaException e) when (!e.Error.IsFatal)
            {
                // The client tells of brokers that are away by itself.
                cancel.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));
            }
        }
    }
}
