using Esn.Streaming.Simulation;
using Xunit;
using static Esn.Stream.Tests.PlainGyre;

namespace Esn.Stream.Tests;

public sealed class DoubleGyreInputTests
{
    [Fact]
    public void A_viscosity_too_large_for_the_time_step_is_refused_with_what_would_do()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new DoubleGyre(new DoubleGyreSpec { Viscosity = 1e-4 }, 1));
        Assert.Contains("viscosity × 8 × timeStep × intervals² must be below 2.5, was 2.621", error.Message);
        Assert.Contains("viscosity must be below 9.537E-05 at timeStep 0.8, or timeStep below 0.7629 at viscosity 0.0001", error.Message);
        _ = new DoubleGyre(new DoubleGyreSpec { Viscosity = 9.5e-5 }, 1);
    }

    [Fact]
    public void An_anomaly_of_viscosity_is_held_to_the_same_limit_and_leaves_the_basin_as_it_was()
    {
        var gyre = new DoubleGyre(new DoubleGyreSpec(), 1);
        gyre.Anomaly = new LocalAnomaly(LocalAnomalyKind.Viscosity, 7, .3, .5);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() =>
            gyre.Anomaly = new LocalAnomaly(LocalAnomalyKind.Viscosity, 15, .3, .5));
        Assert.Contains("viscosity of the anomaly × 8", error.Message);
        Assert.Equal(7, gyre.Anomaly?.Strength);
    }

    public static TheoryData<DoubleGyreSpec, string> BadSpecs => new()
    {
        { new DoubleGyreSpec { Beta = double.NaN }, "beta must be at least 0 and finite, was NaN" },
        { new DoubleGyreSpec { F = -1 }, "f must be at least 0 and finite, was -1" },
        { new DoubleGyreSpec { Viscosity = -1e-6 }, "viscosity must be at least 0 and finite, was -1E-06" },
        { new DoubleGyreSpec { Friction = double.PositiveInfinity }, "friction must be at least 0 and finite, was " },
        { new DoubleGyreSpec { Wind = double.NaN }, "wind must be finite, was NaN" },
        { new DoubleGyreSpec { TimeStep = 0 }, "timeStep must be above 0 and finite, was 0" },
        { new DoubleGyreSpec { Intervals = 48 }, "intervals must be a multiple of 32 from 32 to 512, was 48" },
        { new DoubleGyreSpec { StepsPerFrame = 0 }, "stepsPerFrame must be at least 1, was 0" },
    };

    [Theory]
    [MemberData(nameof(BadSpecs), DisableDiscoveryEnumeration = true)]
    public void A_parameter_out_of_its_range_is_named(DoubleGyreSpec spec, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentOutOfRangeException>(() => new DoubleGyre(spec, 1)).Message);

    public static TheoryData<LocalAnomaly, string> BadAnomalies => new()
    {
        { new LocalAnomaly((LocalAnomalyKind)9, 1, .5, .5), "kind must be one of Viscosity, Friction, Wind, Topography, was 9" },
        { new LocalAnomaly(LocalAnomalyKind.Wind, double.NaN, .5, .5), "strength must be finite, was NaN" },
        { new LocalAnomaly(LocalAnomalyKind.Friction, -1, .5, .5),
            "strength must be above -1 for Friction, which leaves none of it, was -1" },
        { new LocalAnomaly(LocalAnomalyKind.Wind, 1, 1.5, .5), "x must be in [0, 1], was 1.5" },
        { new LocalAnomaly(LocalAnomalyKind.Wind, 1, .5, double.NaN), "y must be in [0, 1], was NaN" },
        { new LocalAnomaly(LocalAnomalyKind.Wind, 1, .5, .5, 0), "radius must be above 0 and finite, was 0" },
    };

    [Theory]
    [MemberData(nameof(BadAnomalies), DisableDiscoveryEnumeration = true)]
    public void An_anomaly_out_of_its_range_is_named(LocalAnomaly anomaly, string message)
    {
        var gyre = new DoubleGyre(Small, 1);
        Assert.Contains(message, Assert.Throws<ArgumentOutOfRangeException>(() => gyre.Anomaly = anomaly).Message);
    }

    [Fact]
    public void A_flow_that_blows_up_says_so()
    {
        var gyre = new DoubleGyre(Small with { Wind = 10 }, 1);
        double[] frame = new double[gyre.Rows * gyre.Columns];
        var error = Assert.Throws<InvalidOperationException>(() =>
        {
            for (int t = 0; t < 1000; t++) gyre.Next(frame);
        });
        Assert.Contains("timeStep 0.8 is too long", error.Message);
    }

    [Fact]
    public void A_buffer_of_another_length_and_a_state_that_is_not_finite_are_refused()
    {
        var gyre = new DoubleGyre(Small, 1);
        Refused("frame must have 256 numbers, had 255", () => gyre.Next(new double[255]));
        Refused("frame must have 256 numbers, had 257", () => gyre.Frame(new double[257]));
        Refused("state must have 961 numbers, had 1024", () => gyre.Save(new double[1024]));
        double[] state = new double[gyre.StateLength];
        state[5] = double.NaN;
        double[] before = After(gyre.Clone());
        Refused("a state must be finite, had NaN", () => gyre.Restore(state));
        Assert.Equal(before, After(gyre));

        static void Refused(string message, Action action) => Assert.Contains(message, Assert.Throws<ArgumentException>(action).Message);
    }
}
