namespace Esn;

/// <summary>
/// What comes again at its hour: a job by night, of which the rhythms of the calendar know too little. What came at the same time on both
/// of the two days before, or on the same day of both weeks, and had begun when this began, is unusual only as far as it passes them:
/// two holidays in a row excuse no outage of an hour a week later.
/// </summary>
/// <param name="interval">Between two frames: it may come one earlier or later.</param>
/// <param name="threshold">Evidence that alarms at first.</param>
sealed class Recurrence(TimeSpan interval, double threshold)
{
    const int Most = 256;      // stretches that are remembered, so of a busy feed less than two weeks
    const double Part = .75;   // of what alarms, that is remembered: less of it comes again by chance
    const int Fewest = 8;      // frames of a period that is one
    const float Alike = 1.5f;  // times that the evidence of a stretch is what it began with, or as much less

    /// <summary>That one takes, about.</summary>
    public const int Bytes = Most * (3 * sizeof(long) + sizeof(float));

    static readonly long[] Periods = [TimeSpan.TicksPerDay, 7 * TimeSpan.TicksPerDay];

    // A timer may start its job a minute late, as those of systemd do where nothing else is said, that takes its time to begin, and means
    // of the errors take theirs to reach what is remembered.
    static readonly long Late = TimeSpan.FromMinutes(5).Ticks;

    double _least = Part * threshold;
    readonly long _within = Math.Max(interval.Ticks + interval.Ticks / 2, Late);
    // Means remember a burst for as many frames as they are of: one entry is a stretch, or a daily job would fill the ring in a week.
    readonly long[] _from = new long[Most], _to = new long[Most];  // ticks, in a ring
    readonly long[] _since = new long[Most];                       // when the first of the stretches without a pause before it began
    readonly float[] _evidence = new float[Most];                  // the most of these stretches
    float _began;                                                  // evidence with which the last began
    long _count;

    /// <summary>Evidence that alarms from now on.</summary>
    public double Threshold { set => _least = Part * value; }

    /// <summary>The evidence that is left of that of the errors of a step.</summary>
    /// <param name="time">Of the frame.</param>
    /// <param name="evidence">≥ 0.</param>
    /// <param name="keep">False: the step is not to be judged, and not remembered.</param>
    /// <param name="before">What began then or later is of the alarm that is open, and no excuse for it.</param>
    public double Take(DateTime time, double evidence, bool keep, DateTime before)
    {
        if (evidence < _least) return evidence;
        double known = 0;
        int last = (int)((_count - 1 + Most) % Most);
        long since = _count > 0 && time.Ticks - _to[last] <= _within ? _since[last] : time.Ticks;
        foreach (long period in Periods)
            if (period >= Fewest * interval.Ticks)
                known = Math.Max(known, Math.Min(Near(time.Ticks, since, period, before.Ticks),
                    Near(time.Ticks, since, 2 * period, before.Ticks)));
        if (keep) Keep(time.Ticks, since, (float)evidence);
        return Math.Max(0, evidence - known);
    }

    void Keep(long ticks, long since, float evidence)
    {
        int last = (int)((_count - 1 + Most) % Most);
        if (_count > 0 && ticks - _to[last] <= _within && evidence <= Alike * _began && _began <= Alike * evidence)
        {
            (_to[last], _evidence[last]) = (ticks, Math.Max(_evidence[last], evidence));
            return;
        }
        int next = (int)(_count++ % Most);
        (_since[next], _from[next], _to[next], _evidence[next], _began) = (since, ticks, ticks, evidence, evidence);
    }

    // The most that came about then, of what had begun when this had.
    double Near(long now, long since, long ago, long before)
    {
        double most = 0;
        long ticks = now - ago, began = since - ago;
        for (long i = _count - 1; i >= Math.Max(0, _count - Most) && _to[i % Most] >= ticks - _within; i--)
            if (_from[i % Most] <= ticks + _within && _from[i % Most] < before && Math.Abs(_since[i % Most] - began) <= _within)
                most = Math.Max(most, _evidence[i % Most]);
        return most;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_since);
        state.Carry(_from);
        state.Carry(_to);
        state.Carry(_evidence);
        state.Carry(ref _began);
        state.Carry(ref _count);
    }
}
