using Esn.Streaming.Simulation;
using MathNet.Numerics.LinearAlgebra.Double;
using Xunit;
using static Esn.Stream.Tests.PlainGyre;

namespace Esn.Stream.Tests;

public sealed class HelmholtzSolverTests
{
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
}
