using System.Diagnostics;
using MathNet.Numerics.LinearAlgebra.Double;
using MathNet.Numerics.Random;

namespace Esn.Benchmarks;

/// <summary>What the kernel's figures are measured on.</summary>
static class Workload
{
    /// <summary>Steps of a feed; longer runs go round it.</summary>
    public const int Length = 512;

    /// <summary>z's with memory, [Length×D], and frames, [Length×outputs]; seeded.</summary>
    public static (double[] States, double[] Frames) Feed(int regressors, int outputs)
    {
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        var states = new double[Length * regressors];
        var frames = new double[Length * outputs];
        for (int i = 0; i < states.Length; i++)
            states[i] = i % regressors == 0 ? 1 : .8 * (i >= regressors ? states[i - regressors] : 0) + random.NextDouble() - .5;
        for (int i = 0; i < frames.Length; i++) frames[i] = Math.Sin(.1 * i) + .1 * random.NextDouble();
        return (states, frames);
    }

    /// <summary>A readout's steps, one at a time (block 1) or announced in blocks.</summary>
    public static void Run(Readout readout, double[] states, double[] frames, int steps, int block, double[] errors)
    {
        int d = readout.Regressors, m = readout.Outputs;
        for (int done = 0; done < steps; done += block)
        {
            int start = done % Length;
            if (block > 1) readout.Begin(states.AsSpan(start * d, block * d), block);
            for (int t = start; t < start + block; t++)
            {
                readout.Settle(frames.AsSpan(t * m, m), errors);
                readout.Learn();
                readout.Push(states.AsSpan(t * d, d));
            }
        }
    }

    /// <summary>The least time of one call over several rounds of calls: what the machine can do when it is left alone.</summary>
    /// <returns>Seconds a call.</returns>
    public static double Time(Action call, double seconds = .6, int rounds = 40)
    {
        call();
        double best = double.PositiveInfinity;
        int calls = 1;
        for (int round = 0; round < rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            int count = 0;
            do
            {
                for (int i = 0; i < calls; i++) call();
                count += calls;
            }
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds / rounds);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / count);
        }
        return best;
    }

    /// <summary>A read over half of P, 8·D(D+1)/2 bytes, on one thread.</summary>
    public static double ReadHalf(int order)
    {
        var half = new double[(long)order * (order + 1) / 2];
        Array.Fill(half, 1e-3);
        double sum = 0;
        double time = Time(() => sum += System.Numerics.Tensors.TensorPrimitives.Sum<double>(half));
        return sum > 0 ? time : double.NaN;
    }

    /// <summary>The same algorithm in plain MathNet, on one thread: one step.</summary>
    public static Action MathNetStep(int order, int outputs)
    {
        MathNet.Numerics.Control.UseSingleThread();
        (double[] states, double[] frames) = Feed(order, outputs);
        DenseMatrix p = DenseMatrix.CreateDiagonal(order, order, 1e4);
        var w = new DenseMatrix(outputs, order);
        int t = 0;
        return () =>
        {
            var z = new DenseVector(states.AsSpan(t % Length * order, order).ToArray());
            var u = new DenseVector(frames.AsSpan(t++ % Length * outputs, outputs).ToArray());
            var g = p * z;
            var k = g / (1 + z * g);
            w.Add((u - w * z).OuterProduct(k), w);
            p.Subtract(k.OuterProduct(g), p);
        };
    }
}
