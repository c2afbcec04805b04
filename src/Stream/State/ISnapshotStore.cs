using Esn.Streaming.Wire;

namespace Esn.Streaming.State;

/// <summary>What a store holds of a partition, without the states themselves.</summary>
/// <param name="Partition">Which.</param>
/// <param name="Generation">Greater = newer.</param>
/// <param name="Newest">Whether it is what <see cref="ISnapshotStore.Load"/> gives.</param>
/// <param name="Next">Offset that it stands for; −1 where that can't be read.</param>
/// <param name="TakenAt">When, UTC.</param>
/// <param name="Streams">How many.</param>
/// <param name="Bytes">In the store.</param>
/// <param name="Fault">Why it can't be used; null: it is whole.</param>
public sealed record StoredSnapshot(
    PartitionId Partition, long Generation, bool Newest, long Next, DateTime TakenAt, int Streams, long Bytes, string? Fault);

/// <summary>
/// Where snapshots last: at least two generations of each partition, of which a torn or damaged one never hides an older whole
/// one.
/// </summary>
/// <remarks>
/// Safe for calls from several threads as long as there is one at a time for each partition. A partition has one owner: whoever
/// it is assigned to.
/// </remarks>
public interface ISnapshotStore : IAsyncDisposable
{
    /// <summary>What and where it is, for the log.</summary>
    string Name { get; }

    /// <summary>The newest whole snapshot of a partition; null: there never was one.</summary>
    /// <exception cref="SnapshotException">There are some, and none of them is whole; or they can't be read.</exception>
    ValueTask<PartitionSnapshot?> Load(PartitionId partition, CancellationToken cancel);

    /// <summary>Returns once the snapshot lasts. Until then, and whatever happens meanwhile, the one before it does.</summary>
    /// <exception cref="SnapshotException">It can't be stored: full, gone, not allowed. The one before it is what it was.</exception>
    ValueTask Save(PartitionSnapshot snapshot, CancellationToken cancel);

    /// <summary>
    /// The same while partitions come, with where this one begins: nothing that the group is to agree to can be waited for then.
    /// </summary>
    /// <exception cref="SnapshotException">It can't be stored.</exception>
    ValueTask Begin(PartitionSnapshot snapshot, CancellationToken cancel) => Save(snapshot, cancel);

    /// <summary>The state of one stream that left memory; null: there is none.</summary>
    /// <exception cref="SnapshotException">There is one, and it can't be used.</exception>
    ValueTask<SlotSnapshot?> Wake(StreamId stream, CancellationToken cancel);

    /// <summary>Keeps the states of streams that leave memory, beside the snapshots of their partitions. Returns once they last.</summary>
    /// <exception cref="SnapshotException">Not all of them can be stored.</exception>
    ValueTask Sleep(IReadOnlyList<SlotSnapshot> slots, CancellationToken cancel);

    /// <summary>The states of streams of a partition that left memory.</summary>
    IAsyncEnumerable<SlotSnapshot> Asleep(PartitionId partition, CancellationToken cancel);

    /// <summary>Forgets the state of one stream that left memory.</summary>
    /// <returns>Whether there was one.</returns>
    ValueTask<bool> Forget(StreamId stream, CancellationToken cancel);

    /// <summary>
    /// The partition's records are counted anew: a stream that left memory before has had none of them, whatever its state says.
    /// </summary>
    ValueTask Renumber(PartitionId partition, CancellationToken cancel);

    /// <summary>All that is there, partition by partition, newest first; each read whole and checked.</summary>
    IAsyncEnumerable<StoredSnapshot> List(CancellationToken cancel);

    /// <summary>Forgets all of a partition, those of its streams that left memory too.</summary>
    /// <returns>Whether there was anything.</returns>
    ValueTask<bool> Delete(PartitionId partition, CancellationToken cancel);
}
