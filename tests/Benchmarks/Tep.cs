namespace Esn.Benchmarks;

/// <summary>The Tennessee Eastman process: 52 channels, a fault in the last 800 rows of each file, preset sensors.</summary>
/// <remarks>J. J. Downs and E. F. Vogel, Computers and Chemical Engineering 17 (1993), doi:10.1016/0098-1354(93)80018-I.</remarks>
static class Tep
{
    public static readonly Benchmark Benchmark =
        new("tep", "Tennessee Eastman process: faults told, false alarms, F1 over rows [--list 1]", Run);

    static List<Figure> Run(string[] options)
    {
        Outcome[] outcomes = [.. LabelledFeed.All("tep").AsParallel().AsOrdered().Select(One)];
        if (Options.Int(options, "--list", 0) == 1)
            foreach (Outcome o in outcomes)
                Console.WriteLine(
                    FormattableString.Invariant($"{o.Name,-8}{o.Delay,6:0} rows to the first alarm, {o.False} false  {o.Spans}"));
        double f1 = 2.0 * outcomes.Sum(o => o.Hit) / outcomes.Sum(o => 2.0 * o.Hit + o.Falsely + o.Missed);
        int told = outcomes.Count(o => !double.IsNaN(o.Delay)), falseAlarms = outcomes.Sum(o => o.False);
        Console.WriteLine(FormattableString.Invariant($"{outcomes.Length} faults: told {told}  false alarms {falseAlarms}  F1 {f1:0.000}"));
        return [new("tep told", 100.0 * told / outcomes.Length, "percent"), new("tep false alarms", falseAlarms, "alarms"),
            new("tep F1", f1, "ratio")];
    }

    /// <summary>What a file came to; rows in alarm and not, and from the onset to the first alarm (NaN: none).</summary>
    sealed record Outcome(string Name, double Delay, int False, int Hit, int Falsely, int Missed, string Spans);

    static Outcome One(LabelledFeed feed)
    {
        StepResult[] results = feed.Run(Presets.Sensors());
        (int first, int last) = feed.Windows[0];
        int[] told = [.. LabelledFeed.Told(results)];
        bool In(int t) => t >= first && t <= last;
        int open = Enumerable.Range(0, feed.Rows).Count(t => results[t].AlarmOpen && In(t));
        return new Outcome(feed.Name, told.Where(In).Select(t => (double)(t - first)).DefaultIfEmpty(double.NaN).First(),
            told.Count(t => !In(t)),
            open, results.Count(r => r.AlarmOpen && !In((int)r.Position)), last - first + 1 - open,
            string.Join(' ', results.Where(r => r.Alarm is not null).Take(8)
                .Select(r => $"{r.Alarm!.Change}@{r.Position}({(r.Alarm.Scores.Count > 0 ? r.Alarm.Scores[0].Name : "")})")));
    }
}
