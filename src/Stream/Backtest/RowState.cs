using System.Globalization;
using Esn.Streaming.Streams;

namespace Esn.Streaming.Backtest;

/// <summary>What a row's score stands for: 0 is calm where the row was judged, and nothing where it was not.</summary>
public static class RowState
{
    /// <summary>The score is of the row.</summary>
    public const string Judged = "judged";

    /// <summary>The model, or one that took its place, was learning what is normal.</summary>
    public const string WarmingUp = "warming_up";

    /// <summary>Maintenance: the feed was not to be judged.</summary>
    public const string Muted = "muted";

    /// <summary>After a mute, a gap or a clock that went back: what the reservoir holds of it dies away.</summary>
    public const string Settling = "settling";

    /// <summary>The state of a row.</summary>
    /// <param name="refused">Why it was, as in the summary; null: it was not.</param>
    /// <param name="scored">What became of it; null where it was refused.</param>
    internal static string Of(string? refused, in ScoredFrame? scored)
    {
        if (refused is not null || scored is not { } frame) return refused ?? throw new ArgumentNullException(nameof(scored));
        if (frame.Muted && frame.Kind == DueKind.Came) return Muted;
        return frame.Result.WarmingUp ? WarmingUp : frame.Result.Unjudged ? Settling : Judged;
    }

    /// <summary>Which of the rows that were scored were not judged, and why; null: all were.</summary>
    /// <param name="states">Rows by state.</param>
    /// <param name="models">That warmed up.</param>
    internal static string? Blind(IReadOnlyDictionary<string, long> states, int models)
    {
        (long warming, long muted, long settling) = (states.GetValueOrDefault(WarmingUp), states.GetValueOrDefault(Muted),
            states.GetValueOrDefault(Settling));
        if (warming + muted + settling == 0) return null;
        List<string> why = [];
        if (warming > 0) why.Add($"{Text(warming)} as {(models > 1 ? $"{Text(models)} models" : "the model")} warmed up");
        if (muted > 0) why.Add($"{Text(muted)} muted");
        if (settling > 0) why.Add($"{Text(settling)} as the model settled after a mute or a gap");
        return $"{Text(warming + muted + settling)} rows: {string.Join(", ", why)}";
    }

    /// <summary>Rows by state of several feeds.</summary>
    internal static IReadOnlyDictionary<string, long> Sum(IReadOnlyList<BacktestSummary> each) => each.SelectMany(one => one.States)
        .GroupBy(state => state.Key).ToDictionary(same => same.Key, same => same.Sum(state => state.Value));

    static string Text(long count) => count.ToString(CultureInfo.InvariantCulture);
}
