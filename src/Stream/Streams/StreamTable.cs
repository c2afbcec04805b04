using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>All streams of this process, made at first sight, partition by partition.</summary>
/// <remarks>Used by one thread at a time; within a batch the streams are stepped on all cores.</remarks>
public sealed class StreamTable
{
    readonly Admission _admission;
    readonly Interventions _interventions;
    readonly Scorer _scorer;
    readonly ModelChoice _models;
    readonly StateConfig _state;
    readonly TimesConfig _times;
    readonly TimeProvider _time;
    readonly Dictionary<PartitionId, PartitionGroup> _groups = [];

    /// <param name="config">Validated.</param>
    /// <param name="time">For durations and the time of scoring.</param>
    public StreamTable(EsnConfig config, TimeProvider time)
    {
        (_state, _times, _time, _models) = (config.State, config.Source.Times, time, new ModelChoice(config));
        _admission = new Admission(config, _models);
        _interventions = new Interventions(time);
        _scorer = new Scorer(config, _interventions, time);
    }

    /// <summary>Does what a message of the source asks for.</summary>
    /// <exception cref="SnapshotException">A stream can't go on from its snapshot, and may not begin anew.</exception>
    public ScoredBatch Take(SourceMessage message) => message switch
    {
        RecordBatch batch => Score(batch),
        PartitionsAssigned assigned => Assign(assigned),
        PartitionsRevoked revoked => Forget(revoked, revoked.Partitions, capture: true),
        PartitionsLost lost => Forget(lost, lost.Partitions, capture: false),
        CommandsGiven given => Heed(given),
        SourceEnded ended => Captured(Scored(ended), _groups.Values),
        _ => throw new NotSupportedException($"{message.GetType().Name} is no message of a source"),
    };

    ScoredBatch Assign(PartitionsAssigned assigned)
    {
        foreach (PartitionId partition in assigned.Partitions) Group(partition);
        var reset = new List<StreamId>();
        int restored = 0;
        foreach (PartitionStart start in assigned.Starts)
        {
            PartitionGroup group = Group(start.Partition);
            reset.AddRange(group.Restore(start, _models, _times, _state.OnSpecChange, Now));
            restored += group.Slots.Count;
            foreach (StreamSlot slot in group.Slots) Pend(slot, group.Next);
        }
        return Scored(assigned) with { Restored = restored, Reset = reset };
    }

    ScoredBatch Heed(CommandsGiven given)
    {
        foreach (ControlCommand command in given.Commands) _interventions.Take(command);
        return Scored(given) with { Taken = [.. _groups.Values.Where(group => group.Next >= 0).SelectMany(Begin)] };
    }

    // What a person said since the last batch holds from the next record on; of records that are taken again, what was noted does.
    IReadOnlyList<ControlTaken> Begin(PartitionGroup group)
    {
        IReadOnlyList<ControlTaken> taken = _interventions.Begin(group.Partition, group.Next,
            Math.Max(group.Next, group.Told));
        if (taken.Count == 0) return taken;
        foreach (StreamSlot slot in group.Slots)
        {
            Pend(slot, Math.Max(group.Next, group.Told));
            slot.Heed(group.Next);
        }
        return taken;
    }

    void Pend(StreamSlot slot, long from)
    {
        foreach ((long at, ControlFeedback feedback) in _interventions.Of(slot.Stream, from)) slot.Pend(at, feedback);
    }

    ScoredBatch Forget(SourceMessage message, IReadOnlyList<PartitionId> partitions, bool capture)
    {
        var gone = new List<PartitionGroup>();
        foreach (PartitionId partition in partitions)
            if (_groups.Remove(partition, out PartitionGroup? group)) gone.Add(group);
        ScoredBatch batch = Scored(message) with { Gone = [.. gone.SelectMany(group => group.Slots).Select(slot => slot.Stream)] };
        return capture ? Captured(batch, gone) : batch;
    }

    ScoredBatch Score(RecordBatch batch)
    {
        var letters = new List<DeadLetter>();
        var places = new List<(int Stream, int Frame)>(batch.Records.Count);  // of each frame that was let in
        var streams = new List<(StreamSlot Slot, List<Frame> Frames)>();
        var indices = new Dictionary<StreamId, int>();
        var touched = new HashSet<PartitionGroup>();
        int replayed = 0;
        List<ControlTaken> taken = [];
        foreach (FeedRecord record in _admission.Apart(batch.Records))
        {
            PartitionGroup group = Group(new PartitionId(record.Topic, record.Partition));
            if (touched.Add(group))
            {
                if (group.Next < 0) group.Next = record.Offset;
                taken.AddRange(Begin(group));
            }
            group.Next = Math.Max(group.Next, record.Offset + 1);
            (Frame? frame, DeadLetter? letter) = _admission.Decode(record);
            StreamSlot? slot = null;
            if (frame is not null) (slot, letter) = Admit(frame, group);
            if (letter is not null)
            {
                if (record.Offset >= group.Told) letters.Add(letter with { Stream = frame?.Stream ?? letter.Stream });
                continue;
            }
            if (slot is null) continue;  // it has had this record
            if (!indices.TryGetValue(frame!.Stream, out int index))
            {
                indices.Add(frame.Stream, index = streams.Count);
                streams.Add((slot, []));
            }
            if (record.Offset >= group.Told) places.Add((index, streams[index].Frames.Count));
            else replayed++;
            streams[index].Frames.Add(frame);
        }
        StreamSteps[] steps = _scorer.Step(streams);
        foreach (PartitionGroup group in _interventions.Judges ? touched : [])
            foreach (StreamSlot slot in group.Slots) slot.Heed(group.Next);  // a snapshot is of all that holds before its next record
        ScoredFrame[] frames = [.. places.Select(place => steps[place.Stream].Frames[place.Frame])];
        ScoredBatch scored = Scored(batch) with
        {
            DeadLetters = letters,
            Streams = replayed > 0 ? [.. steps.Select(Untold).OfType<StreamSteps>()] : steps,
            Frames = frames,
            Replayed = replayed,
            Taken = taken,
            Offsets = [.. touched.Where(group => group.Next > group.Told).Select(group => new PartitionOffset(group.Partition, group.Next))],
        };
        return Captured(scored, Due(touched));
    }

    // One a batch, so that a batch waits for the copying of one partition at the most.
    IEnumerable<PartitionGroup> Due(IEnumerable<PartitionGroup> touched)
    {
        if (_state.Store == StateStore.None) return [];
        DateTime due = Now - TimeSpan.FromSeconds(_state.IntervalSeconds);
        return touched.Where(group => group.CapturedAt <= due).OrderBy(group => group.CapturedAt).Take(1);
    }

    ScoredBatch Captured(ScoredBatch batch, IEnumerable<PartitionGroup> groups)
    {
        if (_state.Store == StateStore.None) return batch;
        long start = _time.GetTimestamp();
        PartitionSnapshot[] snapshots = [.. groups.Select(group => group.Capture(Now)).OfType<PartitionSnapshot>()];
        return snapshots.Length == 0 ? batch : batch with { Snapshots = snapshots, Paused = _time.GetElapsedTime(start) };
    }

    // What is told for the first time; null: nothing of it.
    StreamSteps? Untold(StreamSteps steps)
    {
        long told = Group(new PartitionId(steps.Stream.Topic, steps.Stream.Partition)).Told;
        int from = 0;
        while (from < steps.Frames.Count && steps.Frames[from].Frame.Record.Offset < told) from++;
        return from == 0 ? steps : from == steps.Frames.Count ? null : steps with { Frames = [.. steps.Frames.Skip(from)] };
    }

    // A name becomes a stream only with a frame that fits. Both are null where the stream has had the record.
    (StreamSlot? Slot, DeadLetter? DeadLetter) Admit(Frame frame, PartitionGroup group)
    {
        if (group.Find(frame.Stream.Key) is { } slot)
        {
            if (frame.Record.Offset < slot.Next) return (null, null);
            return slot.Check(frame.Time, frame.Values, out string detail, frame.Record.Timestamp, frame.Field) is { } reason
                ? (null, new DeadLetter(frame.Record, reason, detail)) : (slot, null);
        }
        (StreamSlot? opened, DeadLetter? letter) = _admission.Open(frame, StreamCount, Bytes);
        if (opened is not null)
        {
            group.Add(opened);
            Pend(opened, frame.Record.Offset);
        }
        return (opened, letter);
    }

    PartitionGroup Group(PartitionId partition)
    {
        if (!_groups.TryGetValue(partition, out PartitionGroup? group)) _groups.Add(partition, group = new PartitionGroup(partition, Now));
        return group;
    }

    ScoredBatch Scored(SourceMessage message) =>
        new(message) { ScoredAt = Now, StreamCount = StreamCount, ModelBytes = Bytes };

    DateTime Now => _time.GetUtcNow().UtcDateTime;

    int StreamCount => _groups.Values.Sum(group => group.Slots.Count);

    long Bytes => _groups.Values.Sum(group => group.Bytes);
}
