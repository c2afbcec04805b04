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

    /// <summary>The unit of a feed that was 0 throughout, in units of the feed, (0, 1e300].</summary>
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
