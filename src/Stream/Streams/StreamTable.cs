using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>All streams of this process, made at first sight, partition by partition.</summary>
/// <remarks>Used by one thread at a time; within a batch the streams are stepped on all cores.</remarks>
public sealed class StreamTable
{
    readonly TimeProvider _time;
    readonly Interventions _interventions;
    readonly Sleepers _sleepers;
    readonly Dictionary<PartitionId, PartitionGroup> _groups = [];
    readonly ConcurrentQueue<PartitionId> _notKept = new();
    EsnConfig _config;
    ModelChoice _models;
    Admission _admission;
    readonly LookAhead _lookAhead;
    Scorer _scorer;

    /// <param name="config">Validated.</param>
    /// <param name="time">For durations and the time of scoring.</param>
    /// <param name="store">Where streams that are silent sleep; null: none does.</param>
    /// <param name="stop">Ends the waiting for a store that is away: <see cref="Take"/> then throws.</param>
    public StreamTable(EsnConfig config, TimeProvider time, ISnapshotStore? store = null, CancellationToken stop = default)
    {
        _sleepers = new Sleepers(store, stop);
        (_time, _interventions, _lookAhead) = (time, new Interventions(time), new LookAhead(time));
        Configure(config);
    }

    [MemberNotNull(nameof(_config), nameof(_models), nameof(_admission), nameof(_scorer))]
    void Configure(EsnConfig config)
    {
        (_config, _models) = (config, new ModelChoice(config));
        _admission = new Admission(config, _models);
        _scorer = new Scorer(config, _interventions, _time);
    }

    /// <summary>Does what a message of the source asks for.</summary>
    /// <exception cref="SnapshotException">A stream can't go on from its snapshot, and may not begin anew.</exception>
    /// <exception cref="OperationCanceledException">The store is not waited for any more.</exception>
    public ScoredBatch Take(SourceMessage message)
    {
        IReadOnlyList<StreamId> gone = _sleepers.LetGo(_groups.GetValueOrDefault);
        while (_notKept.TryDequeue(out PartitionId partition)) _groups.GetValueOrDefault(partition)?.NotKept();
        ScoredBatch batch = Of(message);
        return gone.Count == 0 ? batch : batch with { Gone = [.. gone, .. batch.Gone] };
    }

    /// <summary>The state of a stream of <see cref="ScoredBatch.Asleep"/> was kept, or could not be: from any thread.</summary>
    public void Kept(StreamId stream, bool kept) => _sleepers.Kept(stream, kept);

    /// <summary>The snapshot of a partition was not kept: from any thread. It is taken again, though nothing may come.</summary>
    public void NotKept(PartitionId partition) => _notKept.Enqueue(partition);

    ScoredBatch Of(SourceMessage message) => message switch
    {
        RecordBatch batch => Score(batch),
        PartitionsAssigned assigned => Assign(assigned),
        PartitionsRevoked revoked => Forget(revoked, revoked.Partitions, capture: true),
        PartitionsLost lost => Forget(lost, lost.Partitions, capture: false),
        CommandsGiven given => Heed(given),
        SourceEnded ended => Captured(Scored(ended), _groups.Values),
        TimePassed passed => Wait(passed),
        ConfigChanged changed => Change(changed),
        SilencesTold told => Recall(told),
        _ => throw new NotSupportedException($"{message.GetType().Name} is no message of a source"),
    };

    ScoredBatch Assign(PartitionsAssigned assigned)
    {
        foreach (PartitionId partition in assigned.Partitions) Group(partition);
        List<StreamId> reset = [], old = [];
        List<StreamBack> back = [];
        foreach (PartitionStart start in assigned.Starts)
        {
            PartitionGroup group = Group(start.Partition);
            (IReadOnlyList<StreamId> anew, IReadOnlyList<StreamId> kept) =
                group.Restore(start, _models, _config.Source.Times, _config.State.OnSpecChange, Now);
            reset.AddRange(anew);
            old.AddRange(kept);
            back.AddRange(group.Slots.Select(slot => slot.Restored));
            foreach (StreamSlot slot in group.Slots) Pend(slot, group.Next);
        }
        return Scored(assigned) with { Restored = back.Count, Back = back, Reset = reset, KeptOld = old };
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
        var places = new List<(int Stream, int Frame)>(batch.Records.Count);  // of each frame that came and is due
        var streams = new List<StreamSlot>();
        var touched = new HashSet<PartitionGroup>();
        var silences = new List<SilenceChange>();
        var blank = new List<StreamId>();
        var again = new HashSet<StreamSlot>();  // that had records which were told of before
        int replayed = 0, woken = 0;
        DateTime now = Now;
        Dictionary<PartitionGroup, List<DateTime>>? times = _config.Source.ForgetAfter is null ? null : [];
        List<ControlTaken> taken = [];
        PartitionGroup? group = null;
        RecordRows rows = _admission.Apart(batch.Records);
        for (int i = 0; i < rows.Count; i++)
        {
            ref readonly RecordRow row = ref rows.Row(i);
            // Records of a partition mostly come together.
            if (group is null || group.Partition.Number != row.Partition || group.Partition.Topic != row.Topic)
            {
                group = Group(new PartitionId(row.Topic, row.Partition));
                if (touched.Add(group))
                {
                    if (group.Next < 0) group.Next = row.Offset;
                    taken.AddRange(Begin(group));
                }
            }
            group.Next = Math.Max(group.Next, row.Offset + 1);
            (Frame? frame, DeadLetter? letter) = _admission.Decode(in row);
            StreamSlot? slot = null;
            int before = 0;
            bool told = row.Offset < group.Told;
            if (frame is not null) (slot, before, letter) = Admit(frame, group, now, ref woken);
            if (letter is not null)
            {
                if (!told) letters.Add(letter with { Record = row.ToRecord(), Stream = frame?.Stream ?? letter.Stream });
                continue;
            }
            if (slot is null) continue;  // it has had this record
            if (told) again.Add(slot);
            if (times is not null)
            {
                if (!times.TryGetValue(group, out List<DateTime>? come)) times.Add(group, come = []);
                come.Add(frame!.Time);
            }
            if (!told && StreamSlot.IsBlank(frame!)) blank.Add(slot.Stream);
            if (slot.Silences.Count > 0)
            {
                if (!told) silences.AddRange(slot.Silences);
                slot.ToldSilences();
            }
            if (slot.DueCount == before) continue;
            if (before == 0)
            {
                slot.Place = streams.Count;
                streams.Add(slot);
            }
            for (int due = before; due < slot.DueCount; due++)
            {
                if (slot.IsBridged(due)) continue;
                if (told) replayed++;
                else places.Add((slot.Place, due));
            }
        }
        StreamSteps[] steps = _scorer.Step(streams);
        foreach (StreamSlot slot in streams)
            if (slot.Beside != slot.Counted) Group(new PartitionId(slot.Stream.Topic, slot.Stream.Partition)).Count(slot);
        _lookAhead.Take(streams, steps);
        foreach ((PartitionGroup passed, List<DateTime> come) in times ?? []) passed.Pass(come);
        foreach (PartitionGroup judged in _interventions.Judges ? touched : [])
            foreach (StreamSlot slot in judged.Slots) slot.Heed(judged.Next);  // a snapshot is of all that holds before its next record
        ScoredBatch scored = Scored(batch) with
        {
            DeadLetters = letters,
            Streams = replayed > 0 ? [.. steps.Select(Untold).OfType<StreamSteps>()] : steps,
            Frames = new FramesInOrder(steps, places),
            Silences = silences,
            Blank = blank,
            Replayed = replayed,
            Restored = woken,
            Back = [.. again.Select(slot => slot.Restored)],
            Asleep = _sleepers.Fall(_groups.Values, _config.Source, now),
            Taken = taken,
            Offsets = [.. touched.Where(group => group.Next > group.Told)
                .Select(group => new PartitionOffset(group.Partition, group.Next))],
        };
        return Captured(scored, Due(touched));
    }

    // Between two batches, so between two steps of every stream.
    ScoredBatch Change(ConfigChanged changed)
    {
        EsnConfig before = _config;
        Configure(changed.Config);
        bool same = before.Source.Times == _config.Source.Times && before.Alarms == _config.Alarms
            && before.Models.SequenceEqual(_config.Models)
            && before.Detector == _config.Detector;
        foreach (PartitionGroup group in _groups.Values)
            if (!same) group.Change(_models, _config.Source.Times);
        return Scored(changed);
    }

    // What came in one go, and nothing since, is kept all the same; so is what could not be.
    ScoredBatch Wait(TimePassed passed)
    {
        DateTime now = Now;
        List<SilenceChange> silences = [];
        List<StreamBack> back = [];
        foreach (StreamSlot slot in _groups.Values.SelectMany(group => group.Slots))
        {
            Recall(slot, silences, back);
            if (slot.Wait(now) is { } silent) silences.Add(silent);
        }
        return Captured(Scored(passed) with
        {
            Asleep = _sleepers.Fall(_groups.Values, _config.Source, now),
            Silences = silences,
            Back = back,
        }, Due(_groups.Values.Where(group => group.Next > group.CapturedNext)));
    }

    // A process that was killed has told what is in none of its snapshots. Its streams may not be here yet, or not be so far.
    ScoredBatch Recall(SilencesTold told)
    {
        List<SilenceChange> silences = [];
        List<StreamBack> back = [];
        foreach (SilenceTold silence in told.Silences)
        {
            if (!_groups.TryGetValue(new PartitionId(silence.Stream.Topic, silence.Stream.Partition), out PartitionGroup? group)) continue;
            if (group.Find(silence.Stream.Key) is not { } slot)
            {
                group.Silences[silence.Stream.Key] = silence;
                continue;
            }
            slot.WasTold(silence);
            Recall(slot, silences, back);
        }
        return Scored(told) with { Silences = silences, Back = back };
    }

    static void Recall(StreamSlot slot, List<SilenceChange> silences, List<StreamBack> back)
    {
        if (slot.Recall()) back.Add(slot.Restored);
        silences.AddRange(slot.Silences);
        slot.ToldSilences();
    }

    // One a batch, so that a batch waits for the copying of one partition at the most.
    IEnumerable<PartitionGroup> Due(IEnumerable<PartitionGroup> touched)
    {
        if (_config.State.Store == StateStore.None) return [];
        DateTime due = Now - TimeSpan.FromSeconds(_config.State.IntervalSeconds);
        return touched.Where(group => group.CapturedAt <= due).OrderBy(group => group.CapturedAt).Take(1);
    }

    ScoredBatch Captured(ScoredBatch batch, IEnumerable<PartitionGroup> groups)
    {
        if (_config.State.Store == StateStore.None) return batch;
        long start = _time.GetTimestamp();
        PartitionSnapshot[] snapshots = [.. groups.Select(group => group.Capture(Now)).OfType<PartitionSnapshot>()];
        return snapshots.Length == 0 ? batch : batch with { Snapshots = snapshots, Paused = _time.GetElapsedTime(start) };
    }

    // What is told for the first time; null: nothing of it.
    StreamSteps? Untold(StreamSteps steps)
    {
        long told = Group(new PartitionId(steps.Stream.Topic, steps.Stream.Partition)).Told;
        int from = 0;
        while (from < steps.Span.Length && steps.Span[from].At < told) from++;
        return from == 0 ? steps : from == steps.Span.Length ? null : steps with { Frames = steps.Span[from..].ToArray(),
            Sent = default, Times = default, Values = default };
    }

    // A name becomes a stream only with a frame that fits. Slot and letter are null where the stream has had the record.
    (StreamSlot? Slot, int Before, DeadLetter? DeadLetter) Admit(Frame frame, PartitionGroup group, DateTime now, ref int woken)
    {
        if (group.Find(frame.Stream.Key) is { } slot)
        {
            if (frame.Offset < slot.Next) return (null, 0, null);
            int before = slot.DueCount;
            return slot.Take(frame, frame.Sent, out string detail, now) is { } reason
                ? (null, 0, new DeadLetter(frame.Record, reason, detail)) : (slot, before, null);
        }
        DeadLetter? refused = null;
        if (_config.Source.ForgetAfter is not null && Wake(frame, now, out refused) is { } back)
        {
            group.Add(back);
            Pend(back, frame.Offset);
            woken++;
            return Admit(frame, group, now, ref woken);
        }
        if (refused is not null) return (null, 0, refused);
        (StreamSlot? opened, DeadLetter? letter) = _admission.Open(frame, StreamCount, Bytes, now);
        if (opened is not null)
        {
            group.Add(opened);
            Pend(opened, frame.Offset);
            opened.Recall();
        }
        return (opened, 0, letter);
    }

    // A stream that sleeps comes back where it was.
    StreamSlot? Wake(Frame frame, DateTime now, out DeadLetter? refused)
    {
        refused = null;
        try
        {
            if (_sleepers.Wake(frame.Stream) is not { } asleep) return null;
            refused = _admission.Room(frame, StreamCount, Bytes, asleep.Channels);
            if (refused is not null) return null;
            StreamSlot? slot = PartitionGroup.Woken(asleep, _models, _config.Source.Times, _config.State.OnSpecChange);
            slot?.Hear(now);
            return slot;
        }
        catch (SnapshotException e)
        {
            refused = new DeadLetter(frame.Record, Rejection.NoModel, e.Message);
            return null;
        }
    }

    PartitionGroup Group(PartitionId partition)
    {
        if (!_groups.TryGetValue(partition, out PartitionGroup? group)) _groups.Add(partition, group = new PartitionGroup(partition, Now));
        return group;
    }

    ScoredBatch Scored(SourceMessage message) =>
        new(message) { ScoredAt = Now, StreamCount = StreamCount, ModelBytes = Bytes + _groups.Values.Sum(group => group.Beside) };

    DateTime Now => _time.GetUtcNow().UtcDateTime;

    int StreamCount => _groups.Values.Sum(group => group.Slots.Count);

    // Second models are not bounded: when a batch ends there may be more of them than when it began, and who is admitted does not
    // depend on batches.
    long Bytes => _groups.Values.Sum(group => group.Bytes);
}
