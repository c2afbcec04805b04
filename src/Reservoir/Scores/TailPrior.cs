namespace Esn;

/// <summary>Which shapes s of the tail of ln q are likely before any was seen: 0 is Pareto, .5 Laplace, 1 Gauss, large: bounded.</summary>
public enum TailPrior
{
    /// <summary>Raw errors: anything from t(3) to bounded.</summary>
    Raw,

    /// <summary>Means whose increments are limited: Pareto is unlikely.</summary>
    Limited,

    /// <summary>
    /// The same, and Gaussian as long as few were seen: judged by Student's t, which gives way to what was counted as looks
    /// come in. For levels, whose looks are few and whose first ones may hold a jolt.
    /// </summary>
    Student,

    /// <summary>Means over hundreds of steps: close to Gauss by the central limit.</summary>
    Central,

    /// <summary>Logarithms of such means: one outlier among the steps does little, Gauss or lighter.</summary>
    Logarithmic,

    /// <summary>Distances to what is known: small by rule, and of any size where something is new, however normal.</summary>
    Novel,

    /// <summary>
    /// Errors of forecasts that may take another course than the feed, such as one that mistimes a flank: raw errors, or now and then
    /// one of any size, though none was seen yet.
    /// </summary>
    Diverging,
}
