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
    UInt128 _topic;  // its id, for whoever goes on

    /// <summary>Whose they are.</summary>
    public PartitionId Partition { get; } = partition;

    /// <summary>By their names.</summary>
    public IReadOnlyCollection<StreamSlot> Slots => _slots.Values;

    /// <summary>About how much memory they take with a model each: what is bounded.</summary>
    public long Bytes { get; private set; }

    /// <summary>What second models that warm up beside the present ones take for now.</summary>
    public long Beside { get; private set; }

    /// <summary>Offset of the first record that is still to be taken; −1: none was, and none is known of.</summary>
    public long Next { get; set; } = -1;

    /// <summary>Offset before which all that came of records is stored already: it is not to be told again.</summary>
    public long Told { get; set; }

    /// <summary>When it was captured last, or came.</summary>
    public DateTime CapturedAt { get; private set; } = now;

    /// <summary>Offset of the first record that is not in what was captured or restored last; −1: that was not kept.</summary>
    public long CapturedNext { get; private set; }

    /// <summary>What was captured was not kept: it is to be captured again though nothing comes.</summary>
    public void NotKept() => CapturedNext = -1;

    /// <summary>Where its feed is, by the times of the frames that came last; null: not known.</summary>
    public DateTime? FeedTime { get; private set; }

    /// <summary>Frames came: the median is none of a wrong clock.</summary>
    /// <param name="times">At least one; put in order.</param>
    public void Pass(List<DateTime> times)
    {
        times.Sort();
        DateTime median = times[times.Count / 2];
        if (!(median <= FeedTime)) FeedTime = median;
    }

    /// <summary>The slot of a name, or null.</summary>
    public StreamSlot? Find(string key) => _slots.GetValueOrDefault(key);

    /// <summary>Told before this process, of streams that are not here yet; by their names.</summary>
    public Dictionary<string, SilenceTold> Silences { get; } = new(StringComparer.Ordinal);

    /// <summary>A stream that was not here before.</summary>
    public void Add(StreamSlot slot)
    {
        _slots.Add(slot.Stream.Key, slot);
        if (Silences.Remove(slot.Stream.Key, out SilenceTold? silence)) slot.WasTold(silence);
        Bytes += slot.Bytes;
        Count(slot);
    }

    /// <summary>A stream took frames: its model may be two by now, or one again.</summary>
    public void Count(StreamSlot slot)
    {
        Beside += slot.Beside - slot.Counted;
        slot.Counted = slot.Beside;
    }

    /// <summary>A stream leaves memory.</summary>
    public void Remove(StreamSlot slot)
    {
        if (!_slots.Remove(slot.Stream.Key)) return;
        (Bytes, Beside) = (Bytes - slot.Bytes, Beside - slot.Counted);
    }

    /// <summary>A slot as it was captured; it is none of the group yet.</summary>
    /// <exception cref="SnapshotException">It can't go on, and may not begin anew.</exception>
    /// <returns>Null: it is to begin anew.</returns>
    public static StreamSlot? Woken(SlotSnapshot slot, ModelChoice models, TimesConfig times, SpecChange change)
    {
        bool fits = Fits(slot, models);
        if (fits || change == SpecChange.KeepOld) return Restore(slot, models, times, change, fits);
        return change == SpecChange.Reset ? null : throw new SnapshotException($"stream {slot.Stream.Key} of {slot.Stream.Topic}"
            + $"[{slot.Stream.Partition}] learnt with another specification: state.onSpecChange says what becomes of it");
    }

    /// <summary>All that is known of its streams, copied, once all records before <see cref="Next"/> have been taken.</summary>
    /// <returns>Null: no record has come and nothing was restored, there is nothing to know.</returns>
    public PartitionSnapshot? Capture(DateTime now)
    {
        (CapturedAt, CapturedNext) = (now, Next);
        if (Next < 0) return null;
        var slots = new SlotSnapshot[_slots.Count];
        StreamSlot[] sources = [.. _slots.Values];
        Parallel.For(0, slots.Length, i => slots[i] = sources[i].Capture(Next));
        return new PartitionSnapshot(Partition, Next, now, slots) { TopicId = _topic };
    }

    /// <summary>Takes the place that a snapshot was captured at, in a group that has had no record.</summary>
    /// <param name="start">Where the partition begins.</param>
    /// <param name="models">The model that each stream is to have.</param>
    /// <param name="times">What times are believed.</param>
    /// <param name="change">What becomes of those that were learnt with another one.</param>
    /// <param name="now">UTC.</param>
    /// <returns>Streams that begin anew, as their models learn in another way now, and those that go on as they have learnt.</returns>
    /// <exception cref="SnapshotException">A stream can't go on from its snapshot; none of them is restored.</exception>
    public (IReadOnlyList<StreamId> Reset, IReadOnlyList<StreamId> KeptOld) Restore(PartitionStart start, ModelChoice models,
        TimesConfig times, SpecChange change, DateTime now)
    {
        (Told, CapturedAt) = (Math.Max(0, start.Told), now);
        if (start.Snapshot is not { } snapshot) return ([], []);
        _topic = snapshot.TopicId;
        bool[] fits = [.. snapshot.Slots.Select(slot => Fits(slot, models))];
        SlotSnapshot[] others = [.. snapshot.Slots.Where((_, i) => !fits[i])];
        if (change == SpecChange.Fail && others.Length > 0)
            throw new SnapshotException($"stream {others[0].Stream.Key} of {Partition}, and {others.Length - 1} more, learnt with another "
                + "specification: restore the configuration that it was, or go on with what they learnt with by --on-spec-change keep-old, "
                + "or begin these streams anew with --on-spec-change reset");
        var slots = new StreamSlot?[snapshot.Slots.Count];
        try
        {
            Parallel.For(0, slots.Length, i =>
            {
                if (fits[i] || change == SpecChange.KeepOld) slots[i] = Restore(snapshot.Slots[i], models, times, change, fits[i]);
            });
        }
        catch (AggregateException e) when (e.InnerException is SnapshotException first)
        {
            throw new SnapshotException(first.Message, first);
        }
        foreach (StreamSlot slot in slots.OfType<StreamSlot>())
        {
            slot.Hear(now);
            Add(slot);
        }
        Next = CapturedNext = snapshot.Next;
        return ([.. snapshot.Slots.Where((_, i) => slots[i] is null).Select(slot => slot.Stream)],
            [.. snapshot.Slots.Where((_, i) => !fits[i] && slots[i] is not null).Select(slot => slot.Stream)]);
    }

    /// <summary>Whether a stream has learnt with the specification that it is to have.</summary>
    public static bool Fits(SlotSnapshot slot, ModelChoice models) =>
        ModelOf(slot, models).FingerprintFor(slot.Channels) == slot.Specification;

    // A stream of fields has the grid that its first frame brought.
    static ModelSpec ModelOf(SlotSnapshot slot, ModelChoice models) => Gate.GridOf(slot.Gate.Span) is { } grid
        ? models.Of(slot.Stream.Key).ForGrid(grid) : models.Of(slot.Stream.Key);

    // Null: it is to begin anew. What does not fit is whole, as the store has seen, but of another program, say.
    static StreamSlot? Restore(SlotSnapshot slot, ModelChoice models, TimesConfig times, SpecChange change, bool fits)
    {
        try
        {
            ModelSpec model = ModelOf(slot, models);
            return StreamSlot.Restore(slot, fits ? model : Learnt(slot).WithPolicyOf(model), times);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            return change == SpecChange.Reset ? null
                : throw new SnapshotException($"stream {slot.Stream.Key} of {slot.Stream.Topic}[{slot.Stream.Partition}]: {e.Message} "
                    + "(--on-spec-change reset)", e);
        }
    }

    // What it has learnt with.
    static ModelSpec Learnt(SlotSnapshot slot)
    {
        if (slot.Model.IsEmpty)
            throw new InvalidDataException("the snapshot is of an older program, which did not keep the specification that it learnt with");
        ModelSpec model = SpecText.Read(slot.Model, Gate.GridOf(slot.Gate.Span));
        return model.FingerprintFor(slot.Channels) == slot.Specification ? model
            : throw new InvalidDataException("the specification in the snapshot is not the one that it learnt with");
    }

    /// <summary>Streams get the policy, and the handling of times, that they are to have now; what they have learnt stays.</summary>
    /// <param name="models">The model that each stream is to have; those that learn in another way keep theirs.</param>
    /// <param name="times">What times are believed.</param>
    public void Change(ModelChoice models, TimesConfig times)
    {
        StreamSlot[] before = [.. _slots.Values], after = new StreamSlot[before.Length];
        Parallel.For(0, before.Length, i =>
        {
            SlotSnapshot slot = before[i].Capture(Next);
            ModelSpec wanted = ModelOf(slot, models);
            after[i] = StreamSlot.Restore(slot, before[i].Model.WithPolicyOf(wanted), times);
            after[i].GoOnFrom(before[i]);
        });
        foreach (StreamSlot slot in after) _slots[slot.Stream.Key] = slot;
    }
}
