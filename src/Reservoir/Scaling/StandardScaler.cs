namespace Esn;

/// <summary>Channel by channel to mean 0 and variance 1; frozen after the warm-up, so that W_out keeps its units.</summary>
sealed class StandardScaler : Scaler
{
    const double Resolved = 1e-14;                 // part of the level that is no move: what doubles resolve, sums of some
    const double MostWidths = 50, MostCodes = .02;  // interquartile ranges beyond which a value is a code; part of the values

    readonly double[] _mean;   // [channels], units of the feed
    readonly double[] _scale;  // [channels], units of the feed, > 0
    readonly double _limit;
    Resting[]? _resting;       // [channels]; null: none is

    /// <summary>Not fixed yet: <see cref="Carry"/> does that.</summary>
    public StandardScaler(int channels, double limit) =>
        (_mean, _scale, _limit) = (new double[channels], new double[channels], limit);

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
            (_mean[c], _scale[c], bool still) = Fit(WithoutCodes(values));
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

    // A few values that lie out of all proportion to the others, −999 or 65535, are codes of a fault: they must not fix the
    // scale for good. Beats and pulses come more often, and are not as far off.
    static ReadOnlySpan<double> WithoutCodes(ReadOnlySpan<double> values)
    {
        double[] sorted = [.. values];
        sorted.AsSpan().Sort();
        double median = sorted[sorted.Length / 2], width = sorted[sorted.Length * 3 / 4] - sorted[sorted.Length / 4];
        if (!(width > 0)) return values;
        double[] kept = [.. values.ToArray().Where(x => Math.Abs(x - median) <= MostWidths * width)];
        return kept.Length >= (1 - MostCodes) * values.Length ? kept : values;
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
    /// The first move of a channel that had none may be its unit, once it has lasted a frame: scaled, the channel was 0 until then whatever
    /// the unit.
    /// </remarks>
    public override bool Scale(DateTime time, ReadOnlySpan<double> frame, Span<double> y, Span<double> origin, bool learn)
    {
        for (int c = 0; _resting is not null && learn && c < y.Length; c++)
        {
            ref Resting of = ref _resting[c];
            if (of.How == Rest.Never || (of.How == Rest.Always && Rests(c, frame[c]))) continue;
            if (double.IsNaN(frame[c]))
            {
                // Nothing is known to have moved.
                if (of.How == Rest.Moves) of.How = Rest.Mostly;
                continue;
            }
            if (of.How == Rest.Away && Rests(c, frame[c])) of.How = Rest.Always;
            else if (of.How == Rest.Always) of.How = Rest.Away;
            else
            {
                if (of.How == Rest.Away) _scale[c] = Math.Max(_scale[c], Math.Abs(frame[c] - _mean[c]));
                of.How = frame[c] == of.Last ? Rest.Mostly : Rest.Moves;
            }
            of.Last = frame[c];
        }
        return Scale(frame, y);
    }

    /// <inheritdoc/>
    public override int Steady(ReadOnlySpan<double> frames, int count)
    {
        for (int t = 0; _resting is not null && t < count; t++)
            for (int c = 0; c < _mean.Length; c++)
                if (_resting[c].How == Rest.Away || (_resting[c].How == Rest.Always && !Rests(c, frames[t * _mean.Length + c])))
                    return Math.Max(1, t);
        return count;
    }

    bool Rests(int c, double x) => double.IsNaN(x) || Math.Abs(x - _mean[c]) <= Resolved * Math.Abs(_mean[c]);

    /// <inheritdoc/>
    /// <remarks>What rested as the scaling was fixed, and no longer does, is a machine that was started: its scaling is another.</remarks>
    public override bool IsBeyond(int channel, double y) => Math.Abs(y) >= _limit || _resting?[channel].How == Rest.Moves;

    /// <inheritdoc/>
    public override double UnitOf(int channel) => _scale[channel];

    /// <inheritdoc/>
    public override void Widen(int channel, double unit) => _scale[channel] = Math.Max(_scale[channel], unit);

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
        bool resting = state.Carried(_resting is not null);
        if (state.Loading) _resting = resting ? new Resting[_mean.Length] : null;
        if (resting) state.Carry<Resting>(_resting!);
    }

    // Whether a channel rests: Always, since the scaling was fixed; Away, but for the last frame; Mostly, it moved, but not just now;
    // Moves, just now.
    enum Rest { Never, Always, Away, Mostly, Moves }

    struct Resting
    {
        public double Last;  // value of the last frame, units of the feed
        public Rest How;
    }
}
