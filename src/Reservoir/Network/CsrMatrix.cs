using System.Runtime.CompilerServices;

namespace Esn;

/// <summary>Square sparse matrix in compressed-row form with the same number of entries in every row.</summary>
/// <remarks>Immutable apart from <see cref="Scale"/>; shared by all streams of one specification.</remarks>
sealed class CsrMatrix
{
    readonly int[] _columns;     // [N×degree], ascending within a row
    readonly double[] _values;   // [N×degree]

    /// <param name="order">N, rows and columns.</param>
    /// <param name="degree">Entries per row.</param>
    /// <param name="columns">Column of each entry, row by row, ascending within a row, [N×degree].</param>
    /// <param name="values">Value of each entry, [N×degree].</param>
    public CsrMatrix(int order, int degree, int[] columns, double[] values)
    {
        Require.Length(columns.Length, order * degree, nameof(columns));
        Require.Length(values.Length, order * degree, nameof(values));
        foreach (int column in columns)
            if ((uint)column >= (uint)order)
                throw new ArgumentException(FormattableString.Invariant($"columns must be in [0, {order - 1}], was {column}"),
                    nameof(columns));
        (Order, Degree, _columns, _values) = (order, degree, columns, values);
    }

    /// <summary>The block-diagonal matrix of these.</summary>
    /// <param name="blocks">Of the same degree.</param>
    public static CsrMatrix SideBySide(IReadOnlyList<CsrMatrix> blocks)
    {
        (List<int> columns, List<double> values, int order) = ([], [], 0);
        foreach (CsrMatrix block in blocks)
        {
            foreach (int column in block._columns) columns.Add(order + column);
            values.AddRange(block._values);
            order += block.Order;
        }
        return new CsrMatrix(order, blocks[0].Degree, [.. columns], [.. values]);
    }

    /// <summary>N, rows and columns.</summary>
    public int Order { get; }

    /// <summary>Entries per row.</summary>
    public int Degree { get; }

    /// <summary>Column of each entry, row by row, [N×degree].</summary>
    public ReadOnlySpan<int> Columns => _columns;

    /// <summary>Value of each entry, row by row, [N×degree].</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>y = A x; each row's sum runs over ascending columns, each term fused.</summary>
    /// <param name="x">[N].</param>
    /// <param name="y">[N], overwritten; must not overlap <paramref name="x"/>.</param>
    public void Multiply(ReadOnlySpan<double> x, Span<double> y)
    {
        y.Clear();
        MultiplyAdd(x, y);
    }

    /// <summary>y += A x; each row's sum begins with y and runs over ascending columns, each term fused.</summary>
    /// <param name="x">[N].</param>
    /// <param name="y">[N], added to; must not overlap <paramref name="x"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public unsafe void MultiplyAdd(ReadOnlySpan<double> x, Span<double> y)
    {
        Require.Length(x.Length, Order, nameof(x));
        Require.Length(y.Length, Order, nameof(y));
        // No bounds checks: the constructor has seen every column.
        fixed (double* from = x, to = y, values = _values)
        fixed (int* columns = _columns)
        {
            nint entry = 0;
            for (nint row = 0; row < Order; row++)
            {
                double sum = to[row];
                for (nint end = entry + Degree; entry < end; entry++)
                    sum = Math.FusedMultiplyAdd(values[entry], from[columns[entry]], sum);
                to[row] = sum;
            }
        }
    }

    /// <summary>Y += A X for several x side by side; each column has the bits of the single product.</summary>
    /// <param name="x">[N×runs], row by row.</param>
    /// <param name="y">[N×runs], added to; must not overlap <paramref name="x"/>.</param>
    /// <param name="runs">Columns of X and Y, ≥ 1.</param>
    public unsafe void MultiplyAdd(ReadOnlySpan<double> x, Span<double> y, int runs)
    {
        Require.Range(runs, 1, int.MaxValue / Order);
        Require.Length(x.Length, Order * runs, nameof(x));
        Require.Length(y.Length, Order * runs, nameof(y));
        fixed (double* from = x, to = y, values = _values)
        fixed (int* columns = _columns) Kernel.Best.SparseSideBySide(values, columns, Degree, from, to, Order, runs);
    }

    /// <summary>A ← factor · A.</summary>
    public void Scale(double factor)
    {
        for (int i = 0; i < _values.Length; i++) _values[i] *= factor;
    }
}
