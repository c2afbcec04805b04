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

    /// <summary>
    /// A record that is broken by less than this part of how far it lay from the mean is worth less, down to what lies half way to the
    /// second of all, [0, 100]: of values that keep to a range the furthest lie close together, and a hair is no news.
    /// </summary>
    [Policy]
    public double Clear { get; init; } = .1;

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
        Require.Range(Clear, 0, 100);
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
    readonly ExtremesSpec _spec;
    readonly double[] _highest, _lowest;  // the most extreme so far, the most extreme first [ranks]
    readonly int _length;                 // values in a mean
    readonly RunningSum _mean;            // of the latest values: sum of x/length
    double _highMean = double.NegativeInfinity, _lowMean = double.PositiveInfinity;
    int _clean;                           // values in a row that were kept, to the length of a mean
    long _count;                          // frames taken
    double _centre;                       // mean of the values that were kept
    long _kept;                           // of these; a snapshot before format 6 knows of none

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

    /// <summary>By how much the last value was a record, as <see cref="RecordMargin"/> says; 0: none, or too few came before.</summary>
    public double Margin { get; private set; }

    /// <summary>Frames that were taken.</summary>
    public long Frames => _count;

    /// <summary>Values that were kept.</summary>
    public long Kept => _kept;

    /// <summary>X(t) ≥ 0.</summary>
    /// <param name="x">Finite, units of the feed.</param>
    /// <param name="keep">False: the value, and means that it is part of, do not count as having been.</param>
    public double Step(double x, bool keep = true)
    {
        int above = 0, below = 0;
        while (above < _highest.Length && _highest[above] >= x) above++;
        while (below < _lowest.Length && _lowest[below] <= x) below++;
        Margin = _kept < _spec.LeastFrames ? 0 : RecordMargin.Of(x, _lowest[0], _highest[0], _centre);
        double value = _count < _spec.LeastFrames ? 0 : Worth(Math.Min(above, below));
        if (keep)
        {
            Insert(_highest, above, x);
            Insert(_lowest, below, x);
            _centre += (x - _centre) / ++_kept;
        }
        double level = Level(x, keep) ? 1 : 0;
        double evidence = (_spec.ValueWeight * Math.Max(0, value) + _spec.LevelWeight * level)
            * Math.Log(Math.Max(1, _count)) / _spec.LogAge;
        _count++;
        return evidence;
    }

    // Of what never moved, and of a snapshot that knew no margins, a record is one.
    double Worth(int rank)
    {
        double worth = 1 - Math.Log(1 + rank) / Math.Log(1 + _spec.Ranks);
        if (rank > 0 || _kept < _spec.LeastFrames || _highest[0] <= _lowest[0] || Margin >= _spec.Clear) return worth;
        double tie = 1 - .5 * Math.Log(2) / Math.Log(1 + _spec.Ranks);  // between the first and the second of all
        return tie + (worth - tie) * Margin / _spec.Clear;
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
        if (!state.Holds(6)) return;
        state.Carry(ref _centre);
        state.Carry(ref _kept);
    }
}
