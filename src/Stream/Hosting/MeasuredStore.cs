using Esn.Streaming.State;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Hosting;

/// <summary>A store that tells of each snapshot whether it lasts.</summary>
/// <param name="store">Does the work.</param>
/// <param name="told">Told of each attempt, from several threads: whether it lasts.</param>
sealed class MeasuredStore(ISnapshotStore store, Action<PartitionId, bool> told) : ISnapshotStore
{
    public string Name => store.Name;

    public async ValueTask Save(PartitionSnapshot snapshot, CancellationToken cancel)
    {
        bool lasts = false;
        try
        {
            await store.Save(snapshot, cancel).ConfigureAwait(false);
            lasts = true;
        }
        finally
        {
            told(snapshot.Partition, lasts);
        }
    }

    public ValueTask<PartitionSnapshot?> Load(PartitionId partition, CancellationToken cancel) => store.Load(partition, cancel);

    public ValueTask<SlotSnapshot?> Wake(StreamId stream, CancellationToken cancel) => store.Wake(stream, cancel);

    /// <inheritdoc/>
    public IAsyncEnumerable<SlotSnapshot> Asleep(PartitionId partition, CancellationToken cancel) => store.Asleep(partition, cancel);

    /// <inheritdoc/>
    public ValueTask<bool> Forget(StreamId stream, CancellationToken cancel) => store.Forget(stream, cancel);

    /// <inheritdoc/>
    public ValueTask Renumber(PartitionId partition, CancellationToken cancel) => store.Renumber(partition, cancel);

    public ValueTask Sleep(IReadOnlyList<SlotSnapshot> slots, CancellationToken cancel) => store.Sleep(slots, cancel);

    public ValueTask Begin(PartitionSnapshot snapshot, CancellationToken cancel) => store.Begin(snapshot, cancel);

    public IAsyncEnumerable<StoredSnapshot> List(CancellationToken cancel) => store.List(cancel);

    public ValueTask<bool> Delete(PartitionId partition, CancellationToken cancel) => store.Delete(partition, cancel);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
