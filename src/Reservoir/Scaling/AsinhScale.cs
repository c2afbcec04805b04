namespace Esn;

/// <summary>
/// y = asinh((x − centre)/unit), clipped: linear within the bulk of the warm-up, logarithmic beyond. A metric has
/// bursts of a hundred times its level, and what counts there is the factor.
/// </summary>
/// <remarks>
/// Quantiles rather than extremes, so that a spike in the warm-up does not set the scale. Fixed for ever, so that W_out keeps
/// its units.
/// </remarks>
sealed class AsinhScale
{
    const double MostRange = 20;  // bulks that the range adds at the most

    readonly double _limit;

    /// <summary>Not fixed yet: <see cref="Carry"/> does that.</summary>
    public AsinhScale(AsinhScalerSpec spec) => _limit = spec.Limit;

    /// <summary>From the values of the warm-up.</summary>
    /// <param name="values">At least one, finite, units of the feed; sorted in place.</param>
    /// <param name="spec">Validated here.</param>
    public AsinhScale(Span<double> values, AsinhScalerSpec spec) : this(spec)
    {
        spec.Validate();
        Require.Range(values.Length, 1, int.MaxValue);
        values.Sort();
        double low = Quantile(values, spec.Quantile), high = Quantile(values, 1 - spec.Quantile);
        Centre = low / 2 + high / 2;
        // Term by term: the differences of values near ±1.8e308 would overflow.
        double bulk = high / spec.BulkWidth - low / spec.BulkWidth, range = spec.RangeShare * values[^1] - spec.RangeShare * values[0];
        double level = spec.CentreShare * Math.Abs(Centre);
        if (high / 2 - low / 2 > .5 * Scaler.Resolved * Math.Max(Math.Abs(low), Math.Abs(high)))
        {
            // Where the bulk moves, neither a code like 65535 sets the scale, nor how far the feed lies from 0.
            range = Math.Min(range, MostRange * bulk);
            level = Math.Min(level, bulk);
        }
        double unit = bulk + range + level;
        Unit = unit > 0 ? Math.Min(double.MaxValue, unit) : spec.LeastUnit;
    }

    /// <summary>The value that is scaled to 0, units of the feed.</summary>
    public double Centre { get; private set; }

    /// <summary>One unit of small scaled values, units of the feed, > 0.</summary>
    public double Unit { get; private set; }

    /// <summary>The unit is to be no less than this.</summary>
    public void Widen(double unit) => Unit = Math.Max(Unit, unit);

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
    public void Carry(ref StateCarrier state)
    {
        Centre = state.Carried(Centre);
        Unit = state.Carried(Unit);
    }
}
