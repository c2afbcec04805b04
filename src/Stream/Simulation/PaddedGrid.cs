namespace Esn.Streaming.Simulation;

/// <summary>
/// The nodes of a square basin, walls included, with y contiguous: node (i, j) is x = i/Intervals, y = j/Intervals. Each
/// line of constant x is padded, so that the interior is a whole number of vectors and the last of them may read its neighbours.
/// </summary>
/// <param name="Intervals">n; there are (n − 1)² nodes between the walls.</param>
readonly record struct PaddedGrid(int Intervals)
{
    const int Padding = 8;

    /// <summary>From a node to its neighbour in x.</summary>
    public int Stride => Intervals + Padding;

    /// <summary>Numbers of a field.</summary>
    public int Length => (Intervals + 1) * Stride;

    /// <summary>Distance of two nodes.</summary>
    public double Spacing => 1.0 / Intervals;

    /// <summary>Where node (i, j) is kept.</summary>
    public int this[int i, int j] => i * Stride + j;
}
