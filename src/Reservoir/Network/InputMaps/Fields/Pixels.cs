using System.Numerics.Tensors;

namespace Esn;

/// <summary>How a field is resampled.</summary>
public enum PixelMethod
{
    /// <summary>A new cell is the mean over its own extent.</summary>
    AreaMean,

    /// <summary>A new cell is interpolated at its centre between the centres of the four cells around it.</summary>
    Bilinear,
}

/// <summary>The field itself, on its own grid or on a smaller one.</summary>
/// <remarks>With land: the mean is over the other cells alone; a new cell without any of them is land.</remarks>
public sealed record PixelsSpec : FieldMapSpec
{
    /// <summary>Rows of the new grid, up to the field's; 0: the field's.</summary>
    public int Rows { get; init; }

    /// <summary>Columns of the new grid, up to the field's; 0: the field's.</summary>
    public int Columns { get; init; }

    /// <summary>How it is resampled.</summary>
    public PixelMethod Method { get; init; } = PixelMethod.AreaMean;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Rows, 0, 10_000);
        Require.Range(Columns, 0, 10_000);
    }

    internal override FieldShape Output(FieldShape input)
    {
        Require.Range(Rows, 0, input.Rows);
        Require.Range(Columns, 0, input.Columns);
        return new Pixels(this, input).Output;
    }

    internal override FieldMap Create(FieldShape input, int seed) => new Pixels(this, input);

    internal Resampling OfRows(int rows) => Of(rows, Rows == 0 ? rows : Rows);

    internal Resampling OfColumns(int columns) => Of(columns, Columns == 0 ? columns : Columns);

    Resampling Of(int from, int to) => Method == PixelMethod.AreaMean ? Resampling.AreaMean(from, to) : Resampling.Bilinear(from, to);
}

/// <summary>R_y u R_xᵀ, divided by the same of the mask where there is land.</summary>
sealed class Pixels : MapOfEachField
{
    readonly Resampling _rows, _columns;
    readonly double[] _inverse;  // 1 / part of a new cell that is not land; 0: all of it is [new cells]; empty: no land

    public Pixels(PixelsSpec spec, FieldShape input) : this(spec, input, spec.OfRows(input.Rows), spec.OfColumns(input.Columns)) { }

    Pixels(PixelsSpec spec, FieldShape input, Resampling rows, Resampling columns)
        : this(spec, input, rows, columns, Inverse(input, rows, columns)) { }

    Pixels(PixelsSpec spec, FieldShape input, Resampling rows, Resampling columns, double[] inverse)
        : base(input, new FieldShape(input.Fields, rows.Length, columns.Length, [.. inverse.Select(value => value == 0)]), spec.Scale) =>
        (_rows, _columns, _inverse) = (rows, columns, inverse);

    static double[] Inverse(FieldShape input, Resampling rows, Resampling columns)
    {
        if (input.LandCells.Length == 0) return [];
        var sea = new double[input.Cells];
        sea.AsSpan().Fill(1);
        input.ClearLand(sea);
        var parts = new double[rows.Length * columns.Length];
        Resample(rows, columns, sea, parts, new double[input.Columns]);
        // Less than a billionth of a cell is a rounding error.
        return [.. parts.Select(part => part < 1e-9 ? 0 : 1 / part)];
    }

    public override int Scratch => Input.Columns;

    protected override void Compute(ReadOnlySpan<double> field, Span<double> result, Span<double> scratch)
    {
        Resample(_rows, _columns, field, result, scratch[..Input.Columns]);
        if (_inverse.Length > 0) TensorPrimitives.Multiply(result, _inverse, result);
    }

    static void Resample(Resampling rows, Resampling columns, ReadOnlySpan<double> field, Span<double> result, Span<double> mean)
    {
        for (int row = 0; row < rows.Length; row++)
        {
            ReadOnlySpan<double> weights = rows.Weights(row);
            mean.Clear();
            for (int i = 0; i < weights.Length; i++)
                TensorPrimitives.FusedMultiplyAdd(field.Slice((rows.First(row) + i) * mean.Length, mean.Length), weights[i], mean, mean);
            columns.Apply(mean, result.Slice(row * columns.Length, columns.Length));
        }
    }
}
