namespace Esn;

/// <summary>The course of each channel over many steps, as means and ranges of blocks: a slow change can be dated from it.</summary>
/// <param name="channels">≥ 1.</param>
/// <param name="block">Steps of a block, ≥ 1.</param>
/// <param name="ranges">Whether the lowest and highest values are kept.</param>
sealed class BlockHistory(int channels, int block, bool ranges)
{
    const int Blocks = 256;

    readonly float[] _means = new float[Blocks * channels];  // NaN: the block holds a muted step
    readonly float[] _lows = new float[ranges ? Blocks * channels : 0];   // of steps outside alarms
    readonly float[] _highs = new float[ranges ? Blocks * channels : 0];
    readonly double[] _sums = new double[channels];
    readonly double[] _low = new double[ranges ? channels : 0], _high = new double[ranges ? channels : 0];
    int _filled, _count, _head;
    bool _spoilt;

    /// <summary>Takes a step.</summary>
    /// <param name="values">[channels].</param>
    /// <param name="frozen">An alarm is open: the range is not widened.</param>
    /// <param name="muted">The step is none.</param>
    public void Add(ReadOnlySpan<double> values, bool frozen, bool muted)
    {
        if (_filled == 0) Begin();
        _spoilt |= muted;
        for (int c = 0; c < _sums.Length; c++)
        {
            _sums[c] += values[c];
            if (!ranges || frozen || muted) continue;
            _low[c] = Math.Min(_low[c], values[c]);
            _high[c] = Math.Max(_high[c], values[c]);
        }
        if (++_filled == block) End();
    }

    /// <summary>The slow change of a channel; null: there is none that can be told from noise or from a jump. Allocates.</summary>
    /// <param name="channel">Index.</param>
    /// <param name="logarithm">Whether the logarithms of the means are what changes along a line.</param>
    public Trend? Fit(int channel, bool logarithm)
    {
        var course = new List<TrendFit.Point>(_count);
        for (int i = 0; i < _count; i++)
        {
            int at = (_head + i) % Blocks * _sums.Length + channel;
            double mean = logarithm ? Math.Log(_means[at]) : _means[at];
            if (!double.IsFinite(mean)) continue;
            double x = -_filled - (_count - 1 - i) * (double)block - (block + 1) / 2.0;
            course.Add(new TrendFit.Point(x, mean, ranges ? _lows[at] : double.NaN, ranges ? _highs[at] : double.NaN));
        }
        return TrendFit.Of(course);
    }

    void Begin()
    {
        _spoilt = false;
        Array.Clear(_sums);
        Array.Fill(_low, double.PositiveInfinity);
        Array.Fill(_high, double.NegativeInfinity);
    }

    void End()
    {
        int at = (_head + _count) % Blocks;
        if (_count < Blocks) _count++;
        else _head = (_head + 1) % Blocks;
        for (int c = 0; c < _sums.Length; c++)
        {
            _means[at * _sums.Length + c] = _spoilt ? float.NaN : (float)(_sums[c] / block);
            if (!ranges) continue;
            _lows[at * _sums.Length + c] = (float)_low[c];
            _highs[at * _sums.Length + c] = (float)_high[c];
        }
        _filled = 0;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_means);
        state.Carry(_lows);
        state.Carry(_highs);
        state.Carry(_sums);
        state.Carry(_low);
        state.Carry(_high);
        state.Carry(ref _filled, 0, block);
        state.Carry(ref _count, 0, Blocks);
        state.Carry(ref _head, 0, Blocks - 1);
        state.Carry(ref _spoilt);
    }
}
