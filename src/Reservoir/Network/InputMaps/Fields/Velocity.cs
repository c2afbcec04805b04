using System.Numerics.Tensors;

namespace Esn;

/// <summary>Flows: a field's first quantity is the velocity along the rows, its second the one across them.</summary>
static class Velocity
{
    /// <summary>u and v are there.</summary>
    /// <param name="input">Of the map.</param>
    /// <param name="map">Its name in a file.</param>
    /// <exception cref="ArgumentException">Too few fields.</exception>
    public static void Require(FieldShape input, string map)
    {
        if (input.Fields < 2)
            throw new ArgumentException($"{map} needs two fields, the velocity along the rows and across them, had {input.Fields}");
    }

    /// <summary>The shape of a map from u and v to one field.</summary>
    /// <inheritdoc cref="Require"/>
    public static FieldShape One(FieldShape input, string map)
    {
        Require(input, map);
        return input.WithFields(1);
    }
}

/// <summary>∂a/∂x ± ∂b/∂y of two fields: the divergence, and the curl.</summary>
/// <param name="input">Of the map.</param>
/// <param name="along">Index of a.</param>
/// <param name="across">Index of b.</param>
/// <param name="sign">Of the second term, ±1.</param>
/// <param name="scale">Of the result.</param>
sealed class VelocityGradient(FieldShape input, int along, int across, int sign, double scale) : FieldMap(input, input.WithFields(1), scale)
{
    readonly Derivatives _derivatives = new(input);

    public override int Scratch => Input.Cells;

    protected override void Compute(
        ReadOnlySpan<double> now, ReadOnlySpan<double> before, ReadOnlySpan<double> mapped, Span<double> result, Span<double> scratch)
    {
        int cells = Input.Cells;
        Span<double> second = scratch[..cells];
        _derivatives.X(now.Slice(along * cells, cells), result);
        _derivatives.Y(now.Slice(across * cells, cells), second);
        if (sign > 0) TensorPrimitives.Add(result, second, result);
        else TensorPrimitives.Subtract(result, second, result);
    }
}
