using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;

namespace Esn.Benchmarks;

/// <summary>What is enormous is told at once: spikes and shifts of a level on feeds of common kinds, over seeds.</summary>
static class Spikes
{
    const int First = 3000, Apart = 500;
    static readonly double[] Sizes = [5, 10, 20, 40, 80];
    const int Shifts = 10;
    static readonly string[] Kinds = ["daily", "noise", "quantised"];

    public static readonly Benchmark Benchmark =
        new("spikes",
        "a ladder of spikes of 5 to 80, and ten shifts of 10 standard deviations of the noise: told at once, other alarms [--seeds N]",
        Run);

    static List<Figure> Run(string[] options)
    {
        int seeds = Options.Int(options, "--seeds", 10);
        var figures = new List<Figure>();
        foreach (string preset in new[] { "signal", "metric", "sensors" })
            foreach (string kind in Kinds)
            {
                var (ladders, shifts) = (new Outcome[seeds], new Outcome[seeds]);
                Parallel.For(0, seeds, i =>
                {
                    ladders[i] = Judge(preset, Ladder(kind, i + 1), Sizes.Length, within: 3);
                    shifts[i] = Judge(preset, Shifted(kind, i + 1), Shifts, within: 25);
                });
                string text = string.Join("  ", Sizes.Select((_, i) =>
                    FormattableString.Invariant($"{ladders.Count(l => l.Told[i]),2} ({ladders.Average(l => l.Scores[i]):0.00})")));
                int falls = ladders.Sum(l => Enumerable.Range(1, Sizes.Length - 1).Count(i => l.Scores[i] < l.Scores[i - 1] - 1e-9));
                Console.WriteLine(
                    $"{preset,-8}{kind,-11}{text}  falls {falls,2}  other {ladders.Sum(l => l.Other),2};  shifts {
                        shifts.Sum(s => s.Told.Count(told => told)),3} of {seeds * Shifts}, other {shifts.Sum(s => s.Other)}");
                for (int i = 0; i < Sizes.Length; i++)
                    figures.Add(new Figure(FormattableString.Invariant($"spikes {preset} {kind} {Sizes[i]}"),
                        100.0 * ladders.Count(l => l.Told[i]) / seeds, "percent"));
                figures.Add(new Figure($"spikes {preset} {kind} shifts",
                    100.0 * shifts.Sum(s => s.Told.Count(told => told)) / seeds / Shifts, "percent"));
            }
        return figures;
    }

    /// <summary>Which were told in time, the highest score of each, and alarms besides.</summary>
    sealed record Outcome(bool[] Told, double[] Scores, int Other);

    static double[] Ladder(string kind, int seed)
    {
        double[] feed = Feed(kind, seed, First + Sizes.Length * Apart);
        for (int i = 0; i < Sizes.Length; i++) feed[First + i * Apart] += Sizes[i];
        return feed;
    }

    static double[] Shifted(string kind, int seed)
    {
        double[] feed = Feed(kind, seed, First + Shifts * Apart);
        for (int t = First; t < feed.Length; t++) feed[t] += (t - First) / Apart % 2 == 0 ? 10 : 0;
        return feed;
    }

    static Outcome Judge(string preset, double[] feed, int count, int within)
    {
        var (results, times) = (new StepResult[feed.Length], new DateTime[feed.Length]);
        for (int t = 0; t < feed.Length; t++) times[t] = DateTime.UnixEpoch.AddMinutes(5 * t);
        new Detector(Presets.Of(preset), 1).StepMany(times, feed, results, new double[feed.Length]);
        int[] told = [.. LabelledFeed.Told(results)];
        int[] onsets = [.. Enumerable.Range(0, count).Select(i => First + i * Apart)];
        bool In(int onset, int t) => t >= onset && t < onset + within;
        return new Outcome([.. onsets.Select(onset => told.Any(t => In(onset, t)))],
            [.. onsets.Select(onset => results[onset..(onset + within)].Max(r => r.Score))],
            told.Count(t => !onsets.Any(onset => In(onset, t))));
    }

    /// <summary>Noise of standard deviation 1, upon a day of 288 steps or not, or in steps of 2.</summary>
    static double[] Feed(string kind, int seed, int steps)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double[] feed = new double[steps];
        for (int t = 0; t < steps; t++)
        {
            feed[t] = 100 + Normal.Sample(random, 0, 1);
            if (kind == "daily") feed[t] += 5 * Math.Sin(2 * Math.PI * t / 288);
            if (kind == "quantised") feed[t] = 2 * Math.Round(feed[t] / 2);
        }
        return feed;
    }
}
