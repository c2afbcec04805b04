namespace Esn;

/// <summary>An <see cref="AsinhScale"/> for each channel.</summary>
sealed class AsinhScaler : Scaler
{
    const double Lost = 12;  // sinh of it is 80,000 units: the warm-up was of something else, such as a machine that stood still
    const double Far = 4;    // 27 units, where the bulk of the warm-up was four wide
    const double Unseen = .02;  // of a step, there: what moves so little moves without being seen

    readonly AsinhScale[] _scales;  // [channels]
    readonly double[] _last;        // scaled, the last value of each channel
    readonly int[] _lost;           // 1: a channel moved there without being seen, when it last moved

    /// <summary>Not fixed yet: <see cref="Carry"/> does that.</summary>
    public AsinhScaler(int channels, AsinhScalerSpec spec) =>
        (_scales, _last, _lost, Limit) = ([.. Enumerable.Range(0, channels).Select(_ => new AsinhScale(spec))], new double[channels],
            new int[channels], spec.Limit);

    /// <summary>From the frames of the warm-up.</summary>
    /// <param name="frames">[count×channels], frame by frame, finite.</param>
    /// <param name="channels">Length of a frame.</param>
    /// <param name="spec">Valid.</param>
    public AsinhScaler(ReadOnlySpan<double> frames, int channels, AsinhScalerSpec spec)
    {
        (_scales, _last, _lost, Limit) = (new AsinhScale[channels], new double[channels], new int[channels], spec.Limit);
        double[] values = new double[frames.Length / channels];
        for (int c = 0; c < channels; c++)
        {
            for (int t = 0; t < values.Length; t++) values[t] = frames[t * channels + c];
            _scales[c] = new AsinhScale(values, spec);
        }
    }

    /// <inheritdoc/>
    public override double Limit { get; }

    /// <inheritdoc/>
    public override bool IsBeyond(int channel, double y) => Math.Abs(y) > Lost || _lost[channel] != 0;

    /// <inheritdoc/>
    /// <returns>Whether a value is so far away that what it does there is lost: a logarithm sees any distance, but no detail. A gauge that
    /// moved far and goes on with the noise it had is lost too, traffic that grew is not.</returns>
    public override bool Scale(ReadOnlySpan<double> frame, Span<double> y)
    {
        bool lost = false;
        for (int c = 0; c < _scales.Length; c++)
        {
            y[c] = _scales[c].Scale(frame[c]);
            if (double.IsNaN(y[c])) continue;
            double step = Math.Abs(y[c] - _last[c]);
            if (step > 0) _lost[c] = Math.Abs(y[c]) > Far && step < Unseen ? 1 : 0;  // of rounded values many are those before
            lost |= IsBeyond(c, y[c]);
            _last[c] = y[c];
        }
        return lost;
    }

    /// <inheritdoc/>
    public override void Unscale(ReadOnlySpan<double> y, Span<double> frame)
    {
        for (int c = 0; c < _scales.Length; c++) frame[c] = _scales[c].Unscale(y[c]);
    }

    /// <inheritdoc/>
    public override double UnitOf(int channel) => _scales[channel].Unit;

    /// <inheritdoc/>
    public override void Widen(int channel, double unit) => _scales[channel].Widen(unit);

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        foreach (AsinhScale scale in _scales) scale.Carry(ref state);
        if (!state.Holds(6)) return;
        state.Carry<double>(_last);
        state.Carry<int>(_lost);
    }
}
