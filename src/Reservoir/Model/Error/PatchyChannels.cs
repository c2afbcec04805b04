namespace Esn;

/// <summary>
/// Which channels a score can be asked for, where values have been missing: not while there is none, nor before its windows hold
/// as many values as were missing, or nothing else.
/// </summary>
/// <remarks>
/// The error of a value that is missing is 0. A channel that loses one value in ten is judged at nearly every step, with windows a
/// tenth of which is 0; one that was silent for longer than a window is judged when that is full again.
/// </remarks>
/// <param name="channels">Of the feed.</param>
sealed class PatchyChannels(int channels)
{
    const int Most = 1_000_000;  // longer than any window

    readonly int[] _missed = new int[channels];  // values that were missing, in a row but for pauses shorter than they were many
    readonly int[] _since = new int[channels];   // values since then

    /// <summary>Whether there are such channels.</summary>
    public bool Any { get; private set; }

    /// <summary>A step.</summary>
    /// <param name="missing">Channels without a value, [channels]; empty: there are none.</param>
    public void Step(ReadOnlySpan<bool> missing)
    {
        if (!Any && missing.IsEmpty) return;
        Any = false;
        for (int c = 0; c < channels; c++)
        {
            if (missing.IsEmpty || !missing[c])
            {
                if (_since[c] < _missed[c]) _since[c]++;
            }
            else
            {
                _missed[c] = _since[c] >= _missed[c] ? 1 : Math.Min(_missed[c] + 1, Most);
                _since[c] = 0;
            }
            if (_since[c] >= _missed[c]) (_missed[c], _since[c]) = (0, 0);
            Any |= _missed[c] > 0;
        }
    }

    /// <summary>Whether a score of a channel says something.</summary>
    /// <param name="channel">Which.</param>
    /// <param name="span">Steps that the score looks back over.</param>
    public bool Tells(int channel, int span) => _missed[channel] == 0 || (_since[channel] > 0 && _since[channel] >= span);

    /// <summary>Mean over the channels that say something; NaN: none does.</summary>
    /// <param name="squares">[channels].</param>
    /// <param name="span">Steps that the score looks back over.</param>
    public double Mean(ReadOnlySpan<double> squares, int span)
    {
        double sum = 0;
        int count = 0;
        for (int c = 0; c < channels; c++)
            if (Tells(c, span)) (sum, count) = (sum + squares[c], count + 1);
        return count == 0 ? double.NaN : sum / count;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_missed);
        state.Carry(_since);
        Any = state.Carried(Any);
    }
}
