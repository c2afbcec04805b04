namespace Esn.Streaming.Streams;

/// <summary>How often the frames of a stream come, and whether a time without any is one of its habits.</summary>
/// <remarks>
/// The interval is the median of the last steps from frame to frame. A feed is regular where nearly all of these are near it: only
/// then can frames be missing. Steps that are much shorter show that frames are stamped late at times, by a clock beside the feed or
/// by one that is too coarse; then a long step is no gap. Nor is one that is no multiple of the interval, as where a program that
/// stamps its steps with the time of day has paused, nor any where that comes every few milliseconds. A pause such as it has had
/// twice of late at that hour, a night say, is a habit.
/// </remarks>
/// <param name="configured">Ticks; 0: it is learnt.</param>
sealed class FeedInterval(long configured)
{
    const int Kept = 64, Least = 16, Every = 16, KeptGaps = 8;
    const double Near = .25;               // of the interval
    const double Most = .95, Short = .02;  // of the steps: that are near it, that are shorter
    const double Gap = 1.5;                // intervals: a longer step is one
    const double AsLong = 2 / 3.0;         // of a gap, that another one is like it
    const double Patience = 2;             // times the longest of the last steps, before it is silence
    const long Shortest = 10 * TimeSpan.TicksPerMillisecond;  // below, an operating system's pauses are longer than the interval
    static readonly long Day = TimeSpan.TicksPerDay, AtThatHour = TimeSpan.TicksPerHour;  // clocks are put forward, people late
    const int InARow = 2;                  // gaps, after which it is the feed that has slowed down

    readonly long[] _steps = new long[Kept];   // ticks, a ring
    readonly long[] _gaps = new long[KeptGaps];
    readonly long[] _ends = new long[KeptGaps];  // of these, ticks; 0: not known
    readonly long[] _sorted = new long[Kept];
    long _count, _gapCount, _interval;
    int _row;  // gaps in a row
    bool _regular;

    /// <summary>From frame to frame; null: not known yet.</summary>
    public TimeSpan? Interval => Ticks > 0 ? TimeSpan.FromTicks(Ticks) : null;

    long Ticks => configured > 0 ? configured : _interval;

    /// <summary>Frames that did not come between two of them; 0 where none is expected there.</summary>
    /// <param name="step">Ticks from one to the other.</param>
    public long Missing(long step)
    {
        if (Ticks == 0 || !(_regular || configured > 0) || _row >= InARow || step <= Gap * Ticks) return 0;
        double intervals = (double)step / Ticks, whole = Math.Round(intervals);
        return Math.Abs(intervals - whole) <= Near ? (long)whole - 1 : 0;
    }

    /// <summary>Whether the feed has had two such pauses of late that ended at that hour, on two other days.</summary>
    /// <param name="step">Ticks from one frame to the next.</param>
    /// <param name="end">Feed time of the latter.</param>
    public bool IsHabit(long step, DateTime end)
    {
        int alike = 0;
        long day = end.Ticks;  // of the last that was counted
        for (int back = 1; back <= Math.Min(_gapCount, KeptGaps); back++)
        {
            int i = (int)((_gapCount - back) % KeptGaps);
            long late = Math.Abs(end.Ticks - _ends[i]) % Day;
            if (_ends[i] == 0 || _gaps[i] < AsLong * step || Math.Min(late, Day - late) > AtThatHour + Ticks
                || Math.Abs(day - _ends[i]) < Day / 2) continue;
            alike++;
            day = _ends[i];
        }
        return alike >= 2;
    }

    /// <summary>Time without a frame after which the stream is silent; null: not known yet.</summary>
    /// <param name="intervals">At least so many.</param>
    public TimeSpan? Silent(double intervals)
    {
        if (Ticks == 0) return null;
        long longest = 0;
        for (int i = 0; i < Math.Min(_count, Kept); i++) longest = Math.Max(longest, _steps[i]);
        double most = Math.Max(intervals * Ticks, Math.Max(_regular || configured > 0 ? 0 : Patience * longest, Second() / AsLong));
        return TimeSpan.FromTicks((long)Math.Min(most, TimeSpan.MaxValue.Ticks / 2));
    }

    /// <summary>A frame came.</summary>
    /// <param name="step">Ticks since the one before, ≥ 0.</param>
    /// <param name="time">Of it.</param>
    public void Take(long step, DateTime time)
    {
        bool gap = Ticks > 0 && step > Gap * Ticks;
        _row = gap ? Math.Min(_row + 1, InARow) : 0;
        if (gap) (_gaps[_gapCount % KeptGaps], _ends[_gapCount++ % KeptGaps]) = (step, time.Ticks);
        _steps[_count++ % Kept] = step;
        if (_count >= Least && _count % Every == 0) Learn();
    }

    void Learn()
    {
        int count = (int)Math.Min(_count, Kept);
        ReadOnlySpan<long> steps = _steps.AsSpan(0, count);
        if (!IsMedian(_interval, steps)) _interval = Median(steps);
        (int near, int below) = (0, 0);
        foreach (long step in steps)
        {
            if (Math.Abs(step - _interval) <= Near * _interval) near++;
            else if (step < _interval) below++;
        }
        _regular = _interval >= Shortest && near >= Most * count && below <= Short * count;
    }

    // Mostly it is what it was, and nothing has to be sorted to see that.
    static bool IsMedian(long value, ReadOnlySpan<long> steps)
    {
        (int below, int equal) = (0, 0);
        foreach (long step in steps)
        {
            below += step < value ? 1 : 0;
            equal += step == value ? 1 : 0;
        }
        return below <= steps.Length / 2 && steps.Length / 2 < below + equal;
    }

    long Median(ReadOnlySpan<long> steps)
    {
        Span<long> sorted = _sorted.AsSpan(0, steps.Length);
        steps.CopyTo(sorted);
        sorted.Sort();
        return sorted[steps.Length / 2];
    }

    // Of the last gaps the one that is as long as another one of them, at least.
    long Second()
    {
        (long first, long second) = (0, 0);
        foreach (long gap in _gaps)
        {
            if (gap > first) (first, second) = (gap, first);
            else if (gap > second) second = gap;
        }
        return second;
    }

    /// <summary>When its pauses ended: beside <see cref="Save"/>, as snapshots before did not hold it.</summary>
    public void SaveEnds(BinaryWriter to)
    {
        foreach (long end in _ends) to.Write(end);
    }

    /// <summary>What was saved.</summary>
    public void LoadEnds(BinaryReader from)
    {
        for (int i = 0; i < KeptGaps; i++) _ends[i] = from.ReadInt64();
    }

    /// <summary>All that it knows, but when its pauses ended.</summary>
    public void Save(BinaryWriter to)
    {
        foreach (long step in _steps) to.Write(step);
        foreach (long gap in _gaps) to.Write(gap);
        to.Write(_count);
        to.Write(_gapCount);
        to.Write(_interval);
        to.Write(_row);
        to.Write(_regular);
    }

    /// <summary>What was saved.</summary>
    public void Load(BinaryReader from)
    {
        for (int i = 0; i < Kept; i++) _steps[i] = from.ReadInt64();
        for (int i = 0; i < KeptGaps; i++) _gaps[i] = from.ReadInt64();
        (_count, _gapCount, _interval) = (from.ReadInt64(), from.ReadInt64(), from.ReadInt64());
        (_row, _regular) = (from.ReadInt32(), from.ReadBoolean());
        if (_count < 0 || _gapCount < 0 || _interval < 0) throw new InvalidDataException("these bytes are no interval of a feed");
    }
}
