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
    const int Most = 32;  // an alarm that lasts has an episode each EpisodeLimit steps

    // Made with the first: most streams of a fleet have had no alarm.
    long[] _alarms = [];     // opening steps [Most]
    int[] _bins = [];
    float[] _weights = [];   // that each has, or would have, in the histogram of what is counted
    long[] _steps = [];      // of the end of the episode
    PeakFate[] _fates = [];
    int _next;               // the oldest: the next to be replaced

    /// <summary>How many there is room for.</summary>
    public int Count => _alarms.Length;

    /// <summary>Of one of them.</summary>
    public (long Alarm, int Bin, float Weight, long Step, PeakFate Fate) this[int i] =>
        (_alarms[i], _bins[i], _weights[i], _steps[i], _fates[i]);

    /// <summary>Adds one, in place of the oldest.</summary>
    public void Add(long alarm, int bin, float weight, long step, PeakFate fate)
    {
        if (Count == 0) Make();
        (_alarms[_next], _bins[_next], _weights[_next], _steps[_next], _fates[_next]) = (alarm, bin, weight, step, fate);
        _next = (_next + 1) % Most;
    }

    /// <summary>One of them is taken as something else.</summary>
    public void Set(int i, PeakFate fate) => _fates[i] = fate;

    /// <summary>Every weight times a factor.</summary>
    public void Scale(float factor)
    {
        for (int i = 0; i < _weights.Length; i++) _weights[i] *= factor;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        bool any = state.Carried(Count > 0, "any peaks");
        if (any && Count == 0) Make();
        state.Carry(_alarms);
        state.Carry(_bins);
        state.Carry(_weights);
        state.Carry(_steps);
        state.Carry(_fates);
        state.Carry(ref _next, 0, Most - 1);
    }

    void Make() => (_alarms, _bins, _weights, _steps, _fates) =
        (new long[Most], new int[Most], new float[Most], new long[Most], new PeakFate[Most]);
}
