using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

public class ReservoirTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(50, 1)]
    [InlineData(300, 10)]
    [InlineData(2000, 3)]
    public void The_graph_is_strongly_connected(int units, int degree)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            CsrMatrix w = new Reservoir(new ReservoirSpec { Units = units, Degree = degree, Seed = seed, SpectralRadius = 1 }, 1).Weights;
            List<int>[] forth = [.. Enumerable.Range(0, units).Select(_ => new List<int>())],
                back = [.. forth.Select(_ => new List<int>())];
            for (int entry = 0; entry < w.Columns.Length; entry++)
            {
                Assert.NotEqual(0, w.Values[entry]);
                forth[w.Columns[entry]].Add(entry / degree);
                back[entry / degree].Add(w.Columns[entry]);
            }
            Assert.Equal(units, Reached(forth));
            Assert.Equal(units, Reached(back));
        }

        // Units that a walk from unit 0 comes to.
        static int Reached(List<int>[] edges)
        {
            var seen = new bool[edges.Length];
            var open = new Stack<int>([0]);
            seen[0] = true;
            int count = 1;
            while (open.TryPop(out int unit))
                foreach (int next in edges[unit].Where(next => !seen[next]))
                {
                    seen[next] = true;
                    count++;
                    open.Push(next);
                }
            return count;
        }
    }

    [Fact]
    public void Every_row_has_its_number_of_different_inputs()
    {
        CsrMatrix w = new Reservoir(new ReservoirSpec { Units = 100, Degree = 8 }, 1).Weights;
        for (int row = 0; row < 100; row++)
        {
            int[] inputs = w.Columns.Slice(row * 8, 8).ToArray();
            Assert.Equal(inputs.Order().Distinct(), inputs);
            Assert.DoesNotContain(row, inputs);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_step_is_the_leaky_update_of_equation_1(int channels)
    {
        var spec = new ReservoirSpec { Units = 40, Degree = 5, LeakRates = [1, .5, .1] };
        var reservoir = new Reservoir(spec, channels);
        var random = new Xoshiro256StarStar(4, threadSafe: false);
        double[] x = random.NextDoubles(40), u = random.NextDoubles(channels), next = new double[40], zero = new double[40],
            at = new double[40];

        // b and W_in from the reservoir's own answers to unit inputs at x = 0, W from its sparse form.
        double[] Drive(double[] input)
        {
            reservoir.Step(input, zero, at);
            return [.. at.Select((value, i) => Math.Atanh(value / spec.LeakRates[i % 3]))];
        }
        double[] bias = Drive(new double[channels]);
        Matrix<double> w = Matrix<double>.Build.Dense(40, 40);
        for (int entry = 0; entry < reservoir.Weights.Columns.Length; entry++)
            w[entry / 5, reservoir.Weights.Columns[entry]] = reservoir.Weights.Values[entry];
        double[] recurrent = (w * Vector<double>.Build.Dense(x)).ToArray();
        double[] drive = Drive(u);
        Assert.All(bias, b => Assert.InRange(b, -spec.BiasScale, spec.BiasScale));

        reservoir.Step(u, x, next);
        for (int i = 0; i < 40; i++)
        {
            double a = spec.LeakRates[i % 3];
            Assert.Equal((1 - a) * x[i] + a * Math.Tanh(drive[i] + recurrent[i]), next[i], 1e-12);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 5)]
    [InlineData(3, 8)]
    [InlineData(2, 31)]
    public void Runs_side_by_side_have_the_bits_of_single_steps(int channels, int runs)
    {
        const int N = 30;
        var reservoir = new Reservoir(new ReservoirSpec { Units = N, Degree = 4, LeakRates = [.3, .9] }, channels);
        var random = new Xoshiro256StarStar(6, threadSafe: false);
        double[] x = random.NextDoubles(N * runs), u = random.NextDoubles(channels * runs), next = new double[N * runs];
        reservoir.Step(u, x, next, runs);
        for (int run = 0; run < runs; run++)
        {
            var single = new double[N];
            reservoir.Step([.. Enumerable.Range(0, channels).Select(c => u[c * runs + run])],
                [.. Enumerable.Range(0, N).Select(i => x[i * runs + run])], single);
            Assert.Equal(single, Enumerable.Range(0, N).Select(i => next[i * runs + run]));
        }
    }

    [Fact]
    public void Equal_specifications_give_equal_bits_and_another_seed_does_not()
    {
        var spec = new ReservoirSpec { Units = 300 };
        Assert.Equal(Trace(new Reservoir(spec, 2)), Trace(new Reservoir(spec, 2)));
        Assert.NotEqual(Trace(new Reservoir(spec, 2)), Trace(new Reservoir(spec with { Seed = 2 }, 2)));

        static double[] Trace(Reservoir reservoir)
        {
            double[] x = new double[300], next = new double[300];
            for (int t = 0; t < 100; t++)
            {
                reservoir.Step([Math.Sin(.2 * t), Math.Cos(.3 * t)], x, next);
                (x, next) = (next, x);
            }
            return x;
        }
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        var reservoir = new Reservoir(new ReservoirSpec { Units = 100 }, 2);
        double[] u = [1, 2, 3, 4, 5, 6], x = new double[300], next = new double[300];
        void Run()
        {
            reservoir.Step(u.AsSpan(0, 2), x.AsSpan(0, 100), next.AsSpan(0, 100));
            reservoir.Step(u, x, next, 3);
        }
        for (int i = 0; i < 100; i++) Run();
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 100; i++) Run();
        }));
    }

    [Fact]
    public void An_echo_fades_below_the_critical_radius()
    {
        var reservoir = new Reservoir(new ReservoirSpec { Units = 200, SpectralRadius = .8, LeakRates = [1] }, 1);
        var random = new Xoshiro256StarStar(8, threadSafe: false);
        double[] a = random.NextDoubles(200), b = random.NextDoubles(200), next = new double[200];
        for (int t = 0; t < 300; t++)
            foreach (double[] x in (double[][])[a, b])
            {
                reservoir.Step([Math.Sin(.1 * t)], x, next);
                next.CopyTo(x, 0);
            }
        Assert.All(a.Zip(b), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }
}
