using MathNet.Numerics.Random;

namespace Esn.Tests;

/// <summary>Seeded regressors and frames with memory, as a reservoir would give.</summary>
static class Feed
{
    /// <summary>z(0) … z(steps−1), [steps][D], and u(0) … u(steps−1), [steps][outputs]: u(t+1) is near a fixed map of z(t).</summary>
    public static (double[][] Z, double[][] U) Make(int regressors, int outputs, int steps, int seed)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double[][] map = [.. Enumerable.Range(0, outputs)
            .Select(_ => Enumerable.Range(0, regressors).Select(_ => 2 * random.NextDouble() - 1).ToArray())];
        var z = new double[steps][];
        var u = new double[steps][];
        for (int t = 0; t < steps; t++)
        {
            z[t] = [.. Enumerable.Range(0, regressors).Select(i =>
                i == 0 ? 1 : .7 * (t > 0 ? z[t - 1][i] : 0) + .3 * Math.Sin(.1 * i * t) + .4 * (random.NextDouble() - .5))];
            u[t] = [.. map.Select(row => (t > 0 ? row.Zip(z[t - 1], (a, b) => a * b).Sum() : 0) + .1 * (random.NextDouble() - .5))];
        }
        return (z, u);
    }

    /// <summary>One step as the detector does it.</summary>
    public static double[] Step(Readout readout, double[] u, double[] z, bool learn, int horizons = 1)
    {
        var errors = new double[horizons * u.Length];
        readout.Settle(u, errors);
        if (learn) readout.Learn();
        else readout.Skip();
        readout.Push(z);
        return errors;
    }
}
