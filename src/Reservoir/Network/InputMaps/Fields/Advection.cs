using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// How a flow with stream function u carries its own vorticity: ∂u/∂y ∂(∇²u)/∂x − ∂u/∂x ∂(∇²u)/∂y, in units of the field² a
/// cell⁴. One field for each. No tanh of sums replaces this product: it belongs in the readout.
/// </summary>
/// <remarks>
/// By central differences and five points: the first of the three forms, J⁺⁺, in Arakawa (1966),
/// doi:10.1016/0021-9991(66)90015-5. A regressor has nothing to conserve, so the other two are not needed.
/// </remarks>
public sealed record AdvectionSpec : FieldMapSpec
{
    internal override FieldShape Output(FieldShape input) => input;

    internal override FieldMap Create(FieldShape input, int seed) => new AdvectionMap(input, Scale);
}

sealed class AdvectionMap(FieldShape input, double scale) : MapOfEachField(input, input, scale)
{
    readonly Derivatives _derivatives = new(input);

    public override int Scratch => 3 * Input.Cells;

    protected override void Compute(ReadOnlySpan<double> field, Span<double> result, Span<double> scratch)
    {
        int cells = field.Length;
        Span<double> vorticity = scratch[..cells], one = scratch.Slice(cells, cells), other = scratch.Slice(2 * cells, cells);
        _derivatives.Laplacian(field, vorticity);
        _derivatives.Y(field, one);
        _derivatives.X(vorticity, other);
        TensorPrimitives.Multiply(one, other, result);
        _derivatives.X(field, one);
        _derivatives.Y(vorticity, other);
        TensorPrimitives.Multiply(one, other, one);
        TensorPrimitives.Subtract(result, one, result);
    }
}
