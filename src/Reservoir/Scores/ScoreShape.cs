namespace Esn;

/// <summary>What a calibrator is told of a raw score beforehand.</summary>
/// <param name="Name">As in events.</param>
/// <param name="Span">Steps that one value looks back over, ≥ 1.</param>
/// <param name="Tail">Which tails are likely.</param>
/// <param name="Delay">Steps that a value waits before anything is learnt from it; 0 = the level follows at once.</param>
readonly record struct ScoreShape(string Name, int Span, TailPrior Tail, int Delay);
