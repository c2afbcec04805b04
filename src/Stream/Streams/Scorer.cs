using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>Steps streams side by side: they share nothing, and within one, order is everything.</summary>
sealed class Scorer
{
    readonly Func<string, DateTime, bool>[] _maintenance;
    readonly Interventions _interventions;
    readonly TimeProvider _time;

    /// <param name="config">Validated.</param>
    /// <param name="interventions">Which frames a person does not want judged.</param>
    /// <param name="time">For the time that steps take.</param>
    public Scorer(EsnConfig config, Interventions interventions, TimeProvider time)
    {
        (_interventions, _time) = (interventions, time);
        _maintenance = [.. config.Maintenance.Select(maintenance => maintenance.Compile())];
    }

    /// <summary>Takes the frames of each stream that are due: at least one.</summary>
    /// <returns>In the order of the streams, whatever the number of cores.</returns>
    public StreamSteps[] Step(IReadOnlyList<StreamSlot> streams)
    {
        var steps = new StreamSteps[streams.Count];
        if (streams.Count == 1) steps[0] = Step(streams[0]);
        else Parallel.For(0, streams.Count, i => steps[i] = Step(streams[i]));
        return steps;
    }

    StreamSteps Step(StreamSlot slot)
    {
        bool mutes = _interventions.Mutes(new PartitionId(slot.Stream.Topic, slot.Stream.Partition));
        var muted = new bool[mutes || _maintenance.Length > 0 ? slot.DueCount : 0];
        for (int t = 0; t < muted.Length; t++)
            muted[t] = Array.Exists(_maintenance, maintenance => maintenance(slot.Stream.Key, slot.DueAt(t)));
        if (mutes) _interventions.Mark(slot.Stream, slot.Due, muted);
        return Said(slot.Step(muted, _time));
    }

    // What ends an alarm may be a person, or that the feed was away for too long to say that it goes on: the event tells.
    StreamSteps Said(StreamSteps steps)
    {
        ScoredFrame[]? frames = null;
        for (int t = 0; t < steps.Frames.Count; t++)
        {
            if (steps.Frames[t] is not { Result.Alarm.Change: AlarmChange.Closed or AlarmChange.Adapted } frame) continue;
            if (EndOf(steps.Stream, in frame) is not { } ended) continue;
            frames ??= [.. steps.Frames];
            frames[t] = frame with { EndedBy = ended };
        }
        return frames is null ? steps : steps with { Frames = frames };
    }

    AnomalyCloudEvent.EndedByData? EndOf(StreamId stream, in ScoredFrame frame)
    {
        ControlCommand? by = frame.Muted ? _interventions.MuteOf(stream, frame.Frame.Record.Offset)
            : frame.Denied ? _interventions.DenialOf(stream, frame.AlarmId, frame.At) : null;
        if (by is not null) return new(by is ControlMute ? "muted" : "denied", by.By, by.Why);
        return frame.Kind switch
        {
            DueKind.AfterGap => new("gap", null, null),
            DueKind.Begins => new("newRun", null, null),
            _ => null,
        };
    }
}
