using System.Globalization;
using Esn.Streaming.Feeds;

namespace Esn.Streaming.Backtest;

/// <summary>scores.csv: a line for each row of the feed, in its order.</summary>
sealed class ScoreFile
{
    readonly TextWriter _to;

    /// <param name="to">Gets the names of the columns at once.</param>
    /// <param name="feed">Whose rows follow.</param>
    public ScoreFile(TextWriter to, CsvFeed feed)
    {
        _to = to;
        to.Write($"{feed.TimeColumn},score,normality,expected,observed,alarm");
        if (feed.Channels.Count > 1)
            foreach (string channel in feed.Channels) to.Write($",{Quoted($"expected_{channel}")},{Quoted($"observed_{channel}")}");
        to.WriteLine(",state");
    }

    /// <summary>Writes a line.</summary>
    /// <param name="row">As it was read.</param>
    /// <param name="result">The newest, which need not be of this row.</param>
    /// <param name="expected">[channels], units of the feed.</param>
    /// <param name="state">One of <see cref="RowState"/>.</param>
    public void Write(FeedRow row, in StepResult result, ReadOnlySpan<double> expected, string state)
    {
        _to.Write(string.Create(CultureInfo.InvariantCulture,
            $"{Quoted(row.TimeText)},{result.Score:R},{result.Normality:R},{expected[0]:R},{row.Values[0]:R},"
            + $"{(result.AlarmOpen ? 1 : 0)}"));
        for (int c = 0; c < expected.Length && expected.Length > 1; c++)
            _to.Write(string.Create(CultureInfo.InvariantCulture, $",{expected[c]:R},{row.Values[c]:R}"));
        _to.WriteLine($",{state}");
    }

    static string Quoted(string field) => field.AsSpan().IndexOfAny(",\"\n") < 0 ? field
        : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
