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
        if (!steps.Tells) return steps;
        ScoredFrame[]? frames = null;
        for (int t = 0; t < steps.Span.Length; t++)
        {
            ref readonly ScoredFrame frame = ref steps.Span[t];
            if (frame.Result.Alarm is not { Change: AlarmChange.Closed or AlarmChange.Adapted }) continue;
            if (EndOf(steps.Stream, in frame) is not { } ended) continue;
            frames ??= [.. steps.Span];
            frames[t] = frame with { EndedBy = ended };
        }
        return frames is null ? steps : steps with { Frames = frames };
    }

    AnomalyCloudEvent.EndedByData? EndOf(StreamId stream, in ScoredFrame frame)
    {
        // A frame after a gap is not judged either, and nobody has muted it.
        ControlCommand? by = (frame.Muted ? (ControlCommand?)_interventions.MuteOf(stream, frame.Frame.Offset) : null)
            ?? (frame.Denied ? _interventions.DenialOf(stream, frame.AlarmId, frame.At) : null);
        if (by is not null) return new(by is ControlMute ? "muted" : "denied", by.By, by.Why);
        return frame.Kind switch
        {
            DueKind.AfterGap => new("gap", null, null),
            DueKind.Begins => new("newRun", null, null),
            _ => null,
        };
    }
}
