using Esn.Streaming.Feeds;

namespace Esn.Streaming.Backtest;

/// <summary>What kind of feed it is, by the rows that were taken: how far apart they are, and whether they are noise.</summary>
/// <param name="channels">≥ 1.</param>
sealed class FeedNature(int channels)
{
    const int Enough = 1000;  // intervals

    readonly List<long> _intervals = [];  // between the first rows, ticks
    readonly Roughness[] _roughness = new Roughness[channels];
    DateTime _time;  // of the newest row
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

    /// <summary>Takes a row, in the order of the file.</summary>
    public void Take(FeedRow row)
    {
        if (Rows++ == 0 || row.Time > _time)
        {
            if (_sameTime > 0 && _intervals.Count < Enough) _intervals.Add((row.Time - _time).Ticks / _sameTime);
            (_time, _sameTime) = (row.Time, 0);
        }
        _sameTime++;
        for (int c = 0; c < _roughness.Length; c++) _roughness[c].Add(row.Values[c]);
    }
}
