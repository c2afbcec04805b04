using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>The streams of one partition: they come and go together.</summary>
/// <param name="partition">Whose they are.</param>
/// <param name="now">UTC.</param>
sealed class PartitionGroup(PartitionId partition, DateTime now)
{
    readonly Dictionary<string, StreamSlot> _slots = new(StringComparer.Ordinal);

    /// <summary>Whose they are.</summary>
    public PartitionId Partition { get; } = partition;

    /// <summary>By their names.</summary>
    public IReadOnlyCollection<StreamSlot> Slots => _slots.Values;

    /// <summary>About how much memory they take.</summary>
    public long Bytes { get; private set; }

    /// <summary>Offset of the first record that is still to be taken; −1: none was, and none is known of.</summary>
    public long Next { get; set; } = -1;

    /// <summary>Offset before which all that came of records is stored already: it is not to be told again.</summary>
    public long Told { get; set; }

    /// <summary>When it was captured last, or came.</summary>
    public DateTime CapturedAt { get; private set; } = now;

    /// <summary>The slot of a name, or null.</summary>
    public StreamSlot? Find(string key) => _slots.GetValueOrDefault(key);

    /// <summary>A stream that was not here before.</summary>
    public void Add(StreamSlot slot)
    {
        _slots.Add(slot.Stream.Key, slot);
        Bytes += slot.Bytes;
    }

    /// <summary>All that is known of its streams, copied, once all records before <see cref="Next"/> have been taken.</summary>
    /// <returns>Null: no record has come and nothing was restored, there is nothing to know.</returns>
    public PartitionSnapshot? Capture(DateTime now)
    {
        CapturedAt = now;
        if (Next < 0) return null;
        var slots = new SlotSnapshot[_slots.Count];
        StreamSlot[] sources = [.. _slots.Values];
        Parallel.For(0, slots.Length, i => slots[i] = sources[i].Capture(Next));
        return new PartitionSnapshot(Partition, Next, now, slots);
    }

    /// <summary>Takes the place that a snapshot was captured at, in a group that has had no record.</summary>
    /// <param name="start">Where the partition begins.</param>
    /// <param name="models">The model that each stream is to have.</param>
    /// <param name="times">What times are believed.</param>
    /// <param name="change">What becomes of those that were learnt with another one.</param>
    /// <param name="now">UTC.</param>
    /// <returns>Streams that begin anew, as their models learn in another way now.</returns>
    /// <exception cref="SnapshotException">A stream can't go on from its snapshot; none of them is restored.</exception>
    public IReadOnlyList<StreamId> Restore(PartitionStart start, ModelChoice models, TimesConfig times, SpecChange change, DateTime now)
    {
        (Told, CapturedAt) = (Math.Max(0, start.Told), now);
        if (start.Snapshot is not { } snapshot) return [];
        ILookup<bool, SlotSnapshot> fits = snapshot.Slots.ToLookup(slot =>
            ModelOf(slot, models).FingerprintFor(slot.Channels) == slot.Specification);
        if (change == SpecChange.Fail && fits[false].FirstOrDefault() is { } other)
            throw new SnapshotException($"stream {other.Stream.Key} of {Partition}, and {fits[false].Count() - 1} more, learnt with "
                + "another specification: "
                + "restore the configuration that it was, or begin these streams anew with --on-spec-change reset");
        SlotSnapshot[] fitting = [.. fits[true]];
        var slots = new StreamSlot?[fitting.Length];
        try
        {
            Parallel.For(0, slots.Length, i => slots[i] = Restore(fitting[i], models, times, change));
        }
        catch (AggregateException e) when (e.InnerException is SnapshotException first)
        {
            throw new SnapshotException(first.Message, first);
        }
        foreach (StreamSlot slot in slots.OfType<StreamSlot>()) Add(slot);
        Next = snapshot.Next;
        return [.. fits[false].Concat(fitting.Where((_, i) => slots[i] is null)).Select(slot => slot.Stream)];
    }

    // A stream of fields has the grid that its first frame brought.
    static ModelSpec ModelOf(SlotSnapshot slot, ModelChoice models) => Gate.GridOf(slot.Gate.Span) is { } grid
        ? models.Of(slot.Stream.Key).ForGrid(grid) : models.Of(slot.Stream.Key);

    // Null: it is to begin anew. What does not fit is whole, as the store has seen, but of another program, say.
    static StreamSlot? Restore(SlotSnapshot slot, ModelChoice models, TimesConfig times, SpecChange change)
    {
        try
        {
            return StreamSlot.Restore(slot, ModelOf(slot, models), times);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            return change == SpecChange.Reset ? null
                : throw new SnapshotException($"stream {slot.Stream.Key} of {slot.Stream.Topic}[{slot.Stream.Partition}]: {e.Message} "
                    + "(--on-spec-change reset)", e);
        }
    }
}
