namespace Esn.Benchmarks;

/// <summary>Metrics of a cloud's services, labelled by those who run them, preset metric.</summary>
/// <remarks>github.com/microsoft/cloud-monitoring-dataset.</remarks>
static class Cloud
{
    public static readonly Benchmark Benchmark =
        new("cloud", "metrics of a cloud: windows told, false alarms [--budget B] [--list 1]", Run);

    static List<Figure> Run(string[] options)
    {
        ModelSpec spec = Presets.Metric();
        if (Options.Text(options, "--budget") is { } budget)
            spec = spec.WithBudget(double.Parse(budget, System.Globalization.CultureInfo.InvariantCulture));
        Outcome[] outcomes = [.. LabelledFeed.All("cloud").AsParallel().AsOrdered().Select(feed => One(feed, spec))];
        if (Options.Int(options, "--list", 0) == 1)
            foreach (Outcome o in outcomes)
                Console.WriteLine(
                    FormattableString.Invariant($"{o.Name,-16}{o.Told,4} of {o.Windows,3} windows, {o.False,3} false in {o.Rows} rows"));
        int told = outcomes.Sum(o => o.Told), windows = outcomes.Sum(o => o.Windows), rows = outcomes.Sum(o => o.Rows);
        double falseAlarms = 1e4 * outcomes.Sum(o => o.False) / rows, alarms = 1e4 * outcomes.Sum(o => o.Alarms) / rows;
        Console.WriteLine(FormattableString.Invariant(
            $"{outcomes.Length} files: told {told} of {windows} windows  {falseAlarms:0.00} false and {
                alarms:0.00} alarms per 10,000 rows"));
        return [new("cloud told", 100.0 * told / windows, "percent"), new("cloud false alarms", falseAlarms, "per 10,000 rows")];
    }

    /// <summary>What a file came to. An alarm within two rows after a window still is of it.</summary>
    sealed record Outcome(string Name, int Told, int Windows, int False, int Alarms, int Rows);

    static Outcome One(LabelledFeed feed, ModelSpec spec)
    {
        int[] told = [.. LabelledFeed.Told(feed.Run(spec.ForFeedOf(feed.Rows)))];
        static bool In((int First, int Last) window, int t) => t >= window.First && t <= window.Last + 2;
        return new Outcome(feed.Name, feed.Windows.Count(window => told.Any(t => In(window, t))), feed.Windows.Count,
            told.Count(t => !feed.Windows.Any(window => In(window, t))), told.Length, feed.Rows);
    }
}
