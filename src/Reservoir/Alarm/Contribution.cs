namespace Esn;

/// <summary>Part of a channel in the score of an alarm's peak.</summary>
/// <param name="Channel">Index.</param>
/// <param name="Share">In [0, 1].</param>
public readonly record struct Contribution(int Channel, double Share);
