namespace Esn;

/// <summary>How densely a feed is sampled.</summary>
static class Sampling
{
    /// <summary>The median of the times between consecutive frames; a second where the feed's times stand still.</summary>
    public static TimeSpan Interval(ReadOnlySpan<DateTime> times)
    {
        var gaps = new long[Math.Max(0, times.Length - 1)];
        for (int t = 1; t < times.Length; t++) gaps[t - 1] = (times[t] - times[t - 1]).Ticks;
        gaps.AsSpan().Sort();
        return gaps.Length > 0 && gaps[gaps.Length / 2] > 0 ? TimeSpan.FromTicks(gaps[gaps.Length / 2]) : TimeSpan.FromSeconds(1);
    }
}
