namespace Esn;

/// <summary>
/// The range in which each channel of a feed has been of late. Driven by its own predictions a model may be unstable where driven by the
/// feed it is not: a free run then grows from a small error until it is clipped, and what it misses by tells of the model alone.
/// </summary>
/// <param name="channels">Of the feed.</param>
sealed class FeedRange(int channels)
{
    const double Memory = 20_000;  // steps in which a range that is not reached any more shrinks to e⁻²
    const double Astray = .25;     // parts of the range by which a forecast may lie outside of it
    const double Outside = .05;    // the same of a frame: beyond, the feed does what the range knows nothing of
    const double Least = .1;       // added to both, in units of the scaled feed: a channel that never moved has no range

    readonly double[] _low = new double[channels], _high = new double[channels];  // scaled, of frames that were learnt
    readonly double[] _frame = new double[channels];                              // the last one
    long _outside = long.MinValue / 2;  // the last step at which the feed was out of its range
    bool _any;

    /// <summary>Takes a frame.</summary>
    /// <param name="step">t.</param>
    /// <param name="frame">[channels], scaled.</param>
    public void Take(long step, ReadOnlySpan<double> frame)
    {
        if (IsBeyond(frame, Outside)) _outside = step;
        frame.CopyTo(_frame);
    }

    /// <summary>The last frame was an ordinary one: the range holds it from now on.</summary>
    public void Learn()
    {
        for (int c = 0; c < _frame.Length; c++)
        {
            double shorter = (_high[c] - _low[c]) / Memory;
            _low[c] = _any ? Math.Min(_frame[c], _low[c] + shorter) : _frame[c];
            _high[c] = _any ? Math.Max(_frame[c], _high[c] - shorter) : _frame[c];
        }
        _any = true;
    }

    /// <summary>Whether a forecast lies clearly outside of the range.</summary>
    /// <param name="predicted">[channels], scaled.</param>
    public bool IsAstray(ReadOnlySpan<double> predicted) => IsBeyond(predicted, Astray);

    /// <summary>Whether the feed has kept to its range since a step.</summary>
    public bool KeptSince(long step) => _outside < step;

    bool IsBeyond(ReadOnlySpan<double> values, double part)
    {
        for (int c = 0; c < values.Length && _any; c++)
        {
            double slack = part * (_high[c] - _low[c]) + Least;
            if (values[c] < _low[c] - slack || values[c] > _high[c] + slack) return true;
        }
        return false;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_low);
        state.Carry(_high);
        state.Carry(_frame);
        state.Carry(ref _outside);
        state.Carry(ref _any);
    }
}
