using System.Runtime.InteropServices;
using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>What a frame that is to be taken is.</summary>
enum DueKind
{
    /// <summary>One that came.</summary>
    Came,

    /// <summary>One that came, and has nothing to do with the one before it: it begins a new run.</summary>
    Begins,

    /// <summary>One that came after a gap that was too long to be bridged.</summary>
    AfterGap,

    /// <summary>One that did not come: the forecast takes its place.</summary>
    Bridged,
}

/// <summary>A frame that is to be taken next.</summary>
/// <param name="Frame">NaN in every channel where it did not come.</param>
/// <param name="Kind">What it is.</param>
/// <param name="At">Offset of the record that made it due: its own, or that of one it waited for.</param>
readonly record struct DueFrame(Frame Frame, DueKind Kind, long At)
{
    /// <summary>What the frame says, here too: frames of a batch are no longer in the processor's caches when they are stepped.</summary>
    public DateTime Time { get; } = Frame.Time;

    /// <summary>When its record was sent, milliseconds since 1970.</summary>
    public long Sent { get; } = Frame.Milliseconds;

    /// <summary>Value of the first channel.</summary>
    public double First { get; } = Frame.Span[0];
}

/// <summary>
/// Puts the frames that the gate lets through in the order of their times, where they may wait for each other, and finds those that
/// did not come.
/// </summary>
/// <param name="channels">Values of a frame.</param>
/// <param name="times">How long frames wait, and how many may be missing.</param>
/// <param name="habits">Whether pauses that the feed has at their hour are what is expected of it, and no gaps.</param>
sealed class FrameOrder(int channels, TimesConfig times, bool habits)
{
    const int MostWaiting = 100_000;

    readonly TimeSpan _delay = times.Delay;
    readonly List<Frame> _waiting = [];  // by their times; of equal times as they came
    readonly List<DueFrame> _due = [];
    DateTime? _last;                     // of the last frame that became due
    double[]? _nothing;                  // values of a frame that did not come

    /// <summary>How often frames come.</summary>
    public FeedInterval Interval { get; } = new((long)(times.IntervalSeconds * TimeSpan.TicksPerSecond));

    /// <summary>Those that are to be taken next, in order; until another becomes due.</summary>
    public ReadOnlySpan<DueFrame> Due => CollectionsMarshal.AsSpan(_due);

    /// <summary>Frames that wait for others.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>The newest of those, by its time; null: none waits.</summary>
    public Frame? Newest => _waiting.Count > 0 ? _waiting[^1] : null;

    /// <summary>Time of the last frame that became due: what is older is late. Null: none has.</summary>
    public DateTime? Last => _last;

    /// <summary>Told of each frame before it becomes due, with the offset of the record that makes it so.</summary>
    public Action<Frame, long>? Releasing { get; set; }

    /// <summary>Whether the same frame is among those that wait.</summary>
    public bool Holds(DateTime time, ReadOnlySpan<double> values)
    {
        foreach (Frame frame in _waiting)
            if (frame.Time == time && frame.Span.SequenceEqual(values)) return true;
        return false;
    }

    /// <summary>A frame that the gate has let through.</summary>
    /// <param name="frame">Of the stream.</param>
    /// <param name="begins">It begins a new run.</param>
    public void Take(Frame frame, bool begins)
    {
        long at = frame.Offset;
        if (begins) Flush(at);
        if (_delay == TimeSpan.Zero || begins)
        {
            Release(frame, begins, at);
            return;
        }
        int place = _waiting.Count;
        while (place > 0 && _waiting[place - 1].Time > frame.Time) place--;
        _waiting.Insert(place, frame);
        DateTime newest = _waiting[^1].Time;
        int due = 0;
        while (due < _waiting.Count && (newest - _waiting[due].Time >= _delay || _waiting.Count - due > MostWaiting))
            Release(_waiting[due++], begins: false, at);
        _waiting.RemoveRange(0, due);
    }

    /// <summary>None waits any longer.</summary>
    /// <param name="at">Offset of the record that says so.</param>
    public void Flush(long at)
    {
        foreach (Frame frame in _waiting) Release(frame, begins: false, at);
        _waiting.Clear();
    }

    /// <summary>Those that were due are taken.</summary>
    public void Taken() => _due.Clear();

    void Release(Frame frame, bool begins, long at)
    {
        Releasing?.Invoke(frame, at);
        DueKind kind = begins ? DueKind.Begins : DueKind.Came;
        if (_last is { } last && !begins)
        {
            long step = Math.Max(0, (frame.Time - last).Ticks), missing = times.BridgeSteps == 0 ? 0 : Interval.Missing(step);
            if (missing > 0 && missing <= times.BridgeSteps) Bridge(frame, last, step, missing, at);
            else if (missing > 0 && !(habits && Interval.IsHabit(step, frame.Time))) kind = DueKind.AfterGap;
            Interval.Take(step, frame.Time);
        }
        _due.Add(new DueFrame(frame, kind, at));
        _last = frame.Time;
    }

    void Bridge(Frame frame, DateTime last, long step, long missing, long at)
    {
        _nothing ??= [.. Enumerable.Repeat(double.NaN, channels)];
        for (long i = 1; i <= missing; i++)
            _due.Add(new DueFrame(frame with { Time = last.AddTicks((long)((double)step * i / (missing + 1))), Values = _nothing },
                DueKind.Bridged, at));
    }

    /// <summary>All that the next frames depend on; none is due.</summary>
    public void Save(BinaryWriter to)
    {
        to.Write(_last?.Ticks ?? -1);
        Interval.Save(to);
        to.Write(_waiting.Count);
        foreach (Frame frame in _waiting)
        {
            to.Write(frame.Offset);
            to.Write(frame.Milliseconds);
            to.Write(frame.Time.Ticks);
            foreach (double value in frame.Values) to.Write(value);
        }
    }

    /// <summary>What was saved.</summary>
    /// <param name="from">As <see cref="Save"/> wrote it.</param>
    /// <param name="stream">Whose frames they are.</param>
    public void Load(BinaryReader from, StreamId stream)
    {
        long ticks = from.ReadInt64();
        _last = ticks < 0 ? null : Time(ticks);
        Interval.Load(from);
        int count = from.ReadInt32();
        if (count is < 0 or > MostWaiting + 1) throw new InvalidDataException($"{count} frames are said to wait");
        for (int i = 0; i < count; i++)
        {
            (long offset, long milliseconds, DateTime time) = (from.ReadInt64(), from.ReadInt64(), Time(from.ReadInt64()));
            var values = new double[channels];
            for (int c = 0; c < channels; c++) values[c] = from.ReadDouble();
            var record = new FeedRecord(stream.Topic, stream.Partition, offset, milliseconds,
                System.Text.Encoding.UTF8.GetBytes(stream.Key), null);
            _waiting.Add(new Frame(record, stream, time, values));
        }
    }

    static DateTime Time(long ticks) => ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime(ticks, DateTimeKind.Utc)
        : throw new InvalidDataException($"{ticks} ticks are no time");
}
