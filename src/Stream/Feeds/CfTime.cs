using System.Globalization;
using System.Text.RegularExpressions;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>Times by the conventions for climate and forecast metadata (CF, chapter 4.4): so many units since some moment.</summary>
sealed partial class CfTime
{
    readonly DateTime _origin;
    readonly double _unit;   // seconds
    readonly bool _noLeap;

    CfTime(DateTime origin, double unit, bool noLeap) => (_origin, _unit, _noLeap) = (origin, unit, noLeap);

    /// <summary>From the attributes of a variable of times.</summary>
    /// <param name="units">Such as "days since 1800-01-01".</param>
    /// <param name="calendar">Null: the usual one.</param>
    /// <param name="problem">What can't be read, and what would be right; empty where it can.</param>
    public static CfTime? Parse(string units, string? calendar, out string problem)
    {
        problem = "";
        string kind = (calendar ?? "standard").Trim().ToLowerInvariant();
        bool noLeap = kind is "noleap" or "365_day";
        if (!noLeap && kind is not ("standard" or "gregorian" or "proleptic_gregorian" or ""))
        {
            problem = $"calendar '{calendar}' can't be read: standard, gregorian, proleptic_gregorian or noleap is expected";
            return null;
        }
        Match match = Form().Match(units);
        double unit = match.Groups["unit"].Value.ToLowerInvariant() switch
        {
            "ms" or "msec" or "msecs" or "millisecond" or "milliseconds" => 1e-3,
            "s" or "sec" or "secs" or "second" or "seconds" => 1,
            "min" or "mins" or "minute" or "minutes" => 60,
            "h" or "hr" or "hrs" or "hour" or "hours" => 3600,
            "d" or "day" or "days" => 86_400,
            "week" or "weeks" => 604_800,
            _ => 0,
        };
        // A month is no length: CF has it, and advises against it.
        string origin = match.Groups["origin"].Value;
        DateTime? at = unit > 0 ? FeedTime.Parse(Date().IsMatch(origin) ? Padded(origin) : origin) : null;
        if (at is { } begin && !(noLeap && begin is { Month: 2, Day: 29 })) return new CfTime(begin, unit, noLeap);
        problem = $"units of time '{units}' can't be read: seconds, minutes, hours or days since a date of the years 1 to 9999 are "
            + "expected, such as \"days since 1800-01-01\"";
        return null;
    }

    /// <summary>The time of a number; null: it is of no year from 1 to 9999.</summary>
    public DateTime? Of(double number)
    {
        double seconds = number * _unit;
        if (!double.IsFinite(seconds)) return null;
        if (_noLeap) return WithoutLeapDays(seconds);
        double ticks = _origin.Ticks + Math.Round(seconds * TimeSpan.TicksPerSecond);
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime((long)ticks, DateTimeKind.Utc) : null;
    }

    // Every year has 365 days.
    DateTime? WithoutLeapDays(double seconds)
    {
        double second = _origin.TimeOfDay.TotalSeconds + seconds, days = Math.Floor(second / 86_400), rest = second - 86_400 * days;
        DateTime common = new(2001, _origin.Month, _origin.Day, 0, 0, 0, DateTimeKind.Utc);
        double day = common.DayOfYear - 1 + days, year = _origin.Year + Math.Floor(day / 365);
        if (year is < 1 or > 9998) return null;
        DateTime date = new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddDays(day - 365 * Math.Floor(day / 365));
        return new DateTime((int)year, date.Month, date.Day, 0, 0, 0, DateTimeKind.Utc).AddSeconds(rest);
    }

    // CF allows years and months of fewer digits: 1-1-1.
    static string Padded(string origin)
    {
        Match date = Date().Match(origin);
        int Part(int group) => int.Parse(date.Groups[group].Value, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{Part(1):D4}-{Part(2):D2}-{Part(3):D2}{origin[date.Length..]}");
    }

    [GeneratedRegex(@"^\s*(?<unit>[A-Za-z]+)\s+since\s+(?<origin>.+?)\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex Form();

    [GeneratedRegex(@"^([0-9]{1,4})-([0-9]{1,2})-([0-9]{1,2})(?![0-9])")]
    private static partial Regex Date();
}
