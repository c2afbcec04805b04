using System.Globalization;

namespace Esn.Streaming.Wire;

/// <summary>Times as feeds write them, read into UTC.</summary>
public static class FeedTime
{
    const long LeastMilliseconds = -62_135_596_800_000, MostMilliseconds = 253_402_300_799_999;  // 0001-01-01, 9999-12-31

    const double FirstDays = 36_526, LastDays = 55_153;  // 2000-01-01 and 2050-12-31 in the days of spreadsheets

    // Each unit reaches the next one's bound in the year 5138; that one passed it in 1973.
    const double MillisecondsFrom = 1e11, MicrosecondsFrom = 1e14, NanosecondsFrom = 1e17;

    /// <summary>
    /// Seconds (|n| &lt; 1e11), milliseconds (&lt; 1e14), microseconds (&lt; 1e17) or nanoseconds since 1970; null outside of the
    /// years 1 … 9999 or not finite.
    /// </summary>
    public static DateTime? FromNumber(double number) => FromNumber(number, Math.Abs(number) switch
    {
        < MillisecondsFrom => TimeSpan.TicksPerSecond,
        < MicrosecondsFrom => TimeSpan.TicksPerMillisecond,
        < NanosecondsFrom => TimeSpan.TicksPerMicrosecond,
        _ => 1.0 / TimeSpan.NanosecondsPerTick,
    });

    /// <summary>A number of a unit since 1970; null outside of the years 1 … 9999 or not finite.</summary>
    /// <param name="number">How many.</param>
    /// <param name="unit">Ticks of 100 ns.</param>
    public static DateTime? FromNumber(double number, double unit)
    {
        double ticks = Math.Round(number * unit);
        double limit = (DateTime.MaxValue - DateTime.UnixEpoch).Ticks, least = (DateTime.MinValue - DateTime.UnixEpoch).Ticks;
        return ticks > least && ticks < limit ? DateTime.UnixEpoch.AddTicks((long)ticks) : null;
    }

    /// <summary>Milliseconds since 1970; null outside of the years 1 … 9999.</summary>
    public static DateTime? FromMilliseconds(long milliseconds) =>
        milliseconds is >= LeastMilliseconds and <= MostMilliseconds
            ? DateTime.UnixEpoch.AddTicks(milliseconds * TimeSpan.TicksPerMillisecond)
            : null;

    /// <summary>Whether a number can be the days of a spreadsheet, of the years 2000 … 2050, as well as seconds of a run.</summary>
    public static bool MayBeDays(double number) => number is >= FirstDays and <= LastDays;

    /// <summary>
    /// ISO 8601 and its near relatives (a space for the T, no zone = UTC, 20260105T1300Z), or a number; null if it is neither, as
    /// 05/01/2026, of which nobody knows what is the day, and 5-Jan, of which nobody knows the year.
    /// </summary>
    public static DateTime? Parse(string text)
    {
        if (TimeText.IsLong(text)) return null;
        if (TimeText.Numbers(text) is not null || TimeText.Yearless(text) is not null) return null;
        if (DateTime.TryParse(text, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal | DateTimeStyles.NoCurrentDateDefault, out DateTime time)
            && text.AsSpan().IndexOfAny("-/") > 0) return time;
        if (TimeText.Parse(text) is { Utc: { } stamp }) return stamp;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? FromNumber(number) : null;
    }

    /// <summary>ISO 8601 with all digits a time has.</summary>
    public static string Write(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture);
}
