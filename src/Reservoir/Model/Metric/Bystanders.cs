namespace Esn;

/// <summary>
/// Channels that have no part in what was last told: what one of them does is another fault, and need not wait until that is over. One
/// that does something soon after what was told, or after what the channels of it do then, has a part in it until it has rested.
/// </summary>
/// <param name="channels">Of the feed.</param>
/// <param name="rise">Steps, ≥ 1, within which it is soon.</param>
sealed class Bystanders(int channels, int rise)
{
    readonly bool[] _part = new bool[channels];
    readonly int[] _quiet = new int[channels];  // steps in a row without much evidence
    long _since = long.MaxValue;                // steps since that with which what follows belongs together

    /// <summary>Whether a channel has a part in what was last told.</summary>
    public bool HasPart(int channel) => _part[channel];

    /// <summary>Takes a step.</summary>
    /// <param name="levels">Of each channel, without what is over; 1 alarms, were nothing told, [channels].</param>
    /// <param name="told">Channel that is told of at this step; −1: none.</param>
    /// <param name="unprecedented">Channel of which that is told, by which nothing else is shaken; −1: none.</param>
    /// <param name="turns">A channel of the open alarm goes back to where it was: that shakes the forecasts of all.</param>
    /// <returns>
    /// The channel, other than those which have a part in what was told, that alarms the most; −1: none does, or another is told of and it
    /// waits for the next step.
    /// </returns>
    public int Step(ReadOnlySpan<double> levels, int told, int unprecedented, bool turns)
    {
        if (_since < long.MaxValue) _since++;
        // What grows of a channel that has a part in it is no new beginning.
        if ((told >= 0 && !_part[told]) || turns) _since = 0;
        int most = -1;
        for (int c = 0; c < levels.Length; c++)
        {
            _quiet[c] = levels[c] < EmissionBudget.Quiet ? Math.Min(_quiet[c], int.MaxValue - 1) + 1 : 0;
            if (c == told || c == unprecedented || (_since <= rise && _quiet[c] == 0)) _part[c] = true;
            else if (_quiet[c] >= EmissionBudget.Rest) _part[c] = false;
            if (!_part[c] && levels[c] >= 1 && (most < 0 || levels[c] > levels[most])) most = c;
        }
        if (most < 0 || told >= 0 || unprecedented >= 0) return -1;
        (_part[most], _since) = (true, 0);
        return most;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_part);
        state.Carry(_quiet);
        state.Carry(ref _since);
    }
}
