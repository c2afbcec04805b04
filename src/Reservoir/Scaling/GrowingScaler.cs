namespace Esn;

/// <summary>
/// Some channels of a feed grow without bound: of these the growth a step is scaled, x(t) − x(t−1), of the others the value.
/// </summary>
/// <remarks>
/// A value that is missing leaves the growth to be shared by the steps until the next one. A counter that begins again near 0 is
/// taken to have grown as before: that is no fault of what it counts (as Prometheus' rate() has it).
/// </remarks>
sealed class GrowingScaler : Scaler
{
    const int MostBack = 64;          // frames that an alarm may have begun before
    const int Kept = 192;             // frames: as many, and those of a block that were scaled ahead
    const double LeastUnit = .2;      // of the mean growth: a rate that hardly varies has no scale of its own
    const double MostAfterReset = 8;  // largest growth a step that a counter that began anew may show

    readonly Scaler _inner;
    readonly bool[] _grows, _counts;  // [channels]
    readonly double[] _last;          // values [channels], NaN: none yet
    readonly double[] _rate;          // last growth a step [channels]
    readonly double[] _largest;       // growth a step [channels]
    readonly int[] _missed;           // steps since the last value [channels]
    readonly double[] _recent;        // frames [Kept×channels], frame t at t mod Kept
    readonly double[] _anchor;        // frame before what is foretold [channels]
    readonly double[] _frame;         // scratch [channels]
    long _taken;                      // frames

    /// <summary>Not fixed yet: <see cref="Carry"/> does that.</summary>
    public GrowingScaler(Scaler inner, int channels)
    {
        (_inner, _grows, _counts) = (inner, new bool[channels], new bool[channels]);
        (_last, _rate, _largest, _missed) = (new double[channels], new double[channels], new double[channels], new int[channels]);
        (_recent, _anchor, _frame) = (new double[Kept * channels], new double[channels], new double[channels]);
        Array.Fill(_last, double.NaN);
    }

    /// <summary>From the frames of the warm-up.</summary>
    /// <param name="frames">[count×channels], finite, units of the feed.</param>
    /// <param name="grows">[channels].</param>
    /// <param name="counts">[channels]: those of them that may begin again at 0.</param>
    /// <param name="fit">Fixes a scaling by frames in which growth stands for what grows.</param>
    public GrowingScaler(double[] frames, bool[] grows, bool[] counts, Func<double[], Scaler> fit)
        : this(fit(Rates(frames, grows)), grows.Length)
    {
        grows.CopyTo(_grows, 0);
        counts.CopyTo(_counts, 0);
        int count = frames.Length / grows.Length;
        double[] rates = Rates(frames, grows);
        for (int c = 0; c < grows.Length; c++)
        {
            if (!grows[c]) continue;
            _rate[c] = (frames[(count - 1) * grows.Length + c] - frames[c]) / Math.Max(1, count - 1);
            for (int t = 0; t < count; t++) _largest[c] = Math.Max(_largest[c], rates[t * grows.Length + c]);
            _inner.Widen(c, LeastUnit * Math.Abs(_rate[c]));
        }
    }

    static double[] Rates(double[] frames, bool[] grows)
    {
        double[] rates = [.. frames];
        for (int c = 0; c < grows.Length; c++)
        {
            if (!grows[c]) continue;
            for (int i = frames.Length - grows.Length + c; i > c; i -= grows.Length) rates[i] -= frames[i - grows.Length];
            rates[c] = rates[grows.Length + c];
        }
        return rates;
    }

    /// <summary>Which channels grow, [channels].</summary>
    public ReadOnlySpan<bool> Grows => _grows;

    /// <inheritdoc/>
    public override double Limit => _inner.Limit;

    /// <inheritdoc/>
    public override double Reach => _inner.Reach;

    /// <inheritdoc/>
    public override bool Accumulates => true;

    /// <inheritdoc/>
    public override ReadOnlySpan<double> Last => _last;

    /// <inheritdoc/>
    public override ReadOnlySpan<double> Anchor => _anchor;

    /// <inheritdoc/>
    public override bool Scale(ReadOnlySpan<double> frame, Span<double> y) =>
        throw new InvalidOperationException("growth goes by the frame before");

    /// <inheritdoc/>
    public override bool Scale(DateTime time, ReadOnlySpan<double> frame, Span<double> y, Span<double> origin, bool learn)
    {
        frame.CopyTo(_frame);
        for (int c = 0; c < _frame.Length; c++)
        {
            if (!_grows[c]) continue;
            origin[c] = double.IsNaN(_last[c]) ? frame[c] - _rate[c] : _last[c] + _missed[c] * _rate[c];
            _frame[c] = Growth(c, frame[c]);
        }
        frame.CopyTo(_recent.AsSpan((int)(_taken++ % Kept) * _frame.Length));
        return _inner.Scale(_frame, y);
    }

    double Growth(int c, double value)
    {
        if (double.IsNaN(value))
        {
            _missed[c]++;
            return value;
        }
        (double last, int steps) = (_last[c], _missed[c] + 1);
        (_last[c], _missed[c]) = (value, 0);
        if (double.IsNaN(last)) return _rate[c];
        double rate = (value - last) / steps;
        bool anew = _counts[c] && rate < 0 && value >= 0 && value <= MostAfterReset * _largest[c] * steps;
        if (anew) return _rate[c];
        if (rate >= 0) _largest[c] = Math.Max(_largest[c], Math.Min(rate, 2 * _largest[c]));
        return _rate[c] = rate;
    }

    /// <inheritdoc/>
    public override void Expect(ReadOnlySpan<double> y, Span<double> expected)
    {
        _inner.Unscale(y, _frame);
        for (int c = 0; c < _frame.Length; c++) expected[c] = _grows[c] ? expected[c] + _frame[c] : _frame[c];
    }

    /// <inheritdoc/>
    public override void Unscale(ReadOnlySpan<double> y, Span<double> frame) => _inner.Unscale(y, frame);

    /// <inheritdoc/>
    public override void GoOn(ReadOnlySpan<double> before, Span<double> frame)
    {
        for (int c = 0; c < frame.Length; c++)
            if (_grows[c]) frame[c] += before[c];
    }

    /// <inheritdoc/>
    public override void Rewind()
    {
        Array.Fill(_last, double.NaN);
        Array.Clear(_missed);
        _taken = 0;
    }

    /// <inheritdoc/>
    public override void DropAnchor(long frame, long now)
    {
        int at = (int)(Math.Max(0, Math.Max(frame, now - MostBack)) % Kept);
        _recent.AsSpan(at * _frame.Length, _frame.Length).CopyTo(_anchor);
        for (int c = 0; c < _anchor.Length; c++)
            if (double.IsNaN(_anchor[c])) _anchor[c] = _last[c];
    }

    /// <inheritdoc/>
    public override void Widen(int channel, double unit) => _inner.Widen(channel, unit);

    /// <inheritdoc/>
    public override double UnitOf(int channel) => _inner.UnitOf(channel);

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        _inner.Carry(ref state);
        state.Carry(_grows);
        state.Carry(_counts);
        state.Carry(_last);
        state.Carry(_rate);
        state.Carry(_largest);
        state.Carry(_missed);
        state.Carry(_recent);
        state.Carry(_anchor);
        state.Carry(ref _taken);
    }
}
