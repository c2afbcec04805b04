namespace Esn;

/// <summary>
/// Some channels of a feed grow without bound: of these the growth a step is scaled, x(t) − x(t−1), of the others the value. What is
/// foretold of growth is integrated again, from the last frame on, or from the frame before what an alarm foretells.
/// </summary>
/// <remarks>
/// A value that is missing leaves the growth to be shared by the steps until the next one. A counter that begins again near 0, or where
/// it did in the warm-up, is taken to have grown as before: that is no fault of what it counts (as Prometheus' rate() has it). So is the
/// first value after some that were not to be learnt.
/// </remarks>
sealed class DifferencingScaler : Scaler
{
    const int MostBack = 128;         // frames that what an alarm foretells may have begun before
    const int Kept = MostBack + 128;  // frames: as many, and those of a block that were scaled ahead
    const double LeastUnit = .2;      // of the mean growth: a rate that hardly varies has no scale of its own

    readonly Scaler _inner;
    readonly bool[] _grows, _counts;  // [channels]
    readonly double[] _last;          // values [channels], NaN: none yet
    readonly double[] _rate;          // last growth a step [channels]
    readonly double[] _largest;       // growth a step [channels]
    readonly double[] _start;         // where it began anew in the warm-up, 0 if never [channels]
    readonly int[] _missed;           // steps since the last value [channels]
    readonly bool[] _passed;          // that was not to be learnt [channels]
    readonly double[] _anchor;        // frame before what is foretold [channels]
    readonly double[] _frame, _seen, _foreseen;  // scratch [channels]
    int[] _growing = [];              // those channels
    double[] _recent = [];            // their values, continued where one is missing [Kept×growing], frame t at t mod Kept
    long _taken;                      // frames

    /// <summary>Not fixed yet: <see cref="Carry"/> does that.</summary>
    public DifferencingScaler(Scaler inner, int channels)
    {
        (_inner, _grows, _counts, _last) = (inner, new bool[channels], new bool[channels], new double[channels]);
        (_rate, _largest, _missed, _anchor) = (new double[channels], new double[channels], new int[channels], new double[channels]);
        (_frame, _seen, _foreseen, _start) = (new double[channels], new double[channels], new double[channels], new double[channels]);
        _passed = new bool[channels];
        Array.Fill(_last, double.NaN);
    }

    /// <summary>From the frames of the warm-up.</summary>
    /// <param name="frames">[count×channels], finite, units of the feed.</param>
    /// <param name="grows">[channels].</param>
    /// <param name="counts">[channels]: those of them that may begin again at 0.</param>
    /// <param name="fit">Fixes a scaling by frames in which growth stands for what grows.</param>
    public DifferencingScaler(double[] frames, bool[] grows, bool[] counts, Func<double[], Scaler> fit)
        : this(fit(Differences(frames, grows, counts)), grows.Length)
    {
        grows.CopyTo(_grows, 0);
        counts.CopyTo(_counts, 0);
        Index();
        double[] rates = Differences(frames, grows, counts);
        int count = frames.Length / grows.Length;
        foreach (int c in _growing)
        {
            for (int t = 0; t < count; t++)
            {
                double rate = rates[t * grows.Length + c];
                _rate[c] += rate / count;
                _largest[c] = Math.Max(_largest[c], rate);
                int at = t * grows.Length + c;
                if (counts[c] && t > 0 && frames[at] < frames[at - grows.Length]) _start[c] = Math.Max(_start[c], frames[at]);
            }
            _inner.Widen(c, LeastUnit * Math.Abs(_rate[c]));
            _inner.Keep(c);
        }
    }

    static double[] Differences(double[] frames, bool[] grows, bool[] counts)
    {
        int channels = grows.Length;
        double[] rates = [.. frames];
        for (int c = 0; c < channels; c++)
        {
            if (!grows[c]) continue;
            rates[c] = rates.Length > channels ? frames[channels + c] - frames[c] : 0;
            for (int i = channels + c; i < rates.Length; i += channels)
            {
                rates[i] = frames[i] - frames[i - channels];
                if (counts[c] && rates[i] < 0) rates[i] = Math.Max(0, rates[i - channels]);  // it began anew
            }
        }
        return rates;
    }

    void Index()
    {
        _growing = [.. Enumerable.Range(0, _grows.Length).Where(c => _grows[c])];
        _recent = new double[Kept * _growing.Length];
    }

    /// <inheritdoc/>
    public override double Limit => _inner.Limit;

    /// <inheritdoc/>
    public override double Reach => _inner.Reach;

    /// <inheritdoc/>
    public override bool Scale(ReadOnlySpan<double> frame, Span<double> y) =>
        throw new InvalidOperationException("growth goes by the frame before");

    /// <inheritdoc/>
    public override bool Scale(DateTime time, ReadOnlySpan<double> frame, Span<double> y, Span<double> origin, bool learn)
    {
        frame.CopyTo(_frame);
        Span<double> recent = _recent.AsSpan((int)(_taken++ % Kept) * _growing.Length, _growing.Length);
        for (int i = 0; i < _growing.Length; i++)
        {
            int c = _growing[i];
            origin[c] = double.IsNaN(_last[c]) || (learn && _passed[c] && !double.IsNaN(frame[c])) ? frame[c] - _rate[c] : Continued(c);
            _frame[c] = Growth(c, frame[c], learn);
            recent[i] = Continued(c);
        }
        bool beyond = _inner.Scale(time, _frame, y, _seen, learn);
        for (int c = 0; c < _grows.Length; c++)
            if (!_grows[c]) origin[c] = _seen[c];
        return beyond;
    }

    double Continued(int c) => _last[c] + _missed[c] * _rate[c];

    double Growth(int c, double value, bool learn)
    {
        if (double.IsNaN(value))
        {
            _missed[c]++;
            return value;
        }
        (double last, int steps) = (_last[c], _missed[c] + 1);
        bool resumed = learn && _passed[c];  // from where it was left: what went on meanwhile is no growth of a step
        (_last[c], _missed[c], _passed[c]) = (value, 0, !learn);
        if (double.IsNaN(last) || resumed) return _rate[c];
        double rate = (value - last) / steps;
        double near = Rise.Near * _largest[c] * steps;
        bool anew = _counts[c] && rate < 0 && value >= 0 && (value <= near || Math.Abs(value - _start[c]) <= near);
        if (anew) return _rate[c];
        if (!learn) return rate;
        if (rate > _largest[c]) _largest[c] = _largest[c] > 0 ? Math.Min(rate, 2 * _largest[c]) : rate;
        return _rate[c] = rate;
    }

    /// <inheritdoc/>
    public override bool Expect(ReadOnlySpan<double> y, Span<double> expected, Span<bool> stays)
    {
        _inner.Unscale(y, _frame);
        for (int c = 0; c < _frame.Length; c++)
        {
            stays[c] = !_grows[c] && !double.IsNaN(expected[c]);
            if (_grows[c]) expected[c] += _frame[c];
            else if (!stays[c]) expected[c] = _frame[c];
        }
        return stays[.._frame.Length].Contains(true);
    }

    /// <summary>What a judge sees of a frame: of what grows the growth, of what does not the value.</summary>
    /// <param name="frame">[channels], as it came.</param>
    /// <param name="expected">[channels], as it was expected.</param>
    /// <param name="y">y(t), [channels].</param>
    /// <param name="prediction">ŷ(t), [channels].</param>
    /// <param name="foreseen">What was expected of it, [channels]; as the result good until the next frame.</param>
    public ReadOnlySpan<double> Seen(ReadOnlySpan<double> frame, ReadOnlySpan<double> expected, ReadOnlySpan<double> y,
        ReadOnlySpan<double> prediction, out ReadOnlySpan<double> foreseen)
    {
        _inner.Unscale(y, _seen);
        _inner.Unscale(prediction, _foreseen);
        for (int c = 0; c < frame.Length; c++)
        {
            if (!_grows[c]) (_seen[c], _foreseen[c]) = (frame[c], expected[c]);
            else if (double.IsNaN(frame[c])) _seen[c] = double.NaN;
            // What was clipped as it came; a counter that began anew was not.
            else if (Math.Abs(y[c]) >= Limit) _seen[c] = frame[c] - expected[c] + _foreseen[c];
        }
        foreseen = _foreseen;
        return _seen;
    }

    /// <inheritdoc/>
    public override void Unscale(ReadOnlySpan<double> y, Span<double> frame) => _inner.Unscale(y, frame);

    /// <summary>Makes frames of what was unscaled, each from the one before.</summary>
    /// <param name="points">[steps×channels], in place.</param>
    /// <param name="fromAnchor">From <see cref="Anchor"/>; else from the last frame.</param>
    public void Integrate(Span<double> points, bool fromAnchor)
    {
        int channels = _grows.Length;
        foreach (int c in _growing)
        {
            double value = fromAnchor ? _anchor[c] : Continued(c);
            for (int i = c; i < points.Length; i += channels) points[i] = value += points[i];
        }
    }

    /// <summary>What is foretold from here on follows this frame.</summary>
    /// <param name="frame">Which, counted from the first that was scaled; at most <see cref="MostBack"/> before the present one.</param>
    /// <param name="now">The present one; others may have been scaled ahead.</param>
    public void Anchor(long frame, long now)
    {
        int at = (int)(Math.Max(0, Math.Max(frame, now - MostBack)) % Kept);
        for (int i = 0; i < _growing.Length; i++) _anchor[_growing[i]] = _recent[at * _growing.Length + i];
    }

    /// <summary>The first point that was foretold is no longer kept: those after it follow it.</summary>
    /// <param name="point">[channels], scaled.</param>
    public void PassAnchor(ReadOnlySpan<double> point)
    {
        _inner.Unscale(point, _frame);
        foreach (int c in _growing) _anchor[c] += _frame[c];
    }

    /// <summary>What was scaled so far is to come again, from the first frame on.</summary>
    public void Rewind()
    {
        Array.Fill(_last, double.NaN);
        Array.Clear(_missed);
        Array.Clear(_passed);
        _taken = 0;
    }

    /// <inheritdoc/>
    /// <remarks>Growth keeps its unit; the frames are of what does not grow.</remarks>
    public override int Steady(ReadOnlySpan<double> frames, int count) => _inner.Steady(frames, count);

    /// <inheritdoc/>
    public override bool IsBeyond(int channel, double y) => _inner.IsBeyond(channel, y);

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
        if (state.Loading) Index();
        state.Carry(_last);
        state.Carry(_rate);
        state.Carry(_largest);
        state.Carry(_start);
        state.Carry(_missed);
        state.Carry(_passed);
        state.Carry(_anchor);
        state.Carry(_recent);
        state.Carry(ref _taken);
    }
}
