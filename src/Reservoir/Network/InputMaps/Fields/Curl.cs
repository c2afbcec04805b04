namespace Esn;

/// <summary>∂v/∂x − ∂u/∂y, u and v the first two fields, by central differences, in units of the fields a cell. Gives one field.</summary>
public sealed record CurlSpec : FieldMapSpec
{
    internal override FieldShape Output(FieldShape input) => Velocity.One(input, "curl");

    internal override FieldMap Create(FieldShape input, int seed) => new VelocityGradient(input, along: 1, across: 0, sign: -1, Scale);
}
