namespace Esn.Benchmarks;

/// <summary>
/// The UCR anomaly archive: one anomaly a file. Its window is taken with a slack of its length, at least 100 rows, on both sides.
/// </summary>
/// <remarks>R. Wu and E. J. Keogh, IEEE TKDE 35 (2021), doi:10.1109/TKDE.2021.3112126.</remarks>
static class Ucr
{
    const int LeastSlack = 100;

    public static readonly Benchmark Benchmark =
        new("ucr", "UCR archive: the highest score, and an alarm, at the anomaly; false alarms [--files PART] [--list 1]", Run);

    static List<Figure> Run(string[] options)
    {
        Outcome[] outcomes = [.. LabelledFeed.All("ucr", Options.Text(options, "--files")).AsParallel().AsOrdered().Select(One)];
        if (Options.Int(options, "--list", 0) == 1)
            foreach (Outcome o in outcomes)
                Console.WriteLine(FormattableString.Invariant(
                    $"{o.Name,-50} {(o.Right ? "right" : "     ")} {(o.Told ? "told" : "    ")} {o.False,3} false  {
                        o.Peak,6:0.00} in the window by {o.PeakBy}, {o.Highest,6:0.00} outside at {o.HighestAt} by {o.HighestBy}"));
        double right = 100.0 * outcomes.Count(o => o.Right) / outcomes.Length, told = 100.0 * outcomes.Count(o => o.Told) / outcomes.Length;
        double falseAlarms = 1e4 * outcomes.Sum(o => o.False) / outcomes.Sum(o => (double)o.Rows);
        Console.WriteLine(FormattableString.Invariant(
            $"{outcomes.Length} files: highest score at the anomaly {right:0.0} %  alarm there {told:0.0} %  {
                falseAlarms:0.00} false per 10,000 rows"));
        return [new("ucr highest score", right, "percent"), new("ucr told", told, "percent"),
            new("ucr false alarms", falseAlarms, "per 10,000 rows")];
    }

    /// <summary>What a file came to.</summary>
    sealed record Outcome(string Name, bool Right, bool Told, int False, double Peak, string PeakBy, double Highest,
        int HighestAt, string HighestBy, int Rows);

    static Outcome One(LabelledFeed feed)
    {
        StepResult[] results = feed.Run(Presets.Signal());
        (int first, int last) = feed.Windows[0];
        int slack = Math.Max(LeastSlack, last - first + 1);
        bool At(long t) => t >= first - slack && t <= last + slack;
        int[] told = [.. LabelledFeed.Told(results)];
        StepResult inside = results.Where(r => At(r.Position)).MaxBy(r => r.Score),
            outside = results.Where(r => !At(r.Position)).MaxBy(r => r.Score);
        return new Outcome(feed.Name, inside.Score > outside.Score, told.Any(t => At(t)), told.Count(t => !At(t)),
            inside.Score, By(results, inside), outside.Score, (int)outside.Position, By(results, outside), feed.Rows);
    }

    // Which raw scores alarmed near a step.
    static string By(StepResult[] results, StepResult at) => string.Join(' ', results
        .Where(r => r.Alarm is not null && Math.Abs(r.Position - at.Position) <= 25).SelectMany(r => r.Alarm!.Scores.Take(1))
            .Select(s => s.Name).Distinct().DefaultIfEmpty("none"));
}
