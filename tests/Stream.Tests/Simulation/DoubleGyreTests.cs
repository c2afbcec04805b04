using Esn.Streaming.Simulation;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra.Double;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class DoubleGyreTests
{
    static readonly DoubleGyreSpec Small = new() { Intervals = 32, Viscosity = 2.4e-5 };

    // ---- Jacobian

    [Fact]
    public void The_Jacobian_conserves_energy_and_enstrophy()
    {
        var grid = new PaddedGrid(64);
        (double[] psi, double[] zeta, double[] j) = (Noise(grid, 1), Noise(grid, 2), new double[grid.Length]);
        ArakawaJacobian.Apply(grid, psi, zeta, j);
        (double energy, double enstrophy, double size) = (0, 0, 0);
        for (int k = 0; k < j.Length; k++)
        {
            energy += psi[k] * j[k];
            enstrophy += zeta[k] * j[k];
            size += Math.Abs(psi[k] * j[k]);
        }
        Assert.True(size > 1e6, $"there is nothing to conserve: {size}");
        Assert.InRange(energy / size, -1e-13, 1e-13);
        Assert.InRange(enstrophy / size, -1e-13, 1e-13);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void The_Jacobian_equals_the_mean_of_three_forms_written_out(int intervals)
    {
        var grid = new PaddedGrid(intervals);
        (double[] a, double[] b, double[] j) = (Noise(grid, 3), Noise(grid, 4, walls: true), new double[grid.Length]);
        ArakawaJacobian.Apply(grid, a, b, j);
        double d = grid.Spacing;
        for (int x = 0; x <= intervals; x++)
            for (int y = 0; y <= intervals; y++)
            {
                double expected = 0;
                if (x > 0 && x < intervals && y > 0 && y < intervals)
                {
                    double A(int e, int n) => a[grid[x + e, y + n]];
                    double B(int e, int n) => b[grid[x + e, y + n]];
                    double plain = (A(1, 0) - A(-1, 0)) * (B(0, 1) - B(0, -1)) - (A(0, 1) - A(0, -1)) * (B(1, 0) - B(-1, 0));
                    double fluxOfB = A(1, 0) * (B(1, 1) - B(1, -1)) - A(-1, 0) * (B(-1, 1) - B(-1, -1))
                        - A(0, 1) * (B(1, 1) - B(-1, 1)) + A(0, -1) * (B(1, -1) - B(-1, -1));
                    double fluxOfA = B(0, 1) * (A(1, 1) - A(-1, 1)) - B(0, -1) * (A(1, -1) - A(-1, -1))
                        - B(1, 0) * (A(1, 1) - A(1, -1)) + B(-1, 0) * (A(-1, 1) - A(-1, -1));
                    expected = (plain + fluxOfB + fluxOfA) / (3 * 4 * d * d);
                }
                Assert.Equal(expected, j[grid[x, y]], 1e-9);
            }
    }

    [Fact]
    public void The_Jacobian_of_smooth_fields_converges_with_the_square_of_the_distance()
    {
        double Error(int intervals)
        {
            var grid = new PaddedGrid(intervals);
            (double[] a, double[] b, double[] j) = (new double[grid.Length], new double[grid.Length], new double[grid.Length]);
            for (int x = 0; x <= intervals; x++)
                for (int y = 0; y <= intervals; y++)
                {
                    (double u, double v) = (Math.PI * x / intervals, Math.PI * y / intervals);
                    (a[grid[x, y]], b[grid[x, y]]) = (Math.Sin(u) * Math.Sin(2 * v), Math.Sin(3 * u) * Math.Sin(v));
                }
            ArakawaJacobian.Apply(grid, a, b, j);
            double worst = 0;
            for (int x = 1; x < intervals; x++)
                for (int y = 1; y < intervals; y++)
                {
                    (double u, double v) = (Math.PI * x / intervals, Math.PI * y / intervals);
                    double exact = Math.Cos(u) * Math.Sin(2 * v) * Math.Sin(3 * u) * Math.Cos(v)
                        - 6 * Math.Sin(u) * Math.Cos(2 * v) * Math.Cos(3 * u) * Math.Sin(v);
                    worst = Math.Max(worst, Math.Abs(j[grid[x, y]] - Math.PI * Math.PI * exact));
                }
            return worst;
        }
        Assert.InRange(Error(64) / Error(128), 3.8, 4.2);
    }

    // ---- Helmholtz

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public void The_Helmholtz_solution_equals_that_of_a_dense_matrix(double f)
    {
        var grid = new PaddedGrid(32);
        const int inner = 31;
        double[] q = Noise(grid, 5), psi = new double[grid.Length];
        new HelmholtzSolver(grid, f).Solve(q, psi);

        var matrix = new DenseMatrix(inner * inner);
        var right = new DenseVector(inner * inner);
        double perSquare = 32.0 * 32;
        for (int x = 0; x < inner; x++)
            for (int y = 0; y < inner; y++)
            {
                int k = x * inner + y;
                right[k] = q[grid[x + 1, y + 1]];
                matrix[k, k] = -4 * perSquare - f;
                if (x > 0) matrix[k, k - inner] = perSquare;
                if (x < inner - 1) matrix[k, k + inner] = perSquare;
                if (y > 0) matrix[k, k - 1] = perSquare;
                if (y < inner - 1) matrix[k, k + 1] = perSquare;
            }
        MathNet.Numerics.LinearAlgebra.Vector<double> expected = matrix.LU().Solve(right);
        double size = expected.AbsoluteMaximum();
        for (int x = 0; x < inner; x++)
            for (int y = 0; y < inner; y++)
                Assert.Equal(expected[x * inner + y], psi[grid[x + 1, y + 1]], 1e-12 * size);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(96)]
    public void The_Helmholtz_solution_put_into_the_equation_gives_its_right_side_back(int intervals)
    {
        var grid = new PaddedGrid(intervals);
        double[] q = Noise(grid, 6), psi = new double[grid.Length];
        new HelmholtzSolver(grid, 100).Solve(q, psi);
        double perSquare = intervals * (double)intervals;
        for (int x = 1; x < intervals; x++)
            for (int y = 1; y < intervals; y++)
            {
                int k = grid[x, y];
                double laplacian = (psi[k + 1] + psi[k - 1] + psi[k + grid.Stride] + psi[k - grid.Stride] - 4 * psi[k]) * perSquare;
                Assert.Equal(q[k], laplacian - 100 * psi[k], 1e-10);
            }
    }

    // ---- Equation and time stepping

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

    // ---- Chance, forks, state

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

    // ---- Anomalies

    [Theory]
    [InlineData(LocalAnomalyKind.Viscosity, 1)]
    [InlineData(LocalAnomalyKind.Friction, 4)]
    [InlineData(LocalAnomalyKind.Wind, .3)]
    [InlineData(LocalAnomalyKind.Wind, -.3)]
    [InlineData(LocalAnomalyKind.Topography, .02)]
    [InlineData(LocalAnomalyKind.Topography, -.02)]
    public void An_anomaly_changes_the_flow_in_its_patch_first(LocalAnomalyKind kind, double strength)
    {
        var gyre = new DoubleGyre(new DoubleGyreSpec(), 1);
        gyre.SpinUp(4000);
        DoubleGyre changed = gyre.Clone();
        var anomaly = new LocalAnomaly(kind, strength, .25, .5);
        changed.Anomaly = anomaly;
        double[] normal = new double[gyre.Rows * gyre.Columns], other = new double[normal.Length];
        gyre.Next(normal);
        changed.Next(other);

        (double inside, double outside, int cellsInside, int cellsOutside, double peak, double peakAt) = (0, 0, 0, 0, 0, 0);
        for (int k = 0; k < normal.Length; k++)
        {
            (double x, double y) = Centre(gyre, k);
            double distance = Math.Sqrt((x - anomaly.X) * (x - anomaly.X) + (y - anomaly.Y) * (y - anomaly.Y));
            double change = Math.Abs(normal[k] - other[k]);
            if (change > peak) (peak, peakAt) = (change, distance);
            if (distance <= anomaly.Radius) (inside, cellsInside) = (inside + change * change, cellsInside + 1);
            else if (distance > 3 * anomaly.Radius) (outside, cellsOutside) = (outside + change * change, cellsOutside + 1);
        }
        Assert.InRange(peakAt, 0, 1.3 * anomaly.Radius);  // topography shows as a dipole on the rim
        Assert.True(
            inside / cellsInside > 100 * (outside / cellsOutside),
            $"{inside / cellsInside:G3} inside, {outside / cellsOutside:G3} outside");
    }

    // ---- Frame

    [Fact]
    public void A_frame_is_the_stream_function_averaged_round_the_odd_nodes()
    {
        var gyre = new DoubleGyre(Small, 17);
        gyre.SpinUp(20);
        double[] q = new double[gyre.StateLength], frame = new double[gyre.Rows * gyre.Columns];
        gyre.Save(q);
        gyre.Frame(frame);
        var grid = new PaddedGrid(32);
        double[] psi = Solve(grid, q, gyre.Spec.F);
        int[] weights = [1, 2, 1];
        for (int row = 0; row < 16; row++)
            for (int column = 0; column < 16; column++)
            {
                double expected = 0;
                for (int e = -1; e <= 1; e++)
                    for (int s = -1; s <= 1; s++)
                        expected += weights[e + 1] * weights[s + 1] / 16.0 * psi[grid[2 * column + 1 + e, 2 * row + 1 + s]];
                Assert.Equal(expected, frame[row * 16 + column], 1e-15);
            }
    }

    [Fact]
    public void A_frame_is_so_many_steps()
    {
        DoubleGyre framed = new(Small with { StepsPerFrame = 3 }, 18), stepped = framed.Clone();
        double[] frame = new double[framed.Rows * framed.Columns], expected = new double[frame.Length];
        framed.Next(frame);
        stepped.SpinUp(3);
        stepped.Frame(expected);
        Assert.Equal(expected, frame);
    }

    [Fact]
    public void Stepping_allocates_nothing()
    {
        var gyre = new DoubleGyre(Small, 19) { Anomaly = new LocalAnomaly(LocalAnomalyKind.Viscosity, 1, .3, .5) };
        double[] frame = new double[gyre.Rows * gyre.Columns], state = new double[gyre.StateLength];
        void Round()
        {
            for (int i = 0; i < 20; i++) gyre.Next(frame);
            gyre.Save(state);
            gyre.Restore(state);
        }
        Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    // ---- Bad input

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

    // ---- Twins

    /// <summary>The step of three stages, node by node, from the equation.</summary>
    static double[] PlainStep(DoubleGyre gyre, double[] q)
    {
        double dt = gyre.Spec.TimeStep;
        double[] first = Combine(q, q, 0, 1), second = Combine(q, first, .75, .25);
        return Combine(q, second, 1.0 / 3, 2.0 / 3);

        double[] Combine(double[] start, double[] at, double keep, double take)
        {
            double[] slope = PlainSlope(gyre, at);
            return [.. at.Select((value, i) => keep * start[i] + take * (value + dt * slope[i]))];
        }
    }

    static double[] PlainSlope(DoubleGyre gyre, double[] q)
    {
        DoubleGyreSpec spec = gyre.Spec;
        int n = spec.Intervals;
        double d = 1.0 / n;
        var grid = new PaddedGrid(n);
        double[] psi = Solve(grid, q, spec.F);
        (double[] zeta, double[] potential, double[] jacobian) = (new double[grid.Length], new double[grid.Length],
            new double[grid.Length]);
        double Extra(LocalAnomalyKind kind, double x, double y) => gyre.Anomaly is { } a && a.Kind == kind
            ? a.Strength * Math.Exp(-Math.Pow(((x - a.X) * (x - a.X) + (y - a.Y) * (y - a.Y)) / .01, 2)) : 0;
        for (int i = 0; i <= n; i++)
            for (int j = 0; j <= n; j++)
            {
                int k = grid[i, j];
                if (i > 0 && i < n && j > 0 && j < n) zeta[k] = q[(i - 1) * (n - 1) + j - 1] + spec.F * psi[k];
                potential[k] = zeta[k] + spec.Beta * j * d + Extra(LocalAnomalyKind.Topography, i * d, j * d);
            }
        ArakawaJacobian.Apply(grid, psi, potential, jacobian);
        double[] slope = new double[q.Length];
        for (int i = 1; i < n; i++)
            for (int j = 1; j < n; j++)
            {
                (double x, double y, int k) = (i * d, j * d, grid[i, j]);
                double Viscosity(double east, double north) =>
                    spec.Viscosity * (1 + Extra(LocalAnomalyKind.Viscosity, x + east * d / 2, y + north * d / 2));
                double Flux(int east, int north) => Viscosity(east, north) * (zeta[grid[i + east, j + north]] - zeta[k]) / (d * d);
                slope[(i - 1) * (n - 1) + j - 1] = -jacobian[k]
                    - spec.Wind * (Math.Sin(2 * Math.PI * y) + .1 * Math.Sin(Math.PI * y) - Extra(LocalAnomalyKind.Wind, x, y))
                    - spec.Friction * (1 + Extra(LocalAnomalyKind.Friction, x, y)) * zeta[k]
                    + Flux(1, 0) + Flux(-1, 0) + Flux(0, 1) + Flux(0, -1);
            }
        return slope;
    }

    static double[] Solve(PaddedGrid grid, double[] inner, double f)
    {
        int n = grid.Intervals;
        double[] q = new double[grid.Length], psi = new double[grid.Length];
        for (int i = 1; i < n; i++)
            for (int j = 1; j < n; j++) q[grid[i, j]] = inner[(i - 1) * (n - 1) + j - 1];
        new HelmholtzSolver(grid, f).Solve(q, psi);
        return psi;
    }

    /// <summary>Kinetic energy −∫ψζ and enstrophy ∫ζ² at F = 0, where ζ = q.</summary>
    static (double Energy, double Enstrophy) Invariants(DoubleGyre gyre)
    {
        double[] q = new double[gyre.StateLength];
        gyre.Save(q);
        var grid = new PaddedGrid(gyre.Spec.Intervals);
        double[] psi = Solve(grid, q, 0);
        int inner = grid.Intervals - 1;
        (double energy, double enstrophy) = (0, 0);
        for (int k = 0; k < q.Length; k++)
        {
            energy -= q[k] * psi[grid[k / inner + 1, k % inner + 1]];
            enstrophy += q[k] * q[k];
        }
        return (energy, enstrophy);
    }

    static double[] After(DoubleGyre gyre)
    {
        double[] frame = new double[gyre.Rows * gyre.Columns];
        for (int t = 0; t < 5; t++) gyre.Next(frame);
        return frame;
    }

    static (double X, double Y) Centre(DoubleGyre gyre, int cell) =>
        ((2 * (cell % gyre.Columns) + 1.0) / gyre.Spec.Intervals, (2 * (cell / gyre.Columns) + 1.0) / gyre.Spec.Intervals);

    static double[] Noise(PaddedGrid grid, int seed, bool walls = false)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double[] field = new double[grid.Length];
        int first = walls ? 0 : 1, last = walls ? grid.Intervals : grid.Intervals - 1;
        for (int i = first; i <= last; i++)
            for (int j = first; j <= last; j++) field[grid[i, j]] = Normal.Sample(random, 0, 1);
        return field;
    }
}
