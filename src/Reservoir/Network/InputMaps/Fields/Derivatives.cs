using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// Derivatives of one field by central differences, in units of the field a cell. Mirrored at the borders; a neighbour that is
/// land has the cell's own value.
/// </summary>
sealed class Derivatives
{
    readonly FieldShape _shape;
    readonly double[] _neighbours;                        // of each cell, in the grid and not land [cells]
    readonly (int Cell, double Weight)[] _coastX, _coastY; // what a cell's own value adds, since it stands for its neighbour's

    public Derivatives(FieldShape shape)
    {
        _shape = shape;
        _neighbours = new double[shape.Cells];
        var (x, y) = (new List<(int, double)>(), new List<(int, double)>());
        for (int cell = 0; cell < shape.Cells; cell++)
        {
            if (shape.IsLand(cell)) continue;
            int row = cell / shape.Columns, column = cell % shape.Columns;
            int east = Land(row, column + 1), west = Land(row, column - 1), north = Land(row + 1, column), south = Land(row - 1, column);
            if (east != west) x.Add((cell, .5 * (east - west)));
            if (north != south) y.Add((cell, .5 * (north - south)));
            _neighbours[cell] = Sea(row, column + 1) + Sea(row, column - 1) + Sea(row + 1, column) + Sea(row - 1, column);
        }
        (_coastX, _coastY) = ([.. x], [.. y]);

        bool Inside(int row, int column) => row >= 0 && row < shape.Rows && column >= 0 && column < shape.Columns;
        int Land(int row, int column) => Inside(row, column) && shape.IsLand(row * shape.Columns + column) ? 1 : 0;
        int Sea(int row, int column) => Inside(row, column) && !shape.IsLand(row * shape.Columns + column) ? 1 : 0;
    }

    /// <summary>∂u/∂x, along the rows: (u_E − u_W)/2.</summary>
    /// <param name="field">u, [cells], 0 on land.</param>
    /// <param name="result">[cells], overwritten, 0 on land.</param>
    public void X(ReadOnlySpan<double> field, Span<double> result)
    {
        int columns = _shape.Columns;
        if (columns == 1)
        {
            result.Clear();
            return;
        }
        for (int start = 0; start < field.Length; start += columns)
        {
            ReadOnlySpan<double> row = field.Slice(start, columns);
            Span<double> to = result.Slice(start, columns);
            to[0] = row[1] - row[0];
            TensorPrimitives.Subtract(row[2..], row[..^2], to[1..^1]);
            to[^1] = row[^1] - row[^2];
        }
        Finish(field, _coastX, result);
    }

    /// <summary>∂u/∂y, across the rows: (u_N − u_S)/2, N the next row.</summary>
    /// <param name="field">u, [cells], 0 on land.</param>
    /// <param name="result">[cells], overwritten, 0 on land.</param>
    public void Y(ReadOnlySpan<double> field, Span<double> result)
    {
        int columns = _shape.Columns;
        if (_shape.Rows == 1)
        {
            result.Clear();
            return;
        }
        TensorPrimitives.Subtract(field.Slice(columns, columns), field[..columns], result[..columns]);
        TensorPrimitives.Subtract(field[(2 * columns)..], field[..^(2 * columns)], result[columns..^columns]);
        TensorPrimitives.Subtract(field[^columns..], field[^(2 * columns)..^columns], result[^columns..]);
        Finish(field, _coastY, result);
    }

    void Finish(ReadOnlySpan<double> field, (int Cell, double Weight)[] coast, Span<double> result)
    {
        TensorPrimitives.Multiply(result, .5, result);
        foreach ((int cell, double weight) in coast) result[cell] += weight * field[cell];
        _shape.ClearLand(result);
    }

    /// <summary>∇²u by five points: u_E + u_W + u_N + u_S − 4u.</summary>
    /// <param name="field">u, [cells], 0 on land.</param>
    /// <param name="result">[cells], overwritten, 0 on land.</param>
    public void Laplacian(ReadOnlySpan<double> field, Span<double> result)
    {
        int columns = _shape.Columns;
        // A neighbour with the cell's own value cancels one of the four.
        TensorPrimitives.Multiply(field, _neighbours, result);
        TensorPrimitives.Negate(result, result);
        Add(field[columns..], result[..^columns]);
        Add(field[..^columns], result[columns..]);
        for (int start = 0; start < field.Length; start += columns)
        {
            ReadOnlySpan<double> row = field.Slice(start, columns);
            Span<double> to = result.Slice(start, columns);
            Add(row[1..], to[..^1]);
            Add(row[..^1], to[1..]);
        }
        _shape.ClearLand(result);

        static void Add(ReadOnlySpan<double> values, Span<double> sums) => TensorPrimitives.Add(sums, values, sums);
    }
}
