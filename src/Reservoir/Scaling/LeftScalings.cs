namespace Esn;

/// <summary>
/// Which channels of a stream have left their scaling for good, and where they lay whenever one was fixed. Once may be another sensor;
/// what leaves again goes from level to level, as a setpoint or what follows it does, and is measured by how far these lie apart.
/// </summary>
sealed class LeftScalings
{
    const int ForLife = 2;     // times that a channel left, from which on its levels are its measure
    const int MostMissed = 50; // frames in a row without a value, after which a channel is not waited for
    const double Share = .25;  // of the limit, that they take up: the next one may lie beyond

    readonly Of[] _of;  // [channels]

    /// <param name="channels">Of the feed.</param>
    /// <param name="before">What is known of it; null: nothing.</param>
    public LeftScalings(int channels, LeftScalings? before)
    {
        _of = new Of[channels];
        for (int c = 0; c < channels; c++) _of[c] = before is null ? new Of() : before._of[c] with { Beyond = 0 };
    }

    /// <summary>Frames beyond the present scaling, less those that were not, ≥ 0.</summary>
    public int Beyond { get; private set; }

    /// <summary>Counts a frame.</summary>
    /// <param name="beyond">A channel lies beyond the scaling.</param>
    /// <param name="scaler">The present one.</param>
    /// <param name="y">[channels], scaled by it.</param>
    /// <param name="missing">Channels without a value, [channels]; empty: all have one.</param>
    public void Count(bool beyond, Scaler scaler, ReadOnlySpan<double> y, ReadOnlySpan<bool> missing = default)
    {
        if (Beyond == 0 && !beyond) return;
        // A frame without the values that lay beyond says nothing of them, unless they do not come any more.
        bool waits = false;
        for (int c = 0; c < y.Length; c++)
        {
            _of[c].Missed = !missing.IsEmpty && missing[c] ? Math.Min(_of[c].Missed + 1, MostMissed) : 0;
            waits |= _of[c].Beyond > 0 && _of[c].Missed is > 0 and < MostMissed;
        }
        if (waits && !beyond) return;
        Beyond = Math.Max(0, Beyond + (beyond ? 1 : -1));
        for (int c = 0; c < y.Length; c++) _of[c].Beyond = Beyond == 0 ? 0 : _of[c].Beyond + (scaler.IsBeyond(c, y[c]) ? 1 : 0);
    }

    /// <summary>The feed has left the present scaling.</summary>
    /// <returns>The channels that did: beyond it half as often as the one that was so most often; empty: all.</returns>
    public int[] Leave()
    {
        int most = _of.Max(of => of.Beyond);
        int[] left = [.. Enumerable.Range(0, _of.Length).Where(c => _of[c].Beyond > 0 && _of[c].Beyond >= most / 2)];
        foreach (int c in left) _of[c].Times++;
        return left.Length == _of.Length ? [] : left;
    }

    /// <summary>A scaling is fixed: what left twice is given room.</summary>
    /// <param name="scaler">Not used yet.</param>
    public void Fix(Scaler scaler)
    {
        double[] level = new double[_of.Length];
        scaler.Unscale(level, level);
        for (int c = 0; c < level.Length; c++)
        {
            (_of[c].Low, _of[c].High) = (Math.Min(_of[c].Low, level[c]), Math.Max(_of[c].High, level[c]));
            if (_of[c].Times >= ForLife) scaler.Widen(c, (_of[c].High - _of[c].Low) / (Share * scaler.Limit));
        }
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry<Of>(_of);
        Beyond = state.Carried(Beyond);
    }

    struct Of()
    {
        public int Times, Beyond;  // that it left; frames beyond the present scaling since the feed last kept to it
        public int Missed;         // frames in a row without a value, up to a bound
        public double Low = double.PositiveInfinity, High = double.NegativeInfinity;  // of its levels, units of the feed
    }
}
