namespace Esn;

/// <summary>
/// Channels that are beyond their scaling for so long that the others are judged without them. The alarm in which one was told as
/// unprecedented stays open as long as it is, until it is adapted to; and what another channel does meanwhile is another fault.
/// </summary>
/// <param name="channels">Of the feed, ≥ 1.</param>
/// <param name="calm">Steps without an alarm of the others, from which on what they do is their own: before, it may be the echo of what
/// left.</param>
sealed class AsideChannels(int channels, int calm)
{
    readonly bool[] _which = new bool[channels];
    readonly bool[] _told = new bool[channels];  // those that were unprecedented in the alarm that is open
    readonly bool[] _held = new bool[channels];  // those of these that went away in it
    bool _any;
    int _quiet;

    /// <summary>Whether an alarm is open that told of one of them.</summary>
    public bool Hold { get; private set; }

    /// <summary>That one; of several the first.</summary>
    public int Channel => Math.Max(0, _held.AsSpan().IndexOf(true));

    /// <summary>Whether a channel is set aside.</summary>
    public bool Has(int channel) => _which[channel];

    /// <summary>Takes a step.</summary>
    /// <param name="aside">Which are set aside, [channels]; empty: none.</param>
    /// <param name="open">Whether an alarm is open, before this step is judged.</param>
    /// <param name="unprecedented">As of the step before.</param>
    public void Step(ReadOnlySpan<bool> aside, bool open, Unprecedented unprecedented)
    {
        for (int c = 0; c < channels; c++) _told[c] = open && (_told[c] || unprecedented.ScoreOf(c) >= 1);
        if (!_any && aside.IsEmpty) return;
        (_any, Hold) = (!aside.IsEmpty, false);
        for (int c = 0; c < channels; c++)
        {
            bool now = !aside.IsEmpty && aside[c];
            if (now && !_which[c]) _quiet = 0;
            _held[c] = now && open && (_held[c] || (_told[c] && !_which[c]));
            _which[c] = now;
            Hold |= _held[c];
        }
    }

    /// <summary>The others were judged.</summary>
    /// <param name="score">What the calibrator says of them.</param>
    public void Judged(double score)
    {
        if (_any && _quiet < calm) _quiet = score < 1 ? _quiet + 1 : 0;
    }

    /// <summary>The channel that a joint score is of, if that tells of another fault; else −1.</summary>
    /// <param name="squares">Its parts, [channels].</param>
    public int ChannelOf(ReadOnlySpan<double> squares)
    {
        if (!_any || _quiet < calm) return -1;
        int most = -1;
        for (int c = 0; c < channels; c++)
            if (!_which[c] && (most < 0 || squares[c] > squares[most])) most = c;
        return most;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_which);
        state.Carry(_told);
        state.Carry(_held);
        state.Carry(ref _any);
        state.Carry(ref _quiet);
        Hold = state.Carried(Hold);
    }
}
