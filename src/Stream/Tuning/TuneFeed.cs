using Esn.Streaming.Feeds;
using Esn.Streaming.Streams;

namespace Esn.Streaming.Tuning;

/// <summary>The beginning of a feed, in memory: what every trial forecasts.</summary>
/// <param name="Channels">Length of a frame.</param>
/// <param name="Frames">[rows×channels], those that a detector would take.</param>
/// <param name="Times">[rows].</param>
public sealed record TuneFeed(int Channels, double[] Frames, DateTime[] Times)
{
    /// <summary>Rows that are read at the most.</summary>
    public const int MostRows = 50_000;

    /// <summary>Rows held.</summary>
    public int Rows => Times.Length;

    /// <summary>Reads a feed.</summary>
    /// <exception cref="FeedException">The feed can't be read.</exception>
    public static TuneFeed Read(CsvFeed feed)
    {
        var gate = new Gate(feed.Channels.Count);
        FeedRow[] taken =
            [.. feed.Rows().Take(MostRows).Where(row => row.Problem is null && !Array.Exists(row.Values, double.IsNaN)
                && gate.Check(row.Time, row.Values, out _) is null)];
        return new TuneFeed(feed.Channels.Count, [.. taken.SelectMany(row => row.Values)], [.. taken.Select(row => row.Time)]);
    }
}
