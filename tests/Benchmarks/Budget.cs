using MathNet.Numerics.Random;

namespace Esn.Benchmarks;

/// <summary>Alarms that came over alarms that were allowed, for errors of every kind fed straight into the scores, and for the
/// whole detector.</summary>
static class Budget
{
    public static readonly Benchmark Benchmark = new("budget",
        "alarms / budget: noises straight in, young and old, and the whole detector [--seeds N] [--steps N] [--only NAME,NAME] [--part "
            + "old|young|sensors|signal|feeds|metric]", Run);

    static List<Figure> Run(string[] options)
    {
        int seeds = Options.Int(options, "--seeds", 4), steps = Options.Int(options, "--steps", 1_000_000);
        string? only = Options.Text(options, "--only"), part = Options.Text(options, "--part");
        (string Name, Func<int, Func<double>> Begin)[] noises =
            [.. Noises.All.Where(n => only is null || only.Split(',').Any(o => n.Name.Contains(o, StringComparison.OrdinalIgnoreCase)))];
        var figures = new List<Figure>();
        if (part is null or "old")
            Table(figures, FormattableString.Invariant($"{steps:N0} steps × {seeds}"), noises, [1e-3, 1e-4, 1e-5], (begin, budget) =>
                Ratio(begin, budget, seeds, 500, steps, 1500));
        if (part is null or "young")
        {
            Table(figures, "first 22,000 from 400", noises, [1e-3, 1e-4],
                (begin, budget) => Ratio(begin, budget, 25 * seeds, 1000, 22_000, 400));
            Table(figures, "400–1500", noises, [1e-2, 1e-3, 1e-4], (begin, budget) => Ratio(begin, budget, 500 * seeds, 2000, 1500, 400));
        }
        if (part is null or "sensors")
        {
            Table(figures, "sensors, 1100 × 8 × 250", noises, [1e-3, 4e-4, 1e-4], (begin, budget) => Plant(begin, budget, 1100, 250));
            Table(figures, "sensors, 40,000 × 8 × 4", noises, [1e-3, 4e-4, 1e-4], (begin, budget) => Plant(begin, budget, 40_000, 4));
        }
        if (part is null or "signal")
        {
            int length = Math.Min(steps, 250_000);
            Console.WriteLine(FormattableString.Invariant(
                $"normal Mackey–Glass, the whole detector, {length:N0} steps: alarms / budget (allowed)"));
            foreach (double noise in new[] { 0, .01, .03, .10 })
                foreach (double budget in new[] { 1e-3, 1e-4, 1e-5 })
                {
                    double[] feed = Gamma.Feed(new Xoshiro256StarStar(77, threadSafe: false), noise, length,
                        _ => Streaming.Simulation.MackeyGlass.NormalGamma);
                    int told = Runner.Run(Presets.Signal(budget), feed, 1)
                        .Count(r => r.Alarm is { Announced: true });
                    Console.WriteLine(FormattableString.Invariant(
                        $"  noise {100 * noise,2:0} %  {budget:0e+0}: {told / (budget * length):0.00} ({budget * length:0})"));
                    figures.Add(new Figure(FormattableString.Invariant($"budget Mackey-Glass noise {100 * noise:0} %, {budget:0e+0}"),
                        told / (budget * length), "ratio"));
                }
        }
        if (part is null or "metric") MetricFeeds.Table(figures, seeds);
        if (part is null or "feeds") Feeds(figures, seeds, Math.Min(steps, 100_000), only);
        return figures;
    }

    static void Feeds(List<Figure> figures, int seeds, int steps, string? only)
    {
        foreach (double budget in new[] { 1e-4, 1e-5 }) Feeds(figures, seeds, steps, budget, only);
    }

    // A step is news: what is told within 50 steps of it is no false alarm. The first 22,000 steps are those of a young calibrator.
    static void Feeds(List<Figure> figures, int seeds, int steps, double budget, string? only)
    {
        int young = Math.Min(steps, 22_000);
        int onset = (int)(OrdinaryFeeds.Onset * steps);
        string title = FormattableString.Invariant($"feeds, {steps:N0} × {seeds}, {budget:0e+0}");
        Console.WriteLine($"{title,-28}{"alarms / budget",16}{"until 22,000",14}{"highest",9}{"step caught",13}{"calm after, steps",19}");
        foreach ((string name, Func<int, int, double[]> make) in OrdinaryFeeds.All)
        {
            if (only is not null && !only.Split(',').Any(o => name.Contains(o, StringComparison.OrdinalIgnoreCase))) continue;
            bool stepping = name.StartsWith("step", StringComparison.Ordinal);
            int[] told = new int[seeds], early = new int[seeds], caught = new int[seeds], calm = new int[seeds];
            double[] highest = new double[seeds];
            Parallel.For(0, seeds, i =>
            {
                StepResult[] results = Runner.Run(Presets.Signal(budget), make(700 + i, steps), 1);
                bool Echo(StepResult r) => stepping && r.Position >= onset && r.Position < onset + 50;
                StepResult[] announced = [.. results.Where(r => r.Alarm is { Announced: true })];
                (told[i], caught[i]) = (announced.Count(r => !Echo(r)), announced.Any(Echo) ? 1 : 0);
                early[i] = announced.Count(r => !Echo(r) && r.Position < young);
                highest[i] = announced.Where(r => !Echo(r)).Select(r => r.Score).DefaultIfEmpty().Max();
                calm[i] = stepping
                    ? Array.FindIndex(results, onset, r => r.Alarm?.Change is AlarmChange.Closed or AlarmChange.Adapted) - onset : 0;
            });
            double ratio = told.Sum() / (budget * steps * seeds);
            double youngRatio = early.Sum() / (budget * young * seeds);
            Console.WriteLine(FormattableString.Invariant($"{name,-28}{ratio,16:0.00}{youngRatio,14:0.00}{highest.Max(),9:0.00}")
                + (stepping ? FormattableString.Invariant($"{caught.Sum(),8} of {seeds}{calm.Max(),19}") : ""));
            string figure = budget == 1e-4 ? $"budget {name}" : FormattableString.Invariant($"budget {name}, {budget:0e+0}");
            figures.Add(new Figure(figure, ratio, "ratio"));
            figures.Add(new Figure($"{figure}: until 22,000", youngRatio, "ratio"));
            if (!stepping) continue;
            figures.Add(new Figure($"{figure}: caught", 100.0 * caught.Sum() / seeds, "percent"));
            figures.Add(new Figure($"{figure}: calm after", calm.Max(), "steps"));
        }
    }

    static void Table(List<Figure> figures, string title, (string Name, Func<int, Func<double>> Begin)[] noises, double[] budgets,
        Func<Func<int, Func<double>>, double, double> ratio)
    {
        Console.WriteLine(FormattableString.Invariant($"{title,-24}")
            + string.Concat(budgets.Select(b => FormattableString.Invariant($"{b,9:0e+0}"))));
        foreach ((string name, Func<int, Func<double>> begin) in noises)
        {
            double[] row = new double[budgets.Length];
            for (int i = 0; i < row.Length; i++) row[i] = ratio(begin, budgets[i]);
            Console.WriteLine($"{name,-24}" + string.Concat(row.Select(r => FormattableString.Invariant($"{r,9:0.00}"))));
            for (int i = 0; i < row.Length; i++)
                figures.Add(new Figure(FormattableString.Invariant($"budget {name}, {title}, {budgets[i]:0e+0}"), row[i], "ratio"));
        }
    }

    // Feeds of eight channels through the preset for sensors.
    static double Plant(Func<int, Func<double>> begin, double budget, int rows, int feeds)
    {
        const int channels = 8;
        ErrorModelSpec spec = Presets.Sensors(budget);
        int[] told = new int[feeds];
        Parallel.For(0, feeds, i =>
        {
            Func<double>[] sources = [.. Enumerable.Range(0, channels).Select(c => begin(3000 + i * channels + c))];
            double[] feed = new double[rows * channels];
            for (int t = 0; t < feed.Length; t++) feed[t] = sources[t % channels]();
            told[i] = Runner.Run(spec, feed, channels).Count(r => r.Alarm is { Announced: true });
        });
        return told.Sum() / (budget * (rows - spec.WarmUp) * feeds);
    }

    static double Ratio(Func<int, Func<double>> begin, double budget, int seeds, int firstSeed, int steps, int ready)
    {
        int[] told = new int[seeds];
        Parallel.For(0, seeds, i => told[i] = Count(begin(firstSeed + i), budget, steps, ready));
        return told.Sum() / (budget * (steps - ready) * seeds);
    }

    /// <summary>Announcements of errors fed straight into the scores of a step.</summary>
    public static int Count(Func<double> next, double budget, int steps, int ready)
    {
        ErrorModelSpec preset = Presets.Signal(budget);
        ErrorModelSpec spec = preset with { Scores = [.. preset.Scores.Where(score => score.FreeRunLength == 0)] };
        var judge = new ErrorJudge(spec, new ScoreContext(1, [1], null));
        judge.EndEarly();
        var alarm = new Alarm(spec.Alarm, judge.Slow);
        Span<double> error = stackalloc double[1], expected = [0];
        int told = 0;
        for (int t = 1; t <= steps; t++)
        {
            error[0] = next();
            judge.Measure(new StepView
            {
                Frame = error, Expected = expected, Scaled = error, Errors = error, WarmingUp = t <= ready, Muted = false,
            }, alarm);
            AlarmChange? change = alarm.Step(t, judge.Judgement, t > ready, muted: false);
            judge.Learn(change, alarm, muted: false);
            if (alarm.Counts) told++;
        }
        return told;
    }
}
