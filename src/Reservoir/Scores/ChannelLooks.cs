namespace Esn;

/// <summary>
/// How often channels move, and how many share a budget: each by how often it does. What never moved can't alarm by chance, so a hundred
/// setpoints beside a sensor ask no more of it than it alone would have to show.
/// </summary>
static class ChannelLooks
{
    const double Often = .02;  // of the frames: who moves in as many, a spike in a hundred, is a channel as any other
    const double Rare = .01;   // of the frames: who moves in fewer is a setpoint or a switch

    /// <summary>What a channel counts for, [0, 1].</summary>
    /// <param name="moves">Frames in which it moved, ≥ 0.</param>
    /// <param name="frames">Of all, > 0.</param>
    public static double Of(double moves, double frames) => Math.Clamp(moves / (Often * frames), 0, 1);

    /// <summary>Whether a channel hardly ever moves, such as a setpoint or a switch.</summary>
    /// <param name="moves">Frames in which it moved, ≥ 0.</param>
    /// <param name="frames">Of all, ≥ 0.</param>
    public static bool AreRare(double moves, double frames) => moves < Rare * frames;

    /// <summary>Whether a channel goes from one value to another, by more than doubles resolve; what is missing does not.</summary>
    /// <param name="value">That comes, units of the feed.</param>
    /// <param name="previous">That came before.</param>
    /// <param name="level">Of which both are the growth a step: they are as exact as that.</param>
    public static bool IsMove(double value, double previous, double level = 0) =>
        Math.Abs(value - previous) > Scaler.Resolved * Math.Max(Math.Abs(level), Math.Max(Math.Abs(value), Math.Abs(previous)));
}
