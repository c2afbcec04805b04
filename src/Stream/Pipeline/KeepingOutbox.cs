using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Pipeline;

/// <summary>
/// Keeps the snapshots of a batch once all that came of it is stored: a snapshot never stands for more than was told. Writing
/// goes on beside the feed; when partitions go, and at the end, it is waited for.
/// </summary>
/// <remarks>A store that fails is told of and tried again with the next snapshot: nothing is lost but the time to read again.</remarks>
/// <param name="outbox">Where everything else goes.</param>
/// <param name="store">Where snapshots go.</param>
/// <param name="interval">Between two snapshots.</param>
/// <param name="gone">Whether a partition went while something that came of it was on its way: it may not be told then, and is not
/// kept.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of what was not kept.</param>
/// <param name="kept">Told of each stream that is to leave memory whether its state is kept; null: nobody wants to know.</param>
public sealed class KeepingOutbox(IOutbox outbox, ISnapshotStore store, TimeSpan interval, Func<PartitionId, bool> gone,
    TimeProvider time, ILogger log, Action<StreamId, bool>? kept = null) : IOutbox
{
    const int SleepAtOnce = 50;

    readonly Dictionary<PartitionId, Task> _writing = [];
    Task _sleeping = Task.CompletedTask;

    /// <summary>Told of each partition whose snapshot was not kept, from any thread: where nothing comes any more it is to be taken again.
    /// </summary>
    public Action<PartitionId>? NotKept { get; init; }

    /// <inheritdoc/>
    public async Task Store(ScoredBatch batch, CancellationToken cancel)
    {
        foreach (StreamId stream in batch.KeptOld) log.KeepsOld(stream.Key, stream.Topic, stream.Partition);
        foreach (StreamId stream in batch.Reset) log.BeginsAnew(stream.Key, stream.Topic, stream.Partition);
        await outbox.Store(batch, cancel).ConfigureAwait(false);
        bool last = batch.Message is not (RecordBatch or TimePassed);
        foreach (PartitionSnapshot snapshot in batch.Snapshots)
        {
            if (gone(snapshot.Partition)) continue;
            // One at a time for a partition: the disk is slower than the interval, and the next one will hold more.
            if (_writing.TryGetValue(snapshot.Partition, out Task? before))
            {
                if (!last && !before.IsCompleted)
                {
                    NotKept?.Invoke(snapshot.Partition);
                    continue;
                }
                await before.ConfigureAwait(false);
            }
            _writing[snapshot.Partition] = Task.Run(() => Keep(snapshot, last), CancellationToken.None);
        }
        if (batch.Asleep.Count > 0)
        {
            Task before = _sleeping;
            _sleeping = Task.Run(() => Sleep(before, batch.Asleep), CancellationToken.None);
        }
        if (!last || batch.Message is ConfigChanged or SilencesTold) return;
        await _sleeping.ConfigureAwait(false);
        foreach (PartitionSnapshot snapshot in batch.Snapshots)
            if (_writing.Remove(snapshot.Partition, out Task? kept)) await kept.ConfigureAwait(false);
    }

    async Task Sleep(Task before, IReadOnlyList<SlotSnapshot> slots)
    {
        await before.ConfigureAwait(false);
        foreach (SlotSnapshot[] some in slots.Chunk(SleepAtOnce))
        {
            SlotSnapshot[] ours = [.. some.Where(slot => !gone(new PartitionId(slot.Stream.Topic, slot.Stream.Partition)))];
            bool good = true;
            try
            {
                if (ours.Length > 0) await store.Sleep(ours, CancellationToken.None).ConfigureAwait(false);
            }
            catch (SnapshotException e)
            {
                good = false;
                log.NotKept(e.Message, interval.TotalSeconds);
            }
            foreach (SlotSnapshot slot in some) kept?.Invoke(slot.Stream, good && ours.Contains(slot));
        }
    }

    async Task Keep(PartitionSnapshot snapshot, bool told)
    {
        long start = time.GetTimestamp();
        try
        {
            await store.Save(snapshot, CancellationToken.None).ConfigureAwait(false);
            long took = (long)time.GetElapsedTime(start).TotalMilliseconds;
            if (told) log.Kept(snapshot.Partition.ToString(), snapshot.Slots.Count, MemorySize.Say(snapshot.Bytes), snapshot.Next, took,
                snapshot.Digest);
        }
        catch (SnapshotException e)
        {
            log.NotKept(e.Message, interval.TotalSeconds);
            NotKept?.Invoke(snapshot.Partition);
        }
    }
}
