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
/// <param name="Strength">a. Of viscosity and friction above −1; measured as hard to very plain: viscosity 1 to 7, friction 1 to 16, wind .3 to 3, topography .005 to .1.</param>
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
        if (!Enum.IsDefined(Kind)) throw new ArgumentOutOfRangeException(nameof(Kind), $"kind must be one of {string.Join(", ", Enum.GetNames<LocalAnomalyKind>())}, was {(int)Kind}");
        if (!double.IsFinite(Strength)) throw new ArgumentOutOfRangeException(nameof(Strength), $"strength must be a finite number, was {Strength}");
        if (Kind is LocalAnomalyKind.Viscosity or LocalAnomalyKind.Friction && Strength <= -1)
            throw new ArgumentOutOfRangeException(nameof(Strength), $"strength of {Kind} must be above -1, which leaves none of it, was {Strength}");
        if (X is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(X), $"x must be in [0, 1], was {X}");
        if (Y is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(Y), $"y must be in [0, 1], was {Y}");
        if (!(Radius > 0) || !double.IsFinite(Radius)) throw new ArgumentOutOfRangeException(nameof(Radius), $"radius must be above 0, was {Radius}");
    }
}
