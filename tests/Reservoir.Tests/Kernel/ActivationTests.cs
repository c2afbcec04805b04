using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>tanh of the kernels beside the runtime's, and its bits at all widths.</summary>
public unsafe class ActivationTests
{
    const double UlpOfOne = 2.220446049250313e-16;

    static readonly double[] Extremes = [0, -0.0, double.Epsilon, -double.Epsilon, -1e-310, Math.BitDecrement(2.2250738585072014e-308),
        -2.2250738585072014e-308, double.MaxValue, double.PositiveInfinity, double.NegativeInfinity];

    // Of all magnitudes, dense where the argument's reduction goes from one k to the next.
    static double[] Arguments()
    {
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        List<double> x = [.. Extremes, 19.9, 20, 20.1, -700, 1e300];
        for (int i = 0; i < 200_000; i++) x.Add((random.NextDouble() * 2 - 1) * Math.Pow(10, random.NextDouble() * 12 - 10));
        for (int i = 0; i < 200_000; i++) x.Add((random.NextDouble() * 2 - 1) * 22);
        for (int k = 1; k < 60; k++)
            for (int e = -3; e <= 3; e++) x.Add((k - .5) * Math.Log(2) / 2 * (1 + e * UlpOfOne));
        return [.. x];
    }

    // −0 is what adds nothing to any number: 0 + −0 is 0, which would hide the sign of tanh(−0).
    static double[] Tanh(Kernel kernel, double[] x)
    {
        double[] y = [.. x], none = new double[x.Length], all = new double[x.Length];
        Array.Fill(all, 1);
        Array.Fill(none, -0.0);
        fixed (double* keep = all, leak = all, from = none, to = y) kernel.Activate(keep, leak, from, to, x.Length);
        return y;
    }

    static long[] Bits(double[] x) => [.. x.Select(BitConverter.DoubleToInt64Bits)];

    [Fact]
    public void Tanh_is_within_three_units_of_the_last_place_of_the_runtimes()
    {
        double[] x = Arguments(), y = Tanh(Kernel.Best, x);
        for (int i = 0; i < x.Length; i++)
        {
            double expected = Math.Tanh(x[i]), unit = Math.BitIncrement(Math.Abs(expected)) - Math.Abs(expected);
            Assert.True(Math.Abs(y[i] - expected) <= 3 * unit, $"tanh({x[i]:R}) was {y[i]:R}, not {expected:R}");
            Assert.Equal(double.IsNegative(x[i]), double.IsNegative(y[i]));
        }
    }

    // Each of them in each lane, and among the last few.
    [Fact]
    public void Zeros_keep_their_sign_subnormals_are_their_own_tanh_and_infinities_give_one_at_all_widths()
    {
        foreach (Kernel kernel in Kernel.All)
            for (int first = 0; first < 8; first++)
            {
                double[] x = [.. Enumerable.Repeat(.5, first), .. Extremes];
                double[] expected = [.. Extremes.Select(e => Math.Abs(e) < 1 ? e : Math.Sign(e))];
                Assert.Equal(Bits(expected), Bits(Tanh(kernel, x)[first..]));
            }
    }

    [Fact]
    public void What_is_no_number_stays_none()
    {
        foreach (Kernel kernel in Kernel.All)
            Assert.All(Tanh(kernel, [.. Enumerable.Repeat(double.NaN, 11)]), y => Assert.True(double.IsNaN(y)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(100)]
    [InlineData(300_001)]
    public void Bits_do_not_depend_on_the_width_or_on_the_place(int count)
    {
        double[] x = [.. Arguments().Take(count)], reference = Tanh(new Kernel<Lanes1>(), x);
        foreach (Kernel kernel in Kernel.All) Assert.Equal(Bits(reference), Bits(Tanh(kernel, x)));
    }

    [Theory]
    [InlineData(5, 8, 8)]
    [InlineData(9, 3, 3)]
    [InlineData(9, 3, 2)]
    [InlineData(4, 19, 19)]
    [InlineData(9, 8, 1)]
    [InlineData(230, 8, 5)]
    [InlineData(11, 16, 9)]
    [InlineData(3, 608, 601)]
    public void Side_by_side_each_run_that_is_used_has_the_bits_it_has_alone_at_all_widths(int rows, int runs, int used)
    {
        var random = new Xoshiro256StarStar(4, threadSafe: false);
        double[] keep = random.NextDoubles(rows), leak = random.NextDoubles(rows), x = random.NextDoubles(rows * runs),
            y = random.NextDoubles(rows * runs);
        foreach (Kernel kernel in Kernel.All)
        {
            double[] together = [.. y];
            fixed (double* k = keep, a = leak, from = x, to = together) kernel.ActivateSideBySide(k, a, from, to, rows, runs, used);
            if (runs % 8 == 0)
                for (int run = used; run < runs; run++) Assert.Equal(new double[rows], Column(together, run));
            for (int run = 0; run < used; run++)
            {
                double[] before = Column(x, run), alone = Column(y, run);
                fixed (double* k = keep, a = leak, from = before, to = alone) kernel.Activate(k, a, from, to, rows);
                Assert.Equal(Bits(Column(together, run)), Bits(alone));
            }
        }

        double[] Column(double[] of, int run) => [.. Enumerable.Range(0, rows).Select(i => of[i * runs + run])];
    }
}
