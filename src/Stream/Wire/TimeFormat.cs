using System.Globalization;
using System.Text.RegularExpressions;

namespace Esn.Streaming.Wire;

/// <summary>One way of writing times: of a column, or of the records of a feed.</summary>
public sealed partial class TimeFormat
{
    const double UnixSerial = 25569, UnixDatenum = 719529;  // 1970 in the days of spreadsheets, and of MATLAB

    static readonly (string Word, double Ticks, string Says)[] Units =
    [
        ("s", TimeSpan.TicksPerSecond, "seconds"), ("sec", TimeSpan.TicksPerSecond, "seconds"),
        ("seconds", TimeSpan.TicksPerSecond, "seconds"), ("ms", TimeSpan.TicksPerMillisecond, "milliseconds"),
        ("us", TimeSpan.TicksPerMicrosecond, "microseconds"), ("µs", TimeSpan.TicksPerMicrosecond, "microseconds"),
        ("ns", 1.0 / TimeSpan.NanosecondsPerTick, "nanoseconds"), ("min", TimeSpan.TicksPerMinute, "minutes"),
        ("h", TimeSpan.TicksPerHour, "hours"), ("hours", TimeSpan.TicksPerHour, "hours"),
        ("d", TimeSpan.TicksPerDay, "days"), ("days", TimeSpan.TicksPerDay, "days"),
    ];

    /// <summary>What <see cref="Of"/> takes.</summary>
    public const string Said = "day-first, month-first, s, ms, us, ns, excel, matlab, filetime, ticks, elapsed, or the form itself, "
        + "such as \"dd.MM.yyyy HH:mm\" or \"%d/%m/%Y\"";

    // C pads a day of one digit by a space.
    const DateTimeStyles Lenient = DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowInnerWhite;

    // What .NET has no code for, the day of the year, is read as if there stood j01/01, and added.
    const string DayOfYear = @"\jMM\/dd", FirstOfYear = "j01/01";

    readonly Func<string, TimeStamp?> _read;

    TimeFormat(string says, Func<string, TimeStamp?> read) => (Says, _read) = (says, read);

    /// <summary>Dates with or without times of day, of texts alone, whose year comes first or whose month is a name.</summary>
    public static TimeFormat Dates { get; } = new("dates", AnyText);

    /// <summary>20260105, 202601051300, 20260105130000.</summary>
    public static TimeFormat Digits { get; } = new("dates of digits alone", TimeText.Parse);

    /// <summary>2026010513: a date and an hour, which may have one digit.</summary>
    public static TimeFormat DigitsOfHours { get; } = new("dates and hours of digits alone", TimeText.HourOfDigits);

    /// <summary>3-Dec, 3-Dec 13:05: of no year, taken for that of <see cref="TimeText.NoYear"/>.</summary>
    public static TimeFormat Yearless { get; } = new("days and months without a year", TimeText.Yearless);

    /// <summary>26:05:00, 1 day, 2:05:00.</summary>
    public static TimeFormat Elapsed { get; } = new("hours, minutes and seconds since a start", text =>
        TimeText.Elapsed(text) is { } since ? new TimeStamp(DateTime.UnixEpoch + since, TimeSpan.Zero) : null);

    /// <summary>
    /// Days of a spreadsheet: 1 is the first day of 1900. A day of 86,400 s in six decimals is known to .09 s: rounded to the
    /// second where it is that near.
    /// </summary>
    public static TimeFormat Spreadsheet { get; } = Days("days of a spreadsheet", UnixSerial);

    /// <summary>Days of MATLAB's datenum: 1 is the first day of the year 0. Rounded as those of a spreadsheet.</summary>
    public static TimeFormat Datenum { get; } = Days("days of MATLAB", UnixDatenum);

    /// <summary>FILETIME of Windows: 100 ns since 1601, UTC.</summary>
    public static TimeFormat FileTime { get; } =
        Ticks("FILETIME of Windows", new DateTime(1601, 1, 1, 0, 0, 0, DateTimeKind.Utc), utc: true);

    /// <summary>Ticks of .NET: 100 ns since the year 1, of any zone's clock.</summary>
    public static TimeFormat NetTicks { get; } = Ticks("ticks of .NET", default, utc: false);

    /// <summary>How, for a person.</summary>
    public string Says { get; }

    /// <summary>The time of a text; null: it is not written so.</summary>
    public TimeStamp? Read(string text) => _read(text);

    /// <summary>As it was said.</summary>
    /// <param name="format">One of <see cref="Said"/>.</param>
    /// <param name="zoned">Whether it is known whose clock they are of: names of zones that are of several clocks are its own.</param>
    /// <returns>Null: there is no such format.</returns>
    public static TimeFormat? Of(string format, bool zoned = false)
    {
        switch (format)
        {
            case "day-first": return Ordered(DayOrder.DayFirst);
            case "month-first": return Ordered(DayOrder.MonthFirst);
            case "excel": return Spreadsheet;
            case "matlab": return Datenum;
            case "filetime": return FileTime;
            case "ticks": return NetTicks;
            case "elapsed": return Elapsed;
        }
        if (UnitOf(format) is { } unit) return Number(unit.Ticks, $"{unit.Says} since 1970");
        bool named = false;  // a zone
        if ((format.Contains('%', StringComparison.Ordinal) ? Translated(format, out named) : format) is not { } form) return null;
        string codes = Literals().Replace(form, "").Replace("dddd", "ddd", StringComparison.Ordinal);
        try
        {
            // A form without a year or a day can't be told from a word that is misspelt.
            if (!codes.Contains('y', StringComparison.Ordinal)
                || !codes.Replace("ddd", "", StringComparison.Ordinal).Contains('d', StringComparison.Ordinal)) return null;
            _ = DateTime.UnixEpoch.ToString(form, CultureInfo.InvariantCulture);
        }
        catch (FormatException)
        {
            return null;
        }
        bool offsets = codes.Contains('z', StringComparison.Ordinal) || codes.Contains('K', StringComparison.Ordinal);
        return new TimeFormat($"as {format}", text =>
        {
            if (TimeText.IsLong(text)) return null;
            if (!named) return Exact(text) is { } time ? new TimeStamp(time.DateTime, offsets ? time.Offset : null) : null;
            // A difference from UTC in figures decides, where both are there: GMT+0100.
            string rest = text;
            if (TimeText.TakeZone(ref rest) is { } offset)
                return Exact(rest) is { } at ? new TimeStamp(at.DateTime, offsets ? at.Offset : offset) : null;
            return (zoned || offsets) && TimeText.WithoutWord(text).Select(Exact).FirstOrDefault(at => at is not null) is { } own
                ? new TimeStamp(own.DateTime, offsets ? own.Offset : null) : null;
        });

        DateTimeOffset? Exact(string text) => !form.Contains(DayOfYear, StringComparison.Ordinal) ? Parsed(text)
            : ThreeDigits().Matches(text).Select(match => OnDay(text, match.Index)).FirstOrDefault(at => at is not null);

        DateTimeOffset? OnDay(string text, int at) => int.Parse(text.AsSpan(at, 3), CultureInfo.InvariantCulture) is var day and > 0
            && Parsed(text.Remove(at, 3).Insert(at, FirstOfYear)) is { Year: < 9999 } year
            && day <= (DateTime.IsLeapYear(year.Year) ? 366 : 365)
            ? year.AddDays(day - 1) : null;

        DateTimeOffset? Parsed(string text) =>
            DateTimeOffset.TryParseExact(text.Trim(), form, CultureInfo.InvariantCulture, Lenient, out DateTimeOffset time) ? time : null;
    }

    /// <summary>05/01/2026 and its relatives, in an order that is known.</summary>
    public static TimeFormat Ordered(DayOrder order) =>
        new($"dates, {Say(order)}", text => TimeText.Parse(text, order) ?? TimeText.Parse(text));

    /// <summary>2026-15-01: the year, the day and the month.</summary>
    public static TimeFormat YearDayMonth { get; } = new("dates, the day before the month", TimeText.YearDayMonth);

    /// <summary>Years with decimals, as R writes times of a series: 1953.25.</summary>
    /// <param name="months">Each is the beginning of a month; else what follows the point is a part of the year's days.</param>
    public static TimeFormat Years(bool months) => new("years with decimals", text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number is >= 1 and < 9999
            ? new TimeStamp(OfYear(number, months), null) : null);

    /// <summary>Numbers since 1970, or since the start of a run.</summary>
    /// <remarks>A double of a present epoch in ns holds 256 ns, in µs all: whole numbers are read as such.</remarks>
    /// <param name="unit">Ticks of 100 ns.</param>
    /// <param name="says">How, for a person.</param>
    public static TimeFormat Number(double unit, string says) => new(says, text =>
        (long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture, out long whole)
            && unit < TimeSpan.TicksPerMillisecond ? Whole(whole, unit)
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                ? FeedTime.FromNumber(number, unit) : null)
        is { } time ? new TimeStamp(time, TimeSpan.Zero) : null);

    /// <summary>A unit of time by its name, in ticks of 100 ns; null: there is none of that name.</summary>
    internal static (double Ticks, string Says)? UnitOf(string word) =>
        Array.Find(Units, unit => unit.Word == word) is { Says: { } says } known ? (known.Ticks, says) : null;

    /// <summary>In words.</summary>
    internal static string Say(DayOrder order) => order == DayOrder.DayFirst ? "day first" : "month first";

    /// <summary>The other one.</summary>
    internal static DayOrder Other(DayOrder order) => order == DayOrder.DayFirst ? DayOrder.MonthFirst : DayOrder.DayFirst;

    static TimeFormat Days(string says, double unix) => new(says, text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double days)
            && FeedTime.FromNumber(Near(86_400 * (days - unix)), TimeSpan.TicksPerSecond) is { } time
            ? new TimeStamp(time, null) : null);

    static TimeFormat Ticks(string says, DateTime origin, bool utc) => new(says, text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double ticks)
            && ticks >= 0 && ticks < (DateTime.MaxValue - origin).Ticks
            ? new TimeStamp(origin.AddTicks(long.TryParse(text, CultureInfo.InvariantCulture, out long whole) ? whole : (long)ticks),
                utc ? TimeSpan.Zero : null) : null);

    static DateTime OfYear(double number, bool months)
    {
        double part = number - Math.Floor(number);
        DateTime begin = new((int)number, 1, 1);
        return months ? begin.AddMonths((int)Math.Round(12 * part))
            : begin.AddSeconds(Math.Round(part * (begin.AddYears(1) - begin).TotalSeconds));
    }

    static TimeStamp? AnyText(string text) => TimeText.Parse(text) ?? (!TimeText.IsLong(text)
        && text.AsSpan().IndexOfAny("-/:") > 0 && TimeText.Numbers(text) is null
        && TimeText.Yearless(text) is null
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset other)
        && text.Any(char.IsAsciiDigit) && text.AsSpan().IndexOfAny("-/") > 0 ? new TimeStamp(other.DateTime, other.Offset) : null);

    static DateTime? Whole(long number, double unit)
    {
        Int128 ticks = unit < 1 ? number / TimeSpan.NanosecondsPerTick : number * (Int128)unit;
        Int128 since = ticks + DateTime.UnixEpoch.Ticks;
        return since >= 0 && since <= DateTime.MaxValue.Ticks ? new DateTime((long)since, DateTimeKind.Utc) : null;
    }

    /// <summary>Whether days from a midnight are a whole second, as near as six decimals know it.</summary>
    internal static bool IsWholeSecond(double days) => IsWhole(86_400 * (days - UnixSerial));

    static double Near(double seconds) => IsWhole(seconds) ? Math.Round(seconds) : seconds;

    static bool IsWhole(double seconds) => Math.Abs(seconds - Math.Round(seconds)) < .05;

    // Any three that follow each other.
    [GeneratedRegex("(?=[0-9]{3})", RegexOptions.CultureInvariant)]
    private static partial Regex ThreeDigits();

    // Of a form of .NET.
    [GeneratedRegex(@"\\.|'[^']*'|""[^""]*""", RegexOptions.CultureInvariant)]
    private static partial Regex Literals();

    // As Python and C write forms, into those of .NET, which take one digit where these do; null: a code is none of theirs. The name of a
    // zone is taken out of a text before it is read, with the space before it.
    static string? Translated(string format, out bool named)
    {
        named = false;
        var form = new System.Text.StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                if (char.IsAsciiLetter(format[i]) || format[i] is '\'' or '"' or '\\') form.Append('\\');
                form.Append(format[i]);
                continue;
            }
            bool unpadded = i + 1 < format.Length && format[i + 1] == '-';
            if (unpadded) i++;
            if (i + 1 < format.Length && format[i + 1] == 'Z')
            {
                named = true;
                if (form.Length > 0 && form[^1] == ' ') form.Length--;
                i++;
                continue;
            }
            string? code = ++i >= format.Length ? null : format[i] switch
            {
                'Y' => "yyyy", 'y' => "yy", 'm' => "M", 'd' or 'e' => "d", 'H' => "H", 'I' => "h", 'M' => "m", 'S' => "s",
                'f' => "FFFFFFF", 'a' => "ddd", 'A' => "dddd", 'b' or 'h' => "MMM", 'B' => "MMMM", 'p' => "tt", 'z' => "zzz",
                'j' when !unpadded => DayOfYear,
                'T' => "H:m:s", 'R' => "H:m", 'F' => "yyyy-M-d", 'D' => "M/d/yy", 'c' => "ddd MMM d H:m:s yyyy", '%' => "'%'",
                _ => null,
            };
            if (code is null) return null;
            form.Append(code);
        }
        return form.ToString();
    }
}
