using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// The low frequencies of every field: the first coefficients of its orthonormal two-dimensional cosine transform (DCT-II).
/// </summary>
/// <remarks>
/// X(k, l) = a_k b_l Σ_ij u(i, j) cos(π(i+½)k/R) cos(π(j+½)l/C), a_0 = √(1/R), else √(2/R); b likewise. Ahmed, Natarajan &amp; Rao,
/// "Discrete cosine transform" (1974), doi:10.1109/T-C.1974.223784. Land counts as 0; coefficients have none.
/// </remarks>
public sealed record DctSpec : FieldMapSpec
{
    /// <summary>Frequencies across the rows, from the mean on, 1 … rows of the field.</summary>
    public int Rows { get; init; } = 8;

    /// <summary>Frequencies along the rows, from the mean on, 1 … columns of the field.</summary>
    public int Columns { get; init; } = 8;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Rows, 1, 10_000);
        Require.Range(Columns, 1, 10_000);
    }

    internal override FieldShape Output(FieldShape input)
    {
        Require.Range(Rows, 1, input.Rows);
        Require.Range(Columns, 1, input.Columns);
        return new FieldShape(input.Fields, Rows, Columns, []);
    }

    internal override FieldMap Create(FieldShape input, int seed) => new Dct(input, Output(input), Scale);
}

/// <summary>A u Bᵀ: rows first, then columns, O(k·cells + k·l·columns) for k × l coefficients.</summary>
sealed class Dct(FieldShape input, FieldShape output, double scale) : MapOfEachField(input, output, scale)
{
    readonly double[] _rows = Cosines(output.Rows, input.Rows, 1, input.Rows);               // A [k×R]
    readonly double[] _columns = Cosines(output.Columns, input.Columns, output.Columns, 1);  // Bᵀ [C×l]

    static double[] Cosines(int frequencies, int cells, int cellStride, int frequencyStride)
    {
        var cosines = new double[frequencies * cells];
        for (int k = 0; k < frequencies; k++)
        {
            double norm = Math.Sqrt((k == 0 ? 1.0 : 2) / cells);
            for (int i = 0; i < cells; i++)
                cosines[k * frequencyStride + i * cellStride] = norm * Math.Cos(Math.PI * (i + .5) * k / cells);
        }
        return cosines;
    }

    public override int Scratch => Input.Columns;

    protected override void Compute(ReadOnlySpan<double> field, Span<double> result, Span<double> scratch)
    {
        int frequencies = Output.Columns;
        Span<double> sums = scratch[..Input.Columns];  // a row of A u
        for (int k = 0; k < Output.Rows; k++)
        {
            sums.Clear();
            for (int i = 0; i < Input.Rows; i++)
                TensorPrimitives.FusedMultiplyAdd(field.Slice(i * sums.Length, sums.Length), _rows[k * Input.Rows + i], sums, sums);
            Span<double> to = result.Slice(k * frequencies, frequencies);
            to.Clear();
            for (int j = 0; j < sums.Length; j++)
                TensorPrimitives.FusedMultiplyAdd(_columns.AsSpan(j * frequencies, frequencies), sums[j], to, to);
        }
    }
}
