using System.Numerics.Tensors;

namespace Esn;

/// <summary>∂u/∂x + ∂v/∂y, u and v the first two fields, by central differences, in units of the fields a cell. Gives one field.</summary>
public sealed record DivergenceSpec : FieldMapSpec
{
    internal override FieldShape Output(FieldShape input)
    {
        Velocity.Require(input, "divergence");
        return input.WithFields(1);
    }

    internal override FieldMap Create(FieldShape input, int seed) => new Divergence(input, Output(input), Scale);
}

sealed class Divergence(FieldShape input, FieldShape output, double scale) : FieldMap(input, output, scale)
{
    readonly Derivatives _derivatives = new(input);

    public override int Scratch => Input.Cells;

    protected override void Compute(
        ReadOnlySpan<double> now, ReadOnlySpan<double> before, ReadOnlySpan<double> mapped, Span<double> result, Span<double> scratch)
    {
        int cells = Input.Cells;
        Span<double> second = scratch[..cells];
        _derivatives.X(now[..cells], result);
        _derivatives.Y(now.Slice(cells, cells), second);
        TensorPrimitives.Add(result, second, result);
    }
}
