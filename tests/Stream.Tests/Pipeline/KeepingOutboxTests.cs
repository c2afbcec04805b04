using System.Runtime.CompilerServices;
using Esn.Streaming.Pipeline;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>When a snapshot is kept, beside what it stands for.</summary>
public sealed class KeepingOutboxTests : IAsyncDisposable
{
    static readonly PartitionId Partition = new("steps", 0);

    readonly RecordingLog _log = new();
    readonly Store _store = new();
    readonly List<PartitionId> _notKept = [];
    readonly TaskCompletionSource _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task A_snapshot_is_kept_once_all_that_came_before_it_is_stored_and_never_before()
    {
        KeepingOutbox outbox = Make(_ => _stored.Task);
        Task storing = outbox.Store(Ended(1), Cancel);
        Assert.Empty(_store.Begun);
        _stored.SetResult();
        await storing;
        Assert.Equal([1], _store.Kept);
    }

    [Fact]
    public async Task What_can_not_be_stored_has_no_snapshot()
    {
        KeepingOutbox outbox = Make(_ => Task.FromException(new OutboxException("gone")));
        await Assert.ThrowsAsync<OutboxException>(() => outbox.Store(Ended(1), Cancel));
        Assert.Empty(_store.Begun);
    }

    [Fact]
    public async Task The_feed_does_not_wait_for_the_disk_but_the_end_does()
    {
        KeepingOutbox outbox = Make(_ => Task.CompletedTask);
        _store.Disk = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await outbox.Store(Due(1), Cancel);
        await outbox.Store(Due(2), Cancel);  // the disk is slower than the interval: this one is left out
        Task ending = outbox.Store(Ended(3), Cancel);
        Assert.False(ending.IsCompleted);
        _store.Disk.SetResult();
        await ending;
        Assert.Equal([1, 3], _store.Kept);
        Assert.Equal([Partition], _notKept);
    }

    [Fact]
    public async Task A_store_that_fails_is_told_of_and_tried_again_with_the_next_snapshot()
    {
        KeepingOutbox outbox = Make(_ => Task.CompletedTask);
        _store.Full = true;
        await outbox.Store(Ended(1), Cancel);
        Assert.Contains("no space left", Assert.Single(_log.Lines), StringComparison.Ordinal);
        _store.Full = false;
        await outbox.Store(Ended(2), Cancel);
        Assert.Equal([2], _store.Kept);
        Assert.Equal([Partition], _notKept);
    }

    KeepingOutbox Make(Func<ScoredBatch, Task> store) =>
        new(new Outbox(store), _store, TimeSpan.FromSeconds(60), _ => false, TimeProvider.System, _log) { NotKept = _notKept.Add };

    static PartitionSnapshot Snapshot(long next) => new(Partition, next, DateTime.UnixEpoch, []);

    static ScoredBatch Due(long next) => new(Pipelines.Batch()) { Snapshots = [Snapshot(next)] };

    static ScoredBatch Ended(long next) => new(new SourceEnded()) { Snapshots = [Snapshot(next)] };

    sealed class Outbox(Func<ScoredBatch, Task> store) : IOutbox
    {
        public Task Store(ScoredBatch batch, CancellationToken cancel) => store(batch);
    }

    // A disk that takes its time, and may be full.
    sealed class Store : ISnapshotStore
    {
        public List<long> Begun { get; } = [];

        public List<long> Kept { get; } = [];

        public bool Full { get; set; }

        public TaskCompletionSource? Disk { get; set; }

        public string Name => "a disk";

        public async ValueTask Save(PartitionSnapshot snapshot, CancellationToken cancel)
        {
            lock (Begun) Begun.Add(snapshot.Next);
            if (Full) throw new SnapshotException("no space left");
            if (Disk is not null) await Disk.Task;
            lock (Kept) Kept.Add(snapshot.Next);
        }

        public ValueTask<PartitionSnapshot?> Load(PartitionId partition, CancellationToken cancel) => throw new NotSupportedException();

        public ValueTask<SlotSnapshot?> Wake(StreamId stream, CancellationToken cancel) => throw new NotSupportedException();

        public List<string> Asleep { get; } = [];

        public ValueTask Sleep(IReadOnlyList<SlotSnapshot> slots, CancellationToken cancel)
        {
            if (Full) throw new SnapshotException("no space left");
            lock (Asleep) Asleep.AddRange(slots.Select(slot => slot.Stream.Key));
            return ValueTask.CompletedTask;
        }

        IAsyncEnumerable<SlotSnapshot> ISnapshotStore.Asleep(PartitionId partition, CancellationToken cancel) =>
            throw new NotSupportedException();

        public ValueTask<bool> Forget(StreamId stream, CancellationToken cancel) => throw new NotSupportedException();

        public ValueTask Renumber(PartitionId partition, CancellationToken cancel) => throw new NotSupportedException();

        public async IAsyncEnumerable<StoredSnapshot> List([EnumeratorCancellation] CancellationToken cancel)
        {
            await Task.Yield();
            yield break;
        }

        public ValueTask<bool> Delete(PartitionId partition, CancellationToken cancel) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
