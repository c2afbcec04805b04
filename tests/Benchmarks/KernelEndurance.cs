using MathNet.Numerics.Random;

namespace Esn.Benchmarks;

/// <summary>10⁷ steps at N = 50 of input that breaks an unguarded RLS: every number must stay finite.</summary>
static class KernelEndurance
{
    const int Steps = 10_000_000, D = 52;

    public static IReadOnlyList<Figure> Run()
    {
        var figures = new List<Figure>();
        var inputs = new Dictionary<string, Func<Xoshiro256StarStar, int, int, double>>
        {
            ["constant"] = (_, _, i) => 1 + i % 3,
            ["zero"] = (_, _, _) => 0,
            ["periodic"] = (_, t, i) => Math.Sin(Math.PI * t / 6 + i),
            ["random-walk"] = null!,  // made below: it has a memory
            ["huge"] = (random, t, _) => t % 100 < 3 ? 1e300 * (2 * random.NextDouble() - 1) : random.NextDouble(),
            ["denormal"] = (random, _, _) => 5e-324 * random.Next(100),
        };
        foreach ((string name, Func<Xoshiro256StarStar, int, int, double> input) in inputs)
        {
            var random = new Xoshiro256StarStar(1, threadSafe: false);
            var readout = new Readout(D, 1, new ReadoutSpec { ForgettingFactor = .999 });
            double[] z = new double[D], u = new double[1], errors = new double[1];
            double largest = 0;
            for (int t = 0; t < Steps; t++)
            {
                for (int i = 0; i < D; i++) z[i] = input is null ? z[i] + random.NextDouble() - .5 : input(random, t, i);
                u[0] = z[D - 1];
                readout.Settle(u, errors);
                readout.Learn();
                readout.Push(z);
                largest = Math.Max(largest, readout.Trace);
                if (!double.IsFinite(readout.Trace) || !double.IsFinite(errors[0]))
                    throw new ArithmeticException($"{name}: not finite at step {t}");
            }
            foreach (double w in readout.Weights)
                if (!double.IsFinite(w)) throw new ArithmeticException($"{name}: W_out is not finite");
            Console.WriteLine($"{name,-12} largest trace(P) over its limit {largest / (D / 1e-4):F4}, {readout.Recoveries} recoveries, "
                + $"{readout.Refusals} frames refused");
            figures.Add(new($"endurance-{name}-recoveries", readout.Recoveries, "count"));
        }
        return figures;
    }
}
