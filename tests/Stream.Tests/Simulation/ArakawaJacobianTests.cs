using Esn.Streaming.Simulation;
using Xunit;
using static Esn.Stream.Tests.PlainGyre;

namespace Esn.Stream.Tests;

public sealed class ArakawaJacobianTests
{
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
}
