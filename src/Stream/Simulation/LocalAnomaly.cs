namespace Esn.Streaming.Simulation;

/// <summary>What a <see cref="LocalAnomaly"/> changes; a is its strength, g its shape.</summary>
public enum LocalAnomalyKind
{
    /// <summary>ν (1 + a g).</summary>
    Viscosity,

    /// <summary>r (1 + a g).</summary>
    Friction,

    /// <summary>a w₀ g added to the wind's tendency of q: either sign.</summary>
    Wind,

    /// <summary>The bottom h = a g, in units of β L: either sign.</summary>
    Topography,
}

/// <summary>A round patch of the basin, g = exp(−(d/R)⁴), in which something is other than it was.</summary>
/// <param name="Kind">What is changed.</param>
/// <param name="Strength">
/// a, above −1 for viscosity and friction. From hard to see to plain: viscosity 1 to 7, friction 1 to 16, wind .3 to 3, topography
/// .005 to .1.
/// </param>
/// <param name="X">Of the centre, in [0, 1] from west to east.</param>
/// <param name="Y">Of the centre, in [0, 1] from south to north.</param>
/// <param name="Radius">R, above 0, in lengths of the basin.</param>
public sealed record LocalAnomaly(LocalAnomalyKind Kind, double Strength, double X, double Y, double Radius = .1)
{
    const double Nothing = 1e-16;  // of the strength: below rounding

    /// <summary>g at a point, in [0, 1]; exactly 0 where it would be lost in rounding.</summary>
    public double Shape(double x, double y)
    {
        double square = ((x - X) * (x - X) + (y - Y) * (y - Y)) / (Radius * Radius), g = Math.Exp(-square * square);
        return g < Nothing ? 0 : g;
    }

    internal void Check()
    {
        string kinds = string.Join(", ", Enum.GetNames<LocalAnomalyKind>());
        ParameterRange.Require(Enum.IsDefined(Kind), nameof(Kind), $"one of {kinds}", (int)Kind);
        ParameterRange.Require(double.IsFinite(Strength), nameof(Strength), "finite", Strength);
        bool factor = Kind is LocalAnomalyKind.Viscosity or LocalAnomalyKind.Friction;
        ParameterRange.Require(!factor || Strength > -1, nameof(Strength), $"above -1 for {Kind}, which leaves none of it", Strength);
        ParameterRange.Require(X is >= 0 and <= 1, nameof(X), "in [0, 1]", X);
        ParameterRange.Require(Y is >= 0 and <= 1, nameof(Y), "in [0, 1]", Y);
        ParameterRange.Require(Radius > 0 && double.IsFinite(Radius), nameof(Radius), "above 0 and finite", Radius);
    }
}
