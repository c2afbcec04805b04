using Esn.Streaming.Simulation;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;

namespace Esn.Benchmarks;

/// <summary>Mackey–Glass with γ = .13 in place of .10 for 50 steps, twice a seed, under observation noise.</summary>
static class Gamma
{
    const double AnomalousGamma = .13;
    const int Duration = 50, Tolerance = 75, Steps = 12_000;
    static readonly double[] Noises = [0, .01, .03, .10];

    public static readonly Benchmark Benchmark =
        new("gamma", "γ-anomalies of Mackey–Glass: caught, false alarms, delay [--seeds N] [--first SEED]", Run);

    static List<Figure> Run(string[] options)
    {
        int seeds = Options.Int(options, "--seeds", 20), first = Options.Int(options, "--first", 100);
        var figures = new List<Figure>();
        Console.WriteLine($"{"",-34}{"caught",8}{"of",5}{"false per 10,000",18}{"median delay",14}");
        (string, double, int)[] budgets =
            [("1 per 10,000", 1e-4, 4000), ("1 per 100,000", 1e-5, 4000), ("1 per 10,000, after 2000", 1e-4, 2000)];
        foreach ((string name, double budget, int after) in budgets)
            foreach (double noise in Noises)
            {
                Outcome[] outcomes = new Outcome[seeds];
                Parallel.For(0, seeds, i => outcomes[i] = One(first + i, noise, budget, after));
                int caught = outcomes.Sum(o => o.Delays.Count);
                double falseAlarms = 1e4 * outcomes.Sum(o => o.False) / outcomes.Sum(o => (double)o.Judged);
                int[] delays = [.. outcomes.SelectMany(o => o.Delays).Order()];
                double delay = delays.Length > 0 ? delays[delays.Length / 2] : double.NaN;
                string row = FormattableString.Invariant($"{name}, noise {100 * noise:0} %");
                Console.WriteLine(FormattableString.Invariant($"{row,-34}{caught,8}{2 * seeds,5}{falseAlarms,18:0.00}{delay,14:0}"));
                figures.Add(new Figure($"gamma {row}: caught", 100.0 * caught / (2 * seeds), "percent"));
                figures.Add(new Figure($"gamma {row}: false", falseAlarms, "per 10,000 steps"));
                if (!double.IsNaN(delay)) figures.Add(new Figure($"gamma {row}: delay", delay, "steps"));
            }
        return figures;
    }

    /// <summary>What one feed came to.</summary>
    public sealed record Outcome(List<int> Delays, int False, int Judged);

    /// <summary>One feed: two anomalies at random places after the given step.</summary>
    public static Outcome One(int seed, double noise, double budget, int after)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        int half = (Steps - after) / 2;
        int[] onsets = [after + random.Next(half - 600), after + half + random.Next(half - 600)];
        double[] feed =
            Feed(random, noise, Steps, t => onsets.Any(o => t >= o && t < o + Duration) ? AnomalousGamma : MackeyGlass.NormalGamma);
        ErrorModelSpec spec = Presets.Signal(budget);
        List<long> told = [.. Runner.Run(spec, feed, 1).Where(r => r.Alarm is { Announced: true })
            .Select(r => r.Position)];
        List<int> delays = [.. onsets
            .Select(o => told.FindIndex(t => t >= o && t < o + Tolerance) is int i and >= 0 ? (int)(told[i] - o) : -1)
            .Where(d => d >= 0)];
        // What follows within 200 steps of an anomaly is its aftermath, neither hit nor false.
        int falseAlarms = told.Count(t => !onsets.Any(o => t >= o && t < o + Duration + 200));
        return new Outcome(delays, falseAlarms, Steps - spec.WarmUp);
    }

    /// <summary>Noisy Mackey–Glass, begun at random after a transient.</summary>
    public static double[] Feed(Xoshiro256StarStar random, double noise, int steps, Func<int, double> gamma)
    {
        const double Deviation = .24;  // of the signal
        var source = new MackeyGlass(.6 + .8 * random.NextDouble());
        for (int t = 0; t < 500; t++) source.Next();
        double[] feed = new double[steps];
        for (int t = 0; t < steps; t++) feed[t] = source.Next(gamma(t)) + noise * Deviation * Normal.Sample(random, 0, 1);
        return feed;
    }
}
