using System.Globalization;
using System.Text.RegularExpressions;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>How a column of times is read: settled once, by all that is seen of the column, and the same for each of its rows.</summary>
public sealed partial class ColumnTimes
{
    const double FirstEpoch = 1e8;                  // seconds: 1973; what is less counts from the start of a run
    const double FirstYear = 1600, LastYear = 2200;  // of years with decimals
    const double RegularShare = .5;                 // of a nameless column's steps that are the same
    const double SomeShare = .1;                    // of the texts of a column that is called one of times, which has many of them
    const double Nearly = .9;                       // of the numbers of a column in one unit, or its dates in one order
    const double BackShare = .1;                    // of a clock's steps: runs that begin anew, rows that are late
    const int FewValues = 3;                        // say nothing of their steps
    const double FirstDatenum = 730_486, LastDatenum = 767_010;  // years 2000 … 2099 in the days of MATLAB
    const double FirstFileTime = 1.2591e17, LastFileTime = 1.5747e17, FirstTicks = 6.3082e17, LastTicks = 6.6238e17;  // the same years
    const double Leap = 5;                          // times the usual step
    const int PlacesOfDays = 5;                     // of numbers that may be days by their parts: fewer can't tell minutes apart
    const double NearPart = .05;                    // of a month, say: 1953.08 is February

    static readonly double[] PartsOfYear = [2, 4, 12, 52, 248, 252, 260, 261, 365, 365.25];  // those that a year has, trading days too

    // What counts from the start of a run.
    static readonly string[] OfRuns = ["elapsed", "elapsedtime", "timeelapsed", "seconds", "secs"];

    static readonly string[] Names =
    [
        "timestamp", "datetime", "time", "date", "ts", "ds", "unixtime", "unixtimestamp", "unix", "epoch", "utc", "timeutc", "utctime",
        "dateutc", "datetimeutc", "timestamputc", "localtime", "eventtime", "createdat", "recordedat", "observedat", "updatedat",
        "readingtime", "sampletime", "measuredat", "collectedat", "day", "datum", "zeit", "zeitstempel", "uhrzeit", "fecha", "hora", "tid",
        "tidspunkt", "dato", "horodatage", "timestampms", "epochms", "timems", "clock", "t", "decimaldate", "decimalyear", "year",
        "zeitpunkt", "heure", "datenum", "filetime", .. OfRuns,
    ];

    // Between the words of names such as Datum und Uhrzeit.
    static readonly string[] And = ["and", "und", "et", "y", "e", "og", "och", "en"];

    readonly TimeFormat _format;
    readonly TimeZoneInfo? _zone;
    DateTime _last;

    ColumnTimes(TimeFormat format, TimeZoneInfo? zone) => (_format, _zone) = (format, zone);

    /// <summary>How, for a person.</summary>
    public string Says => _format.Says + (Example is null ? "" : $", such as {Example}") + (HasComma ? ", decimal comma" : "");

    /// <summary>What should be known before it is trusted; null: nothing.</summary>
    public string? Doubt { get; private init; }

    string? Example { get; init; }

    /// <summary>How numbers are written that count some unit of time.</summary>
    internal NumberText Numbers { get; init; } = NumberText.Plain;

    bool HasComma { get; init; }

    // Of numbers whose unit is known by where they lie: what lies elsewhere is no time.
    (double First, double Last)? Range { get; init; }

    /// <summary>
    /// Whether it is a clock whatever stands beside it: of dates, or of an epoch. Numbers that count from somewhere may be anything that
    /// is called so, a price of T; <see cref="MayBeClock"/> where they rise.
    /// </summary>
    internal bool IsSure { get; private init; } = true;

    /// <summary>Whether it is one where nothing else is: its numbers rise, but for a few.</summary>
    internal bool MayBeClock { get; private init; } = true;

    /// <summary>UTC; null: the text is no time of this column's kind.</summary>
    /// <remarks>Rows are asked for in their order: it tells apart the hour that comes twice when clocks go back.</remarks>
    public DateTime? Read(string text)
    {
        if (Range is { } range && !(double.TryParse(Numbers.Clock(text) ?? text, NumberStyles.Float, CultureInfo.InvariantCulture,
            out double number) && number >= range.First && number <= range.Last)) return null;
        if (((Numbers.Clock(text) is { } plain ? _format.Read(plain) : null) ?? _format.Read(text)) is not { } stamp) return null;
        DateTime? time = stamp.In(_zone);
        if (time < _last && stamp.IsAmbiguousIn(_zone)) time = stamp.In(_zone, later: true);
        _last = time ?? _last;
        return time;
    }

    /// <summary>The rows are read again from the first on.</summary>
    internal void Rewind() => _last = default;

    /// <summary>Whether a column is called like one of times; its unit is not looked at.</summary>
    public static bool IsName(string name) => Rank(name) < Names.Length;

    /// <summary>Which is to be preferred of two columns with such names: lower comes first.</summary>
    internal static int Rank(string name)
    {
        if (Array.IndexOf(Names, Bare(name)) is var at and >= 0) return at;
        // time_s; whole names such as timestamp_ms are known above.
        if (Tail(name) is { Length: > 0 } unit && Bare(name[..^(unit.Length + 1)]) is { Length: > 1 } whole
            && Array.IndexOf(Names, whole) is var bare and >= 0) return bare;  // T_min is a temperature
        // Datum Uhrzeit, Fecha y hora, Date/Time.
        string[] words = [.. Words().Matches(name).Select(word => word.Value.ToLowerInvariant()).Except(And)];
        return words.Length > 1 && Array.TrueForAll(words, word => word.Length > 1 && Array.IndexOf(Names, word) >= 0)
            ? words.Max(word => Array.IndexOf(Names, word)) : Names.Length;
    }

    /// <summary>As it was said.</summary>
    /// <param name="format">One of <see cref="TimeFormat.Said"/>.</param>
    /// <param name="zone">Whose clock; null: UTC.</param>
    /// <param name="decimalPoint">Of numbers that count some unit of time.</param>
    /// <returns>Null: there is no such format.</returns>
    public static ColumnTimes? Of(string format, TimeZoneInfo? zone, char decimalPoint = '.') =>
        TimeFormat.Of(format, zone is not null) is { } known ? new ColumnTimes(known, zone) { Numbers = new(decimalPoint) } : null;

    /// <summary>By what a column holds.</summary>
    /// <param name="texts">What was seen of it, filled, in the order of the file.</param>
    /// <param name="name">Of the column.</param>
    /// <param name="named">Whether it is known to be one of times: only then may it count from 0, or be of a spreadsheet.</param>
    /// <param name="order">
    /// What all of the column says of the order of day and month; null: nothing. Behind a year the day is first where that alone can be,
    /// and only so the column goes one way evenly.
    /// </param>
    /// <param name="numbers">How its numbers are written, where it has some.</param>
    /// <param name="zone">Whose clock; null: UTC.</param>
    /// <param name="trouble">Why it can't be read, although it is one of times; null: it can, or it is none.</param>
    internal static ColumnTimes? Recognise(
        IReadOnlyList<string> texts, string name, bool named, DayOrder? order, NumberText numbers, TimeZoneInfo? zone, out string? trouble)
    {
        trouble = null;
        if (texts.Count == 0) return null;
        string[] counts = [.. texts.Select(text => numbers.Clock(text) ?? text).Where(IsNumber)];
        if (counts.Length > texts.Count / 2)
            return (counts.Length < texts.Count && !named ? null : OfNumbers(counts, name, named, zone))
                ?.WithNumbers(numbers, texts);
        int yearLast = texts.Count(text => TimeText.Numbers(text) is not null);
        if (yearLast > texts.Count / 2)
        {
            if (order is { } known) return new ColumnTimes(TimeFormat.Ordered(known), zone);
            if (Even(texts) is { } even)
                return new ColumnTimes(TimeFormat.Ordered(even), zone)
                {
                    Doubt = $"{name} can be read day first and month first in every row; read {TimeFormat.Say(even)}, as only so its rows "
                        + $"are evenly spaced (--time-format {TimeFormat.Say(TimeFormat.Other(even)).Replace(' ', '-')} for the other)",
                };
            trouble = $"column {name} can be read day first and month first, as its first row '{texts[0]}', and no row decides: say which "
                + "with --time-format day-first or --time-format month-first";
            return null;
        }
        if (texts.Count(text => TimeFormat.Yearless.Read(text) is not null) > texts.Count / 2)
            return new ColumnTimes(TimeFormat.Yearless, zone)
            {
                Doubt = $"{name} has days and months without a year, as '{texts[0].Trim()}': read as of {TimeText.NoYear}",
            };
        if (AreElapsed(texts, named && IsOfRun(name))) return new ColumnTimes(TimeFormat.Elapsed, zone: null) { IsSure = false };
        if (order == DayOrder.DayFirst && texts.Count(text => TimeText.YearDayMonth(text) is not null) > texts.Count / 2
            && AreYearDayMonth(texts))
            return new ColumnTimes(TimeFormat.YearDayMonth, zone)
            {
                Doubt = $"{name} is read as year, day and month, as no other order gives months: '{texts[0].Trim()}' is "
                    + $"{TimeText.YearDayMonth(texts[0])?.Clock.ToString("d MMMM yyyy", CultureInfo.InvariantCulture) ?? "no date then"}",
            };
        string[] unread = [.. texts.Where(text => TimeFormat.Dates.Read(text) is null)];
        if (texts.Count - unread.Length <= texts.Count / 2) return null;
        string? unknown = unread.Select(text => UnknownZone(text, name)).OfType<string>().FirstOrDefault();
        return new ColumnTimes(TimeFormat.Dates, zone) { Doubt = unknown };
    }

    /// <summary>
    /// By those of a column's texts that are numbers, fewer than half of them, where they are surely times: the others are none then.
    /// </summary>
    internal static ColumnTimes? OfSome(IReadOnlyList<string> texts, string name, NumberText numbers, TimeZoneInfo? zone)
    {
        string[] counts = [.. texts.Select(text => numbers.Clock(text) ?? text).Where(IsNumber)];
        return counts.Length >= FeedColumns.FewRows && counts.Length >= SomeShare * texts.Count
            && OfNumbers(counts, name, named: true, zone) is { IsSure: true } times ? times.WithNumbers(numbers, texts) : null;
    }

    ColumnTimes WithNumbers(NumberText numbers, IEnumerable<string> texts) => new(_format, _zone)
    {
        Doubt = Doubt, Example = Example, IsSure = IsSure, MayBeClock = MayBeClock, Range = Range, Numbers = numbers,
        HasComma = numbers.Decimal == ',' && texts.Any(text => text.Contains(',', StringComparison.Ordinal)
            && numbers.Clock(text) is not null),
    };

    /// <summary>What to say where a text is not read because of the zone that it names; null: it is another text.</summary>
    internal static string? UnknownZone(string text, string column) => TimeText.UnknownZone(text) is not { } zone ? null
        : $"'{text}' in column {column} names a zone, {zone}, that is unknown or of several clocks: say the form, and whose clock it is, "
            + "such as --time-format \"%Y-%m-%d %H:%M:%S %Z\" --timezone America/Chicago";

    /// <summary>Dates as <see cref="CalendarColumns"/> write them.</summary>
    internal static ColumnTimes OfCalendar(string example, TimeZoneInfo? zone) => new(TimeFormat.Dates, zone) { Example = example };

    // What is called so, or passes a day; a time of day begins anew.
    static bool AreElapsed(IReadOnlyList<string> texts, bool called)
    {
        double[] seconds = [.. texts.Select(TimeText.Elapsed).OfType<TimeSpan>().Select(since => since.TotalSeconds)];
        return seconds.Length > texts.Count / 2 && Rise(seconds) && (called || seconds.Max() >= TimeSpan.SecondsPerDay);
    }

    static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double n)
        && double.IsFinite(n);

    static ColumnTimes? OfNumbers(string[] texts, string name, bool named, TimeZoneInfo? zone)
    {
        double[] values = [.. texts.Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        double[] sorted = [.. values.Order()];
        double middle = Math.Abs(sorted[sorted.Length / 2]);
        if (named && Array.TrueForAll(texts, text => TimeText.IsCompact(text.Trim())))
            return new ColumnTimes(TimeFormat.Digits, zone) { Example = texts[0].Trim() };
        if (named && values.Length >= FewValues && Rise(values) && Array.TrueForAll(texts, text => TimeText.HourOfDigits(text) is not null))
            return new ColumnTimes(TimeFormat.DigitsOfHours, zone) { Example = texts[0].Trim() };
        string bare = Bare(name), unit = bare == "day" ? "d" : Unit(name);
        bool rise = Rise(values);
        ColumnTimes Numeric(double ticks, string says, bool sure = false, string? doubt = null) =>
            new(TimeFormat.Number(ticks, says), zone: null) { IsSure = sure, MayBeClock = sure || rise, Doubt = doubt };
        if (named && TimeFormat.UnitOf(unit) is { } of && middle * of.Ticks < FirstEpoch * TimeSpan.TicksPerSecond)
            return Numeric(of.Ticks, $"{of.Says} since a start");
        if (middle >= FirstEpoch)
        {
            if (!named && !(IsClock(values) && sorted[0] >= 9.4e8)) return null;
            if (unit != "ns" && OfWindows(values) is { } windows)
                return new ColumnTimes(windows.Format, zone)
                {
                    Range = windows.Range,
                    Doubt = $"{name} is read as {windows.Format.Says}, from {From(windows.Format, windows.Range)} on; "
                        + $"--time-format ns if these are nanoseconds since 1970, of {windows.OfNanoseconds}",
                };
            (double ticks, string what) = middle switch
            {
                < 1e11 => (TimeSpan.TicksPerSecond, "seconds"),
                < 1e14 => (TimeSpan.TicksPerMillisecond, "milliseconds"),
                < 1e17 => ((double)TimeSpan.TicksPerMicrosecond, "microseconds"),
                _ => (1.0 / TimeSpan.NanosecondsPerTick, "nanoseconds"),
            };
            return Numeric(ticks, $"{what} since 1970", rise || IsPresent(middle));
        }
        (double First, double Last) datenums = (FirstDatenum, LastDatenum);
        double areDatenums = Share(values, datenums);
        if (areDatenums >= Nearly && (bare == "datenum" || (areDatenums == 1 && AreDays(texts, values))))
            return Days(TimeFormat.Datenum, datenums);
        if (!named) return FeedTime.MayBeDays(sorted[0]) && FeedTime.MayBeDays(sorted[^1]) && AreDays(texts, values)
            ? Days(TimeFormat.Spreadsheet) : null;
        if (IsOfRun(name)) return Numeric(TimeSpan.TicksPerSecond, "seconds since a start");
        if (unit.Length == 0 && AreYears(values, bare is "year" or "decimalyear" or "decimaldate"))
        {
            bool months = Array.TrueForAll(values, value => Math.Abs(12 * value - Math.Round(12 * value)) < NearPart);
            TimeFormat years = TimeFormat.Years(months);
            return new ColumnTimes(years, zone)
            {
                IsSure = false,
                Doubt = $"{name} is read as years with decimals, from {From(years)} on; --time-format s if these are seconds",
            };
        }
        if (bare is "year" or "decimalyear" or "decimaldate") return null;
        return FeedTime.MayBeDays(sorted[0]) && FeedTime.MayBeDays(sorted[^1]) && unit.Length == 0
            ? Days(TimeFormat.Spreadsheet)
            : Numeric(TimeSpan.TicksPerSecond, "seconds since a start", doubt: areDatenums < 1 || unit.Length > 0 ? null
                : $"{name} is read as seconds since a start; --time-format matlab if these are days of MATLAB, from "
                    + $"{From(TimeFormat.Datenum)} on");

        ColumnTimes Days(TimeFormat days, (double First, double Last)? range = null) => new(days, zone)
        {
            IsSure = false,
            Range = range,
            MayBeClock = rise,
            Doubt = $"{name} is read as {days.Says}, from {From(days, range)} on; --time-format s if these are seconds",
        };

        string From(TimeFormat format, (double First, double Last)? range = null) => FeedTime.Write(format.Read(
            texts[Array.FindIndex(values, value => range is not { } within || IsWithin(value, within))])!.Value.Clock);
    }

    // 100 ns since 1601 or since the year 1, of 2000 … 2099; as nanoseconds they would all be of some months of 1974, or of 1990.
    static (TimeFormat Format, (double First, double Last) Range, string OfNanoseconds)? OfWindows(double[] values)
    {
        (double, double) fileTimes = (FirstFileTime, LastFileTime), ticks = (FirstTicks, LastTicks);
        return Share(values, fileTimes) >= Nearly ? (TimeFormat.FileTime, fileTimes, "1973 and 1974")
            : Share(values, ticks) >= Nearly ? (TimeFormat.NetTicks, ticks, "1989 and 1990") : null;
    }

    static bool IsWithin(double value, (double First, double Last) range) => value >= range.First && value <= range.Last;

    static double Share(double[] values, (double, double) range) => (double)values.Count(value => IsWithin(value, range)) / values.Length;

    // Days by their parts alone: each is of a whole second, as one in ten of other numbers with so many places is.
    static bool AreDays(string[] texts, double[] values)
    {
        if (values.Length < FeedColumns.FewRows || texts.Count(text => Places(text) >= PlacesOfDays) < texts.Length / 2) return false;
        for (int i = 0; i < values.Length; i++)
            if ((i > 0 && values[i] <= values[i - 1]) || !TimeFormat.IsWholeSecond(values[i])) return false;
        return true;
    }

    static int Places(string text) => text.IndexOf('.') is var point and >= 0 ? text.Trim().Length - point - 1 : 0;

    // As most time series of R have them: 1953, 1953.25, … A clock of seconds has the same round step throughout, or one that varies:
    // what is not called a year must be of parts of one.
    static bool AreYears(double[] values, bool named)
    {
        if (values.Length < FewValues || !Array.TrueForAll(values, value => value is >= FirstYear and < LastYear)) return false;
        double[] steps = [.. values.Zip(values.Skip(1), (a, b) => b - a)];
        if (!Array.TrueForAll(steps, step => step is > 0 and <= 1 + 1e-9)) return false;
        if (!named && !AreParts(values, steps.Min())) return false;
        bool even = steps.Max() - steps.Min() < 1e-6;
        return !even || steps[0] is > 1 - 1e-6 or (> .5 - 1e-6 and < .5 + 1e-6) or (> .25 - 1e-6 and < .25 + 1e-6)
            || Math.Abs(200 * steps[0] - Math.Round(200 * steps[0])) > 1e-3;
    }

    // Of whole quarters, months, weeks, trading days or days, of which some follow each other; or whole days of the year that each is of.
    static bool AreParts(double[] values, double least)
    {
        bool Whole(Func<double, double> count) =>
            Array.TrueForAll(values, value => Math.Abs(count(value) - Math.Round(count(value))) < NearPart);
        return Array.Exists(PartsOfYear, n => Math.Round(n * least) == 1
                && (Whole(value => n * value) || Whole(value => n * (value - values[0]))))
            || (least < 1 - NearPart && Whole(value => (value - Math.Floor(value)) * (DateTime.IsLeapYear((int)value) ? 366 : 365)));
    }

    // But for a few steps: runs that begin anew, rows that are late.
    static bool Rise(double[] values)
    {
        (int back, int forth) = (0, 0);
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] < values[i - 1]) back++;
            else if (values[i] > values[i - 1]) forth++;
        }
        return values.Length == 1 || (forth > 0 && back <= BackShare * (back + forth));
    }

    // Of the years 2000 … 2100, in some unit.
    static bool IsPresent(double number) => new[] { 1, 1e3, 1e6, 1e9 }.Any(unit => number / unit is > 9.4e8 and < 4.1e9)
        || OfWindows([number]) is not null;

    // Rising all the time, by the same step most of the time, in a unit in which years 2000 … 2100 are.
    static bool IsClock(double[] values)
    {
        if (values.Length < 3) return false;
        double[] steps = [.. values.Zip(values.Skip(1), (a, b) => b - a)];
        if (Array.Exists(steps, step => step < 0)) return false;
        return steps.GroupBy(step => step).Max(same => same.Count()) >= RegularShare * steps.Length && values[^1] > values[0]
            && IsPresent(values[0]);
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
        return steps[^1] <= Leap * steps[steps.Length / 2];
    }

    // Whether only with the day before the month a column whose year comes first goes one way, or so evenly as it does. A few rows that
    // have no such month are broken ones.
    static bool AreYearDayMonth(IReadOnlyList<string> texts)
    {
        (int read, int leaps, _) = Steps(TimeFormat.Dates);
        (_, int dayFirst, bool oneWay) = Steps(TimeFormat.YearDayMonth);
        return oneWay && (read < Nearly * texts.Count || dayFirst < leaps);

        (int Read, int Leaps, bool OneWay) Steps(TimeFormat format)
        {
            DateTime[] times = [.. texts.Select(text => format.Read(text)?.Clock).OfType<DateTime>()];
            double[] steps = [.. times.Zip(times.Skip(1), (a, b) => (b - a).TotalSeconds).Where(step => step != 0)];
            if (steps.Length == 0) return (times.Length, 0, false);
            int forth = 2 * steps.Count(step => step > 0) >= steps.Length ? 1 : -1;
            double usual = steps.Select(Math.Abs).Order().ElementAt(steps.Length / 2);
            int back = steps.Count(step => forth * step < 0);
            return (times.Length, back + steps.Count(step => forth * step > Leap * usual), back <= BackShare * steps.Length);
        }
    }

    // "Timestamp (UTC)", "@timestamp", "_time", "Unix-Time", "time[s]" → timestamp, timestamp, time, unixtime, time.
    internal static string Bare(string name)
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
        return Tail(name);
    }

    /// <summary>Whether the name of a column says a unit, of time or of another quantity.</summary>
    internal static bool HasUnit(string name) => Unit(name).Length > 0;

    // "time_ms" → ms.
    static string Tail(string name)
    {
        int under = name.LastIndexOf('_');
        string tail = under > 0 ? name[(under + 1)..].ToLowerInvariant() : "";
        return TimeFormat.UnitOf(tail) is null ? "" : tail;
    }

    /// <summary>Whether a column is called like one of what passed since a start, which may be written in ways that are no times.</summary>
    internal static bool IsOfRun(string name) => Rank(name) is var rank && rank < Names.Length && OfRuns.Contains(Names[rank]);

    [GeneratedRegex(@"\p{L}+")]
    private static partial Regex Words();
}
