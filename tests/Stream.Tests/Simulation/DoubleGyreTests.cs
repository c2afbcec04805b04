using Esn.Streaming.Simulation;
using Xunit;
using static Esn.Stream.Tests.PlainGyre;

namespace Esn.Stream.Tests;

public sealed class DoubleGyreTests
{
    [Fact]
    public void A_step_equals_a_plain_twin_of_the_equation()
    {
        foreach (LocalAnomalyKind? kind in Enum.GetValues<LocalAnomalyKind>().Select(kind => (LocalAnomalyKind?)kind).Append(null))
        {
            var gyre = new DoubleGyre(Small, 7);
            gyre.SpinUp(50);
            if (kind is { } k) gyre.Anomaly = new LocalAnomaly(k, .5, .3, .6);
            double[] q = new double[gyre.StateLength];
            gyre.Save(q);
            double[] expected = PlainStep(gyre, q), actual = new double[q.Length];
            gyre.Step();
            gyre.Save(actual);
            double size = q.Max(Math.Abs);
            for (int i = 0; i < q.Length; i++) Assert.Equal(expected[i], actual[i], 1e-12 * size);
        }
    }

    [Fact]
    public void Time_stepping_is_of_third_order()
    {
        double[] At(double step)
        {
            // Fast enough for the error of time to stand far above rounding.
            var gyre = new DoubleGyre(Small with { TimeStep = step, Wind = 5e-3, Viscosity = 1e-5 }, 3);
            gyre.SpinUp((int)Math.Round(40 / step));
            double[] state = new double[gyre.StateLength];
            gyre.Save(state);
            return state;
        }
        double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (p, q) => (p - q) * (p - q)).Sum());
        double[] coarse = At(.4), middle = At(.2), fine = At(.1), finest = At(.05);
        Assert.True(Distance(fine, finest) > 1e-11 * Math.Sqrt(fine.Sum(v => v * v)), "rounding hides the error of time");
        Assert.InRange(Math.Log2(Distance(coarse, middle) / Distance(middle, fine)), 2.8, 3.2);
        Assert.InRange(Math.Log2(Distance(middle, fine) / Distance(fine, finest)), 2.9, 3.1);
    }

    [Fact]
    public void Without_wind_friction_and_viscosity_energy_and_enstrophy_stay()
    {
        var gyre = new DoubleGyre(Small with { Wind = 0, Friction = 0, Viscosity = 0, Beta = 0, F = 0, TimeStep = .2 }, 4);
        (double energy, double enstrophy) = Invariants(gyre);
        gyre.SpinUp(500);
        (double laterEnergy, double laterEnstrophy) = Invariants(gyre);
        // What is left is the error of time, which falls with dt³.
        Assert.Equal(1, laterEnergy / energy, 1e-4);
        Assert.Equal(1, laterEnstrophy / enstrophy, 1e-3);
    }

    [Fact]
    public void A_slow_flow_comes_to_Sverdrup_balance_in_the_interior()
    {
        // β v = curl τ. The wind is so weak that J(ψ, ζ) is nothing; the western boundary layer is (ν/β)^⅓ = .02 wide.
        var gyre = new DoubleGyre(new DoubleGyreSpec { Wind = 1e-8, F = 0, Viscosity = 1e-5, Friction = 2e-4, TimeStep = 1 }, 1);
        gyre.Restore(new double[gyre.StateLength]);
        gyre.SpinUp(20_000);
        double[] psi = new double[gyre.Rows * gyre.Columns];
        gyre.Frame(psi);
        int n = gyre.Spec.Intervals, columns = gyre.Columns;
        (double error, double size) = (0, 0);
        for (int row = 0; row < gyre.Rows; row++)
            for (int column = columns / 3; column < columns - 4; column++)
            {
                double y = (2 * row + 1.0) / n;
                double v = (psi[row * columns + column + 1] - psi[row * columns + column - 1]) * n / 4;
                double curl = -1e-8 * (Math.Sin(2 * Math.PI * y) + .1 * Math.Sin(Math.PI * y));
                error += (v - curl) * (v - curl);
                size += curl * curl;
            }
        Assert.InRange(Math.Sqrt(error / size), 0, .03);
    }

    [Fact]
    public void The_flow_stays_bounded_and_alive_for_2000_frames()
    {
        var gyre = new DoubleGyre(new DoubleGyreSpec(), 1);
        gyre.SpinUp(5000);
        double[] frame = new double[gyre.Rows * gyre.Columns], before = new double[frame.Length];
        for (int t = 0; t < 2000; t++)
        {
            frame.CopyTo(before, 0);
            gyre.Next(frame);
            Assert.InRange(frame.Max(Math.Abs), 1e-4, 5e-3);
            Assert.True(frame.Zip(before, (a, b) => Math.Abs(a - b)).Max() > 1e-7, $"nothing moves at frame {t}");
        }
    }

    [Fact]
    public void Equal_seeds_give_equal_bits_and_others_do_not()
    {
        double[] one = After(new DoubleGyre(Small, 11)), same = After(new DoubleGyre(Small, 11)), other = After(new DoubleGyre(Small, 12));
        Assert.Equal(one, same);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void A_clone_goes_its_own_way_only_when_it_is_changed()
    {
        var gyre = new DoubleGyre(Small, 13);
        gyre.SpinUp(100);
        DoubleGyre control = gyre.Clone(), changed = gyre.Clone();
        changed.Anomaly = new LocalAnomaly(LocalAnomalyKind.Wind, .3, .3, .5);
        double[] original = After(gyre);
        Assert.Equal(original, After(control));
        Assert.NotEqual(original, After(changed));
        Assert.Null(gyre.Anomaly);
    }

    [Fact]
    public void A_clone_of_a_changed_basin_is_changed_too()
    {
        var gyre = new DoubleGyre(Small, 13) { Anomaly = new LocalAnomaly(LocalAnomalyKind.Friction, 4, .3, .5) };
        DoubleGyre clone = gyre.Clone();
        Assert.Equal(gyre.Anomaly, clone.Anomaly);
        Assert.Equal(After(gyre), After(clone));
    }

    [Fact]
    public void An_anomaly_switched_on_and_off_before_a_step_leaves_no_trace()
    {
        foreach (LocalAnomalyKind kind in Enum.GetValues<LocalAnomalyKind>())
        {
            DoubleGyre touched = new(Small, 14), untouched = new(Small, 14);
            touched.Anomaly = new LocalAnomaly(kind, .7, .4, .4);
            touched.Anomaly = null;
            Assert.Equal(After(untouched), After(touched));
        }
    }

    [Fact]
    public void Looking_at_the_flow_does_not_change_it()
    {
        DoubleGyre seen = new(Small, 15), unseen = new(Small, 15);
        double[] frame = new double[seen.Rows * seen.Columns];
        for (int t = 0; t < 20; t++)
        {
            seen.Step();
            seen.Frame(frame);
            unseen.Step();
        }
        Assert.Equal(After(unseen), After(seen));
    }

    [Fact]
    public void A_restored_state_goes_on_with_the_same_bits()
    {
        var gyre = new DoubleGyre(Small, 16);
        gyre.SpinUp(30);
        double[] state = new double[gyre.StateLength], frame = new double[gyre.Rows * gyre.Columns];
        gyre.Save(state);
        var other = new DoubleGyre(Small, 99);
        other.Frame(frame);
        other.Restore(state);
        Assert.Equal(After(gyre), After(other));
    }
}
