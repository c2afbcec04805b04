using Esn.Streaming.Feeds;

namespace Esn.Streaming.Backtest;

/// <summary>What kind of feed it is, by the rows that were taken: how far apart they are, and whether they are noise.</summary>
/// <param name="channels">≥ 1.</param>
sealed class FeedNature(int channels)
{
    const int Enough = 1000;  // intervals
    const double LeastDays = 7;

    static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1), Longest = TimeSpan.FromHours(2);  // between rows that follow hours

    readonly List<long> _intervals = [];  // between the first rows, ticks
    readonly Roughness[] _roughness = new Roughness[channels];
    readonly DailyRhythm[] _daily = [.. Enumerable.Range(0, channels).Select(_ => new DailyRhythm())];
    DateTime _first, _time;  // of the first row, and of the newest
    long _sameTime;  // rows since, with that one: stamps may be coarser than rows

    /// <summary>Rows that were taken.</summary>
    public long Rows { get; private set; }

    /// <summary>The median between two rows; null: there were none.</summary>
    public TimeSpan? Interval =>
        _intervals.Count == 0 ? null : TimeSpan.FromTicks(_intervals.Order().ElementAt(_intervals.Count / 2));

    /// <summary>Whether half of the channels, or more, of those that move at all, are noise.</summary>
    public bool IsRough
    {
        get
        {
            bool[] each = [.. _roughness.Select(channel => channel.IsNoise).OfType<bool>()];
            return each.Length > 0 && 2 * each.Count(noise => noise) >= each.Length;
        }
    }

    /// <summary>
    /// Whether half of the channels, or more, of those that move at all, follow the hour of the day. False of less than a week, and where
    /// rows are so near or so far apart that it is not the day that matters.
    /// </summary>
    public bool IsDaily
    {
        get
        {
            if (Interval is not { } interval || interval < Shortest || interval > Longest || (_time - _first).TotalDays < LeastDays)
                return false;
            bool[] each = [.. _daily.Select(channel => channel.IsDaily).OfType<bool>()];
            return each.Length > 0 && 2 * each.Count(daily => daily) >= each.Length;
        }
    }

    /// <summary>Takes a row, in the order of the file.</summary>
    public void Take(FeedRow row)
    {
        if (Rows == 0) _first = row.Time;
        if (Rows++ == 0 || row.Time > _time)
        {
            if (_sameTime > 0 && _intervals.Count < Enough) _intervals.Add((row.Time - _time).Ticks / _sameTime);
            (_time, _sameTime) = (row.Time, 0);
        }
        _sameTime++;
        for (int c = 0; c < _roughness.Length; c++)
        {
            _roughness[c].Add(row.Values[c]);
            _daily[c].Add(row.Time, row.Values[c]);
        }
    }
}
