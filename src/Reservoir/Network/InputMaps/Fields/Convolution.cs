using System.Numerics.Tensors;
using MathNet.Numerics.Random;

namespace Esn;

/// <summary>Weights of a convolution.</summary>
public enum ConvolutionKernel
{
    /// <summary>exp(−d²/2σ²), their sum is 1.</summary>
    Gaussian,

    /// <summary>All equal, their sum is 1.</summary>
    Mean,

    /// <summary>Uniform in ± √3 / size: white noise of unit variance keeps it.</summary>
    Random,
}

/// <summary>Where a convolution is evaluated.</summary>
public enum ConvolutionMode
{
    /// <summary>In every cell; beyond a border the field goes on as its mirror image.</summary>
    Same,

    /// <summary>Where the kernel lies in the field.</summary>
    Valid,
}

/// <summary>Weighted sums over the surroundings of each cell, size × size cells.</summary>
/// <remarks>
/// In cell (i, j): Σ w_kl u(i+k−h, j+l−h) with h = ⌊(size−1)/2⌋, so an even kernel reaches one cell further up and right. Cells that
/// are land count as if they had the value of cell (i, j), and where that is land the result is 0.
/// One of the input maps of Heim &amp; Avery, arXiv:1909.01709.
/// </remarks>
public sealed record ConvolutionSpec : FieldMapSpec
{
    /// <summary>The weights.</summary>
    public ConvolutionKernel Kernel { get; init; } = ConvolutionKernel.Gaussian;

    /// <summary>Rows and columns of the kernel, 1 … 1000; with mode valid no larger than the field.</summary>
    public int Size { get; init; } = 5;

    /// <summary>Where it is evaluated.</summary>
    public ConvolutionMode Mode { get; init; } = ConvolutionMode.Same;

    /// <summary>Every so many cells in both directions, from the first on, 1 … 1000.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>σ of the Gaussian kernel in cells, [0, 1000]; 0: a sixth of the size.</summary>
    public double Sigma { get; init; }

    /// <summary>Seed of the random kernel, beside the reservoir's.</summary>
    public int Seed { get; init; } = 1;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Size, 1, 1000);
        Require.Range(Stride, 1, 1000);
        Require.Range(Sigma, 0, 1000);
    }

    internal override FieldShape Output(FieldShape input)
    {
        if (Mode == ConvolutionMode.Valid) Require.Range(Size, 1, Math.Min(input.Rows, input.Columns));
        int rows = (Evaluated(input.Rows) - 1) / Stride + 1, columns = (Evaluated(input.Columns) - 1) / Stride + 1;
        bool[] land = [.. Enumerable.Range(0, rows * columns).Select(cell => input.IsLand(Centre(input, cell, columns)))];
        return new FieldShape(input.Fields, rows, columns, land);
    }

    internal override FieldMap Create(FieldShape input, int seed) => new Convolution(this, input, Output(input), Weights(seed));

    /// <summary>Places of the kernel in a line of cells.</summary>
    internal int Evaluated(int cells) => Mode == ConvolutionMode.Same ? cells : cells - Size + 1;

    /// <summary>Cells before the centre of the kernel.</summary>
    internal int Half => (Size - 1) / 2;

    /// <summary>The cell of the field at which the kernel stands.</summary>
    internal int Centre(FieldShape input, int cell, int columns)
    {
        int corner = Mode == ConvolutionMode.Same ? 0 : Half;
        return (cell / columns * Stride + corner) * input.Columns + cell % columns * Stride + corner;
    }

    // [size], of which the kernel is the product with itself, or [size×size].
    double[] Weights(int seed)
    {
        if (Kernel == ConvolutionKernel.Random)
        {
            var random = new Xoshiro256StarStar(unchecked(seed * 1_000_003 + Seed), threadSafe: false);
            return [.. random.NextDoubles(Size * Size).Select(value => Math.Sqrt(3) / Size * (2 * value - 1))];
        }
        double sigma = Sigma > 0 ? Sigma : Size / 6.0, centre = (Size - 1) / 2.0;
        double[] line = [.. Enumerable.Range(0, Size)
            .Select(i => Kernel == ConvolutionKernel.Mean ? 1 : Math.Exp(-(i - centre) * (i - centre) / (2 * sigma * sigma)))];
        double sum = line.Sum();
        return [.. line.Select(weight => weight / sum)];
    }
}

/// <summary>O(cells·size) for kernels that are products of two lines, O(cells·size²) for random ones; whole rows at once.</summary>
sealed class Convolution : MapOfEachField
{
    readonly ConvolutionSpec _spec;
    readonly double[] _weights;             // [size] or [size×size]
    readonly int[] _rows, _columns;         // of the field, under the kernel: mirrored beyond the borders [places+size−1]
    readonly int _border;                   // mirrored columns before the first
    readonly (int Cell, int Centre, double Weight)[] _coast;  // weight of the land around a cell: its own value stands there

    public Convolution(ConvolutionSpec spec, FieldShape input, FieldShape output, double[] weights) : base(input, output, spec.Scale)
    {
        (_spec, _weights) = (spec, weights);
        _border = spec.Mode == ConvolutionMode.Same ? spec.Half : 0;
        (_rows, _columns) = (Mirrored(input.Rows), Mirrored(input.Columns));
        _coast = input.LandCells.Length == 0 ? [] : Coast();
    }

    int[] Mirrored(int cells) => [.. Enumerable.Range(-_border, _spec.Evaluated(cells) + _spec.Size - 1).Select(at =>
    {
        int turn = (at % (2 * cells) + 2 * cells) % (2 * cells);
        return turn < cells ? turn : 2 * cells - 1 - turn;
    })];

    (int, int, double)[] Coast()
    {
        var land = new double[Input.Cells];
        foreach (int cell in Input.LandCells) land[cell] = 1;
        var sums = new double[Output.Cells];
        Sum(land, sums, new double[Scratch]);
        return [.. Enumerable.Range(0, sums.Length).Where(cell => sums[cell] != 0 && !Output.IsLand(cell))
            .Select(cell => (cell, _spec.Centre(Input, cell, Output.Columns), sums[cell]))];
    }

    public override int Scratch => _columns.Length + _spec.Evaluated(Input.Columns);

    protected override void Compute(ReadOnlySpan<double> field, Span<double> result, Span<double> scratch)
    {
        Sum(field, result, scratch);
        foreach ((int cell, int centre, double weight) in _coast) result[cell] = Math.FusedMultiplyAdd(weight, field[centre], result[cell]);
        Output.ClearLand(result);
    }

    void Sum(ReadOnlySpan<double> field, Span<double> result, Span<double> scratch)
    {
        int columns = Input.Columns, size = _spec.Size;
        Span<double> line = scratch[.._columns.Length], own = line.Slice(_border, columns);  // of the field, and mirrored on both sides
        Span<double> sums = scratch.Slice(line.Length, _spec.Evaluated(columns));
        for (int row = 0; row < Output.Rows; row++)
        {
            ReadOnlySpan<int> rows = _rows.AsSpan(row * _spec.Stride, size);
            sums.Clear();
            if (_spec.Kernel != ConvolutionKernel.Random)
            {
                own.Clear();
                for (int k = 0; k < size; k++)
                    TensorPrimitives.FusedMultiplyAdd(field.Slice(rows[k] * columns, columns), _weights[k], own, own);
                Add(_weights, line, sums);
            }
            else
            {
                for (int k = 0; k < size; k++)
                {
                    field.Slice(rows[k] * columns, columns).CopyTo(own);
                    Add(_weights.AsSpan(k * size, size), line, sums);
                }
            }
            Span<double> to = result.Slice(row * Output.Columns, Output.Columns);
            for (int column = 0; column < to.Length; column++) to[column] = sums[column * _spec.Stride];
        }
    }

    // The borders of the line, then sums_j += Σ_k weight_k line_j+k.
    void Add(ReadOnlySpan<double> weights, Span<double> line, Span<double> sums)
    {
        for (int at = 0; at < _border; at++) line[at] = line[_border + _columns[at]];
        for (int at = _border + Input.Columns; at < line.Length; at++) line[at] = line[_border + _columns[at]];
        for (int k = 0; k < weights.Length; k++) TensorPrimitives.FusedMultiplyAdd(line.Slice(k, sums.Length), weights[k], sums, sums);
    }
}
