namespace Esn.Streaming.Telemetry;

/// <summary>
/// How often a feed's records come, by the timestamps of the records: a backlog that is read at once does not quicken it.
/// </summary>
/// <remarks>Of the last 256 to 511 gaps, so an outage is forgotten, and one that ends is not taken for the feed's habit for ever.</remarks>
sealed class Pace
{
    const int Block = 256;

    (int Count, double Sum, double Longest) _filled, _before;  // gaps in seconds
    DateTime? _last;

    /// <summary>Mean gap in seconds; NaN: none is known.</summary>
    public double Interval => (_filled.Sum + _before.Sum) / (_filled.Count + _before.Count);

    /// <summary>Longest gap in seconds; NaN: none is known.</summary>
    public double LongestGap => _filled.Count + _before.Count > 0 ? Math.Max(_filled.Longest, _before.Longest) : double.NaN;

    /// <summary>A record came.</summary>
    /// <param name="sent">Its own timestamp; null: it has none that is a time.</param>
    public void Add(DateTime? sent)
    {
        if (sent is null) return;
        if (_last is { } last)
        {
            double gap = Math.Max(0, (sent.Value - last).TotalSeconds);
            if (_filled.Count == Block) (_before, _filled) = (_filled, default);
            _filled = (_filled.Count + 1, _filled.Sum + gap, Math.Max(_filled.Longest, gap));
        }
        _last = sent;
    }
}
