namespace Esn;

/// <summary>
/// How unusual the error of a block is, given how much moved there: r = ln q − w·a, a = [1; ln mean (u₋₁ − u₋₂)²; ln mean of
/// the second difference²] of the frames before. A jet that meanders is hard to predict, and no news.
/// </summary>
/// <param name="blocks">≥ 1.</param>
/// <param name="memory">Frames over which the spread of r is taken.</param>
sealed class ActivityScore(int blocks, int memory)
{
    const double Forgetting = .999;     // of w's recursive least squares
    const double Prior = 100;           // of P
    const double Clip = 3;              // deviations at which r is learnt from at the most
    const double Least = .02;           // of a variance: fed with what is clipped by it, it would stick at 0
    const double First = .5;            // of a variance, at the beginning
    const int Begin = 50;               // frames that are learnt from as they are

    readonly double[] _weights = new double[3 * blocks];                                      // w
    readonly double[] _inverse = [.. Enumerable.Range(0, 9 * blocks).Select(i => i % 9 % 4 == 0 ? Prior : 0)];  // P, dense
    readonly double[] _variance = [.. Enumerable.Repeat(First, blocks)];
    readonly double[] _residual = new double[blocks];
    long _learnt;

    /// <summary>r over its deviation, of a block.</summary>
    /// <param name="block">Index.</param>
    /// <param name="logarithm">ln q.</param>
    /// <param name="activity">a, [3].</param>
    public double Of(int block, double logarithm, ReadOnlySpan<double> activity)
    {
        double expected = 0;
        for (int i = 0; i < 3; i++) expected += _weights[3 * block + i] * activity[i];
        _residual[block] = logarithm - expected;
        return _residual[block] / Math.Sqrt(_variance[block]);
    }

    /// <summary>r of a block, as of the last look at it.</summary>
    public double Residual(int block) => _residual[block];

    /// <summary>Learns a step of all blocks.</summary>
    /// <param name="activities">a of each, [blocks×3].</param>
    public void Learn(ReadOnlySpan<double> activities)
    {
        _learnt++;
        double gain = Math.Max(1.0 / _learnt, 1.0 / memory);
        Span<double> column = stackalloc double[3];
        for (int block = 0; block < blocks; block++)
        {
            ReadOnlySpan<double> a = activities.Slice(3 * block, 3);
            Span<double> p = _inverse.AsSpan(9 * block, 9);
            double limit = _learnt <= Begin ? double.PositiveInfinity : Clip * Math.Sqrt(_variance[block]);
            double residual = Math.Clamp(_residual[block], -limit, limit), scale = Forgetting;
            for (int i = 0; i < 3; i++)
            {
                column[i] = p[3 * i] * a[0] + p[3 * i + 1] * a[1] + p[3 * i + 2] * a[2];
                scale += a[i] * column[i];
            }
            // Forgets only while P is no larger than it began: activity that stands still would let it grow for ever.
            double forgetting = p[0] + p[4] + p[8] <= 3 * Prior ? Forgetting : 1;
            for (int i = 0; i < 3; i++)
            {
                _weights[3 * block + i] += column[i] / scale * residual;
                for (int j = 0; j <= i; j++) p[3 * i + j] = p[3 * j + i] = (p[3 * i + j] - column[i] * column[j] / scale) / forgetting;
            }
            if (_learnt > Begin / 2) _variance[block] = Math.Max(Least, _variance[block] + gain * (residual * residual - _variance[block]));
        }
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_weights);
        state.Carry(_inverse);
        state.Carry(_variance);
        state.Carry(ref _learnt);
    }
}
