namespace Esn;

/// <summary>∂u/∂x and ∂u/∂y of every field, by central differences, in units of the field a cell.</summary>
/// <remarks>Gives two fields for each: first x, along the rows, then y, across them.</remarks>
public sealed record GradientSpec : FieldMapSpec
{
    internal override FieldShape Output(FieldShape input) => input.WithFields(2 * input.Fields);

    internal override FieldMap Create(FieldShape input, int seed) => new Gradient(input, Output(input), Scale);
}

sealed class Gradient(FieldShape input, FieldShape output, double scale) : MapOfEachField(input, output, scale)
{
    readonly Derivatives _derivatives = new(input);

    protected override void Compute(ReadOnlySpan<double> field, Span<double> result, Span<double> scratch)
    {
        _derivatives.X(field, result[..field.Length]);
        _derivatives.Y(field, result[field.Length..]);
    }
}
