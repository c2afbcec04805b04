namespace Esn;

/// <summary>∂u/∂x + ∂v/∂y, u and v the first two fields, by central differences, in units of the fields a cell. Gives one field.</summary>
public sealed record DivergenceSpec : FieldMapSpec
{
    internal override FieldShape Output(FieldShape input) => Velocity.One(input, "divergence");

    internal override FieldMap Create(FieldShape input, int seed) => new VelocityGradient(input, along: 0, across: 1, sign: 1, Scale);
}
