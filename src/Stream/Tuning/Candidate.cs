using System.Globalization;
using MathNet.Numerics.Random;

namespace Esn.Streaming.Tuning;

/// <summary>The few parameters that matter. The others stay as configured.</summary>
/// <param name="SpectralRadius">ρ.</param>
/// <param name="InputScale">Of W_in.</param>
/// <param name="LeakRates">a; several keep their ratios, as far as they stay in (0, 1].</param>
/// <param name="Regularisation">β².</param>
/// <param name="ForgettingFactor">λ.</param>
/// <param name="Units">N.</param>
public sealed record Candidate(double SpectralRadius, double InputScale, IReadOnlyList<double> LeakRates, double Regularisation,
    double ForgettingFactor, int Units)
{
    static readonly double[] Memories = [double.PositiveInfinity, 100_000, 30_000, 10_000, 3000, 1000];  // 1/(1−λ), steps
    static readonly double[] Sizes = [1 / 3.0, 1 / 2.0, 2 / 3.0, 1, 1.5];  // of the configured N

    /// <summary>Those of a model.</summary>
    public static Candidate Of(ModelSpec spec) => new(
        spec.Reservoir.SpectralRadius, spec.Reservoir.InputScale, spec.Reservoir.LeakRates, spec.Readout.Regularisation,
        spec.Readout.ForgettingFactor, spec.Reservoir.Units);

    /// <summary>The model with them.</summary>
    /// <param name="spec">Of any kind.</param>
    /// <param name="seed">Added to that of the reservoir.</param>
    public ModelSpec In(ModelSpec spec, int seed = 0) => spec with
    {
        Reservoir = spec.Reservoir with
        {
            SpectralRadius = SpectralRadius, InputScale = InputScale, LeakRates = LeakRates, Units = Units,
            Degree = Math.Min(spec.Reservoir.Degree, Units - 1), Seed = spec.Reservoir.Seed + seed,
        },
        Readout = spec.Readout with { Regularisation = Regularisation, ForgettingFactor = ForgettingFactor },
    };

    /// <summary>Anywhere in the space: ρ in [.4, 1.5], input scale in [.03, 2], the largest leak rate in [.1, 1], β² in [1e-8, 1],
    /// λ = 1 or a memory of 1000 to 100,000 steps, N from a third to one and a half of what is configured.</summary>
    public Candidate Anywhere(Xoshiro256StarStar random) => new(
        Rounded(.4 + 1.1 * random.NextDouble()), Rounded(Between(random, .03, 2)), Scaled(Between(random, .1, 1) / LeakRates.Max()),
        Rounded(Between(random, 1e-8, 1)), Forgetting(random), Size(random));

    /// <summary>In the neighbourhood, in the same space; every third parameter stays as it is.</summary>
    public Candidate Nearby(Xoshiro256StarStar random, Candidate configured)
    {
        double Move(double reach) => random.NextDouble() < 1 / 3.0 ? 0 : reach * (2 * random.NextDouble() - 1);
        double radius = Math.Clamp(SpectralRadius + Move(.2), .1, 2), input = Math.Clamp(InputScale * Math.Exp(Move(.7)), .01, 10);
        IReadOnlyList<double> leaks = Scaled(Math.Exp(Move(.5)));
        double regularisation = Math.Clamp(Regularisation * Math.Exp(Move(3)), 1e-10, 100);
        double forgetting = random.NextDouble() < .75 ? ForgettingFactor : Forgetting(random);
        int units = random.NextDouble() < .75 ? Units : configured.Size(random);
        return new Candidate(Rounded(radius), Rounded(input), leaks, Rounded(regularisation), forgetting, units);
    }

    static double Between(Xoshiro256StarStar random, double least, double largest) =>
        least * Math.Pow(largest / least, random.NextDouble());

    static double Forgetting(Xoshiro256StarStar random) => 1 - 1 / Memories[random.Next(Memories.Length)];

    int Size(Xoshiro256StarStar random) => Math.Clamp((int)Math.Round(Units * Sizes[random.Next(Sizes.Length)]), 2, 20_000);

    double[] Scaled(double factor) => [.. LeakRates.Select(rate => Rounded(Math.Min(1, Math.Max(.01, rate * factor))))];

    // A configuration with three digits is one that can be read.
    static double Rounded(double value) => double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
