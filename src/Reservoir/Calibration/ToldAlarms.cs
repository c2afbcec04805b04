namespace Esn;

/// <summary>The last alarms that were announced, what a person has said of them since, and what each took of the budget.</summary>
sealed class ToldAlarms
{
    public const int Most = 16;

    // Made with the first: most streams of a fleet have had no alarm.
    long[] _starts = [];      // opening steps; −1: none [Most]
    double[] _charged = [];   // by how much each moved the governor
    double[] _returned = [];  // of it given back, as it was an anomaly
    Verdict[] _said = [];
    int _next;                // the oldest: the next to be replaced

    /// <summary>An alarm was announced: opened, or rose well above what was told.</summary>
    /// <param name="alarm">Its opening step.</param>
    /// <param name="charge">By how much that moves the governor.</param>
    /// <returns>By how much it does: not at all, if a person has said that it is an anomaly.</returns>
    public double Announce(long alarm, double charge)
    {
        if (_starts.Length == 0) Make();
        int at = Array.IndexOf(_starts, alarm);
        if (at < 0)
        {
            (at, _next) = (_next, (_next + 1) % Most);
            (_starts[at], _charged[at], _returned[at], _said[at]) = (alarm, 0, 0, Verdict.None);
        }
        if (_said[at] == Verdict.Anomaly) return 0;
        _charged[at] += charge;
        return charge;
    }

    /// <summary>What was said of an alarm.</summary>
    public Verdict Of(long alarm)
    {
        int at = Array.IndexOf(_starts, alarm);
        return at < 0 ? Verdict.None : _said[at];
    }

    /// <summary>A person says what an alarm was: the budget is of alarms that need not have been.</summary>
    /// <param name="alarm">Its opening step.</param>
    /// <param name="verdict">What was said.</param>
    /// <param name="governor">As it is; it recovers by itself, and may have done so already.</param>
    /// <param name="change">By how much it moves.</param>
    /// <returns>False: it is none of the last alarms.</returns>
    public bool Say(long alarm, Verdict verdict, double governor, out double change)
    {
        int at = Array.IndexOf(_starts, alarm);
        change = 0;
        if (at < 0) return false;
        _said[at] = verdict;
        double returned = verdict == Verdict.Anomaly ? Math.Max(_returned[at], Math.Min(_charged[at], governor)) : 0;
        (change, _returned[at]) = (_returned[at] - returned, returned);
        return true;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        bool any = state.Carried(_starts.Length > 0, "any told");
        if (any && _starts.Length == 0) Make();
        state.Carry(_starts);
        state.Carry(_charged);
        state.Carry(_returned);
        state.Carry(_said);
        state.Carry(ref _next, 0, Most - 1);
    }

    void Make()
    {
        (_starts, _charged, _returned, _said) = (new long[Most], new double[Most], new double[Most], new Verdict[Most]);
        _starts.AsSpan().Fill(-1);
    }
}
