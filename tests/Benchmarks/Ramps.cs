using System.Globalization;
using Esn.Streaming.Simulation;
using MathNet.Numerics.Random;

namespace Esn.Benchmarks;

/// <summary>
/// Slow ramps: told before half of them is over, and how early; and what the alarm says of them: how many are dated, how
/// far from the onset, and the lead it foretells over the steps in which the ramp really leaves the range of before.
/// </summary>
static class Ramps
{
    public static readonly Benchmark Benchmark = new("ramps",
        "10 σ in 20,000 steps on noise, γ .10 → .13 in 5,000 steps: told before half "
        + "[--seeds N] [--first SEED] [--only level|gamma|others]", Run);

    static List<Figure> Run(string[] options)
    {
        int seeds = Options.Int(options, "--seeds", 20);
        int firstSeed = Options.Int(options, "--first", 500);
        var figures = new List<Figure>();
        Console.WriteLine($"{"",-28}{"told",6}{"of",4}{"lead, steps",13}{"alarms before, of budget",26}{"dated",7}{"at once",9}"
            + $"{"off by",8}{"lead / true, 10 50 90 %",25}");
        string? only = Options.Text(options, "--only");
        (string, Func<int, Func<double>>)[] noises = only switch
        {
            "gamma" => [],
            "others" => Noises.Others,
            _ => [.. Noises.All.Where(n => n.Name is "Gauss" or "Student t(3)" or "AR(.9)")],
        };
        foreach ((string noise, Func<int, Func<double>> begin) in noises)
        {
            const int onset = 12_000, length = 20_000;
            Row(figures, $"10 σ on {noise}", seeds, firstSeed, onset, length, level: true, seed =>
            {
                Func<double> next = begin(seed);
                double[] feed = [.. Enumerable.Range(0, onset + length / 2).Select(_ => next())];
                double mean = feed.Average(), deviation = Math.Sqrt(feed.Average(x => (x - mean) * (x - mean)));
                for (int t = onset; t < feed.Length; t++) feed[t] += 10 * deviation * (t - onset) / length;
                return feed;
            });
        }
        foreach (double noise in only is "level" or "others" ? [] : new[] { 0, .01, .03, .10 })
        {
            const int onset = 6000, length = 5000;
            Row(figures, FormattableString.Invariant($"γ at noise {100 * noise:0} %"), seeds, firstSeed, onset, length,
                level: false, seed =>
                Gamma.Feed(new Xoshiro256StarStar(seed, threadSafe: false), noise, onset + length / 2,
                    t => MackeyGlass.NormalGamma + .03 * Math.Max(0, t - onset) / length));
        }
        return figures;
    }

    static void Row(List<Figure> figures, string name, int seeds, int firstSeed, int onset, int length, bool level,
        Func<int, double[]> feed)
    {
        var offs = new double[seeds];
        var ratios = new double[seeds];
        var atOnce = new bool[seeds];
        var leads = new int[seeds];
        var before = new int[seeds];
        ErrorModelSpec spec = Presets.Signal();
        Parallel.For(0, seeds, i =>
        {
            double[] values = feed(firstSeed + i);
            StepResult[] results = Runner.Run(spec, values, 1);
            int[] told =
                [.. results.Where(r => r.Alarm is { Announced: true }).Select(r => (int)r.Position)];
            AlarmEvent? dated = results.Select(r => r.Alarm).FirstOrDefault(alarm => alarm?.Drift is not null && alarm.Position >= onset);
            atOnce[i] = told.Any(t => t >= onset) && results[told.First(t => t >= onset)].Alarm!.Drift is not null;
            offs[i] = dated is null ? double.NaN : dated.Drift!.Since - onset;
            ratios[i] = level && dated?.Drift?.LeadSteps is { } steps
                && Leaves(values, onset, length) is double leaves && leaves > dated.Position
                ? steps / (leaves - dated.Position) : double.NaN;
            before[i] = told.Count(t => t < onset);
            // The lead is counted to the end of the ramp.
            leads[i] = told.Where(t => t >= onset && t < onset + length / 2).Select(t => onset + length - t).DefaultIfEmpty(-1).First();
        });
        int[] found = [.. leads.Where(l => l >= 0).Order()];
        double lead = found.Length > 0 ? found[found.Length / 2] : double.NaN;
        double ratio = before.Sum() / (1e-4 * (onset - spec.WarmUp) * seeds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-28}{found.Length,6}{seeds,4}{lead,13:0}{ratio,26:0.00}"
            + $"{offs.Count(double.IsFinite),7}{atOnce.Count(once => once),9}{Quantile(offs, .5),8:0}")
            + (level
                ? FormattableString.Invariant($"{Quantile(ratios, .1),11:0.00}{Quantile(ratios, .5),7:0.00}{Quantile(ratios, .9),7:0.00}")
                : ""));
        figures.Add(new Figure($"ramps {name}: told", 100.0 * found.Length / seeds, "percent"));
        if (!double.IsNaN(lead)) figures.Add(new Figure($"ramps {name}: lead", lead, "steps"));
        figures.Add(new Figure($"ramps {name}: before", ratio, "ratio"));
        figures.Add(new Figure($"ramps {name}: dated", 100.0 * offs.Count(double.IsFinite) / seeds, "percent"));
        if (level) figures.Add(new Figure($"ramps {name}: estimated lead", Quantile(ratios, .5), "ratio"));
    }

    // The step at which the ramp, without its noise, leaves the range of the frames before it.
    static double Leaves(double[] values, int onset, int length)
    {
        double[] before = values[new ErrorModelSpec().ScoredFrom..onset];
        double mean = before.Average(), deviation = Math.Sqrt(before.Average(x => (x - mean) * (x - mean)));
        return onset + (before.Max() - mean) / (10 * deviation / length);
    }

    static double Quantile(double[] values, double part)
    {
        double[] finite = [.. values.Where(double.IsFinite).Order()];
        return finite.Length > 0 ? finite[(int)(part * (finite.Length - 1))] : double.NaN;
    }
}
