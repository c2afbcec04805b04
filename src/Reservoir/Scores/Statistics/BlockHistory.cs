namespace Esn;

/// <summary>The course of each channel over many steps, as means and ranges of blocks, so that a slow change can be dated when an alarm asks.</summary>
/// <param name="channels">≥ 1.</param>
/// <param name="block">Steps of a block, ≥ 1.</param>
sealed class BlockHistory(int channels, int block)
{
    const int Blocks = 256;
    const int Fewest = 4;        // blocks before a change, and of a slope
    const double Certain = 2;    // standard deviations of the slope from 0

    readonly float[] _means = new float[Blocks * channels];  // NaN: the block holds a muted step
    readonly float[] _lows = new float[Blocks * channels], _highs = new float[Blocks * channels];  // of steps outside alarms
    readonly double[] _sums = new double[channels];
    readonly double[] _low = new double[channels], _high = new double[channels];
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
            if (frozen || muted) continue;
            _low[c] = Math.Min(_low[c], values[c]);
            _high[c] = Math.Max(_high[c], values[c]);
        }
        if (++_filled == block) End();
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

    /// <summary>
    /// The slow change of a channel, if a slope from some step on explains its course better than a jump at some step does.
    /// </summary>
    /// <remarks>
    /// Least squares for every possible onset; the estimates are means over onsets, each weighed by its likelihood with the
    /// noise's variance left out, which counts as many independent blocks as the residuals' autocorrelation leaves.
    /// </remarks>
    /// <param name="channel">Index.</param>
    /// <param name="logarithm">Whether the logarithms of the means are what changes along a line.</param>
    public Trend? Fit(int channel, bool logarithm)
    {
        // x: steps before the present, negative, of the middles of the blocks.
        var (x, y, low, high) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (int i = 0; i < _count; i++)
        {
            int at = (_head + i) % Blocks * _sums.Length + channel;
            double mean = logarithm ? Math.Log(_means[at]) : _means[at];
            if (!double.IsFinite(mean)) continue;
            x.Add(-_filled - (_count - 1 - i) * (double)block - (block + 1) / 2.0);
            y.Add(mean);
            low.Add(_lows[at]);
            high.Add(_highs[at]);
        }
        int n = y.Count, first = Fewest, last = n - 1 - Fewest;
        if (last < first) return null;

        double total = 0, middle = y.Average();
        foreach (double value in y) total += (value - middle) * (value - middle);
        var (slopes, levels, left, spread) = (new double[n], new double[n], new double[n], new double[n]);
        var jumps = new double[n];  // sum of squares that a jump before block j leaves
        Array.Fill(left, double.PositiveInfinity);
        Array.Fill(jumps, double.PositiveInfinity);
        double after = 0;
        int best = first;
        for (int j = n - 1; j >= first; j--)
        {
            after += y[j] - middle;
            jumps[j] = total - after * after * n / ((double)(n - j) * j);
            if (j > last) continue;
            double h = 0, hh = 0, hy = 0;
            for (int i = j + 1; i < n; i++) (h, hh, hy) = (h + (x[i] - x[j]), hh + (x[i] - x[j]) * (x[i] - x[j]), hy + (x[i] - x[j]) * (y[i] - middle));
            spread[j] = hh - h * h / n;
            slopes[j] = hy / spread[j];
            levels[j] = middle - slopes[j] * h / n;
            left[j] = total - slopes[j] * hy;
            if (left[j] < left[best]) best = j;
        }
        double least = Math.Max(left[best], 1e-12 * total);
        if (!(least > 0)) return null;

        double looks = n * Independent(x, y, levels[best], slopes[best], x[best]);
        double Weight(double squares) => Math.Exp(-.5 * looks * Math.Log(Math.Max(squares, least * 1e-6) / least));
        double sum = 0, sumOfJumps = 0, slope = 0, onset = 0, now = 0, square = 0;
        for (int j = first; j < n; j++)
        {
            sumOfJumps += Weight(jumps[j]);
            if (j > last) continue;
            double weight = Weight(left[j]);
            sum += weight;
            slope += weight * slopes[j];
            onset += weight * x[j];
            now += weight * (levels[j] - slopes[j] * x[j]);
            square += weight * (slopes[j] * slopes[j] + left[j] / (looks * spread[j]));
        }
        (slope, onset, now, square) = (slope / sum, onset / sum, now / sum, square / sum);
        if (sumOfJumps > sum || Math.Abs(slope) < Certain * Math.Sqrt(Math.Max(0, square - slope * slope))) return null;

        double lowest = double.PositiveInfinity, highest = double.NegativeInfinity;
        for (int i = 0; i < n && x[i] <= onset; i++) (lowest, highest) = (Math.Min(lowest, low[i]), Math.Max(highest, high[i]));
        return new Trend(-onset, slope, now, double.IsFinite(lowest) ? lowest : double.NaN, double.IsFinite(highest) ? highest : double.NaN);
    }

    // (1 − ρ)/(1 + ρ) with the residuals' lag-1 autocorrelation ρ.
    static double Independent(List<double> x, List<double> y, double level, double slope, double onset)
    {
        double previous = double.NaN, variance = 0, covariance = 0;
        for (int i = 0; i < y.Count; i++)
        {
            double residual = y[i] - level - slope * Math.Max(0, x[i] - onset);
            variance += residual * residual;
            if (i > 0) covariance += residual * previous;
            previous = residual;
        }
        double rho = variance > 0 ? Math.Clamp(covariance / variance, 0, .9) : 0;
        return (1 - rho) / (1 + rho);
    }
}
