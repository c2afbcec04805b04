using System.Numerics.Tensors;

namespace Esn;

/// <summary>∂v/∂x − ∂u/∂y, u and v the first two fields, by central differences, in units of the fields a cell. Gives one field.</summary>
public sealed record CurlSpec : FieldMapSpec
{
    internal override FieldShape Output(FieldShape input)
    {
        Velocity.Require(input, "curl");
        return input.WithFields(1);
    }

    internal override FieldMap Create(FieldShape input, int seed) => new Curl(input, Output(input), Scale);
}

sealed class Curl(FieldShape input, FieldShape output, double scale) : FieldMap(input, output, scale)
{
    readonly Derivatives _derivatives = new(input);

    public override int Scratch => Input.Cells;

    protected override void Compute(
        ReadOnlySpan<double> now, ReadOnlySpan<double> before, ReadOnlySpan<double> mapped, Span<double> result, Span<double> scratch)
    {
        int cells = Input.Cells;
        Span<double> second = scratch[..cells];
        _derivatives.X(now.Slice(cells, cells), result);
        _derivatives.Y(now[..cells], second);
        TensorPrimitives.Subtract(result, second, result);
    }
}
