namespace Esn;

/// <summary>
/// J(u, ∇²u) = ∂y u ∂x ∇²u − ∂x u ∂y ∇²u of each field: by what a flow along the contours of u carries its own curvature.
/// Central differences; at a border or a coast a cell's neighbour is the cell itself.
/// </summary>
/// <remarks>Scaled to an rms of .3 over the frames that fixed the scaling.</remarks>
sealed class Advection
{
    readonly int _cells;
    readonly int[] _east, _west, _north, _south;  // neighbours [cells]
    readonly bool[] _land;
    readonly double[] _laplacian;
    double _gain = .25;  // of the halves in both differences; then what makes the rms

    /// <param name="grid">Valid.</param>
    public Advection(GridSpec grid)
    {
        _cells = grid.Cells;
        _land = [.. Enumerable.Range(0, _cells).Select(cell => grid.Land.Count > 0 && grid.Land[cell])];
        int Neighbour(int cell, int rows, int columns)
        {
            int row = cell / grid.Columns + rows, column = cell % grid.Columns + columns;
            bool inside = row >= 0 && row < grid.Rows && column >= 0 && column < grid.Columns;
            return inside && !_land[row * grid.Columns + column] ? row * grid.Columns + column : cell;
        }
        (_east, _west) = ([.. Enumerable.Range(0, _cells).Select(cell => Neighbour(cell, 0, 1))], [.. Enumerable.Range(0, _cells).Select(cell => Neighbour(cell, 0, -1))]);
        (_north, _south) = ([.. Enumerable.Range(0, _cells).Select(cell => Neighbour(cell, 1, 0))], [.. Enumerable.Range(0, _cells).Select(cell => Neighbour(cell, -1, 0))]);
        _laplacian = new double[_cells];
    }

    /// <summary>J of each field of a frame.</summary>
    /// <param name="frame">u, [fields×cells].</param>
    /// <param name="product">J, [fields×cells], overwritten; 0 on land.</param>
    public void Of(ReadOnlySpan<double> frame, Span<double> product)
    {
        for (int first = 0; first < frame.Length; first += _cells)
        {
            ReadOnlySpan<double> u = frame.Slice(first, _cells);
            double[] q = _laplacian;
            for (int i = 0; i < q.Length; i++) q[i] = u[_east[i]] + u[_west[i]] + u[_north[i]] + u[_south[i]] - 4 * u[i];
            for (int i = 0; i < q.Length; i++)
            {
                double j = (u[_north[i]] - u[_south[i]]) * (q[_east[i]] - q[_west[i]]) - (u[_east[i]] - u[_west[i]]) * (q[_north[i]] - q[_south[i]]);
                product[first + i] = _land[i] ? 0 : _gain * j;
            }
        }
    }

    /// <summary>Fixes the scale.</summary>
    /// <param name="frames">[count×channels], scaled.</param>
    public void Fit(ReadOnlySpan<double> frames)
    {
        double square = 0;
        var product = new double[frames.Length];
        Of(frames, product);
        foreach (double j in product) square += j * j / product.Length;
        if (square > 0 && double.IsFinite(square)) _gain *= .3 / Math.Sqrt(square);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state) => state.Carry(ref _gain);
}
