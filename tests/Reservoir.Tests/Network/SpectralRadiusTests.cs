using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

public class SpectralRadiusTests
{
    [Theory]
    [InlineData(20, 3, .9)]
    [InlineData(128, 10, 1.1)]
    [InlineData(129, 10, 1.1)]  // the first of the iterative method
    [InlineData(300, 10, .95)]
    [InlineData(500, 2, 1.25)]
    public void The_radius_asked_for_is_that_of_the_dense_eigenvalues_within_a_thousandth(int units, int degree, double radius)
    {
        for (int seed = 1; seed <= 2; seed++)
        {
            CsrMatrix w = new Reservoir(new ReservoirSpec { Units = units, Degree = degree, SpectralRadius = radius, Seed = seed }, 1)
                .Weights;
            Matrix<double> dense = Matrix<double>.Build.Dense(units, units);
            for (int entry = 0; entry < w.Columns.Length; entry++) dense[entry / degree, w.Columns[entry]] = w.Values[entry];
            double actual = dense.Evd().EigenValues.Max(value => value.Magnitude);
            Assert.InRange(actual / radius, .999, 1.001);
        }
    }

    [Fact]
    public void Growth_and_dense_eigenvalues_agree_on_a_known_radius()
    {
        // A weighted cycle of length n has the eigenvalues (Π w)^(1/n) times the roots of unity.
        const int N = 64;
        double[] values = [.. new Xoshiro256StarStar(2, threadSafe: false).NextDoubles(N).Select(x => x + .5)];
        int[] columns = [.. Enumerable.Range(0, N).Select(i => (i + 1) % N)];
        var cycle = new CsrMatrix(N, 1, columns, values);
        double known = Math.Exp(values.Average(Math.Log));
        Assert.InRange(SpectralRadius.Dense(cycle) / known, 1 - 1e-9, 1 + 1e-9);
        Assert.InRange(SpectralRadius.Growth(cycle) / known, .999, 1.001);
    }

    [Fact]
    public void Ten_thousand_units_take_seconds_and_scale_as_asked()
    {
        // The circular law: independent entries of variance s² in d places a row have the radius s√d for large N.
        const int N = 10_000, Degree = 10;
        var reservoir = new Reservoir(new ReservoirSpec { Units = N, Degree = Degree, SpectralRadius = 1 }, 1);
        double meanSquare = reservoir.Weights.Values.ToArray().Average(x => x * x);
        Assert.InRange(Math.Sqrt(Degree * meanSquare), .97, 1.03);
    }

    [Fact]
    public void At_ten_thousand_units_the_radius_is_that_of_a_plain_long_iteration()
    {
        // ln ‖Aᵏx‖/k between two far steps of an unwindowed iteration from another start.
        const int N = 10_000, Settling = 4000, Steps = 12_000;
        CsrMatrix w = new Reservoir(new ReservoirSpec { Units = N, SpectralRadius = 1.1, Seed = 3 }, 1).Weights;
        double[] x = new Xoshiro256StarStar(99, threadSafe: false).NextDoubles(N), y = new double[N];
        double logGrowth = 0;
        for (int k = 0; k < Settling + Steps; k++)
        {
            w.Multiply(x, y);
            double norm = Math.Sqrt(y.Sum(value => value * value));
            if (k >= Settling) logGrowth += Math.Log(norm);
            for (int i = 0; i < N; i++) x[i] = y[i] / norm;
        }
        Assert.InRange(Math.Exp(logGrowth / Steps) / 1.1, .999, 1.001);
    }

    [Fact]
    public void The_bits_are_the_same_each_time()
    {
        var spec = new ReservoirSpec { Units = 700 };
        Assert.Equal(new Reservoir(spec, 1).Weights.Values.ToArray(), new Reservoir(spec, 1).Weights.Values.ToArray());
    }

    [Fact]
    public void A_matrix_without_a_radius_is_refused()
    {
        // Strictly triangular: nilpotent.
        const int N = 200;
        int[] columns = [.. Enumerable.Range(0, N).Select(i => Math.Max(i - 1, 0))];
        double[] values = [.. Enumerable.Range(0, N).Select(i => i == 0 ? 0.0 : 1.0)];
        Assert.Throws<ArithmeticException>(() => SpectralRadius.Of(new CsrMatrix(N, 1, columns, values)));
    }

    [Fact]
    public void A_column_outside_the_matrix_is_refused() =>
        Assert.Throws<ArgumentException>(() => new CsrMatrix(2, 1, [0, 2], [1, 1]));
}
