namespace Esn;

/// <summary>
/// A field predicted tile by tile: each tile has a readout of its own, which sees its cells and some around them. An error
/// stays where it is, and the cost grows with the sum of squares of the tiles' regressors, not with the square of all.
/// </summary>
public sealed record TileSpec
{
    /// <summary>Cells of a tile from south to north, 1 … 1000.</summary>
    public int Rows { get; init; } = 8;

    /// <summary>Cells of a tile from west to east, 1 … 1000.</summary>
    public int Columns { get; init; } = 8;

    /// <summary>
    /// Cells around a tile that its readout sees, 0 … 100. One is too thin by far; five buy a seventh for twice the cost.
    /// </summary>
    public int Halo { get; init; } = 3;

    /// <summary>Whether readouts see J(u, ∇²u) of every cell: a product that no tanh replaces, and what a flow is carried by.</summary>
    public bool Advection { get; init; } = true;

    /// <summary>Of how many earlier frames readouts see by how much all that changed from one to the next, 0 … 10.</summary>
    public int Changes { get; init; } = 1;

    /// <summary>
    /// What readouts see of the cells around their own, and of frames before the last. Preset field has it. Measured on an ocean: a
    /// third of P less, and squared errors, over some cells, a quarter of what they were, or three quarters with noise of 1 %.
    /// </summary>
    [Later]
    public CoarseSpec Coarse { get; init; } = new() { Every = 0 };

    /// <summary>
    /// Tiles take turns to learn, each in one frame of so many, 1 … 32, from all that fell due since: P is read once for it. Never more
    /// than there are tiles; 1: each learns in every frame. A readout is older by as many frames at the most, less one.
    /// </summary>
    [Later(1)]
    public int Turns { get; init; } = 8;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Rows, 1, 1000);
        Require.Range(Columns, 1, 1000);
        Require.Range(Halo, 0, 100);
        Require.Range(Changes, 0, 10);
        Require.Range(Turns, 1, Esn.Turns.Most);
        Coarse.Validate();
    }
}
