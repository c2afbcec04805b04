namespace Esn;

/// <summary>Square sparse matrix in compressed-row form with the same number of entries in every row.</summary>
/// <remarks>Immutable apart from <see cref="Scale"/>; shared by all streams of one specification.</remarks>
public sealed class CsrMatrix
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
        (Order, Degree, _columns, _values) = (order, degree, columns, values);
    }

    /// <summary>N, rows and columns.</summary>
    public int Order { get; }

    /// <summary>Entries per row.</summary>
    public int Degree { get; }

    /// <summary>Column of each entry, row by row, [N×degree].</summary>
    public ReadOnlySpan<int> Columns => _columns;

    /// <summary>Value of each entry, row by row, [N×degree].</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>y = A x; each row's sum runs over ascending columns.</summary>
    /// <param name="x">[N].</param>
    /// <param name="y">[N], overwritten; must not overlap <paramref name="x"/>.</param>
    public void Multiply(ReadOnlySpan<double> x, Span<double> y)
    {
        Require.Length(x.Length, Order, nameof(x));
        Require.Length(y.Length, Order, nameof(y));
        int entry = 0;
        for (int row = 0; row < y.Length; row++)
        {
            double sum = 0;
            for (int end = entry + Degree; entry < end; entry++)
                sum += _values[entry] * x[_columns[entry]];
            y[row] = sum;
        }
    }

    /// <summary>A ← factor · A.</summary>
    public void Scale(double factor)
    {
        for (int i = 0; i < _values.Length; i++) _values[i] *= factor;
    }
}
