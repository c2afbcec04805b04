namespace Esn.Streaming.Backtest;

/// <summary>What a backtest found, and how that compares with the labels where there are any.</summary>
/// <param name="File">The feed.</param>
/// <param name="Channels">Names of the channels.</param>
/// <param name="Rows">Rows of the feed.</param>
/// <param name="Steps">Rows that were scored.</param>
/// <param name="Refused">Rows that were not, by reason.</param>
/// <param name="WarmUpSteps">Steps before the first that could alarm.</param>
/// <param name="Alarms">Alarms that opened.</param>
/// <param name="AlarmRows">Rows with an alarm open.</param>
/// <param name="Labels">Null where the feed has none.</param>
/// <param name="StepsPerSecond">Of this run, reading and writing included.</param>
public sealed record BacktestSummary(
    string File, IReadOnlyList<string> Channels, long Rows, long Steps, IReadOnlyDictionary<string, long> Refused,
    long WarmUpSteps, int Alarms, long AlarmRows, LabelSummary? Labels, double StepsPerSecond);

/// <summary>Alarms against labelled windows. A window that ends within the warm-up can't be found and does not count.</summary>
/// <param name="Windows">Labelled windows.</param>
/// <param name="Caught">Windows in which an alarm was open.</param>
/// <param name="FalseAlarms">Alarms that touched no window.</param>
/// <param name="FalseAlarmsPer100000Steps">Of the steps after the warm-up.</param>
/// <param name="MedianDelay">Steps from the beginning of a caught window to the first row in alarm; null where none was caught.</param>
public sealed record LabelSummary(int Windows, int Caught, int FalseAlarms, double FalseAlarmsPer100000Steps, double? MedianDelay)
{
    /// <summary>Compares.</summary>
    /// <param name="alarmed">Row by row.</param>
    /// <param name="anomalous">Row by row.</param>
    /// <param name="ready">First row that could alarm.</param>
    public static LabelSummary Of(IReadOnlyList<bool> alarmed, IReadOnlyList<bool> anomalous, long ready)
    {
        var windows = Runs(anomalous).Where(window => window.End > ready).ToList();
        var delays = new List<double>();
        foreach ((int start, int end) in windows)
        {
            int first = start;
            while (first < end && !alarmed[first]) first++;
            if (first < end) delays.Add(first - start);
        }
        int falseAlarms = Runs(alarmed).Count(alarm => !windows.Exists(window => alarm.Start < window.End && window.Start < alarm.End));
        delays.Sort();
        long steps = Math.Max(1, alarmed.Count - ready);
        return new LabelSummary(windows.Count, delays.Count, falseAlarms, 1e5 * falseAlarms / steps,
            delays.Count == 0 ? null : (delays[(delays.Count - 1) / 2] + delays[delays.Count / 2]) / 2);
    }

    static IEnumerable<(int Start, int End)> Runs(IReadOnlyList<bool> rows)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            if (!rows[i]) continue;
            int start = i;
            while (i < rows.Count && rows[i]) i++;
            yield return (start, i);
        }
    }
}
