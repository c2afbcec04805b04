using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;

namespace Esn.Tests;

/// <summary>Feeds that tests share.</summary>
static class Feeds
{
    /// <summary>A small reservoir: quick, and good enough for a sine.</summary>
    public static ErrorModelSpec Small(ErrorModelSpec? preset = null) =>
        (preset ?? Presets.Signal()) with { Reservoir = (preset ?? Presets.Signal()).Reservoir with { Units = 40, Degree = 5 } };

    /// <summary>
    /// Two sines of different period with white noise, [steps×channels], channels shifted against each other; units around 20.
    /// </summary>
    public static double[] Sines(int steps, int channels = 1, double noise = .05, int seed = 1)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        var feed = new double[steps * channels];
        for (int t = 0; t < steps; t++)
            for (int c = 0; c < channels; c++)
                feed[t * channels + c] = 20 + Math.Sin(.21 * t + c) + .5 * Math.Sin(.047 * t - c) + noise * Normal.Sample(random, 0, 1);
        return feed;
    }

    /// <summary>White noise, [steps×channels], by default of deviation 1 around 0.</summary>
    public static double[] Noise(int steps, double level = 0, int seed = 7, int channels = 1, double deviation = 1)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        return [.. Enumerable.Range(0, steps * channels).Select(_ => level + deviation * Normal.Sample(random, 0, 1))];
    }

    public static DateTime[] Times(int steps) => [.. Enumerable.Range(0, steps).Select(t => DateTime.UnixEpoch.AddSeconds(t))];

    public static StepResult[] Run(ModelSpec spec, double[] feed, int channels = 1, bool[]? muted = null)
    {
        int steps = feed.Length / channels;
        var results = new StepResult[steps];
        new Detector(spec, channels).StepMany(Times(steps), feed, results, new double[feed.Length], muted);
        return results;
    }

    public static List<AlarmEvent> Events(this IEnumerable<StepResult> results) => [.. results.Select(r => r.Alarm).OfType<AlarmEvent>()];
}
