using System.Globalization;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>How a column of times is read: settled once, by all that is seen of the column, and the same for each of its rows.</summary>
public sealed class ColumnTimes
{
    const double FirstEpoch = 1e8;                  // seconds: 1973; what is less counts from the start of a run
    const double RegularShare = .5;                 // of a nameless column's steps that are the same

    static readonly string[] Names =
    [
        "timestamp", "datetime", "time", "date", "ts", "ds", "unixtime", "unixtimestamp", "unix", "epoch", "utc", "timeutc", "utctime",
        "dateutc", "datetimeutc", "timestamputc", "localtime", "eventtime", "createdat", "recordedat", "observedat", "updatedat",
        "readingtime", "sampletime", "measuredat", "collectedat", "day", "datum", "zeit", "zeitstempel", "uhrzeit", "fecha", "hora", "tid",
        "tidspunkt", "dato", "horodatage", "date time", "timestampms", "epochms", "timems", "clock", "t",
    ];

    readonly TimeFormat _format;
    readonly TimeZoneInfo? _zone;
    DateTime _last;

    ColumnTimes(TimeFormat format, TimeZoneInfo? zone) => (_format, _zone) = (format, zone);

    /// <summary>How, for a person.</summary>
    public string Says => Example is null ? _format.Says : $"{_format.Says}, such as {Example}";

    /// <summary>What should be known before it is trusted; null: nothing.</summary>
    public string? Doubt { get; private init; }

    string? Example { get; init; }

    /// <summary>UTC; null: the text is no time of this column's kind.</summary>
    /// <remarks>Rows are asked for in their order: it tells apart the hour that comes twice when clocks go back.</remarks>
    public DateTime? Read(string text)
    {
        if (_format.Read(text) is not { } stamp) return null;
        DateTime? time = stamp.In(_zone);
        if (time < _last && stamp.IsAmbiguousIn(_zone)) time = stamp.In(_zone, later: true);
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
    /// <param name="format">One of <see cref="TimeFormat.Said"/>.</param>
    /// <param name="zone">Whose clock; null: UTC.</param>
    /// <returns>Null: there is no such format.</returns>
    public static ColumnTimes? Of(string format, TimeZoneInfo? zone) =>
        TimeFormat.Of(format) is { } known ? new ColumnTimes(known, zone) : null;

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
        if (numbers > texts.Count / 2)
            return numbers < texts.Count && !named ? null : OfNumbers([.. texts.Where(IsNumber)], name, named, zone);
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
        return texts.Count(text => TimeFormat.Dates.Read(text) is not null) > texts.Count / 2
            ? new ColumnTimes(TimeFormat.Dates, zone) : null;
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
        string unit = Unit(name);
        if (named && TimeFormat.UnitOf(unit) is { } of && middle * of.Ticks < FirstEpoch * TimeSpan.TicksPerSecond)
            return Numeric(of.Ticks, $"{of.Says} since a start");
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
        DateTime? first = TimeFormat.Spreadsheet.Read(texts[0])?.Clock;
        return first is { } begin && FeedTime.MayBeDays(sorted[0]) && FeedTime.MayBeDays(sorted[^1]) && unit.Length == 0
            ? new ColumnTimes(TimeFormat.Spreadsheet, zone)
            {
                Doubt = $"{name} is read as days of a spreadsheet, from {FeedTime.Write(begin)} on; --time-format s if these are seconds",
            }
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

    static ColumnTimes Numeric(double unit, string says) => new(TimeFormat.Number(unit, says), zone: null);

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
        return TimeFormat.UnitOf(tail) is null ? "" : tail;
    }
}
