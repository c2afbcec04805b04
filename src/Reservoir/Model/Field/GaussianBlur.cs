using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// A Gaussian over neighbouring cells, rows first, then columns: O(cells·width). G of the image Euclidean distance at σ is the
/// square of a Gaussian at σ/√2, so that eᵀ G e is the sum of squares of errors smoothed so.
/// </summary>
/// <remarks>Mirrored at borders; land is 0 and takes no part. Not thread-safe.</remarks>
sealed class GaussianBlur
{
    readonly int _rows, _columns;
    readonly double[] _kernel;   // at distance 0, 1, …
    readonly double[] _between;  // scratch [cells]
    readonly double[] _line;     // scratch: a row, mirrored on both sides
    readonly double[] _pair;     // scratch [columns]
    readonly double[]? _weights; // of the sea around each cell; null: no land
    readonly bool[] _land;

    /// <param name="grid">Valid.</param>
    /// <param name="sigma">In cells, ≥ 0; 0: nothing is smoothed.</param>
    public GaussianBlur(GridSpec grid, double sigma)
    {
        (_rows, _columns) = (grid.Rows, grid.Columns);
        int width = (int)Math.Ceiling(3 * sigma);
        _kernel = [.. Enumerable.Range(0, width + 1).Select(d => sigma > 0 ? Math.Exp(-d * d / (2 * sigma * sigma)) : 1)];
        double sum = 2 * _kernel.Sum() - _kernel[0];
        for (int d = 0; d <= width; d++) _kernel[d] /= sum;
        (_between, _line, _pair) = (new double[grid.Cells], new double[_columns + 2 * width], new double[_columns]);
        _land = [.. grid.Land];
        if (_land.Length == 0) return;
        _weights = new double[grid.Cells];
        Smooth([.. _land.Select(land => land ? 0.0 : 1)], _weights);
    }

    /// <summary>Smooths one field; may be done in place.</summary>
    /// <param name="field">[cells], 0 on land.</param>
    /// <param name="smooth">[cells], overwritten, 0 on land.</param>
    public void Of(ReadOnlySpan<double> field, Span<double> smooth)
    {
        Smooth(field, smooth);
        if (_weights is null) return;
        for (int i = 0; i < smooth.Length; i++) smooth[i] = _land[i] ? 0 : smooth[i] / _weights[i];
    }

    // k_0 u + Σ k_d (u_−d + u_+d), d ascending: whole lines at once, with the bits of one cell after the other.
    void Smooth(ReadOnlySpan<double> field, Span<double> smooth)
    {
        int width = _kernel.Length - 1;
        Span<double> pair = _pair;
        for (int row = 0; row < _rows; row++)
        {
            Span<double> own = _line.AsSpan(width, _columns), to = _between.AsSpan(row * _columns, _columns);
            field.Slice(row * _columns, _columns).CopyTo(own);
            for (int d = 1; d <= width; d++)
            {
                _line[width - d] = own[Mirrored(-d, _columns)];
                _line[width + _columns - 1 + d] = own[Mirrored(_columns - 1 + d, _columns)];
            }
            TensorPrimitives.Multiply(own, _kernel[0], to);
            for (int d = 1; d <= width; d++)
                Add(_kernel[d], _line.AsSpan(width - d, _columns), _line.AsSpan(width + d, _columns), pair, to);
        }
        for (int row = 0; row < _rows; row++)
        {
            Span<double> to = smooth.Slice(row * _columns, _columns);
            TensorPrimitives.Multiply(_between.AsSpan(row * _columns, _columns), _kernel[0], to);
            for (int d = 1; d <= width; d++)
                Add(_kernel[d], _between.AsSpan(Mirrored(row - d, _rows) * _columns, _columns),
                    _between.AsSpan(Mirrored(row + d, _rows) * _columns, _columns), pair, to);
        }
    }

    static void Add(double weight, ReadOnlySpan<double> below, ReadOnlySpan<double> above, Span<double> pair, Span<double> to)
    {
        TensorPrimitives.Add(below, above, pair);
        TensorPrimitives.Multiply(pair, weight, pair);
        TensorPrimitives.Add(to, pair, to);
    }

    // The border cell counts twice: …, 1, 0, 0, 1, ….
    static int Mirrored(int i, int count)
    {
        while (i < 0 || i >= count) i = i < 0 ? -1 - i : 2 * count - 1 - i;
        return i;
    }
}
