using System.Collections.Concurrent;
using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>
/// Streams that fell silent leave memory, once their state is in the store, and come back from it when they speak again: the store may
/// know any number of names.
/// </summary>
/// <remarks>
/// A stream is copied, kept beside what goes on, and let go only if no record of it came meanwhile. All is for the thread that scores but
/// <see cref="Kept"/>.
/// </remarks>
/// <param name="store">Where they sleep; null: nothing sleeps.</param>
/// <param name="stop">Ends the waiting for a store that is away.</param>
sealed class Sleepers(ISnapshotStore? store, CancellationToken stop)
{
    const int MostAtOnce = 500;       // copied with one batch: scoring stands still meanwhile
    const double Pressure = .9;       // of the streams that there may be: from then on it is looked every time
    static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    readonly Dictionary<StreamId, StreamSlot> _falling = [];  // that are being kept
    readonly ConcurrentQueue<(StreamId Stream, bool Kept)> _kept = new();
    DateTime _looked;

    /// <summary>A stream's state was kept, or could not be: from any thread.</summary>
    public void Kept(StreamId stream, bool kept) => _kept.Enqueue((stream, kept));

    /// <summary>Lets those go that are kept by now.</summary>
    /// <param name="find">The group of a partition; null: it is gone.</param>
    /// <returns>Streams that left memory.</returns>
    public IReadOnlyList<StreamId> LetGo(Func<PartitionId, PartitionGroup?> find)
    {
        if (_kept.IsEmpty) return [];
        var gone = new List<StreamId>();
        while (_kept.TryDequeue(out (StreamId Stream, bool Kept) one))
        {
            if (!_falling.Remove(one.Stream, out StreamSlot? slot) || !one.Kept) continue;
            PartitionGroup? group = find(new PartitionId(one.Stream.Topic, one.Stream.Partition));
            if (group?.Find(one.Stream.Key) != slot || slot.Stirred) continue;
            group.Remove(slot);
            gone.Add(one.Stream);
        }
        return gone;
    }

    /// <summary>Those that are to sleep, copied, those that were silent for longest first.</summary>
    /// <param name="groups">All of them.</param>
    /// <param name="source">How long is long, and how many streams there may be.</param>
    /// <param name="now">Wall clock, UTC.</param>
    public IReadOnlyList<SlotSnapshot> Fall(IReadOnlyCollection<PartitionGroup> groups, SourceConfig source, DateTime now)
    {
        if (store is null || source.ForgetAfter is not { } after) return [];
        int streams = groups.Sum(group => group.Slots.Count);
        if (now - _looked < Every && now >= _looked && streams < Pressure * source.MaxStreams) return [];
        _looked = now;
        var silent = new List<(StreamSlot Slot, PartitionGroup Group)>();
        foreach (PartitionGroup group in groups)
            foreach (StreamSlot slot in group.Slots)
                if (!_falling.ContainsKey(slot.Stream) && slot.DueCount == 0
                    && IsSilent(slot, group, after.Time, now)) silent.Add((slot, group));
        (StreamSlot Slot, PartitionGroup Group)[] chosen = [.. silent.OrderBy(one => one.Slot.HeardAt).Take(MostAtOnce)];
        var asleep = new SlotSnapshot[chosen.Length];
        Parallel.For(0, chosen.Length, i =>
        {
            chosen[i].Slot.Stirred = false;
            asleep[i] = chosen[i].Slot.Capture(chosen[i].Group.Next);
        });
        foreach ((StreamSlot slot, _) in chosen) _falling[slot.Stream] = slot;
        return asleep;
    }

    // By the wall clock, or, in a backlog, by the times of the partition's other frames.
    static bool IsSilent(StreamSlot slot, PartitionGroup group, TimeSpan after, DateTime now) =>
        now - slot.HeardAt >= after || (slot.Last is { } last && group.FeedTime is { } feed && feed - last >= after);

    /// <summary>A stream that sleeps; null: there is none of this name.</summary>
    /// <exception cref="SnapshotException">There is one, and it can't be used.</exception>
    /// <exception cref="OperationCanceledException">It is not waited for any more.</exception>
    public SlotSnapshot? Wake(StreamId stream) =>
        store?.Wake(stream, stop).AsTask().GetAwaiter().GetResult();
}
