namespace Esn;

/// <summary>How a channel of an operational metric is scaled.</summary>
public sealed record AsinhScalerSpec
{
    /// <summary>The bulk of the warm-up lies between this quantile and its mirror image, [0, .5).</summary>
    public double Quantile { get; init; } = .02;

    /// <summary>The bulk is this many units of scaled value wide, (0, 1000].</summary>
    public double BulkWidth { get; init; } = 4;

    /// <summary>What the whole range of the warm-up adds to the unit, [0, 1]: a feed that is constant but for spikes has no bulk.</summary>
    public double RangeShare { get; init; } = .02;

    /// <summary>What the centre adds to the unit, [0, 1]: a feed that never moved is measured in thousandths of its level.</summary>
    public double CentreShare { get; init; } = 1e-3;

    /// <summary>The least unit, in units of the feed, (0, 1e300].</summary>
    public double LeastUnit { get; init; } = 1e-9;

    /// <summary>Scaled values are clipped at ± this, (0, 700].</summary>
    public double Limit { get; init; } = 50;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Quantile, 0, .499);
        Require.Above(BulkWidth, 0, 1000);
        Require.Range(RangeShare, 0, 1);
        Require.Range(CentreShare, 0, 1);
        Require.Above(LeastUnit, 0, 1e300);
        Require.Above(Limit, 0, 700);
    }
}

/// <summary>
/// y = asinh((x − centre)/unit), clipped: linear within the bulk of the warm-up, logarithmic beyond. A metric has
/// bursts of a hundred times its level, and what counts there is the factor.
/// </summary>
/// <remarks>Quantiles rather than extremes, so that a spike in the warm-up does not set the scale. Fixed for ever, so that W_out keeps its units.</remarks>
public sealed class AsinhScaler
{
    readonly double _limit;

    /// <summary>Not fixed yet: <see cref="Carry"/> does that.</summary>
    internal AsinhScaler(AsinhScalerSpec spec) => _limit = spec.Limit;

    /// <summary>From the values of the warm-up.</summary>
    /// <param name="values">At least one, finite, units of the feed; sorted in place.</param>
    /// <param name="spec">Validated here.</param>
    public AsinhScaler(Span<double> values, AsinhScalerSpec spec) : this(spec)
    {
        spec.Validate();
        Require.Range(values.Length, 1, int.MaxValue);
        values.Sort();
        double low = Quantile(values, spec.Quantile), high = Quantile(values, 1 - spec.Quantile);
        Centre = low / 2 + high / 2;
        // Term by term: the differences of values near ±1.8e308 would overflow.
        Unit = Math.Min(double.MaxValue,
            high / spec.BulkWidth - low / spec.BulkWidth + (spec.RangeShare * values[^1] - spec.RangeShare * values[0])
            + spec.CentreShare * Math.Abs(Centre) + spec.LeastUnit);
    }

    /// <summary>The value that is scaled to 0, units of the feed.</summary>
    public double Centre { get; private set; }

    /// <summary>One unit of small scaled values, units of the feed, > 0.</summary>
    public double Unit { get; private set; }

    /// <summary>Scaled value of x.</summary>
    /// <param name="x">Finite, units of the feed.</param>
    public double Scale(double x) => Math.Clamp(Math.Asinh((x - Centre) / Unit), -_limit, _limit);

    /// <summary>The value of the feed whose scaled value is y.</summary>
    /// <param name="y">Clipped at ± the limit.</param>
    public double Unscale(double y) => Centre + Unit * Math.Sinh(Math.Clamp(y, -_limit, _limit));

    static double Quantile(ReadOnlySpan<double> sorted, double probability)
    {
        double at = probability * (sorted.Length - 1);
        int below = (int)at;
        double part = at - below;
        return part == 0 ? sorted[below] : (1 - part) * sorted[below] + part * sorted[below + 1];
    }

    /// <summary>Out into a snapshot or back.</summary>
    internal void Carry(ref StateCarrier state)
    {
        Centre = state.Carried(Centre);
        Unit = state.Carried(Unit);
    }
}
