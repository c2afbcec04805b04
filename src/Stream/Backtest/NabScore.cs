namespace Esn.Streaming.Backtest;

/// <summary>What hits, false alarms and misses are worth to an application (A_TP, A_FP, A_FN of the benchmark).</summary>
/// <param name="Name">As the benchmark calls it.</param>
/// <param name="Hit">Of a window found at its first row, > 0.</param>
/// <param name="FalseAlarm">Cost of a false alarm far from every window, ≥ 0.</param>
/// <param name="Miss">Cost of a window in which nothing was found, ≥ 0.</param>
public sealed record NabProfile(string Name, double Hit, double FalseAlarm, double Miss)
{
    /// <summary>1, .11, 1.</summary>
    public static NabProfile Standard { get; } = new("standard", 1, .11, 1);

    /// <summary>1, .22, 1.</summary>
    public static NabProfile LowFalsePositives { get; } = new("reward_low_FP_rate", 1, .22, 1);

    /// <summary>1, .11, 2.</summary>
    public static NabProfile LowFalseNegatives { get; } = new("reward_low_FN_rate", 1, .11, 2);

    /// <summary>The three of the benchmark.</summary>
    public static IReadOnlyList<NabProfile> All { get; } = [Standard, LowFalsePositives, LowFalseNegatives];
}

/// <summary>What a file adds to the score of a corpus.</summary>
/// <param name="Raw">Worth of its alarms, less the cost of its missed windows.</param>
/// <param name="Windows">That could be found.</param>
public readonly record struct NabTally(double Raw, int Windows);

/// <summary>A labelled anomaly: rows First … Last, both included.</summary>
/// <param name="First">Row, from 0.</param>
/// <param name="Last">Row, ≥ First.</param>
public readonly record struct NabWindow(int First, int Last);

/// <summary>A detector's scores of one file, and its labels.</summary>
/// <param name="Name">Of the file.</param>
/// <param name="Scores">Of every row; a row alarms where its score is at or above the threshold.</param>
/// <param name="Windows">Ascending, apart from each other.</param>
public sealed record NabSeries(string Name, IReadOnlyList<double> Scores, IReadOnlyList<NabWindow> Windows)
{
    /// <summary>Rows of each labelled time span.</summary>
    /// <param name="times">Of every row.</param>
    /// <param name="spans">Ascending; one that touches no row is left out.</param>
    public static IReadOnlyList<NabWindow> Locate(IReadOnlyList<DateTime> times, IEnumerable<(DateTime Start, DateTime End)> spans)
    {
        var windows = new List<NabWindow>();
        foreach ((DateTime start, DateTime end) in spans)
        {
            int first = 0;
            while (first < times.Count && times[first] < start) first++;
            int last = first;
            while (last < times.Count && times[last] < end) last++;
            // The first row at the end belongs to the window; without one it ends before.
            if (last == times.Count || times[last] != end) last--;
            if (last >= first) windows.Add(new NabWindow(first, last));
        }
        return windows;
    }
}

/// <summary>
/// The score of the Numenta Anomaly Benchmark: an early hit is worth more, only the best row of a window counts, a
/// false alarm costs the more the farther it lies behind a window; 0 = nothing ever told, 100 = every window found at
/// its first row and no false alarm.
/// </summary>
/// <remarks>
/// A. Lavin, S. Ahmad, "Evaluating real-time anomaly detection algorithms", doi:10.1109/ICMLA.2015.141, with the
/// constants of the benchmark's version 1.1: the first 15 % of a file, at most 750 rows, count for nothing.
/// </remarks>
public static class NabScore
{
    const double ProbationShare = .15;
    const int ProbationLimit = 750;
    const double FarBehind = 3;  // windows behind a window's end, from where a false alarm costs in full

    /// <summary>Rows at the beginning of a file that count for nothing.</summary>
    /// <param name="rows">Of the file.</param>
    public static int Probation(int rows) => (int)Math.Min(Math.Floor(ProbationShare * rows), ProbationLimit);

    /// <summary>The normalised score at one threshold for all files; NaN without any window to find.</summary>
    /// <param name="corpus">The files.</param>
    /// <param name="threshold">Rows with this score or more alarm.</param>
    /// <param name="profile">What they are worth.</param>
    public static double At(IReadOnlyList<NabSeries> corpus, double threshold, NabProfile profile) =>
        Of(corpus.Select(series => Tally(series, threshold, profile)), profile);

    /// <summary>What one file adds to the score of a corpus.</summary>
    /// <param name="series">The file.</param>
    /// <param name="threshold">Rows with this score or more alarm.</param>
    /// <param name="profile">What they are worth.</param>
    public static NabTally Tally(NabSeries series, double threshold, NabProfile profile) =>
        new(Raw(series, threshold, profile), Counted(series));

    /// <summary>The normalised score of files that were tallied one by one; NaN without any window to find.</summary>
    /// <param name="tallies">All at one threshold and of this profile.</param>
    /// <param name="profile">What alarms are worth.</param>
    public static double Of(IEnumerable<NabTally> tallies, NabProfile profile)
    {
        (double raw, int windows) = (0, 0);
        foreach (NabTally tally in tallies) (raw, windows) = (raw + tally.Raw, windows + tally.Windows);
        return Normalise(raw, windows, profile);
    }

    /// <summary>The threshold, the same for all files, with the highest normalised score.</summary>
    /// <param name="corpus">The files.</param>
    /// <param name="profile">What alarms are worth.</param>
    /// <returns>+∞ and 0 where any alarm costs more than it brings; score NaN without any window to find.</returns>
    public static (double Threshold, double Score) Best(IReadOnlyList<NabSeries> corpus, NabProfile profile)
    {
        var rows = new List<Row>();
        int windows = 0;
        foreach (NabSeries series in corpus)
        {
            double[] worth = Worth(series, profile);
            int window = 0;
            for (int i = 0; i < worth.Length; i++)
            {
                while (window < series.Windows.Count && series.Windows[window].Last < i) window++;
                bool within = window < series.Windows.Count && series.Windows[window].First <= i;
                if (i >= Probation(worth.Length)) rows.Add(new Row(series.Scores[i], worth[i], within ? windows + window : -1));
            }
            windows += series.Windows.Count;
        }
        rows.Sort((a, b) => b.Score.CompareTo(a.Score));

        int counted = corpus.Sum(Counted);
        double raw = -profile.Miss * counted;
        (double Threshold, double Raw) best = (double.PositiveInfinity, raw);
        double[] found = new double[windows];
        Array.Fill(found, -profile.Miss);
        for (int i = 0; i < rows.Count; i++)
        {
            Row row = rows[i];
            if (row.Window < 0) raw += row.Worth;
            else if (row.Worth > found[row.Window])
            {
                raw += row.Worth - found[row.Window];
                found[row.Window] = row.Worth;
            }
            bool last = i + 1 == rows.Count || rows[i + 1].Score != row.Score;
            if (last && raw > best.Raw) best = (row.Score, raw);
        }
        return (best.Threshold, Normalise(best.Raw, counted, profile));
    }

    /// <summary>The normalised score where each group of files takes the threshold that is best for all others.</summary>
    /// <param name="corpus">The files.</param>
    /// <param name="group">Names the group of a file, as its folder.</param>
    /// <param name="profile">What alarms are worth.</param>
    public static double LeaveOneGroupOut(IReadOnlyList<NabSeries> corpus, Func<NabSeries, string> group, NabProfile profile)
    {
        double raw = 0;
        foreach (IGrouping<string, NabSeries> left in corpus.GroupBy(group))
        {
            double threshold = Best([.. corpus.Where(series => group(series) != left.Key)], profile).Threshold;
            raw += left.Sum(series => Raw(series, threshold, profile));
        }
        return Normalise(raw, corpus.Sum(Counted), profile);
    }

    /// <summary>What a file adds to the raw score at a threshold: worth of the alarms outside, best worth or miss of each window.</summary>
    static double Raw(NabSeries series, double threshold, NabProfile profile)
    {
        double[] worth = Worth(series, profile);
        double raw = 0;
        int next = Probation(worth.Length);
        foreach (NabWindow window in series.Windows)
        {
            if (window.Last < next) continue;
            for (; next < window.First; next++)
                if (series.Scores[next] >= threshold) raw += worth[next];
            double found = -profile.Miss;
            for (; next <= window.Last; next++)
                if (series.Scores[next] >= threshold) found = Math.Max(found, worth[next]);
            raw += found;
        }
        for (; next < worth.Length; next++)
            if (series.Scores[next] >= threshold) raw += worth[next];
        return raw;
    }

    /// <summary>What an alarm in each row is worth: > 0 within a window, ≤ 0 outside.</summary>
    internal static double[] Worth(NabSeries series, NabProfile profile)
    {
        double[] worth = new double[series.Scores.Count];
        double most = Sigmoid(-1);
        int window = 0;
        for (int i = 0; i < worth.Length; i++)
        {
            while (window < series.Windows.Count && series.Windows[window].Last < i) window++;
            if (window < series.Windows.Count && series.Windows[window].First <= i)
            {
                NabWindow around = series.Windows[window];
                worth[i] = profile.Hit / most * Sigmoid(-(around.Last - i + 1) / (double)Width(around));
            }
            else
            {
                double behind = window == 0 ? FarBehind : (i - series.Windows[window - 1].Last) / (Width(series.Windows[window - 1]) - 1.0);
                worth[i] = profile.FalseAlarm * (behind >= FarBehind ? -1 : Sigmoid(behind));
            }
        }
        return worth;
    }

    static int Width(NabWindow window) => window.Last - window.First + 1;

    /// <summary>From 1 far before to −1 far behind; 0 at the right edge of the window, which lies one window's width from −1.</summary>
    static double Sigmoid(double position) => 2 / (1 + Math.Exp(5 * position)) - 1;

    // A window wholly in the probation can't be found, nor missed.
    static int Counted(NabSeries series) => series.Windows.Count(window => window.Last >= Probation(series.Scores.Count));

    static double Normalise(double raw, int windows, NabProfile profile) =>
        windows == 0 ? double.NaN : 100 * (raw + profile.Miss * windows) / ((profile.Hit + profile.Miss) * windows);

    readonly record struct Row(double Score, double Worth, int Window);
}
