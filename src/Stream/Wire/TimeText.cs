using System.Globalization;
using System.Text.RegularExpressions;

namespace Esn.Streaming.Wire;

/// <summary>Which of the first two numbers of 05/01/2026 is the day.</summary>
public enum DayOrder
{
    /// <summary>5 January.</summary>
    DayFirst,

    /// <summary>1 May.</summary>
    MonthFirst,
}

/// <summary>A time as a text writes it.</summary>
/// <param name="Clock">What the clock showed.</param>
/// <param name="Offset">Of that clock from UTC; null: the text says none.</param>
public readonly record struct TimeStamp(DateTime Clock, TimeSpan? Offset)
{
    /// <summary>UTC, which a text that names no zone is taken to be in; null outside of the years 1 … 9999.</summary>
    public DateTime? Utc
    {
        get
        {
            long ticks = Clock.Ticks - (Offset ?? TimeSpan.Zero).Ticks;
            return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime(ticks, DateTimeKind.Utc) : null;
        }
    }

    /// <summary>UTC, where a text that names no zone is of a zone's clock; null outside of the years 1 … 9999.</summary>
    /// <param name="zone">Null: UTC.</param>
    /// <param name="later">The second of the two, where clocks went back and showed it twice.</param>
    public DateTime? In(TimeZoneInfo? zone, bool later = false)
    {
        if (Offset is not null || zone is null) return Utc;
        DateTime clock = DateTime.SpecifyKind(Clock, DateTimeKind.Unspecified);
        TimeSpan offset = !zone.IsAmbiguousTime(clock) ? zone.GetUtcOffset(clock)
            : later ? zone.GetAmbiguousTimeOffsets(clock).Min() : zone.GetAmbiguousTimeOffsets(clock).Max();
        return new TimeStamp(clock, offset).Utc;
    }

    /// <summary>Whether the clock of the zone showed it twice.</summary>
    public bool IsAmbiguousIn(TimeZoneInfo? zone) =>
        Offset is null && zone is not null && zone.IsAmbiguousTime(DateTime.SpecifyKind(Clock, DateTimeKind.Unspecified));
}

/// <summary>Texts of times as people, loggers and exports write them.</summary>
public static partial class TimeText
{
    const int MostLetters = 100;  // of a time in any form: what is longer is none, and is not looked at

    const string Months = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";
    const string TimeOfDay = @"(?<h>[0-9]{1,2}):(?<n>[0-9]{2})(:(?<s>[0-9]{2})([.,](?<f>[0-9]+))?)?( ?(?<half>[AaPp])\.?[Mm]\.?)?",
        ZoneNames = "EST|EDT|MST|MDT|PST|PDT|AKST|AKDT|HST|WET|WEST|CET|CEST|MET|MEST|EET|EEST|MSK|SAST|HKT|SGT|AWST|JST|KST|ACST|ACDT"
            + "|AEST|AEDT|NZST|NZDT",
        Zone = " ?(?<zone>Z|UTC|GMT|" + ZoneNames + @"|([+-][0-9]{2}(:?[0-9]{2})?))( UTC| GMT)?";

    // In hours, of ZoneNames. Those that are of several clocks are not there: CST and CDT (Chicago's, China's, Cuba's), IST, BST, AST.
    static readonly double[] ZoneHours =
        [-5, -4, -7, -6, -8, -7, -9, -8, -10, 0, 1, 1, 2, 1, 2, 2, 3, 3, 2, 8, 8, 8, 9, 9, 9.5, 10.5, 10, 11, 12, 13];

    static readonly Dictionary<string, TimeSpan> Zones = ZoneNames.Split('|').Zip(ZoneHours, (name, hours) => (name, hours))
        .ToDictionary(zone => zone.name, zone => TimeSpan.FromHours(zone.hours), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Reads 2026-01-05 13:00:00.25+01:00 and its relatives, 20260105T130000Z, 5 Jan 2026, the weeks and days of the year of ISO 8601
    /// (2026-W02, 2026-W02-1, 2026-005T13:00), quarters and months of statistics (2026Q1, Q1 2026, 2026M01), what C writes
    /// (Mon Jan  5 13:00:00 2026) and web servers do (05/Jan/2026:13:00:00 +0100), with the name of a zone where that is of one clock
    /// alone (CET, EST, JST);
    /// null: it is none of these.
    /// </summary>
    /// <param name="text">A date, with or without a time of day and a zone.</param>
    public static TimeStamp? Parse(string text)
    {
        if (IsLong(text)) return null;
        string trimmed = text.Trim();
        if (YearFirst().Match(trimmed) is { Success: true } dashed) return Of(dashed, "y", "m", "d");
        if (Compact().Match(trimmed) is { Success: true } compact) return Of(compact, "y", "m", "d");
        if (Week().Match(trimmed) is { Success: true } week) return OfWeek(week);
        if (Ordinal().Match(trimmed) is { Success: true } ordinal) return OfYear(ordinal);
        if (Quarter().Match(trimmed) is { Success: true } quarter)
            return Number(quarter, "y") is > 0 and var y ? new TimeStamp(new DateTime(y, 3 * Number(quarter, "q") - 2, 1), null) : null;
        if (MonthOfYear().Match(trimmed) is { Success: true } month) return Of(month, "y", "m", "");
        if (OfC().Match(trimmed) is { Success: true } c) return Of(c, "y", "mon", "d");
        if (OfServer().Match(trimmed) is { Success: true } server) return Of(server, "y", "mon", "d");
        if (!MonthName().IsMatch(trimmed) || NoYearAt().IsMatch(trimmed)) return null;
        if (TakeZone(ref trimmed) is { } offset)
            return !NamedZone().IsMatch(trimmed) && Parse(trimmed) is { Offset: null } clock ? clock with { Offset = offset } : null;
        return DateTimeOffset.TryParse(trimmed, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset named)
            ? new TimeStamp(named.DateTime, named.Offset == TimeSpan.Zero && !ZoneAtEnd().IsMatch(trimmed) ? null : named.Offset)
            : null;
    }

    /// <summary>Reads 05/01/2026 13:00 and its relatives with - and . in an order that is known; null: it is none of these.</summary>
    public static TimeStamp? Parse(string text, DayOrder order) =>
        IsLong(text) || YearLast().Match(text.Trim()) is not { Success: true } match ? null
        : order == DayOrder.DayFirst ? Of(match, "y", "b", "a") : Of(match, "y", "a", "b");

    /// <summary>Reads 2026-15-01 13:00 and its relatives, whose day comes before the month; null: it is none of these.</summary>
    public static TimeStamp? YearDayMonth(string text) =>
        IsLong(text) || YearFirst().Match(text.Trim()) is not { Success: true } match ? null : Of(match, "y", "d", "m");

    /// <summary>The two numbers behind the year of 2026-05-01 and its relatives; null: the text does not begin with such a date.</summary>
    internal static (int First, int Second)? BehindYear(string text)
    {
        ReadOnlySpan<char> date = text.AsSpan().Trim();
        if (date.Length < 8 || date[4] is not ('-' or '/' or '.') || date[..4].IndexOfAnyExceptInRange('0', '9') >= 0) return null;
        int mark = date[5..].IndexOfAnyExceptInRange('0', '9');
        if (mark is not (1 or 2) || date[5 + mark] is not ('-' or '/' or '.')) return null;
        ReadOnlySpan<char> last = date[(6 + mark)..];
        int end = last.IndexOfAnyExceptInRange('0', '9') is var other and >= 0 ? other : last.Length;
        return end is not (1 or 2) ? null : (int.Parse(date.Slice(5, mark), CultureInfo.InvariantCulture),
            int.Parse(last[..end], CultureInfo.InvariantCulture));
    }

    /// <summary>The first two numbers of 05/01/2026, and what separates them; null: it is no such date.</summary>
    public static (int First, int Second, char Separator)? Numbers(string text) =>
        !IsLong(text) && YearLast().Match(text.Trim()) is { Success: true } match
            ? (Number(match, "a"), Number(match, "b"), match.Groups["x"].Value[0]) : null;

    /// <summary>The year in which days without one are put: it has a 29 February.</summary>
    public const int NoYear = 2000;

    /// <summary>Reads 3-Dec, 3 December 13:05, in the year <see cref="NoYear"/>; null: it is no such text.</summary>
    public static TimeStamp? Yearless(string text)
    {
        if (IsLong(text) || NoYearAt().Match(text.Trim()) is not { Success: true } match) return null;
        int month = MonthOf(match.Groups["mon"].Value), day = Number(match, "d");
        TimeSpan? ofDay = match.Groups["h"].Success ? Day(match) : TimeSpan.Zero;
        return ofDay is { } time && day >= 1 && day <= DateTime.DaysInMonth(NoYear, month)
            ? new TimeStamp(new DateTime(NoYear, month, day) + time, null) : null;
    }

    /// <summary>Reads a date and an hour of digits alone, 2026010513 or 202601055; null: it is no such text.</summary>
    public static TimeStamp? HourOfDigits(string text) => !IsLong(text) && DigitsOfHours().Match(text.Trim()) is { Success: true } match
        ? Of(match, "y", "m", "d") : null;

    /// <summary>A time of day alone, such as 13:05 or 1:05:00 PM.</summary>
    public static TimeSpan? OfDay(string text) =>
        !IsLong(text) && OnlyTime().Match(text.Trim()) is { Success: true } match ? Day(match) : null;

    /// <summary>What passed since a start: 26:05:00.5, 1 day, 2:05:00 and 1 days 02:05:00; null: it is no such text.</summary>
    public static TimeSpan? Elapsed(string text) => IsLong(text) || SinceStart().Match(text.Trim()) is not { Success: true } match ? null
        : TimeSpan.FromDays(Number(match, "d")) + TimeSpan.FromHours(Number(match, "h")) + TimeSpan.FromMinutes(Number(match, "n"))
            + TimeSpan.FromSeconds(Number(match, "s")) + Fraction(match);

    /// <summary>Whether a text has more characters than any time, spaces around it not counted.</summary>
    internal static bool IsLong(string text) => text.Length > MostLetters && text.AsSpan().Trim().Length > MostLetters;

    /// <summary>Takes the name of a zone out of a text, with the space before it.</summary>
    /// <param name="text">What is left of it.</param>
    /// <returns>Offset from UTC; null: it has no such name.</returns>
    internal static TimeSpan? TakeZone(ref string text)
    {
        if (NamedZone().Match(text) is not { Success: true } match) return null;
        text = text.Remove(match.Index, match.Length);
        return Zones.GetValueOrDefault(match.Groups["zone"].Value);
    }

    /// <summary>A text without each of its words that may be the name of a zone, one after the other, with the space before it.</summary>
    internal static IEnumerable<string> WithoutWord(string text) =>
        Capitals().Matches(text).Select(match => text.Remove(match.Index, match.Length));

    /// <summary>The name of a zone at the end of a time that is not read because of it; null: it is another text.</summary>
    internal static string? UnknownZone(string text) => !IsLong(text) && LastWord().Match(text.Trim()) is { Success: true } match
        && !NamedZone().IsMatch(match.Groups["word"].Value)
        && (Parse(match.Groups["time"].Value) is not null || Numbers(match.Groups["time"].Value) is not null) ? match.Groups["word"].Value
        : null;

    /// <summary>Whether a text of digits alone is a date: 20260105, 202601051300 or 20260105130000, of the years 1900 … 2099.</summary>
    public static bool IsCompact(string text) =>
        MayBeCompact(text.Length) && text[0] is '1' or '2' && Digits().IsMatch(text) && text.AsSpan(0, 2) is "19" or "20"
        && Parse(text) is not null;

    /// <summary>Whether a text of digits of this length may be a date.</summary>
    internal static bool MayBeCompact(int length) => length is 8 or 12 or 14;

    static int MonthOf(string name) => 1 + Months.IndexOf(name, StringComparison.OrdinalIgnoreCase) / (Months.IndexOf('|') + 1);

    static TimeStamp? Of(Match match, string year, string month, string day)
    {
        int y = Number(match, year), d = day.Length == 0 ? 1 : Number(match, day);
        int m = month == "mon" ? MonthOf(match.Groups[month].Value) : Number(match, month);
        if (match.Groups[year].Length == 2) y += y < 70 ? 2000 : 1900;
        if (y < 1 || m is < 1 or > 12 || d < 1 || d > DateTime.DaysInMonth(y, m)) return null;
        TimeSpan? ofDay = match.Groups["h"].Success ? Day(match) : TimeSpan.Zero;
        if (ofDay is not { } time) return null;
        DateTime date = new(y, m, d);
        return time < TimeSpan.FromDays(1) || date < DateTime.MaxValue.Date ? new TimeStamp(date + time, Offset(match)) : null;
    }

    static TimeSpan? Offset(Match match)
    {
        string zone = match.Groups["zone"].Value;
        if (zone.Length == 0) return null;
        if (zone[0] is not ('+' or '-')) return Zones.GetValueOrDefault(zone);
        int hours = int.Parse(zone.AsSpan(1, 2), CultureInfo.InvariantCulture);
        int minutes = zone.Length > 3 ? int.Parse(zone.AsSpan(zone.Length - 2), CultureInfo.InvariantCulture) : 0;
        return (zone[0] == '-' ? -1 : 1) * new TimeSpan(hours, minutes, 0);
    }

    static TimeStamp? OfYear(Match match)
    {
        int y = Number(match, "y"), day = Number(match, "j");
        return y is < 1 or > 9998 || day < 1 || day > (DateTime.IsLeapYear(y) ? 366 : 365)
            || Day(match) is not { } time ? null
            : new TimeStamp(new DateTime(y, 1, 1).AddDays(day - 1) + time, Offset(match));
    }

    // The Monday of a week that no day is said of.
    static TimeStamp? OfWeek(Match match)
    {
        int y = Number(match, "y"), w = Number(match, "w"), d = match.Groups["d"].Success ? Number(match, "d") : 1;
        return y is < 1 or > 9998 || w < 1 || w > ISOWeek.GetWeeksInYear(y) ? null
            : new TimeStamp(ISOWeek.ToDateTime(y, w, (DayOfWeek)(d % 7)), null);
    }

    // 24:00 is the end of the day, as ISO 8601 once had it.
    static TimeSpan? Day(Match match)
    {
        int h = Number(match, "h"), n = Number(match, "n"), s = Number(match, "s");
        if (match.Groups["half"] is { Success: true, Value: [var half, ..] })
        {
            if (h is < 1 or > 12) return null;
            h = h % 12 + (half is 'p' or 'P' ? 12 : 0);
        }
        if (h > 24 || n > 59 || s > 60 || (h == 24 && n + s > 0)) return null;
        return new TimeSpan(h, n, Math.Min(s, 59)) + Fraction(match);  // a leap second is the one before
    }

    static TimeSpan Fraction(Match match)
    {
        string fraction = match.Groups["f"].Value;
        return TimeSpan.FromTicks(fraction.Length == 0 ? 0
            : long.Parse(fraction.Length > 7 ? fraction.AsSpan(0, 7) : fraction.PadRight(7, '0'), CultureInfo.InvariantCulture));
    }

    static int Number(Match match, string group) =>
        match.Groups[group] is { Success: true } found ? int.Parse(found.ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^(?<y>[0-9]{4})[-/.](?<m>[0-9]{1,2})[-/.](?<d>[0-9]{1,2})([Tt ,]+" + TimeOfDay + @")?(" + Zone + ")?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex YearFirst();

    [GeneratedRegex(@"^(?<a>[0-9]{1,2})(?<x>[-/.])(?<b>[0-9]{1,2})[-/.](?<y>[0-9]{4}|[0-9]{2})([Tt ,]+" + TimeOfDay + @")?(" + Zone + ")?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex YearLast();

    [GeneratedRegex(@"^(?<y>[0-9]{4})(?<m>[0-9]{2})(?<d>[0-9]{2})"
        + @"([T ]?(?<h>[0-9]{2})(?<n>[0-9]{2})((?<s>[0-9]{2})([.,](?<f>[0-9]+))?)?)?(" + Zone + ")?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Compact();

    [GeneratedRegex(@"^(?<y>[0-9]{4})-?W(?<w>[0-9]{2})(-?(?<d>[1-7]))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Week();

    [GeneratedRegex(@"^(?<y>[0-9]{4})-(?<j>[0-9]{3})[Tt ]+" + TimeOfDay + "(" + Zone + ")?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Ordinal();

    [GeneratedRegex(@"^((?<y>[0-9]{4})[- ]?[Qq](?<q>[1-4])|[Qq](?<q>[1-4])[- /]?(?<y>[0-9]{4}))$", RegexOptions.CultureInvariant)]
    private static partial Regex Quarter();

    [GeneratedRegex(@"^(?<y>[0-9]{4})-?[Mm](?<m>[0-9]{1,2})$", RegexOptions.CultureInvariant)]
    private static partial Regex MonthOfYear();

    // As Python's and pandas' differences of times are written, and a stop-watch that does not begin anew after a day.
    [GeneratedRegex(@"^((?<d>[0-9]{1,6}) days?,? +)?(?<h>[0-9]{1,6}):(?<n>[0-5][0-9]):(?<s>[0-5][0-9])([.,](?<f>[0-9]+))?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex SinceStart();

    [GeneratedRegex(@" ?\b(?<zone>UTC|GMT|Z|" + ZoneNames + @")\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NamedZone();

    [GeneratedRegex(@" ?\b[A-Z]{2,5}\b", RegexOptions.CultureInvariant)]
    private static partial Regex Capitals();

    [GeneratedRegex("^(?<time>.*[0-9Mm]) (?<word>[A-Z]{2,5})$", RegexOptions.CultureInvariant)]
    private static partial Regex LastWord();

    // As ctime(3) and date(1) write it.
    [GeneratedRegex("^((mon|tue|wed|thu|fri|sat|sun),? +)?(?<mon>" + Months + @") +(?<d>[0-9]{1,2}) +" + TimeOfDay + "(" + Zone
        + @")? +(?<y>[0-9]{4})$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OfC();

    // Of the common log format, in its brackets or not.
    [GeneratedRegex(@"^\[?(?<d>[0-9]{1,2})/(?<mon>" + Months + @")/(?<y>[0-9]{4}):" + TimeOfDay + "(" + Zone + @")?\]?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OfServer();

    [GeneratedRegex(@"^(?<y>(19|20)[0-9]{2})(?<m>[0-9]{2})(?<d>[0-9]{2})(?<h>[0-9]|[01][0-9]|2[0-3])$", RegexOptions.CultureInvariant)]
    private static partial Regex DigitsOfHours();

    [GeneratedRegex(@"^(?<d>[0-9]{1,2})[-/. ]? ?(?<mon>" + Months + @")[a-z]*\.?([Tt ,]+" + TimeOfDay + ")?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NoYearAt();

    [GeneratedRegex("^" + TimeOfDay + "$", RegexOptions.CultureInvariant)]
    private static partial Regex OnlyTime();

    [GeneratedRegex(@"\b(" + Months + @")[a-z]*\b.*[0-9]|[0-9].*(" + Months + ")", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MonthName();

    [GeneratedRegex(@"(Z|GMT|[+-][0-9]{2}:?[0-9]{2})$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ZoneAtEnd();

    [GeneratedRegex(@"^[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();
}
