using Esn.Streaming.Backtest;
using Esn.Streaming.Pipeline;

namespace Esn.Streaming.Tuning;

/// <summary>The beginning of a feed, in memory: what every trial forecasts.</summary>
/// <param name="Channels">Length of a frame.</param>
/// <param name="Frames">[rows×channels], those that a detector would take.</param>
public sealed record TuneFeed(int Channels, double[] Frames)
{
    /// <summary>Rows that are read at the most.</summary>
    public const int MostRows = 50_000;

    /// <summary>Rows held.</summary>
    public int Rows => Frames.Length / Channels;

    /// <summary>Reads a feed.</summary>
    /// <exception cref="FeedException">The feed can't be read.</exception>
    public static TuneFeed Read(CsvFeed feed)
    {
        var gate = new Gate(feed.Channels.Count);
        var frames = new List<double>();
        foreach (FeedRow row in feed.Rows().Take(MostRows))
            if (row.Problem is null && gate.Check(row.Time, row.Values, out _) is null) frames.AddRange(row.Values);
        return new TuneFeed(feed.Channels.Count, [.. frames]);
    }
}
