namespace Esn;

/// <summary>∇²u of every field by five points, in units of the field a cell².</summary>
public sealed record LaplacianSpec : FieldMapSpec
{
    internal override FieldShape Output(FieldShape input) => input;

    internal override FieldMap Create(FieldShape input, int seed) => new Laplacian(input, Scale);
}

sealed class Laplacian(FieldShape input, double scale) : MapOfEachField(input, input, scale)
{
    readonly Derivatives _derivatives = new(input);

    protected override void Compute(ReadOnlySpan<double> field, Span<double> result, Span<double> scratch) =>
        _derivatives.Laplacian(field, result);
}
