namespace Esn;

/// <summary>
/// The grid of tail shapes: an excess x of y = ln q over its threshold has P(X > x) = exp(−θ G_s(x)), G_s(x) = (e^(s x) − 1)/s
/// (Gompertz; q then has a Weibull excess), θ with a Gamma(a₀, B₀) prior that is integrated out. Below 0 a part of all values lies
/// beyond any x: the tail of a mixture, whose other part was hardly seen.
/// </summary>
static class TailShapes
{
    /// <summary>Width of a bin of y.</summary>
    public const double BinWidth = .1;

    /// <summary>Bins of y.</summary>
    public const int Bins = 480;

    static readonly double[] Shapes = [0, .15, .3, .5, .75, 1, 1.5, 2, 3, 5, -.3, -.6];
    static readonly double[][] Middles = [.. Shapes.Select(s => Grid(s, .5))];
    static readonly double[][] Edges = [.. Shapes.Select(s => Grid(s, 0))];

    /// <summary>Of them, those that every score may have: from 0 on.</summary>
    public const int Common = 10;

    /// <summary>Shapes in the grid, those of mixtures last.</summary>
    public static int Count => Shapes.Length;

    /// <summary>s.</summary>
    public static double Shape(int i) => Shapes[i];

    /// <summary>G_s at the middles of the bins above the threshold, [<see cref="Bins"/> + 1].</summary>
    public static ReadOnlySpan<double> AtMiddles(int i) => Middles[i];

    /// <summary>G_s at the lower edges of these bins, [<see cref="Bins"/> + 1].</summary>
    public static ReadOnlySpan<double> AtEdges(int i) => Edges[i];

    static double[] Grid(double shape, double offset) =>
        [.. Enumerable.Range(0, Bins + 1)
            .Select(i => (i + offset) * BinWidth)
            .Select(x => shape == 0 ? x : double.ExpM1(shape * x) / shape)];
}
