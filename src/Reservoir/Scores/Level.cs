namespace Esn;

/// <summary>
/// How far each channel lies from its own level of before, as a mean over τ steps with limited increments: what most
/// faults of a plant do. The level stops to follow a channel that an open alarm concerns; the healthy ones go on.
/// </summary>
public sealed record LevelSpec : ScoreSpec
{
    /// <summary>τ, steps of the mean, 1 … 100,000.</summary>
    public int Window { get; init; } = 10;

    /// <summary>Steps by which the level is behind, 1 … 100,000.</summary>
    public int Lag { get; init; } = 30;

    /// <summary>Memory of the level, in steps, 1 … 1e8.</summary>
    public double Memory { get; init; } = 400;

    /// <summary>How far one step moves the mean.</summary>
    public IncrementLimitSpec Increments { get; init; } = new();

    /// <summary>
    /// Where a channel's noise is wider than usual, its deviation is divided by the widening to this power, [0, 1]; 0 = noise does
    /// not matter.
    /// </summary>
    public double Widening { get; init; }

    /// <summary>Steps over which the present width of the noise is taken, 1 … 100,000.</summary>
    public double WidthWindow { get; init; } = 20;

    /// <summary>Steps that fix the usual width, 1 … 1,000,000; a plain mean of all would follow noise that grew.</summary>
    public int WidthSteps { get; init; } = 370;

    /// <summary>Memory of the usual width after those, in steps, 1 … 1e8.</summary>
    public double WidthMemory { get; init; } = 20_000;

    /// <summary>
    /// Part of its mean deviation in an alarm below which a channel has left the fault, [0, 1]: what ended often leaves a plant
    /// at another level. 0 = only when it is back to normal.
    /// </summary>
    public double Return { get; init; }

    /// <summary>Steps in which a channel that left a fault in this way finds its new level and is not judged, 0 … 100,000.</summary>
    public int Settling { get; init; } = 60;

    /// <summary>Part of its deviation by which the level follows in each of these steps, (0, 1].</summary>
    public double SettlingGain { get; init; } = .05;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Window, 1, 100_000);
        Increments.Validate();
        Require.Range(Lag, 1, 100_000);
        Require.Range(Memory, 1, 1e8);
        Require.Range(Widening, 0, 1);
        Require.Range(WidthWindow, 1, 100_000);
        Require.Range(WidthSteps, 1, 1_000_000);
        Require.Range(WidthMemory, 1, 1e8);
        Require.Range(Return, 0, 1);
        Require.Range(Settling, 0, 100_000);
        Require.Above(SettlingGain, 0, 1);
    }

    internal override Score Create(ScoreContext context) => new LevelScore(this, context);
}
