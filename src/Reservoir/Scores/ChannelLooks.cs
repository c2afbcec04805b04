namespace Esn;

/// <summary>
/// How many channels share a budget: each by how often it moves. What never moved can't alarm by chance, so a hundred setpoints beside
/// a sensor ask no more of it than it alone would have to show.
/// </summary>
static class ChannelLooks
{
    const double Often = .02;  // of the frames: who moves in as many, a spike in a hundred, is a channel as any other

    /// <summary>What a channel counts for, [0, 1].</summary>
    /// <param name="moves">Frames in which it moved, ≥ 0.</param>
    /// <param name="frames">Of all, > 0.</param>
    public static double Of(double moves, double frames) => Math.Clamp(moves / (Often * frames), 0, 1);
}
