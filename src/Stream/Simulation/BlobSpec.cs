namespace Esn.Streaming.Simulation;

/// <summary>Where the blob of a <see cref="BlobFeed"/> goes; the centre is in [−1, 1] in x and y.</summary>
public enum BlobPath
{
    /// <summary>x = cos φ, y = sin .3φ with φ = 2πt/100: closed after 1000 steps.</summary>
    Lissajous,

    /// <summary>x is the Mackey–Glass series, y = cos φ with φ = 2πt/100: the chaotic path of the research code.</summary>
    Chaotic,

    /// <summary>x is the Mackey–Glass series, y the same 17 units before (its own delay): chaotic in both.</summary>
    ChaoticDelayed,
}

/// <summary>How the Mackey–Glass series of a <see cref="BlobFeed"/> is made.</summary>
public enum BlobSeries
{
    /// <summary>The solution of the equation, one sample a time unit: <see cref="MackeyGlass"/>.</summary>
    Solution,

    /// <summary>Euler's method in steps of one time unit, as the research code has it: a chaotic map of its own.</summary>
    UnitSteps,
}

/// <summary>Parameters of a <see cref="BlobFeed"/>; the defaults are the geometry of the research code, the chaotic path.</summary>
public sealed record BlobSpec
{
    /// <summary>Where the blob goes.</summary>
    public BlobPath Path { get; init; } = BlobPath.Chaotic;

    /// <summary>How the series of the chaotic paths is made.</summary>
    public BlobSeries Series { get; init; } = BlobSeries.Solution;

    /// <summary>Cells in y, at least 2; their centres are spread evenly from −2 to 2, both included.</summary>
    public int Rows { get; init; } = 30;

    /// <summary>Cells in x, at least 2; their centres are spread evenly from −2 to 2, both included.</summary>
    public int Columns { get; init; } = 30;

    /// <summary>σ of the blob exp(−d²/2σ²), above 0, in the units of the path, [−1, 1]: 3.6 cells of 30.</summary>
    public double Width { get; init; } = .5;

    /// <summary>
    /// Standard deviation of the noise, independent in every cell and step, at least 0, in standard deviations of the field
    /// (root of the mean over cells of the variance in time).
    /// </summary>
    public double Noise { get; init; }

    /// <summary>γ of the series while an anomaly lasts, in (0, .2); .10 is normal.</summary>
    public double AnomalousGamma { get; init; } = .13;

    /// <summary>Steps that an anomaly lasts, at least 1.</summary>
    public int AnomalySteps { get; init; } = 50;

    internal void Check()
    {
        ParameterRange.Require(Enum.IsDefined(Path), nameof(Path), $"one of {string.Join(", ", Enum.GetNames<BlobPath>())}", (int)Path);
        ParameterRange.Require(Enum.IsDefined(Series), nameof(Series), $"one of {string.Join(", ", Enum.GetNames<BlobSeries>())}",
            (int)Series);
        ParameterRange.Require(Rows >= 2, nameof(Rows), "at least 2", Rows);
        ParameterRange.Require(Columns >= 2, nameof(Columns), "at least 2", Columns);
        ParameterRange.Require(Width > 0 && double.IsFinite(Width), nameof(Width), "above 0 and finite", Width);
        ParameterRange.Require(Noise >= 0 && double.IsFinite(Noise), nameof(Noise), "at least 0 and finite", Noise);
        ParameterRange.Require(AnomalousGamma is > 0 and < .2, nameof(AnomalousGamma), "in (0, .2)", AnomalousGamma);
        ParameterRange.Require(AnomalySteps >= 1, nameof(AnomalySteps), "at least 1", AnomalySteps);
    }
}
