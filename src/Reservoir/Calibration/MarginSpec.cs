namespace Esn;

/// <summary>How a raw score becomes −ln p: its level, its effective looks and the tail beyond what was counted.</summary>
public sealed record MarginSpec
{
    /// <summary>Values before the level means anything, 0 … 10,000.</summary>
    public int Skipped { get; init; } = 20;

    /// <summary>Largest step of ln q that moves the level, (0, 100].</summary>
    public double LargestStep { get; init; } = 3;

    /// <summary>Margin whose stays above it tell how long the tail holds on, (0, 20].</summary>
    public double StayMargin { get; init; } = 2.3;

    /// <summary>Part of what is known of stays that is left after a step, (0, 1].</summary>
    public double StayMemory { get; init; } = .9998;

    /// <summary>Weight of the autocorrelation in the length of stays, in steps, [0, 1e6].</summary>
    public double StayPrior { get; init; } = 10;

    /// <summary>Episodes after which the length of stays tells as much of the looks as the autocorrelation, (0, 1e6].</summary>
    public double StayEpisodes { get; init; } = 40;

    /// <summary>Independent looks that the tail is drawn from, [1, 1e4].</summary>
    public double TailLooks { get; init; } = 20;

    /// <summary>Least part of the values that the tail is drawn from, (0, 1].</summary>
    public double LeastTail { get; init; } = .02;

    /// <summary>Largest part of the values that the tail is drawn from, [leastTail, 1].</summary>
    public double MostTail { get; init; } = .25;

    /// <summary>Looks that the tail's shape is judged by at the most, [1, 1e6].</summary>
    public double MostTailLooks { get; init; } = 400;

    /// <summary>Looks before a delayed score, or one of shapes, tells anything, [0, 1e6].</summary>
    public double FewestLooks { get; init; } = 10;

    /// <summary>Values that are learnt of one span of a delayed score, 1 … 10,000: more would tell nothing new.</summary>
    public int ValuesASpan { get; init; } = 16;

    /// <summary>Degrees of freedom of Student's t at the least, [1, 1e6].</summary>
    public double LeastFreedom { get; init; } = 6;

    /// <summary>Values before Student's t tells anything, 1 … 1,000,000.</summary>
    public int StudentSkipped { get; init; } = 40;

    /// <summary>Spans that a value waits before Student's t learns it, 0 … 1000.</summary>
    public int StudentWait { get; init; } = 4;

    /// <summary>a₀ of the Gamma prior on the tail's rate, in looks, (0, 1e4].</summary>
    public double PriorShape { get; init; } = 2;

    /// <summary>B₀ of the Gamma prior on the tail's rate, (0, 1e4].</summary>
    public double PriorRate { get; init; } = 1;

    /// <summary>
    /// ln of the prior of each tail shape, 0 (Pareto), .15, .3, .5 (Laplace), .75, 1 (Gauss), 1.5, 2, 3, 5 (bounded), for scores
    /// with tail: raw.
    /// </summary>
    public IReadOnlyList<double> Raw { get; init; } = [-3, -2, -1, 0, 0, 0, -.7, -1.4, -2, -2.5];

    /// <summary>The same for scores with tail: limited, and student once there is more to count.</summary>
    public IReadOnlyList<double> Limited { get; init; } = [-5, -3, -1.5, -.5, 0, 0, -.7, -1.4, -2, -2.5];

    /// <summary>The same for scores with tail: central.</summary>
    public IReadOnlyList<double> Central { get; init; } = [-30, -12, -8, -3, -1, 0, 0, -.7, -1.4, -2];

    /// <summary>The same for scores with tail: logarithmic.</summary>
    public IReadOnlyList<double> Logarithmic { get; init; } = [-40, -20, -14, -6, -2, 0, 0, -.7, -1.4, -2];

    /// <summary>The same for scores with tail: novel.</summary>
    internal static IReadOnlyList<double> Novel { get; } = [-1, -.5, 0, 0, -.5, -1, -2, -3, -4, -5];

    /// <summary>The same for scores with tail: diverging, and of the shapes -.3 and -.6.</summary>
    internal static IReadOnlyList<double> Diverging { get; } = [-3, -2, -1, 0, 0, 0, -.7, -1.4, -2, -2.5, -2, -3];

    /// <summary>ln π_s up to a constant, [shapes]; of the last ones only where they are likely at all.</summary>
    internal IReadOnlyList<double> LogPrior(TailPrior prior) => prior switch
    {
        TailPrior.Raw => Raw,
        TailPrior.Limited or TailPrior.Student => Limited,
        TailPrior.Central => Central,
        TailPrior.Logarithmic => Logarithmic,
        TailPrior.Novel => Novel,
        TailPrior.Diverging => Diverging,
        _ => throw new ArgumentOutOfRangeException(nameof(prior), prior, "unknown prior"),
    };

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Skipped, 0, 10_000);
        Require.Above(LargestStep, 0, 100);
        Require.Above(StayMargin, 0, 20);
        Require.Above(StayMemory, 0, 1);
        Require.Range(StayPrior, 0, 1e6);
        Require.Above(StayEpisodes, 0, 1e6);
        Require.Range(TailLooks, 1, 1e4);
        Require.Above(LeastTail, 0, 1);
        Require.Range(MostTail, LeastTail, 1);
        Require.Range(MostTailLooks, 1, 1e6);
        Require.Range(FewestLooks, 0, 1e6);
        Require.Range(ValuesASpan, 1, 10_000);
        Require.Range(LeastFreedom, 1, 1e6);
        Require.Range(StudentSkipped, 1, 1_000_000);
        Require.Range(StudentWait, 0, 1000);
        Require.Above(PriorShape, 0, 1e4);
        Require.Above(PriorRate, 0, 1e4);
        Prior(Raw, nameof(Raw));
        Prior(Limited, nameof(Limited));
        Prior(Central, nameof(Central));
        Prior(Logarithmic, nameof(Logarithmic));
    }

    static void Prior(IReadOnlyList<double> logarithms, string name)
    {
        Require.Range(logarithms.Count, TailShapes.Common, TailShapes.Common, $"the number of values of {name}");
        foreach (double logarithm in logarithms) Require.Range(logarithm, -1000, 1000, name);
    }
}
