namespace Esn;

/// <summary>
/// What comes again at its hour: a job by night, of which the rhythms of the calendar know too little. What came at the same time on both
/// of the two days before, or on the same day of both weeks, is unusual only as far as it passes them.
/// </summary>
/// <param name="interval">Between two frames: it may come one earlier or later.</param>
sealed class Recurrence(TimeSpan interval)
{
    const int Most = 256;      // of what is remembered, so of a busy feed less than two weeks
    const double Least = 1.8;   // evidence that is remembered, three quarters of what alarms: less of it comes again by chance
    const int Fewest = 8;      // frames of a period that is one

    /// <summary>That one takes, about.</summary>
    public const int Bytes = Most * (sizeof(long) + sizeof(float));

    static readonly long[] Periods = [TimeSpan.TicksPerDay, 7 * TimeSpan.TicksPerDay];

    readonly long[] _times = new long[Most];       // ticks, in a ring
    readonly float[] _evidence = new float[Most];  // of these times
    long _count;

    /// <summary>The evidence that is left of that of the errors of a step.</summary>
    /// <param name="time">Of the frame.</param>
    /// <param name="evidence">≥ 0.</param>
    /// <param name="keep">False: the step is not to be judged, and not remembered.</param>
    public double Take(DateTime time, double evidence, bool keep)
    {
        if (evidence < Least) return evidence;
        double known = 0;
        foreach (long period in Periods)
            if (period >= Fewest * interval.Ticks)
                known = Math.Max(known, Math.Min(Near(time.Ticks - period), Near(time.Ticks - 2 * period)));
        if (keep) (_times[_count % Most], _evidence[_count++ % Most]) = (time.Ticks, (float)evidence);
        return Math.Max(0, evidence - known);
    }

    // The most that came about then.
    double Near(long ticks)
    {
        double most = 0;
        long within = interval.Ticks + interval.Ticks / 2;
        for (long i = _count - 1; i >= Math.Max(0, _count - Most) && _times[i % Most] >= ticks - within; i--)
            if (_times[i % Most] <= ticks + within) most = Math.Max(most, _evidence[i % Most]);
        return most;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_times);
        state.Carry(_evidence);
        state.Carry(ref _count);
    }
}
