using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// What tells eddies from the flow around them, of the velocity u, v in the first two fields: up to three fields, in the order of
/// the keys. By central differences, in units of the velocity and cells.
/// </summary>
/// <remarks>
/// Normal strain n = ∂u/∂x − ∂v/∂y, shear strain s = ∂v/∂x + ∂u/∂y, vorticity ω = ∂v/∂x − ∂u/∂y. Okubo (1970),
/// doi:10.1016/0011-7471(70)90059-8; Weiss (1991), doi:10.1016/0167-2789(91)90088-Q. What is scaled comes as departures from a
/// mean, so its kinetic energy is that of the eddies.
/// </remarks>
public sealed record TurbulenceSpec : FieldMapSpec
{
    /// <summary>√(n² + s²).</summary>
    public bool StrainRate { get; init; } = true;

    /// <summary>n² + s² − ω²: below 0 in the cores of eddies, above 0 where the flow is drawn out.</summary>
    public bool OkuboWeiss { get; init; } = true;

    /// <summary>(u² + v²)/2.</summary>
    public bool EddyKineticEnergy { get; init; } = true;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (!StrainRate && !OkuboWeiss && !EddyKineticEnergy)
            throw new ArgumentOutOfRangeException(
                nameof(StrainRate), "one of strainRate, okuboWeiss and eddyKineticEnergy must be true, all were false");
    }

    internal override FieldShape Output(FieldShape input)
    {
        Velocity.Require(input, "turbulence");
        return input.WithFields((StrainRate ? 1 : 0) + (OkuboWeiss ? 1 : 0) + (EddyKineticEnergy ? 1 : 0));
    }

    internal override FieldMap Create(FieldShape input, int seed) => new Turbulence(this, input, Output(input));
}

sealed class Turbulence(TurbulenceSpec spec, FieldShape input, FieldShape output) : FieldMap(input, output, spec.Scale)
{
    readonly Derivatives _derivatives = new(input);

    public override int Scratch => 4 * Input.Cells;

    protected override void Compute(
        ReadOnlySpan<double> now, ReadOnlySpan<double> before, ReadOnlySpan<double> mapped, Span<double> result, Span<double> scratch)
    {
        int cells = Input.Cells;
        ReadOnlySpan<double> u = now[..cells], v = now.Slice(cells, cells);
        Span<double> strain = scratch[..cells], shear = scratch.Slice(cells, cells);          // n², s², then n² + s²
        Span<double> vorticity = scratch.Slice(2 * cells, cells), other = scratch.Slice(3 * cells, cells);
        _derivatives.X(u, strain);
        _derivatives.Y(v, other);
        TensorPrimitives.Subtract(strain, other, strain);
        _derivatives.X(v, shear);
        _derivatives.Y(u, other);
        TensorPrimitives.Subtract(shear, other, vorticity);
        TensorPrimitives.Add(shear, other, shear);
        TensorPrimitives.Multiply(strain, strain, strain);
        TensorPrimitives.Multiply(shear, shear, shear);
        TensorPrimitives.Add(strain, shear, strain);

        if (spec.StrainRate)
        {
            TensorPrimitives.Sqrt(strain, result[..cells]);
            result = result[cells..];
        }
        if (spec.OkuboWeiss)
        {
            TensorPrimitives.Multiply(vorticity, vorticity, vorticity);
            TensorPrimitives.Subtract(strain, vorticity, result[..cells]);
            result = result[cells..];
        }
        if (!spec.EddyKineticEnergy) return;
        TensorPrimitives.Multiply(u, u, result);
        TensorPrimitives.Multiply(v, v, other);
        TensorPrimitives.Add(result, other, result);
        TensorPrimitives.Multiply(result, .5, result);
    }
}
