namespace Esn;

/// <summary>What a calibrator is told of a raw score beforehand.</summary>
/// <param name="Name">As in events.</param>
/// <param name="Span">Steps that one value looks back over, ≥ 1.</param>
/// <param name="Tail">Which tails are likely.</param>
/// <param name="Delay">Steps that a value waits before anything is learnt from it; 0 = the level follows at once.</param>
readonly record struct ScoreShape(string Name, int Span, TailPrior Tail, int Delay)
{
    /// <summary>With which others it shares a part of the budget; null: as its span is.</summary>
    public Voice? Said { get; init; }

    /// <summary>The same: natural outliers of one voice do not raise the bar for another.</summary>
    public Voice Voice => Said ?? (Span > 1 ? Voice.Stretch : Voice.Step);

    /// <summary>Steps over which the level of its logarithm is followed; 0 = as the calibrator does it.</summary>
    public double LevelMemory { get; init; }
}
