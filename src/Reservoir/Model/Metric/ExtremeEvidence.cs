namespace Esn;

/// <summary>What values and levels never seen before are worth.</summary>
public sealed record ExtremesSpec
{
    /// <summary>Worth of a record, [0, 100].</summary>
    public double ValueWeight { get; init; } = 2;

    /// <summary>Values at least as extreme that may have been before it, 1 … 100; with as many it is worth nothing.</summary>
    public int Ranks { get; init; } = 4;

    /// <summary>Frames before the first value is called extreme, 0 … 1e6.</summary>
    public int LeastFrames { get; init; } = 20;

    /// <summary>Worth of a mean outside all means before it, [0, 100].</summary>
    public double LevelWeight { get; init; } = 1;

    /// <summary>Length of these means, in warm-ups, (0, 1].</summary>
    public double LevelLength { get; init; } = 1 / 15.0;

    /// <summary>The evidence at frame t is worth ln t over this, (0, 100]: a record at t has probability 2/t by chance.</summary>
    public double LogAge { get; init; } = 8;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(ValueWeight, 0, 100);
        Require.Range(Ranks, 1, 100);
        Require.Range(LeastFrames, 0, 1_000_000);
        Require.Range(LevelWeight, 0, 100);
        Require.Above(LevelLength, 0, 1);
        Require.Above(LogAge, 0, 100);
    }
}

/// <summary>
/// X: the value's rank among all values before it, on its nearer side, and whether the mean of the latest values lies
/// outside all such means before. It needs no model, and no model can excuse it.
/// </summary>
sealed class ExtremeEvidence
{
    const double Many = 1000;  // frames

    readonly ExtremesSpec _spec;
    readonly double[] _highest, _lowest;  // the most extreme so far, the most extreme first [ranks]
    readonly int _length;                 // values in a mean
    readonly RunningSum _mean;            // of the latest values: sum of x/length
    double _highMean = double.NegativeInfinity, _lowMean = double.PositiveInfinity;
    int _clean;                           // values in a row that were kept, to the length of a mean
    long _count;                          // frames taken

    /// <param name="spec">Validated here.</param>
    /// <param name="length">Values in a mean, ≥ 1.</param>
    public ExtremeEvidence(ExtremesSpec spec, int length)
    {
        spec.Validate();
        Require.Range(length, 1, 1_000_000);
        (_spec, _length, _mean) = (spec, length, new RunningSum(1, length));
        (_highest, _lowest) = (new double[spec.Ranks], new double[spec.Ranks]);
        Array.Fill(_highest, double.NegativeInfinity);
        Array.Fill(_lowest, double.PositiveInfinity);
    }

    /// <summary>
    /// ln(1 + the distance from all values before over the width of their range), of the last step: a spike in a file of a few rows, of
    /// which no model has learnt anything yet, is told by it. It fades to 0 as the frames become many and records worth the more.
    /// </summary>
    public double Distance { get; private set; }

    /// <summary>X(t) ≥ 0.</summary>
    /// <param name="x">Finite, units of the feed.</param>
    /// <param name="keep">False: the value, and means that it is part of, do not count as having been.</param>
    public double Step(double x, bool keep = true)
    {
        int above = 0, below = 0;
        while (above < _highest.Length && _highest[above] >= x) above++;
        while (below < _lowest.Length && _lowest[below] <= x) below++;
        double value = _count < _spec.LeastFrames ? 0 : 1 - Math.Log(1 + Math.Min(above, below)) / Math.Log(1 + _spec.Ranks);
        Distance = _count < _spec.LeastFrames ? 0 : Beyond(x);
        if (keep)
        {
            Insert(_highest, above, x);
            Insert(_lowest, below, x);
        }
        double level = Level(x, keep) ? 1 : 0;
        double evidence = (_spec.ValueWeight * Math.Max(0, value) + _spec.LevelWeight * level)
            * Math.Log(Math.Max(1, _count)) / _spec.LogAge;
        _count++;
        return evidence;
    }

    // What never moved says by how much it may: a first change is news, but of no size.
    double Beyond(double x)
    {
        double distance = Math.Max(x - _highest[0], _lowest[0] - x), range = _highest[0] - _lowest[0];
        double few = 1 - Math.Log(_count) / Math.Log(Many);
        return few > 0 && distance > 0 && range > 0 && double.IsFinite(distance + range) ? few * Math.Log(1 + distance / range) : 0;
    }

    bool Level(double x, bool keep)
    {
        _mean.Add([x / _length]);
        // A mean that holds a value which was not to be judged tells nothing.
        _clean = keep ? Math.Min(_clean + 1, _length) : 0;
        if (_clean < _length) return false;
        double mean = _mean.Values[0];
        // What rounding moves is no new level.
        double slack = 1e-12 * Math.Max(Math.Abs(mean), Math.Abs(x));
        bool outside = _highMean >= _lowMean && (mean > _highMean + slack || mean < _lowMean - slack);
        (_highMean, _lowMean) = (Math.Max(_highMean, mean), Math.Min(_lowMean, mean));
        return outside;
    }

    static void Insert(double[] extremes, int rank, double x)
    {
        if (rank == extremes.Length) return;
        Array.Copy(extremes, rank, extremes, rank + 1, extremes.Length - rank - 1);
        extremes[rank] = x;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_highest);
        state.Carry(_lowest);
        _mean.Carry(ref state);
        state.Carry(ref _highMean);
        state.Carry(ref _lowMean);
        state.Carry(ref _clean);
        state.Carry(ref _count);
    }
}
