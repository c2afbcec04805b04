using System.Text.Json.Serialization;

namespace Esn.Streaming.Backtest;

/// <summary>
/// The scores of the Numenta Anomaly Benchmark at threshold 1, 0 to 100; below 0 where false alarms outweigh what was found.
/// </summary>
/// <param name="Standard">Null without a window to find, as all three.</param>
/// <param name="LowFalsePositives">A false alarm costs twice as much.</param>
/// <param name="LowFalseNegatives">A miss costs twice as much.</param>
public sealed record NabSummary(double? Standard, double? LowFalsePositives, double? LowFalseNegatives);

/// <summary>
/// Alarms against labels. In the warm-up nothing alarms, but for what is told early: its rows do not count, nor does an alarm
/// or a window that ends within it; the benchmark's own score counts by the benchmark's own rule (<see cref="NabScore.Probation"/>).
/// </summary>
/// <param name="Windows">Labelled windows.</param>
/// <param name="Caught">Windows in which on-call was told: an alarm opened, reopened or was escalated.</param>
/// <param name="EventRecall">Caught / Windows; null without windows.</param>
/// <param name="FalseAlarms">Alarms that touched no window and went on after the warm-up.</param>
/// <param name="FalseAlarmsPer100000Steps">Of the steps after the warm-up.</param>
/// <param name="MedianDelay">Steps from the beginning of a caught window to where it was told; null where none was caught.</param>
/// <param name="Precision">Of the rows in alarm, the part that is labelled; null without a row in alarm.</param>
/// <param name="Recall">Of the labelled rows, the part in alarm; null without labelled rows.</param>
/// <param name="F1">Harmonic mean of the two; null where neither is.</param>
/// <param name="Nab">Of the detector's scores.</param>
/// <param name="Tally">What it was made of, to be added to that of other feeds; not written.</param>
public sealed record LabelSummary(
    int Windows, int Caught, double? EventRecall, int FalseAlarms, double FalseAlarmsPer100000Steps, double? MedianDelay,
    double? Precision, double? Recall, double? F1, NabSummary Nab,
    [property: JsonIgnore] LabelTally Tally)
{
    /// <summary>Windows in which nothing was told while an alarm that had begun before was open: not among those caught.</summary>
    public int StillOpen { get; init; }
}

/// <summary>Counts of one feed or of several, which add up where ratios do not.</summary>
/// <param name="Windows">That could be caught.</param>
/// <param name="Delays">Of each caught one, in steps.</param>
/// <param name="FalseAlarms">Alarms that touched none and went on after the warm-up.</param>
/// <param name="Steps">After the warm-up.</param>
/// <param name="Hits">Labelled rows in alarm.</param>
/// <param name="FalseRows">Other rows in alarm.</param>
/// <param name="MissedRows">Labelled rows not in alarm.</param>
/// <param name="Nab">A tally for each of <see cref="NabProfile.All"/>.</param>
public sealed record LabelTally(
    int Windows, IReadOnlyList<double> Delays, int FalseAlarms, long Steps, long Hits, long FalseRows, long MissedRows,
        IReadOnlyList<NabTally> Nab)
{
    /// <summary>Windows in which nothing was told, but an alarm that had begun before was open.</summary>
    public int StillOpen { get; init; }

    /// <summary>Counts.</summary>
    /// <param name="alarmed">Row by row.</param>
    /// <param name="scores">Row by row, 1 = alarm.</param>
    /// <param name="alarms">Ascending.</param>
    /// <param name="labelled">Ascending.</param>
    /// <param name="ready">First row after the warm-up.</param>
    public static LabelTally Of(IReadOnlyList<bool> alarmed, IReadOnlyList<double> scores, IReadOnlyList<AlarmSpan> alarms,
        IReadOnlyList<NabWindow> labelled, long ready)
    {
        List<NabWindow> windows = [.. labelled.Where(window => window.Last >= ready)];
        var delays = new List<double>();
        foreach (NabWindow window in windows)
            if (Delay(alarms, window) is { } delay) delays.Add(delay);

        (long hits, long falseRows, long missed) = (0, 0, 0);
        for (int row = (int)ready, next = 0; row < alarmed.Count; row++)
        {
            while (next < windows.Count && windows[next].Last < row) next++;
            bool anomalous = next < windows.Count && windows[next].First <= row;
            if (anomalous && alarmed[row]) hits++;
            else if (anomalous) missed++;
            else if (alarmed[row]) falseRows++;
        }
        var series = new NabSeries("", scores, labelled);
        return new LabelTally(
            windows.Count, delays,
            alarms.Count(alarm => alarm.End > ready && !windows.Exists(window => alarm.Touches(window, alarmed))),
            alarmed.Count - ready, hits, falseRows, missed,
            [.. NabProfile.All.Select(profile => NabScore.Tally(series, 1, profile))])
        {
            StillOpen = windows.Count(window => WasOpen(alarms, window, alarmed)),
        };
    }

    /// <summary>Rows from the beginning of a window to the first at which on-call was told in it; null: it was not.</summary>
    /// <param name="alarms">Ascending.</param>
    /// <param name="window">Labelled.</param>
    public static int? Delay(IReadOnlyList<AlarmSpan> alarms, NabWindow window)
    {
        foreach (AlarmSpan alarm in alarms)
            foreach (int row in alarm.Told)
                if (row >= window.First && row <= window.Last) return row - window.First;
        return null;
    }

    /// <summary>Whether nothing was told in a window while an alarm that had begun before was open.</summary>
    /// <param name="alarms">Ascending.</param>
    /// <param name="window">Labelled.</param>
    /// <param name="alarmed">Row by row.</param>
    public static bool WasOpen(IReadOnlyList<AlarmSpan> alarms, NabWindow window, IReadOnlyList<bool> alarmed) =>
        Delay(alarms, window) is null && alarms.Any(alarm => alarm.Touches(window, alarmed));

    /// <summary>Of several feeds.</summary>
    public static LabelTally Sum(IReadOnlyCollection<LabelTally> tallies) => new(
        tallies.Sum(tally => tally.Windows), [.. tallies.SelectMany(tally => tally.Delays)], tallies.Sum(tally => tally.FalseAlarms),
            tallies.Sum(tally => tally.Steps),
        tallies.Sum(tally => tally.Hits), tallies.Sum(tally => tally.FalseRows), tallies.Sum(tally => tally.MissedRows),
        [.. NabProfile.All.Select((_, profile) =>
            new NabTally(tallies.Sum(tally => tally.Nab[profile].Raw), tallies.Sum(tally => tally.Nab[profile].Windows)))])
    {
        StillOpen = tallies.Sum(tally => tally.StillOpen),
    };

    /// <summary>As ratios.</summary>
    public LabelSummary Summary()
    {
        double[] delays = [.. Delays.Order()];
        double?[] nab = [.. NabProfile.All.Select((profile, i) => Nab[i].Windows == 0 ? (double?)null : NabScore.Of([Nab[i]], profile))];
        return new LabelSummary(
            Windows, delays.Length, Ratio(delays.Length, Windows), FalseAlarms, 1e5 * FalseAlarms / Math.Max(1, Steps),
            delays.Length == 0 ? null : (delays[(delays.Length - 1) / 2] + delays[delays.Length / 2]) / 2,
            Ratio(Hits, Hits + FalseRows), Ratio(Hits, Hits + MissedRows), Ratio(2 * Hits, 2 * Hits + FalseRows + MissedRows),
            new NabSummary(nab[0], nab[1], nab[2]), this) { StillOpen = StillOpen };
    }

    static double? Ratio(long part, long whole) => whole == 0 ? null : (double)part / whole;
}
