namespace Esn;

/// <summary>A slow change as fitted to the course of a channel: a level a until the onset, then a straight line.</summary>
/// <param name="Age">Steps from the onset to the present.</param>
/// <param name="Slope">Per step.</param>
/// <param name="Now">Level of the line at the present.</param>
/// <param name="Low">Lowest value before the onset, NaN: none is kept.</param>
/// <param name="High">Highest value before the onset, NaN: none is kept.</param>
readonly record struct Trend(double Age, double Slope, double Now, double Low, double High);
