namespace Esn;

/// <summary>Times of a feed, which may stand at the ends of what can be written.</summary>
static class FeedClock
{
    /// <summary>A time after another; the last there is where it would be beyond.</summary>
    public static DateTime Later(DateTime time, TimeSpan by) =>
        by.Ticks > DateTime.MaxValue.Ticks - time.Ticks ? new DateTime(DateTime.MaxValue.Ticks, time.Kind) : time + by;

    /// <summary>A time before another; the first there is where it would be before.</summary>
    /// <param name="time">The later one.</param>
    /// <param name="ticks">≥ 0.</param>
    public static DateTime Earlier(DateTime time, double ticks) =>
        new(Math.Max(0, time.Ticks - (long)Math.Min(ticks, long.MaxValue / 2)), time.Kind);
}
