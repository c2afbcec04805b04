namespace Esn.Streaming.Simulation;

/// <summary>
/// Parameters of a <see cref="DoubleGyre"/>, in lengths L of the basin and times 1/(β* L), β* being the dimensional gradient of
/// planetary vorticity. The defaults give a jet that meanders and sheds eddies in the western half and Rossby waves in the east.
/// </summary>
/// <remarks>
/// The regime matters: F 600 with w₀ 8e−4 charges up and collapses, r at 8e−3 and more gives a periodic or steady flow, and
/// w₀ 4e−4 with F 200 stays in a symmetric state.
/// </remarks>
public sealed record DoubleGyreSpec
{
    /// <summary>What 8 ν dt/d² must stay below: the reach of the three stages on the fastest decay of the five-point Laplacian.</summary>
    public const double ViscousLimit = 2.5;

    /// <summary>β, at least 0; 1 in the units above.</summary>
    public double Beta { get; init; } = 1;

    /// <summary>F = (L/deformation radius)², at least 0; 0 is a rigid lid.</summary>
    public double F { get; init; } = 100;

    /// <summary>w₀: the curl of the wind is −w₀ [sin 2πy + <see cref="WindAsymmetry"/> sin πy].</summary>
    public double Wind { get; init; } = 5e-4;

    /// <summary>The share of sin πy, without which the flow dwells near a symmetric state.</summary>
    public double WindAsymmetry { get; init; } = .1;

    /// <summary>ν, at least 0.</summary>
    public double Viscosity { get; init; } = 6e-6;

    /// <summary>r, linear friction at the bottom, at least 0.</summary>
    public double Friction { get; init; } = 2e-3;

    /// <summary>dt, above 0.</summary>
    public double TimeStep { get; init; } = .8;

    /// <summary>Intervals along a side, a multiple of 32 up to 512; a frame has half as many cells a side.</summary>
    public int Intervals { get; init; } = 64;

    /// <summary>Time steps from one frame to the next, at least 1.</summary>
    public int StepsPerFrame { get; init; } = 5;

    /// <summary>8 ν dt/d² where the viscosity is the highest.</summary>
    internal double ViscousNumber(double largestViscosity) => largestViscosity * 8 * TimeStep * Intervals * Intervals;

    internal void Check()
    {
        NotBelowZero(Beta, nameof(Beta));
        NotBelowZero(F, nameof(F));
        NotBelowZero(Viscosity, nameof(Viscosity));
        NotBelowZero(Friction, nameof(Friction));
        ParameterRange.Require(double.IsFinite(Wind), nameof(Wind), "finite", Wind);
        ParameterRange.Require(double.IsFinite(WindAsymmetry), nameof(WindAsymmetry), "finite", WindAsymmetry);
        ParameterRange.Require(TimeStep > 0 && double.IsFinite(TimeStep), nameof(TimeStep), "above 0 and finite", TimeStep);
        bool whole = Intervals is >= 32 and <= 512 && Intervals % 32 == 0;
        ParameterRange.Require(whole, nameof(Intervals), "a multiple of 32 from 32 to 512", Intervals);
        ParameterRange.Require(StepsPerFrame >= 1, nameof(StepsPerFrame), "at least 1", StepsPerFrame);
        CheckViscosity(Viscosity, "viscosity");
    }

    /// <exception cref="ArgumentOutOfRangeException">The time step is too long for this viscosity.</exception>
    internal void CheckViscosity(double viscosity, string what)
    {
        if (ViscousNumber(viscosity) >= ViscousLimit)
        {
            double limit = ViscousLimit / (8.0 * Intervals * Intervals);
            throw new ArgumentOutOfRangeException(nameof(viscosity),
                $"{what} × 8 × timeStep × intervals² must be below {ViscousLimit}, was {ViscousNumber(viscosity):G4}: "
                + $"{what} must be below {limit / TimeStep:G4} at timeStep {TimeStep}, "
                + $"or timeStep below {limit / viscosity:G4} at {what} {viscosity:G4}");
        }
    }

    static void NotBelowZero(double value, string name) =>
        ParameterRange.Require(value >= 0 && double.IsFinite(value), name, "at least 0 and finite", value);
}
