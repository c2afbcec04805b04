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

    /// <summary>Takes each stream's frames.</summary>
    /// <returns>In the order of the streams, whatever the number of cores.</returns>
    public StreamSteps[] Step(IReadOnlyList<(StreamSlot Slot, List<Frame> Frames)> streams)
    {
        var steps = new StreamSteps[streams.Count];
        if (streams.Count == 1) steps[0] = Step(streams[0].Slot, streams[0].Frames);
        else Parallel.For(0, streams.Count, i => steps[i] = Step(streams[i].Slot, streams[i].Frames));
        return steps;
    }

    StreamSteps Step(StreamSlot slot, List<Frame> frames)
    {
        bool mutes = _interventions.Mutes(new PartitionId(slot.Stream.Topic, slot.Stream.Partition));
        var muted = new bool[mutes || _maintenance.Length > 0 ? frames.Count : 0];
        for (int t = 0; t < muted.Length; t++)
            muted[t] = Array.Exists(_maintenance, maintenance => maintenance(slot.Stream.Key, frames[t].Time));
        if (mutes) _interventions.Mark(slot.Stream, frames, muted);
        return slot.Step(frames, muted, _time);
    }
}
