using System.Globalization;
using System.Text.Json.Serialization;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Backtest;

/// <summary>An alarm of a backtest in one line: when, what and how bad.</summary>
/// <param name="Row">At which it opened, from 0.</param>
/// <param name="Time">As the file writes it; empty: the file has no times.</param>
/// <param name="Rows">For which it was open.</param>
/// <param name="Severity">In the end.</param>
/// <param name="Score">The highest, 1 = threshold.</param>
/// <param name="Channel">With the largest part in it, as it opened.</param>
/// <param name="Observed">Of that channel, as it opened.</param>
/// <param name="Expected">The same; NaN: nothing was expected yet.</param>
public sealed record ToldAlarm(
    long Row, string Time, long Rows, string Severity, double Score, string Channel, double Observed, double Expected)
{
    static readonly DateTime ClocksFrom = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Its time for a person, who reads no seconds since 1970.</summary>
    [JsonIgnore]
    public string Shown { get; init; } = Time;

    /// <summary>An alarm that opens.</summary>
    internal static ToldAlarm Opens(long row, string time, AlarmEvent opened, IReadOnlyList<string> channels)
    {
        int channel = opened.Contributions is [var first, ..] ? first.Channel : 0;
        return new ToldAlarm(row, time, 1, Words.Of(opened.Severity), opened.Score, channels[channel], opened.Observed[channel],
            opened.Expected[channel])
        {
            // Numbers of a run count from its start, and say more than a day of 1970.
            Shown = double.TryParse(time, CultureInfo.InvariantCulture, out _) && opened.Time >= ClocksFrom
                ? FeedTime.Write(opened.Time) : time,
            Why = opened.Scores is [var score, ..] ? ScoreText.Says(score.Name, channels, channel) : "",
        };
    }

    /// <summary>What the score that it opened with looks at, as <see cref="ScoreText"/> has it; empty: none reached its bar.</summary>
    public string Why { get; init; } = "";

    /// <summary>The same, now that it is known how it went on.</summary>
    internal ToldAlarm After(AlarmSpan span, long rows) =>
        this with { Rows = rows, Severity = Words.Of(span.Last.Severity), Score = span.Score };

    /// <summary>What was seen, and for how long.</summary>
    public string Says => string.Create(CultureInfo.InvariantCulture,
        $"{(Shown.Length > 0 ? $"{Shown}, " : "")}row {Row}: {Channel}{Seen}; open in {Rows} rows, score {Score:F2}");

    string Seen => (AlarmText.Pair(Observed, Expected) is { } pair ? $" {pair}" : "") + (Why.Length > 0 ? $"; {Why}" : "");
}
