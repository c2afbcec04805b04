using System.Numerics.Tensors;

namespace Esn;

/// <summary>u(t−1) − u(t), in the shape of u; before the first frame u is 0.</summary>
/// <remarks>
/// There is no memory but z: u(t−1) must be among its features, or follow from them. Differences of differences are a
/// composition whose first part is among the features too.
/// </remarks>
public sealed record DifferencesSpec : FieldMapSpec
{
    internal override bool NeedsInputBefore => true;

    internal override FieldShape Output(FieldShape input) => input;

    internal override FieldMap Create(FieldShape input, int seed) => new Differences(input, Scale);
}

sealed class Differences(FieldShape input, double scale) : FieldMap(input, input, scale)
{
    protected override void Compute(
        ReadOnlySpan<double> now, ReadOnlySpan<double> before, ReadOnlySpan<double> mapped, Span<double> result, Span<double> scratch) =>
        TensorPrimitives.Subtract(before, now, result);
}
