using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;

namespace Esn.Benchmarks;

/// <summary>Operational metrics in which nothing happens: every alarm of preset metric is a false one.</summary>
static class MetricFeeds
{
    const int Steps = 12_000;

    static readonly (string Name, Func<Xoshiro256StarStar, Func<int, double>> Begin)[] All =
    [
        ("Gauss", r => t => 100 + Noise(r)),
        ("Student t(3)", r => t => 100 + StudentT.Sample(r, 0, 1, 3)),
        ("lognormal, σ .5", r => t => 100 * Math.Exp(.5 * Noise(r))),
        ("lognormal, σ 1", r => t => Math.Exp(Noise(r))),
        ("AR(.9)", r => Wandering(r, .9)),
        ("AR(.99)", r => Wandering(r, .99)),
        ("AR(.999)", r => Wandering(r, .999)),
        ("day, weekend", r => t => 50 * Day(t) * (t / 288 % 7 >= 5 ? .7 : 1) + 2 * Noise(r)),
        ("counts by day", r => t => Poisson.Sample(r, 20 * Day(t))),
        ("few counts by day", r => t => Poisson.Sample(r, .6 * Day(t))),
        ("whole numbers", r => t => Math.Round(100 + .5 * Noise(r))),
        ("bursts that fade", Bursts),
        ("spikes, 1 %", r => t => 10 + Noise(r) + (r.NextDouble() < .01 ? 50 * Math.Exp(.5 * Noise(r)) : 0)),
        ("noisy ramp", r => t => .01 * t + .5 * Noise(r)),
        ("counter", Counter),
        ("flat", _ => _ => 42),
    ];

    /// <summary>Alarms in 10,000 steps, by the budget that was asked for.</summary>
    public static void Table(List<Figure> figures, int seeds)
    {
        double?[] budgets = [null, 1e-3, 1e-4, 1e-5];
        string title = FormattableString.Invariant($"metric, {Steps:N0} steps × {seeds}: per 10,000");
        Console.WriteLine($"{title,-42}{"default",9}"
            + string.Concat(budgets.Skip(1).Select(b => FormattableString.Invariant($"{b,9:0e+0}"))));
        foreach ((string name, Func<Xoshiro256StarStar, Func<int, double>> begin) in All)
        {
            double[] row = [.. budgets.Select(budget => Rate(begin, budget, seeds))];
            Console.WriteLine($"{name,-42}" + string.Concat(row.Select(r => FormattableString.Invariant($"{r,9:0.0}"))));
            figures.Add(new Figure($"budget metric {name}", row[0], "per 10,000 rows"));
        }
    }

    static double Rate(Func<Xoshiro256StarStar, Func<int, double>> begin, double? budget, int seeds)
    {
        ModelSpec spec = Presets.Metric();
        if (budget is { } allowed) spec = spec.WithBudget(allowed);
        int[] told = new int[seeds];
        Parallel.For(0, seeds, i =>
        {
            Func<int, double> feed = begin(new Xoshiro256StarStar(900 + i, threadSafe: false));
            var (results, times) = (new StepResult[Steps], new DateTime[Steps]);
            for (int t = 0; t < Steps; t++) times[t] = new DateTime(2026, 1, 5, 0, 0, 0, DateTimeKind.Utc).AddMinutes(5 * t);
            new Detector(spec, 1).StepMany(times, [.. Enumerable.Range(0, Steps).Select(feed)], results, new double[Steps]);
            told[i] = LabelledFeed.Told(results).Count();
        });
        return 1e4 * told.Sum() / (Steps * (double)seeds);
    }

    static double Noise(Xoshiro256StarStar random) => Normal.Sample(random, 0, 1);

    static double Day(int t) => 1 + .8 * Math.Sin(2 * Math.PI * t / 288);

    static Func<int, double> Wandering(Xoshiro256StarStar random, double memory)
    {
        double x = 0;
        return _ => 1000 + (x = memory * x + Noise(random));
    }

    static Func<int, double> Bursts(Xoshiro256StarStar random)
    {
        double burst = 0;
        return _ =>
        {
            if (random.NextDouble() < .005) burst = 20 * Math.Exp(.5 * Noise(random));
            return 10 + Noise(random) + (burst *= .6);
        };
    }

    static Func<int, double> Counter(Xoshiro256StarStar random)
    {
        double sum = 0;
        return t => sum += Poisson.Sample(random, 10 * Day(t));
    }
}
