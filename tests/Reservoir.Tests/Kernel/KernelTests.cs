using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>The contract of bits: live and announced, one thread and two, all vector widths.</summary>
public class KernelTests
{
    // Regressors, outputs, delay, steps from one turn of learning to the next, horizons.
    public static TheoryData<int, int, int, int, int[]> Shapes() => new()
    {
        { 1, 1, 0, 1, [1] },
        { 7, 1, 0, 1, [1] },
        { 52, 1, 3, 1, [1, 2, 30] },
        { 100, 3, 0, 1, [1] },
        { 108, 1, 0, 1, [1, 6, 12] },
        { 60, 33, 2, 1, [1, 5] },
        { 301, 40, 0, 1, [1] },
        { 515, 1, 0, 1, [1] },
        { 530, 37, 9, 1, [1, 3] },
        { 52, 1, 3, 5, [1, 2, 30] },
        { 100, 33, 0, 8, [1] },
        { 301, 40, 4, 8, [1, 3] },
        { 530, 37, 9, 16, [1] },
        { 530, 37, 0, 7, [1, 3] },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Bits_do_not_depend_on_batching_threads_or_vector_width(int regressors, int outputs, int delay, int turns,
        int[] horizons)
    {
        int steps = regressors > 500 ? 150 : 300;
        var spec = new ReadoutSpec { ForgettingFactor = .995, Regularisation = 1e-3, Horizons = horizons, Delay = delay };
        (double[][] z, double[][] u) = Feed.Make(regressors, outputs, steps, seed: 7);
        double[] reference = Run(Kernel.Best, _ => 1, parallel: false);
        Assert.All(reference, x => Assert.True(double.IsFinite(x)));
        foreach (Kernel kernel in Kernel.All)
        {
            // The scalar twin is slow: it sees blocks of one random sequence only.
            if (kernel is Kernel<Lanes1> && regressors > 500) continue;
            var random = new Xoshiro256StarStar(1, threadSafe: false);
            AssertSameBits(reference, Run(kernel, _ => 1, parallel: false), $"{kernel}, live");
            AssertSameBits(reference, Run(kernel, _ => 1 + random.Next(70), parallel: true), $"{kernel}, random blocks");
        }
        foreach (int block in (int[])[2, 3, 7, 16, 32, 45, steps])
            foreach (bool parallel in (bool[])[false, true])
                AssertSameBits(reference, Run(Kernel.Best, _ => block, parallel), $"blocks of {block}, parallel {parallel}");

        // All numbers that a run makes: errors and predictions of every step, then W, P and the trace.
        double[] Run(Kernel kernel, Func<int, int> blockAt, bool parallel)
        {
            var readout = new Readout(regressors, outputs, spec, kernel, new Turns(turns, Phase: 3)) { Parallel = parallel };
            var results = new List<double>();
            var prediction = new double[outputs];
            for (int t = 0; t < steps;)
            {
                int block = Math.Min(blockAt(t), steps - t);
                if (block > 1) readout.Begin(z.AsSpan(t, block).ToArray().SelectMany(row => row).ToArray(), block);
                for (int end = t + block; t < end; t++)
                {
                    results.AddRange(Feed.Step(readout, u[t], z[t], learn: t % 89 > 6 && t % 53 != 50, horizons.Length));
                    readout.Predict(z[t], prediction);
                    results.AddRange(prediction);
                    readout.Predict(horizons.Length - 1, z[t / 3], prediction);
                    results.AddRange(prediction);
                }
            }
            results.AddRange(readout.Weights);
            results.AddRange(readout.InverseCovariance());
            results.Add(readout.Trace);
            return [.. results];
        }
    }

    [Theory]
    [InlineData(24, 1, 1)]
    [InlineData(40, 34, 1)]
    [InlineData(520, 1, 1)]
    [InlineData(40, 34, 4)]
    [InlineData(520, 33, 16)]
    public void Bits_do_not_depend_on_batching_when_P_has_to_be_made_anew(int regressors, int outputs, int turns)
    {
        const int Steps = 200;
        (double[][] z, double[][] u) = Feed.Make(regressors, outputs, Steps, seed: 13);
        // A direction whose variance is 1e-26 comes again and again: rounding has made it larger than that, of either sign.
        for (int t = 40; t < Steps; t += 7) z[t] = [.. z[39].Select(x => 1e13 * x)];
        z[120][0] = 1e250;
        u[150][0] = 1e290;
        var spec = new ReadoutSpec { ForgettingFactor = .9, Horizons = [1, 2] };
        (double[] reference, long recoveries, long refusals) = Run(1);
        Assert.True(recoveries > 0 && refusals > 0, $"{recoveries} recoveries, {refusals} refusals");
        Assert.All(reference, x => Assert.True(double.IsFinite(x)));
        foreach (int block in (int[])[2, 31, 64])
        {
            (double[] results, long again, long refused) = Run(block);
            AssertSameBits(reference, results, $"blocks of {block}");
            Assert.Equal((recoveries, refusals), (again, refused));
        }

        (double[], long, long) Run(int block)
        {
            var readout = new Readout(regressors, outputs, spec, new Turns(turns, Phase: 1));
            var results = new List<double>();
            for (int t = 0; t < Steps;)
            {
                int count = Math.Min(block, Steps - t);
                readout.Begin(z.AsSpan(t, count).ToArray().SelectMany(row => row).ToArray(), count);
                for (int end = t + count; t < end; t++) results.AddRange(Feed.Step(readout, u[t], z[t], learn: t % 50 != 49, horizons: 2));
            }
            return ([.. results, .. readout.Weights, .. readout.InverseCovariance(), readout.Trace], readout.Recoveries, readout.Refusals);
        }
    }

    static void AssertSameBits(double[] expected, double[] actual, string run)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            if (BitConverter.DoubleToInt64Bits(expected[i]) != BitConverter.DoubleToInt64Bits(actual[i]))
                Assert.Fail($"{run}: number {i} of {expected.Length} is {actual[i]:R} instead of {expected[i]:R}");
    }
}
