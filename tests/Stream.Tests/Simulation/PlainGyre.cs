using Esn.Streaming.Simulation;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;

namespace Esn.Stream.Tests;

/// <summary>Plain twins of the basin for its tests: the equation node by node, nothing clever.</summary>
static class PlainGyre
{
    public static readonly DoubleGyreSpec Small = new() { Intervals = 32, Viscosity = 2.4e-5 };

    /// <summary>The step of three stages, node by node, from the equation.</summary>
    internal static double[] PlainStep(DoubleGyre gyre, double[] q)
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

    internal static double[] PlainSlope(DoubleGyre gyre, double[] q)
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

    internal static double[] Solve(PaddedGrid grid, double[] inner, double f)
    {
        int n = grid.Intervals;
        double[] q = new double[grid.Length], psi = new double[grid.Length];
        for (int i = 1; i < n; i++)
            for (int j = 1; j < n; j++) q[grid[i, j]] = inner[(i - 1) * (n - 1) + j - 1];
        new HelmholtzSolver(grid, f).Solve(q, psi);
        return psi;
    }

    /// <summary>Kinetic energy −∫ψζ and enstrophy ∫ζ² at F = 0, where ζ = q.</summary>
    internal static (double Energy, double Enstrophy) Invariants(DoubleGyre gyre)
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

    internal static double[] After(DoubleGyre gyre)
    {
        double[] frame = new double[gyre.Rows * gyre.Columns];
        for (int t = 0; t < 5; t++) gyre.Next(frame);
        return frame;
    }

    internal static (double X, double Y) Centre(DoubleGyre gyre, int cell) =>
        ((2 * (cell % gyre.Columns) + 1.0) / gyre.Spec.Intervals, (2 * (cell / gyre.Columns) + 1.0) / gyre.Spec.Intervals);

    internal static double[] Noise(PaddedGrid grid, int seed, bool walls = false)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double[] field = new double[grid.Length];
        int first = walls ? 0 : 1, last = walls ? grid.Intervals : grid.Intervals - 1;
        for (int i = first; i <= last; i++)
            for (int j = first; j <= last; j++) field[grid[i, j]] = Normal.Sample(random, 0, 1);
        return field;
    }
}
