using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

public class ReadoutFinitenessTests
{
    const int D = 24;

    /// <summary>Inputs that have no business in a reservoir, by step and element.</summary>
    static readonly Dictionary<string, Func<Xoshiro256StarStar, int, int, double>> Inputs = new()
    {
        ["constant"] = (_, _, _) => 3,
        ["zero"] = (_, _, _) => 0,
        ["periodic"] = (_, t, i) => Math.Sin(Math.PI * t / 6 + i),
        ["random walk"] = (random, t, _) => 1e-2 * t * (random.NextDouble() - .5),
        ["huge"] = (random, _, _) => random.Next(3) switch { 0 => 1e300, 1 => -1e300, _ => 1 },
        ["now and then huge"] = (random, t, _) => t % 50 < 3 ? 1e300 * (random.NextDouble() - .5) : random.NextDouble(),
        ["all scales"] = (random, _, _) => (random.NextDouble() - .5) * Math.Pow(10, 600 * random.NextDouble() - 300),
        ["large but square"] = (random, t, i) => 1e140 * Math.Sin(t % 5 + i) + random.NextDouble(),
        ["denormal"] = (random, _, _) => 5e-324 * random.Next(100),
        ["the largest and the least"] = (_, t, i) => (t + i) % 2 == 0 ? double.MaxValue : double.Epsilon,
    };

    public static TheoryData<string> Names() => [.. Inputs.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Whatever_comes_every_number_stays_finite(string input)
    {
        const int Steps = 5000;
        foreach (double forgetting in (double[])[1, .99, .5])
        {
            var random = new Xoshiro256StarStar(17, threadSafe: false);
            var readout = new Readout(D, 2, new ReadoutSpec { ForgettingFactor = forgetting, Horizons = [1, 5], Delay = 1 });
            double[] errors = new double[4], prediction = new double[2];
            for (int t = 0; t < Steps; t++)
            {
                double[] u = [Inputs[input](random, t, 0), Inputs[input](random, t + 1, 1)];
                double[] z = [.. Enumerable.Range(0, D).Select(i => Inputs[input](random, t, i))];
                readout.Settle(u, errors);
                readout.Learn();
                readout.Push(z);
                readout.Predict(z, prediction);
                Assert.All(errors, e => Assert.InRange(Math.Abs(e), 0, Readout.Limit));
                Assert.All(prediction, y => Assert.InRange(Math.Abs(y), 0, Readout.Limit));
                Assert.InRange(readout.Trace, 0, 1.01 / forgetting * D / 1e-4);
            }
            Assert.All(readout.Weights.ToArray(), w => Assert.True(double.IsFinite(w)));
            Assert.All(readout.InverseCovariance(), p => Assert.True(double.IsFinite(p)));
        }
    }
}
