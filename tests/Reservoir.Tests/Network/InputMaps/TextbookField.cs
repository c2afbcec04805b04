namespace Esn.Tests;

/// <summary>Formulas of field maps as a textbook has them: cell by cell, slow, and with nothing prepared.</summary>
/// <param name="Rows">Of the field.</param>
/// <param name="Columns">Of the field.</param>
/// <param name="Land">[rows×columns].</param>
/// <param name="Values">One field, [rows×columns], 0 on land.</param>
sealed record TextbookField(int Rows, int Columns, bool[] Land, double[] Values)
{
    /// <summary>u(row, column) as the cell (ownRow, ownColumn) sees it: mirrored at the borders, its own value for land.</summary>
    public double Seen(int row, int column, int ownRow, int ownColumn)
    {
        (row, column) = (Mirror(row, Rows), Mirror(column, Columns));
        return Land[row * Columns + column] ? Values[ownRow * Columns + ownColumn] : Values[row * Columns + column];
    }

    static int Mirror(int at, int cells)
    {
        while (at < 0 || at >= cells) at = at < 0 ? -1 - at : 2 * cells - 1 - at;
        return at;
    }

    /// <summary>A value for every cell that is no land.</summary>
    public TextbookField Each(Func<int, int, double> value) => this with
    {
        Values = [.. Enumerable.Range(0, Rows * Columns).Select(cell => Land[cell] ? 0 : value(cell / Columns, cell % Columns))],
    };

    public TextbookField X => Each((i, j) => (Seen(i, j + 1, i, j) - Seen(i, j - 1, i, j)) / 2);

    public TextbookField Y => Each((i, j) => (Seen(i + 1, j, i, j) - Seen(i - 1, j, i, j)) / 2);

    public TextbookField Laplacian =>
        Each((i, j) => Seen(i, j + 1, i, j) + Seen(i, j - 1, i, j) + Seen(i + 1, j, i, j)
            + Seen(i - 1, j, i, j) - 4 * Values[i * Columns + j]);

    public TextbookField Advection
    {
        get
        {
            TextbookField vorticity = Laplacian;
            return Combine([Y, vorticity.X, X, vorticity.Y], d => d[0] * d[1] - d[2] * d[3]);
        }
    }

    /// <summary>The same cells of several fields.</summary>
    public static TextbookField Combine(TextbookField[] fields, Func<double[], double> value) =>
        fields[0].Each((i, j) => value([.. fields.Select(field => field.Values[i * field.Columns + j])]));

    /// <summary>Σ_kl weight_kl u(i+k−h, j+l−h) in every stride-th cell from a corner on.</summary>
    public double[] Convolution(double[,] kernel, int corner, int rows, int columns, int stride)
    {
        int size = kernel.GetLength(0), half = (size - 1) / 2;
        var result = new double[rows * columns];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
            {
                int i = corner + r * stride, j = corner + c * stride;
                if (Land[i * Columns + j]) continue;
                for (int k = 0; k < size; k++)
                    for (int l = 0; l < size; l++) result[r * columns + c] += kernel[k, l] * Seen(i + k - half, j + l - half, i, j);
            }
        return result;
    }

    /// <summary>The coefficients of the orthonormal transform with a dense [kl × ij] matrix.</summary>
    public double[] Dct(int rows, int columns)
    {
        var result = new double[rows * columns];
        for (int k = 0; k < rows; k++)
            for (int l = 0; l < columns; l++)
                for (int i = 0; i < Rows; i++)
                    for (int j = 0; j < Columns; j++)
                        result[k * columns + l] += Values[i * Columns + j]
                            * Math.Sqrt((k == 0 ? 1.0 : 2.0) / Rows) * Math.Cos(Math.PI * (2 * i + 1) * k / (2 * Rows))
                            * Math.Sqrt((l == 0 ? 1.0 : 2.0) / Columns) * Math.Cos(Math.PI * (2 * j + 1) * l / (2 * Columns));
        return result;
    }

    /// <summary>Means over the extents of new cells, of what is no land: weight of old cell i in new cell r from their overlap.</summary>
    public double[] AreaMean(int rows, int columns) => Weighted(rows, columns, Overlap);

    /// <summary>Interpolation at the centres of new cells: a hat of one cell's width about each old centre.</summary>
    public double[] Bilinear(int rows, int columns) => Weighted(rows, columns, Hat);

    static double Overlap(int old, int cell, int from, int to) =>
        Math.Max(0, Math.Min(old + 1, (cell + 1.0) * from / to) - Math.Max(old, (double)cell * from / to));

    static double Hat(int old, int cell, int from, int to) =>
        Math.Max(0, 1 - Math.Abs(old - Math.Clamp((cell + .5) * from / to - .5, 0, from - 1)));

    double[] Weighted(int rows, int columns, Func<int, int, int, int, double> weight)
    {
        var result = new double[rows * columns];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
            {
                double sum = 0, weights = 0;
                for (int i = 0; i < Rows; i++)
                    for (int j = 0; j < Columns; j++)
                    {
                        if (Land[i * Columns + j]) continue;
                        double w = weight(i, r, Rows, rows) * weight(j, c, Columns, columns);
                        (sum, weights) = (sum + w * Values[i * Columns + j], weights + w);
                    }
                result[r * columns + c] = weights > 1e-9 ? sum / weights : 0;
            }
        return result;
    }
}
