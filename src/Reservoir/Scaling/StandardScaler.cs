namespace Esn;

/// <summary>Channel by channel to mean 0 and variance 1; frozen after the warm-up, so that W_out keeps its units.</summary>
sealed class StandardScaler : Scaler
{
    const int Stands = 20, Rested = 50;            // frames: what lasts as long is no glitch; what has not moved for as long rests

    readonly double[] _mean;   // [channels], units of the feed
    readonly double[] _scale;  // [channels], units of the feed, > 0
    readonly double _limit;
    readonly double[] _last;   // value that lay beyond the limit, units of the feed [channels]
    readonly int[] _beyond;    // of these, in a row, as many as count [channels]
    Resting[]? _resting;       // [channels]; null: none is

    /// <summary>Not fixed yet: <see cref="Carry"/> does that.</summary>
    public StandardScaler(int channels, double limit) => (_mean, _scale, _last, _beyond, _limit) =
        (new double[channels], new double[channels], new double[channels], new int[channels], limit);

    /// <summary>From the frames of the warm-up.</summary>
    /// <param name="frames">[count×channels], frame by frame, finite.</param>
    /// <param name="channels">Length of a frame.</param>
    /// <param name="limit">Scaled values are clipped at ± this many standard deviations of the warm-up.</param>
    /// <param name="firstMoves">Whether the first move of a channel that had none is its unit, so that no model need begin anew.</param>
    public StandardScaler(ReadOnlySpan<double> frames, int channels, double limit, bool firstMoves = false) : this(channels, limit)
    {
        int count = frames.Length / channels;
        double[] values = new double[count];
        for (int c = 0; c < channels; c++)
        {
            for (int t = 0; t < count; t++) values[t] = frames[t * channels + c];
            (_mean[c], _scale[c], bool still) = Fit(FaultCodes.Without(values));
            if (!firstMoves || !still) continue;
            _resting ??= new Resting[channels];
            _resting[c].How = Rest.Always;
        }
    }

    static (double Mean, double Scale, bool Still) Fit(ReadOnlySpan<double> values)
    {
        int count = values.Length;
        // Divided first: the sum of values near ±1.8e308 would overflow.
        double mean = 0;
        foreach (double x in values) mean += x / count;
        double largest = 0, low = values[0], high = values[0];
        foreach (double x in values) (largest, low, high) = (Math.Max(largest, Math.Abs(x - mean)), Math.Min(low, x), Math.Max(high, x));
        double sum = 0;
        for (int t = 0; t < count && largest > 0; t++) sum += Square((values[t] - mean) / largest);
        double deviation = largest * Math.Sqrt(sum / count);
        // A channel that never moved is measured in thousandths of its level, a zero in units. What doubles don't resolve did not move.
        // Its mean may be off by more than that, after so many sums.
        double floor = low == 0 ? 1 : 1e-3 * Math.Abs(low);
        bool still = !(high - low > Resolved * Math.Max(Math.Abs(low), Math.Abs(high)) && double.IsFinite(deviation));
        return still ? (low, floor, true) : (mean, deviation, false);
    }

    static double Square(double x) => x * x;

    /// <inheritdoc/>
    public override double Limit => _limit;

    /// <inheritdoc/>
    public override bool Scale(ReadOnlySpan<double> frame, Span<double> u)
    {
        bool clipped = false;
        for (int c = 0; c < u.Length; c++)
        {
            u[c] = Math.Clamp((frame[c] - _mean[c]) / _scale[c], -_limit, _limit);
            clipped |= IsBeyond(c, u[c]);
        }
        return clipped;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The first move of a channel that had none may be its unit, as far as it lasted for a frame: scaled, the channel was 0 until then
    /// whatever the unit. Back within <see cref="Stands"/> frames it was a glitch, and its unit is as before.
    /// </remarks>
    public override bool Scale(DateTime time, ReadOnlySpan<double> frame, Span<double> y, Span<double> origin, bool learn)
    {
        for (int c = 0; _resting is not null && learn && c < y.Length; c++) Follow(c, ref _resting[c], frame[c]);
        bool beyond = Scale(frame, y);
        for (int c = 0; c < y.Length; c++)
        {
            origin[c] = _beyond[c] < Stands ? double.NaN : _last[c];
            if (double.IsNaN(frame[c])) continue;
            _beyond[c] = learn && Math.Abs(y[c]) >= _limit ? Math.Min(_beyond[c] + 1, Stands) : 0;
            _last[c] = _beyond[c] == 0 ? 0 : frame[c];
        }
        return beyond;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A price, a level or a temperature that climbs beyond the limit is expected to stay where it was last. The model, which sees it at
    /// its limit, would foretell about that for ever, and be surprised by no fall that ends above.
    /// </remarks>
    public override bool Expect(ReadOnlySpan<double> y, Span<double> expected, Span<bool> stays)
    {
        for (int c = 0; c < y.Length; c++)
        {
            stays[c] = !double.IsNaN(expected[c]);
            if (!stays[c]) expected[c] = _mean[c] + _scale[c] * y[c];
        }
        return stays[..y.Length].Contains(true);
    }

    void Follow(int c, ref Resting of, double x)
    {
        if (of.How == Rest.Never || (of.How == Rest.Always && Rests(c, x))) return;
        bool still = double.IsNaN(x) || x == of.Last;  // without a value nothing is known to have moved
        if (of.How is Rest.Moving or Rest.Moved) of.Since = still ? Math.Min(of.Since + 1, Rested) : 0;
        if (double.IsNaN(x)) return;
        if (of.How == Rest.Always) (of.How, of.Since, of.Unit) = (Rest.Away, 0, _scale[c]);
        else if (of.How == Rest.Away && Rests(c, x)) (of.How, _scale[c]) = (Rest.Always, of.Unit);
        else if (of.How != Rest.Moved)
        {
            _scale[c] = Math.Max(_scale[c], Math.Min(Apart(c, of.Last), Apart(c, x)));
            if (of.How == Rest.Away && ++of.Since >= Stands) (of.How, of.Since) = (Rest.Moving, still ? Rested : 0);
            if (of.How == Rest.Moving && of.Since == Rested) of.How = Rest.Moved;
        }
        of.Last = x;
    }

    double Apart(int c, double x) => Math.Min(double.MaxValue, 2 * Math.Abs(x / 2 - _mean[c] / 2));  // bounded, however far

    /// <inheritdoc/>
    public override int Steady(ReadOnlySpan<double> frames, int count)
    {
        for (int t = 0; _resting is not null && t < count; t++)
            for (int c = 0; c < _mean.Length; c++)
                if (_resting[c].How is Rest.Away or Rest.Moving
                    || (_resting[c].How == Rest.Always && !Rests(c, frames[t * _mean.Length + c])))
                    return Math.Max(1, t);
        return count;
    }

    /// <inheritdoc/>
    public override int Near(ReadOnlySpan<double> frames, int count)
    {
        for (int t = 0; t < count; t++)
            for (int c = 0; c < _mean.Length; c++)
                if (Math.Abs((frames[t * _mean.Length + c] - _mean[c]) / _scale[c]) >= _limit) return Math.Max(1, t);
        return count;
    }

    /// <inheritdoc/>
    public override bool IsDoubtful(int channel) => _beyond[channel] is > 0 and < Stands;

    bool Rests(int c, double x) => double.IsNaN(x) || Math.Abs(x - _mean[c]) <= Resolved * Math.Abs(_mean[c]);

    /// <inheritdoc/>
    /// <remarks>
    /// What rested as the scaling was fixed, and no longer does, is a machine that was started: its scaling is another. Of a quantised one
    /// most values may be those of the frame before.
    /// </remarks>
    public override bool IsBeyond(int channel, double y) =>
        Math.Abs(y) >= _limit || _resting?[channel] is { How: Rest.Moving or Rest.Moved, Since: < Rested };

    /// <inheritdoc/>
    public override double UnitOf(int channel) => _scale[channel];

    /// <inheritdoc/>
    public override void Widen(int channel, double unit) => _scale[channel] = Math.Max(_scale[channel], unit);

    /// <inheritdoc/>
    public override bool CanMove(int channel) => _resting is null || _resting[channel].How == Rest.Never;

    /// <inheritdoc/>
    public override void Move(int channel, double origin, double unit) =>
        (_mean[channel], _scale[channel], _last[channel], _beyond[channel]) = (origin, unit, 0, 0);

    /// <inheritdoc/>
    public override void Keep(int channel)
    {
        if (_resting is not null) _resting[channel].How = Rest.Never;
    }

    /// <inheritdoc/>
    public override void Unscale(ReadOnlySpan<double> u, Span<double> frame)
    {
        for (int c = 0; c < u.Length; c++) frame[c] = _mean[c] + _scale[c] * u[c];
    }

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        state.Carry(_mean);
        state.Carry(_scale);
        if (!state.Holds(6)) return;
        state.Carry<double>(_last);
        state.Carry<int>(_beyond);
        bool resting = state.Carried(_resting is not null);
        if (state.Loading) _resting = resting ? new Resting[_mean.Length] : null;
        if (resting) state.Carry<Resting>(_resting!);
    }

    // Of a channel that rested as the scaling was fixed. Always: ever since; Away: not just now; Moving: for the first time, and its unit
    // goes along; Moved: then it rested again.
    enum Rest { Never, Always, Away, Moving, Moved }

    struct Resting
    {
        public double Last;  // value of the last frame, units of the feed
        public double Unit;  // before it went away
        public int Since;    // frames that it has been away; once it moves, that it has stood still
        public Rest How;
    }
}
