namespace Esn;

/// <summary>Part of a raw score in an alarm.</summary>
/// <param name="Name">As in the specification, with the channel in brackets where it is of one channel.</param>
/// <param name="Margin">Highest −ln p in this alarm.</param>
public readonly record struct ScoreContribution(string Name, double Margin);
