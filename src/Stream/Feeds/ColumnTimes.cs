using System.Globalization;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>How a column of times is read: settled once, by all that is seen of the column, and the same for each of its rows.</summary>
public sealed class ColumnTimes
{
    const double FirstEpoch = 1e8;                  // seconds: 1973; what is less counts from the start of a run
    const double FirstSerial = 36526, LastSerial = 55153;  // 2000 and 2051 in the days of spreadsheets
    const double UnixSerial = 25569;                // 1970
    const double RegularShare = .5;                 // of a nameless column's steps that are the same

    static readonly string[] Names =
    [
        "timestamp", "datetime", "time", "date", "ts", "ds", "unixtime", "unixtimestamp", "unix", "epoch", "utc", "timeutc", "utctime", "dateutc",
        "datetimeutc", "timestamputc", "localtime", "eventtime", "createdat", "recordedat", "observedat", "updatedat", "readingtime", "sampletime", "measuredat", "collectedat", "day",
        "datum", "zeit", "zeitstempel", "uhrzeit", "fecha", "hora", "tid", "tidspunkt", "dato", "horodatage", "date time", "timestampms", "epochms", "timems", "clock", "t",
    ];

    static readonly (string Word, double Ticks, string Says)[] Units =
    [
        ("s", TimeSpan.TicksPerSecond, "seconds"), ("sec", TimeSpan.TicksPerSecond, "seconds"), ("seconds", TimeSpan.TicksPerSecond, "seconds"),
        ("ms", TimeSpan.TicksPerMillisecond, "milliseconds"), ("us", TimeSpan.TicksPerMicrosecond, "microseconds"), ("µs", TimeSpan.TicksPerMicrosecond, "microseconds"),
        ("ns", 1.0 / TimeSpan.NanosecondsPerTick, "nanoseconds"), ("min", TimeSpan.TicksPerMinute, "minutes"), ("h", TimeSpan.TicksPerHour, "hours"), ("hours", TimeSpan.TicksPerHour, "hours"),
        ("d", TimeSpan.TicksPerDay, "days"), ("days", TimeSpan.TicksPerDay, "days"),
    ];

    readonly Func<string, TimeStamp?> _read;
    readonly TimeZoneInfo? _zone;
    readonly bool _numeric;
    DateTime _last;

    ColumnTimes(Func<string, TimeStamp?> read, string says, TimeZoneInfo? zone, bool numeric = false) =>
        (_read, Says, _zone, _numeric) = (read, says, zone, numeric);

    /// <summary>How, for a person.</summary>
    public string Says { get; }

    /// <summary>What should be known before it is trusted; null: nothing.</summary>
    public string? Doubt { get; private init; }

    /// <summary>What <c>--time-format</c> takes.</summary>
    public const string Said = "day-first, month-first, s, ms, us, ns, excel, or the form itself, such as \"dd.MM.yyyy HH:mm\" or \"%d/%m/%Y\"";

    /// <summary>UTC; null: the text is no time of this column's kind.</summary>
    /// <remarks>Rows are asked for in their order: it tells apart the hour that comes twice when clocks go back.</remarks>
    public DateTime? Read(string text)
    {
        if (_read(text) is not { } stamp) return null;
        if (stamp.Offset is not null || _numeric || _zone is null) return stamp.Utc;
        DateTime clock = DateTime.SpecifyKind(stamp.Clock, DateTimeKind.Unspecified);
        TimeSpan offset = _zone.IsAmbiguousTime(clock) ? _zone.GetAmbiguousTimeOffsets(clock).Max() : _zone.GetUtcOffset(clock);
        if (new TimeStamp(clock, offset).Utc is { } first && first < _last && _zone.IsAmbiguousTime(clock))
            offset = _zone.GetAmbiguousTimeOffsets(clock).Min();
        DateTime? time = new TimeStamp(clock, offset).Utc;
        _last = time ?? _last;
        return time;
    }

    /// <summary>The rows are read again from the first on.</summary>
    internal void Rewind() => _last = default;

    /// <summary>Whether a column is called like one of times; its unit is not looked at.</summary>
    public static bool IsName(string name) => Array.IndexOf(Names, Bare(name)) >= 0;

    /// <summary>Which is to be preferred of two columns with such names: lower comes first.</summary>
    internal static int Rank(string name) => Array.IndexOf(Names, Bare(name)) is var at and >= 0 ? at : Names.Length;

    /// <summary>As it was said.</summary>
    /// <param name="format">One of <see cref="Said"/>.</param>
    /// <param name="zone">Whose clock; null: UTC.</param>
    /// <returns>Null: there is no such format.</returns>
    public static ColumnTimes? Of(string format, TimeZoneInfo? zone)
    {
        switch (format)
        {
            case "day-first": return Ordered(DayOrder.DayFirst, zone, null);
            case "month-first": return Ordered(DayOrder.MonthFirst, zone, null);
            case "excel": return Serial(zone, null);
        }
        if (Array.Find(Units, unit => unit.Word == format) is { Says: { } says } known) return Numeric(known.Ticks, $"{says} since 1970");
        string form = format.Contains('%', StringComparison.Ordinal) ? Translated(format) : format;
        try
        {
            // A form without a year or a day can't be told from a word that is misspelt.
            if (!form.Contains('y', StringComparison.Ordinal) || !form.Contains('d', StringComparison.Ordinal)) return null;
            _ = DateTime.UnixEpoch.ToString(form, CultureInfo.InvariantCulture);
        }
        catch (FormatException)
        {
            return null;
        }
        bool zoned = form.Contains('z', StringComparison.Ordinal) || form.Contains('K', StringComparison.Ordinal);
        return new ColumnTimes(text => DateTimeOffset.TryParseExact(text.Trim(), form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? new TimeStamp(time.DateTime, zoned ? time.Offset : null) : null, $"as {format}", zone);
    }

    /// <summary>By what a column holds.</summary>
    /// <param name="texts">What was seen of it, filled, in the order of the file.</param>
    /// <param name="name">Of the column.</param>
    /// <param name="named">Whether it is known to be one of times: only then may it count from 0, or be of a spreadsheet.</param>
    /// <param name="order">What all of the column says of the order of day and month; null: nothing.</param>
    /// <param name="zone">Whose clock; null: UTC.</param>
    /// <param name="trouble">Why it can't be read, although it is one of times; null: it can, or it is none.</param>
    public static ColumnTimes? Recognise(
        IReadOnlyList<string> texts, string name, bool named, DayOrder? order, TimeZoneInfo? zone, out string? trouble)
    {
        trouble = null;
        if (texts.Count == 0) return null;
        int numbers = texts.Count(IsNumber);
        if (numbers > texts.Count / 2) return numbers < texts.Count && !named ? null : OfNumbers([.. texts.Where(IsNumber)], name, named, zone);
        int yearLast = texts.Count(text => TimeText.Numbers(text) is not null);
        if (yearLast > texts.Count / 2)
        {
            if (order is { } known) return Ordered(known, zone, null);
            if (Even(texts) is { } even)
                return Ordered(even, zone, $"{name} can be read day first and month first in every row; read {Say(even)}, as only so its rows are evenly spaced (--time-format {Say(Other(even)).Replace(' ', '-')} for the other)");
            trouble = $"column {name} can be read day first and month first, as its first row '{texts[0]}', and no row decides: say which with --time-format day-first or --time-format month-first";
            return null;
        }
        return texts.Count(text => AnyText(text) is not null) > texts.Count / 2 ? new ColumnTimes(AnyText, "dates", zone) : null;
    }

    /// <summary>As dates, with or without times of day, of texts alone.</summary>
    internal static ColumnTimes Dates(TimeZoneInfo? zone) => new(AnyText, "dates", zone);

    /// <summary>In words.</summary>
    internal static string Say(DayOrder order) => order == DayOrder.DayFirst ? "day first" : "month first";

    static DayOrder Other(DayOrder order) => order == DayOrder.DayFirst ? DayOrder.MonthFirst : DayOrder.DayFirst;

    static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double n) && double.IsFinite(n);

    static TimeStamp? AnyText(string text) => TimeText.Parse(text) ?? (text.AsSpan().IndexOfAny("-/:") > 0 && TimeText.Numbers(text) is null
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset other)
        && text.Any(char.IsAsciiDigit) && text.AsSpan().IndexOfAny("-/") > 0 ? new TimeStamp(other.DateTime, other.Offset) : null);

    static ColumnTimes? OfNumbers(string[] texts, string name, bool named, TimeZoneInfo? zone)
    {
        double[] values = [.. texts.Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        double[] sorted = [.. values.Order()];
        double middle = Math.Abs(sorted[sorted.Length / 2]);
        if (named && Array.TrueForAll(texts, text => TimeText.IsCompact(text.Trim())))
            return new ColumnTimes(text => TimeText.Parse(text), "dates of digits alone, such as " + texts[0].Trim(), zone);
        string unit = Unit(name);
        if (named && Array.Find(Units, known => known.Word == unit) is { Says: { } says } of && middle * of.Ticks < FirstEpoch * TimeSpan.TicksPerSecond)
            return Numeric(of.Ticks, $"{says} since a start");
        if (middle >= FirstEpoch)
        {
            if (!named && !(IsClock(values) && sorted[0] >= 9.4e8)) return null;
            (double ticks, string what) = middle switch
            {
                < 1e11 => (TimeSpan.TicksPerSecond, "seconds"),
                < 1e14 => (TimeSpan.TicksPerMillisecond, "milliseconds"),
                < 1e17 => ((double)TimeSpan.TicksPerMicrosecond, "microseconds"),
                _ => (1.0 / TimeSpan.NanosecondsPerTick, "nanoseconds"),
            };
            return Numeric(ticks, $"{what} since 1970");
        }
        if (!named) return null;
        return sorted[0] >= FirstSerial && sorted[^1] <= LastSerial && unit.Length == 0
            ? Serial(zone, $"{name} is read as days of a spreadsheet, from {FeedTime.Write(DateTime.UnixEpoch.AddDays(Math.Round(values[0] - UnixSerial, 6)))} on; --time-format s if these are seconds")
            : Numeric(TimeSpan.TicksPerSecond, "seconds since a start");
    }

    // Rising all the time, by the same step most of the time, in a unit in which years 2000 … 2100 are.
    static bool IsClock(double[] values)
    {
        if (values.Length < 3) return false;
        double[] steps = [.. values.Zip(values.Skip(1), (a, b) => b - a)];
        if (Array.Exists(steps, step => step < 0)) return false;
        return steps.GroupBy(step => step).Max(same => same.Count()) >= RegularShare * steps.Length && values[^1] > values[0]
            && new[] { 1, 1e3, 1e6, 1e9 }.Any(unit => values[0] / unit is > 9.4e8 and < 4.1e9);
    }

    // The order that makes the column evenly spaced, where the other one makes it leap.
    static DayOrder? Even(IReadOnlyList<string> texts)
    {
        bool day = IsEven(texts, DayOrder.DayFirst), month = IsEven(texts, DayOrder.MonthFirst);
        return day == month ? null : day ? DayOrder.DayFirst : DayOrder.MonthFirst;
    }

    static bool IsEven(IReadOnlyList<string> texts, DayOrder order)
    {
        DateTime[] times = [.. texts.Select(text => TimeText.Parse(text, order)?.Clock).OfType<DateTime>()];
        if (times.Length < texts.Count || times.Length < 3) return false;
        double[] steps = [.. times.Zip(times.Skip(1), (a, b) => Math.Abs((b - a).TotalSeconds)).Order()];
        return steps[^1] <= 5 * steps[steps.Length / 2];
    }

    static ColumnTimes Ordered(DayOrder order, TimeZoneInfo? zone, string? doubt) =>
        new(text => TimeText.Parse(text, order) ?? TimeText.Parse(text), $"dates, {Say(order)}", zone) { Doubt = doubt };

    // A double of a present epoch in ns holds 256 ns, in µs all: whole numbers are read as such.
    static ColumnTimes Numeric(double unit, string says) => new(text =>
        (long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long whole)
            && unit < TimeSpan.TicksPerMillisecond ? Whole(whole, unit)
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? FeedTime.FromNumber(number, unit) : null)
        is { } time ? new TimeStamp(time, TimeSpan.Zero) : null, says, null, numeric: true);

    static DateTime? Whole(long number, double unit)
    {
        Int128 ticks = unit < 1 ? number / TimeSpan.NanosecondsPerTick : number * (Int128)unit;
        Int128 since = ticks + DateTime.UnixEpoch.Ticks;
        return since >= 0 && since <= DateTime.MaxValue.Ticks ? new DateTime((long)since, DateTimeKind.Utc) : null;
    }

    // A day of 86,400 s in six decimals is known to .09 s: rounded to the second where it is that near.
    static ColumnTimes Serial(TimeZoneInfo? zone, string? doubt) => new(text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double days)
            && FeedTime.FromNumber(Near(86_400 * (days - UnixSerial)), TimeSpan.TicksPerSecond) is { } time
            ? new TimeStamp(time, null) : null, "days of a spreadsheet", zone) { Doubt = doubt };

    static double Near(double seconds) => Math.Abs(seconds - Math.Round(seconds)) < .05 ? Math.Round(seconds) : seconds;

    // "Timestamp (UTC)", "@timestamp", "_time", "Unix-Time", "time[s]" → timestamp, timestamp, time, unixtime, time.
    static string Bare(string name)
    {
        int end = name.AsSpan().IndexOfAny("[(");
        string text = (end > 0 ? name[..end] : name).Trim().TrimStart('@', '_').ToLowerInvariant();
        return string.Concat(text.Where(letter => !"_- .".Contains(letter, StringComparison.Ordinal)));
    }

    // "time[s]", "time (ms)", "time_ms" → s, ms, ms.
    static string Unit(string name)
    {
        int start = name.AsSpan().IndexOfAny("[("), end = name.AsSpan().IndexOfAny("])");
        if (start > 0 && end > start) return name[(start + 1)..end].Trim().ToLowerInvariant();
        int under = name.LastIndexOf('_');
        string tail = under > 0 ? name[(under + 1)..].ToLowerInvariant() : "";
        return Array.Exists(Units, unit => unit.Word == tail) ? tail : "";
    }

    // As Python and C write forms, into those of .NET.
    static string Translated(string format)
    {
        (string, string)[] codes = [("%Y", "yyyy"), ("%y", "yy"), ("%m", "MM"), ("%d", "dd"), ("%H", "HH"), ("%I", "hh"), ("%M", "mm"), ("%S", "ss"),
            ("%f", "FFFFFFF"), ("%b", "MMM"), ("%B", "MMMM"), ("%p", "tt"), ("%z", "zzz"), ("%T", "HH:mm:ss"), ("%F", "yyyy-MM-dd")];
        foreach ((string code, string net) in codes) format = format.Replace(code, net, StringComparison.Ordinal);
        return format;
    }
}
