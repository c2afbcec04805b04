namespace Esn;

/// <summary>Channel by channel to mean 0 and variance 1; frozen after the warm-up, so that W_out keeps its units.</summary>
sealed class StandardScaler : Scaler
{
    readonly double[] _mean;   // [channels], units of the feed
    readonly double[] _scale;  // [channels], units of the feed, > 0
    readonly double _limit;

    /// <summary>Not fixed yet: <see cref="Carry"/> does that.</summary>
    public StandardScaler(int channels, double limit) => (_mean, _scale, _limit) = (new double[channels], new double[channels], limit);

    /// <summary>From the frames of the warm-up.</summary>
    /// <param name="frames">[count×channels], frame by frame, finite.</param>
    /// <param name="channels">Length of a frame.</param>
    /// <param name="limit">Scaled values are clipped at ± this many standard deviations of the warm-up.</param>
    public StandardScaler(ReadOnlySpan<double> frames, int channels, double limit) : this(channels, limit)
    {
        int count = frames.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            // Divided first: the sum of values near ±1.8e308 would overflow.
            double mean = 0;
            for (int t = 0; t < count; t++) mean += frames[t * channels + c] / count;
            double largest = 0;
            for (int t = 0; t < count; t++) largest = Math.Max(largest, Math.Abs(frames[t * channels + c] - mean));
            double sum = 0;
            for (int t = 0; t < count && largest > 0; t++) sum += Square((frames[t * channels + c] - mean) / largest);
            double deviation = largest * Math.Sqrt(sum / count);
            // A channel that never moved is measured in thousandths of its level, a zero in units.
            double floor = mean == 0 ? 1 : 1e-3 * Math.Abs(mean);
            _mean[c] = mean;
            _scale[c] = deviation > 1e-12 * Math.Abs(mean) && double.IsFinite(deviation) ? deviation : floor;
        }
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
            clipped |= Math.Abs(u[c]) >= _limit;
        }
        return clipped;
    }

    /// <inheritdoc/>
    public override double UnitOf(int channel) => _scale[channel];

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
    }
}
