namespace Esn;

/// <summary>As what the peak of an episode was taken.</summary>
enum PeakFate
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>As what the feed does.</summary>
    Counted,

    /// <summary>As an anomaly, while such are few.</summary>
    Exempt,

    /// <summary>As an anomaly, by a person.</summary>
    Confirmed,
}

/// <summary>
/// The peaks of the last episodes in which an alarm was open, and as what each was taken: so that it can be taken back when a person
/// says what it was.
/// </summary>
sealed class ToldPeaks
{
    /// <summary>How many are kept: an alarm that lasts has an episode each EpisodeLimit steps.</summary>
    public const int Most = 32;

    readonly long[] _alarms = new long[Most];    // opening steps
    readonly int[] _bins = new int[Most];
    readonly float[] _weights = new float[Most]; // each has, or would have, in the histogram of what is counted
    readonly long[] _steps = new long[Most];     // of the end of the episode
    readonly PeakFate[] _fates = new PeakFate[Most];
    int _next;                                   // the oldest: the next to be replaced

    /// <summary>Of one of them.</summary>
    public (long Alarm, int Bin, float Weight, long Step, PeakFate Fate) this[int i] =>
        (_alarms[i], _bins[i], _weights[i], _steps[i], _fates[i]);

    /// <summary>Adds one, in place of the oldest.</summary>
    public void Add(long alarm, int bin, float weight, long step, PeakFate fate)
    {
        (_alarms[_next], _bins[_next], _weights[_next], _steps[_next], _fates[_next]) = (alarm, bin, weight, step, fate);
        _next = (_next + 1) % Most;
    }

    /// <summary>One of them is taken as something else.</summary>
    public void Set(int i, PeakFate fate) => _fates[i] = fate;

    /// <summary>Every weight times a factor.</summary>
    public void Scale(float factor)
    {
        for (int i = 0; i < Most; i++) _weights[i] *= factor;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_alarms);
        state.Carry(_bins);
        state.Carry(_weights);
        state.Carry(_steps);
        state.Carry(_fates);
        state.Carry(ref _next, 0, Most - 1);
    }
}
