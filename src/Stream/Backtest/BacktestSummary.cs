namespace Esn.Streaming.Backtest;

/// <summary>What a backtest of a feed found, and how that compares with the labels where there are any.</summary>
/// <param name="File">The feed.</param>
/// <param name="Channels">Names of the channels.</param>
/// <param name="Rows">Rows of the feed.</param>
/// <param name="Steps">Rows that were scored.</param>
/// <param name="Refused">Rows that were not, by reason.</param>
/// <param name="FirstRefused">The first of them by reason: which row, and what was wrong with it.</param>
/// <param name="WarmUpSteps">Steps before the first that could alarm.</param>
/// <param name="Alarms">Alarms that opened.</param>
/// <param name="AlarmRows">Rows with an alarm open.</param>
/// <param name="Labels">Null where the feed has none.</param>
/// <param name="StepsPerSecond">Of this run, reading and writing included.</param>
public sealed record BacktestSummary(
    string File, IReadOnlyList<string> Channels, long Rows, long Steps, IReadOnlyDictionary<string, long> Refused,
        IReadOnlyDictionary<string, string> FirstRefused,
    long WarmUpSteps, int Alarms, long AlarmRows, LabelSummary? Labels, double StepsPerSecond);

/// <summary>What the backtests of several feeds found together.</summary>
/// <param name="Files">How many.</param>
/// <param name="Rows">Of all.</param>
/// <param name="Steps">Rows that were scored.</param>
/// <param name="Refused">Rows that were not, by reason.</param>
/// <param name="Alarms">Alarms that opened.</param>
/// <param name="AlarmRows">Rows with an alarm open.</param>
/// <param name="Labels">All windows and rows as if they were of one feed; null where there are none.</param>
/// <param name="StepsPerSecond">Of all together.</param>
/// <param name="Each">The feeds, in the order they were named.</param>
public sealed record BacktestTotal(
    int Files, long Rows, long Steps, IReadOnlyDictionary<string, long> Refused, int Alarms, long AlarmRows, LabelSummary? Labels,
    double StepsPerSecond, IReadOnlyList<BacktestSummary> Each)
{
    /// <summary>Adds up.</summary>
    /// <param name="each">At least one.</param>
    /// <param name="elapsed">Of all together.</param>
    public static BacktestTotal Of(IReadOnlyList<BacktestSummary> each, TimeSpan elapsed)
    {
        LabelTally[] tallies = [.. each.Select(summary => summary.Labels?.Tally).OfType<LabelTally>()];
        long steps = each.Sum(summary => summary.Steps);
        return new BacktestTotal(
            each.Count, each.Sum(summary => summary.Rows), steps,
            new SortedDictionary<string, long>(each.SelectMany(summary => summary.Refused).GroupBy(refused => refused.Key)
                .ToDictionary(same => same.Key, same => same.Sum(refused => refused.Value)), StringComparer.Ordinal),
            each.Sum(summary => summary.Alarms), each.Sum(summary => summary.AlarmRows), tallies.Length == 0 ? null : LabelTally
                .Sum(tallies).Summary(),
            steps / Math.Max(elapsed.TotalSeconds, 1e-9), each);
    }
}
