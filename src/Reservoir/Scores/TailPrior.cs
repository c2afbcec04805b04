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
}

/// <summary>
/// The grid of tail shapes: an excess x of y = ln q over its threshold has P(X > x) = exp(−θ G_s(x)), G_s(x) = (e^(s x) − 1)/s
/// (Gompertz; q then has a Weibull excess), θ with a Gamma(a₀, B₀) prior that is integrated out.
/// </summary>
static class TailShapes
{
    /// <summary>Width of a bin of y.</summary>
    public const double BinWidth = .1;

    /// <summary>Bins of y.</summary>
    public const int Bins = 480;

    static readonly double[] Shapes = [0, .15, .3, .5, .75, 1, 1.5, 2, 3, 5];

    static readonly double[][] Middles = [.. Shapes.Select(s => Grid(s, .5))];  // G_s at the middles of the bins above the threshold
    static readonly double[][] Edges = [.. Shapes.Select(s => Grid(s, 0))];     // G_s at their lower edges

    public static int Count => Shapes.Length;

    public static double Shape(int i) => Shapes[i];

    public static ReadOnlySpan<double> AtMiddles(int i) => Middles[i];

    public static ReadOnlySpan<double> AtEdges(int i) => Edges[i];


    static double[] Grid(double shape, double offset) =>
        [.. Enumerable.Range(0, Bins + 1).Select(i => (i + offset) * BinWidth).Select(x => shape == 0 ? x : double.ExpM1(shape * x) / shape)];
}
