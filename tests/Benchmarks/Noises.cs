using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;

namespace Esn.Benchmarks;

/// <summary>Errors of every kind that a calibrator must take: independent, coloured, of changing spread, sparse.</summary>
static class Noises
{
    /// <summary>Name → a source of errors, seeded.</summary>
    public static readonly (string Name, Func<int, Func<double>> Begin)[] All =
    [
        ("Gauss", seed => Independent(seed, r => Normal.Sample(r, 0, 1))),
        ("Laplace", seed => Independent(seed, r => Laplace.Sample(r, 0, 1))),
        ("Student t(3)", seed => Independent(seed, r => StudentT.Sample(r, 0, 1, 3))),
        ("Cauchy", seed => Independent(seed, r => Cauchy.Sample(r, 0, 1))),
        ("uniform", seed => Independent(seed, r => 2 * r.NextDouble() - 1)),
        ("rounded to σ/2", seed => Independent(seed, r => Math.Round(2 * Normal.Sample(r, 0, 1)) / 2)),
        ("AR(.9)", seed => Autoregressive(seed, .9)),
        ("AR(.99)", seed => Autoregressive(seed, .99)),
        ("GARCH(.08,.90)", Garch),
        ("stochastic volatility", StochasticVolatility),
        ("σ 1 ↔ 3", Switching),
        ("bursts", Bursts),
        ("sparse spikes", Spikes),
        ("σ triples in 40,000", Tripling),
    ];

    /// <summary>Those that slow ramps are checked on beside the usual ones.</summary>
    public static readonly (string Name, Func<int, Func<double>> Begin)[] Others =
    [
        .. All.Where(noise => noise.Name is "Laplace" or "uniform" or "AR(.99)" or "σ 1 ↔ 3"),
        ("AR(.8)", seed => Autoregressive(seed, .8)),
        ("AR(.95)", seed => Autoregressive(seed, .95)),
    ];

    static Xoshiro256StarStar Random(int seed) => new(seed, threadSafe: false);

    static Func<double> Independent(int seed, Func<Xoshiro256StarStar, double> draw)
    {
        Xoshiro256StarStar random = Random(seed);
        return () => draw(random);
    }

    static Func<double> Autoregressive(int seed, double coefficient)
    {
        Xoshiro256StarStar random = Random(seed);
        double x = Normal.Sample(random, 0, 1 / Math.Sqrt(1 - coefficient * coefficient));
        return () => x = coefficient * x + Normal.Sample(random, 0, 1);
    }

    static Func<double> Garch(int seed)
    {
        Xoshiro256StarStar random = Random(seed);
        double variance = 1, e = 0;
        return () =>
        {
            variance = .02 + .08 * e * e + .90 * variance;
            return e = Math.Sqrt(variance) * Normal.Sample(random, 0, 1);
        };
    }

    // ln σ is AR(.995) of standard deviation .5.
    static Func<double> StochasticVolatility(int seed)
    {
        Xoshiro256StarStar random = Random(seed);
        double logDeviation = 0;
        return () =>
        {
            logDeviation = .995 * logDeviation + .5 * Math.Sqrt(1 - .995 * .995) * Normal.Sample(random, 0, 1);
            return Math.Exp(logDeviation) * Normal.Sample(random, 0, 1);
        };
    }

    static Func<double> Switching(int seed)
    {
        Xoshiro256StarStar random = Random(seed);
        bool wide = false;
        return () =>
        {
            if (random.NextDouble() < 1 / 2000.0) wide = !wide;
            return (wide ? 3 : 1) * Normal.Sample(random, 0, 1);
        };
    }

    // Six times as wide for 20 steps, once in 2000.
    static Func<double> Bursts(int seed)
    {
        Xoshiro256StarStar random = Random(seed);
        int left = 0;
        return () =>
        {
            if (left == 0 && random.NextDouble() < 1 / 2000.0) left = 20;
            double deviation = left > 0 ? 6 : 1;
            left = Math.Max(0, left - 1);
            return deviation * Normal.Sample(random, 0, 1);
        };
    }

    static Func<double> Spikes(int seed)
    {
        Xoshiro256StarStar random = Random(seed);
        return () => random.NextDouble() < .01 ? Normal.Sample(random, 0, 1) : 0;
    }

    static Func<double> Tripling(int seed)
    {
        Xoshiro256StarStar random = Random(seed);
        int t = 0;
        return () => (1 + (t++ % 40_000) / 20_000.0) * Normal.Sample(random, 0, 1);
    }
}
