using System.Globalization;

namespace Esn.Streaming.Feeds;

/// <summary>
/// Columns that hold a part of a date each: year, month, day, day of the year, hour, minute, second, and the like. They are known by
/// their names and by what they hold, and are no channels: a day that follows the 30th with the 1st is no anomaly.
/// </summary>
sealed class CalendarColumns
{
    const double Nearly = .99;  // of the filled fields: a row may be broken
    const int FirstOf1900 = 50;  // of years of two digits, as programs read them; those below are of 2000

    static readonly string[] MonthNames = [.. CultureInfo.InvariantCulture.DateTimeFormat.MonthNames.Take(12)];

    // Short names mean other things too (mm is rain, min a minimum): they are parts only where a date is made of them.
    static readonly (Part Part, string[] Names, string[] Short, string Says, Func<string, bool> Holds)[] Kinds =
    [
        (Part.Year, ["year", "yyyy", "jahr"], ["yr"], "the year", field => Whole(field) is >= 1500 and <= 2200 or >= FirstOf1900 and <= 99),
        (Part.Month, ["month", "monat"], ["mon", "mm", "mo"], "the month", field => Month(field) > 0),
        (Part.Day, ["day", "dayofmonth", "dateofmonth", "monthday", "mday"], ["dd", "dom", "tag"], "the day of the month",
            field => Whole(field) is >= 1 and <= 31),
        (Part.DayOfYear, ["dayofyear", "yearday", "yday", "doy", "julday", "julianday", "jday"], [], "the day of the year",
            field => Whole(field) is >= 1 and <= 366),
        (Part.Hour, ["hour", "hourofday", "stunde"], ["hr", "hh"], "the hour", field => Whole(field) is >= 0 and <= 24),
        (Part.Minute, [], ["minute", "min", "mi"], "the minute", field => Whole(field) is >= 0 and <= 59),
        (Part.Second, [], ["second", "sec", "ss"], "the second", field => Number(field) is >= 0 and < 61),
        (Part.None, ["dayofweek", "weekday", "dow", "wday"], [], "the day of the week", field => Whole(field) is >= 0 and <= 7),
        (Part.None, ["week", "weekofyear", "isoweek"], [], "the week", field => Whole(field) is >= 0 and <= 53),
        (Part.None, ["quarter"], [], "the quarter", field => Whole(field) is >= 1 and <= 4),
        // Days that are counted on from some origin.
        (Part.None, ["julday", "julianday", "jday"], [], "a count of days", field => Whole(field) is >= 1),
    ];

    readonly Dictionary<Part, int> _columns = [];
    readonly Dictionary<int, string> _says = [];  // those that are no channels

    /// <param name="rows">Where the sample is of.</param>
    /// <param name="sample">At least one row.</param>
    /// <param name="isOther">Whether a column is known to hold something else.</param>
    public CalendarColumns(ITextRows rows, FeedSample sample, Func<int, bool> isOther)
    {
        for (int c = 0; c < rows.Names.Count; c++)
        {
            string name = ColumnTimes.Bare(rows.Names[c]);
            if (isOther(c) || !Array.Exists(Kinds, kind => kind.Names.Contains(name) || kind.Short.Contains(name))) continue;
            string[] filled = sample.Filled(c);
            if (filled.Length == 0) continue;
            foreach ((Part part, string[] names, string[] shorts, string says, Func<string, bool> holds) in Kinds)
            {
                bool full = names.Contains(name);
                if (!full && !shorts.Contains(name)) continue;
                // 98, 99, 00, 01: whole numbers that begin at 10 say nothing of years.
                bool digits = part == Part.Year && Array.Exists(filled, field => IsTwoDigits(field)
                    && (Whole(field) >= FirstOf1900 || field.Trim()[0] == '0'));
                if (filled.Count(field => holds(field) || (digits && IsTwoDigits(field))) < Nearly * filled.Length) continue;
                if (part != Part.None) _columns.TryAdd(part, c);
                if (full) _says.TryAdd(c, says);
            }
        }
        // A day that never goes back, with no month or year beside it, counts the days of a run.
        if (!_columns.ContainsKey(Part.Year) && !_columns.ContainsKey(Part.Month) && !_columns.ContainsKey(Part.DayOfYear))
            DayOfRun = Enumerable.Range(0, rows.Names.Count).FirstOrDefault(c => !isOther(c) && ColumnTimes.Bare(rows.Names[c]) == "day"
                && Rises(sample.Filled(c)), -1);
        if (DayOfRun >= 0 && _columns.GetValueOrDefault(Part.Day, -1) == DayOfRun)
        {
            _columns.Remove(Part.Day);
            _says.Remove(DayOfRun);
        }
        // Minutes and seconds are such beside an hour.
        if (!_columns.ContainsKey(Part.Hour)) _columns.Remove(Part.Minute);
        if (!_columns.ContainsKey(Part.Minute)) _columns.Remove(Part.Second);
    }

    enum Part { None, Year, Month, Day, DayOfYear, Hour, Minute, Second }

    /// <summary>What part of a date a column is, in words; null: it may be a channel.</summary>
    public string? Says(int column) => _says.GetValueOrDefault(column);

    /// <summary>The columns of a date, the year first; empty: there is none.</summary>
    public int[] Date => !_columns.ContainsKey(Part.Year) ? []
        : _columns.ContainsKey(Part.Month) && _columns.ContainsKey(Part.Day) ? Of(Part.Year, Part.Month, Part.Day)
        : _columns.ContainsKey(Part.DayOfYear) ? Of(Part.Year, Part.DayOfYear)
        : _columns.ContainsKey(Part.Day) ? [] : Of(Part.Year, Part.Month);

    /// <summary>The columns of a time of day, the hour first; empty: there is none.</summary>
    public int[] OfDay => Of(Part.Hour, Part.Minute, Part.Second);

    /// <summary>The column that counts the days of a run; −1: there is none.</summary>
    public int DayOfRun { get; } = -1;

    /// <summary>The day of a run, with its part that has passed by a row's time of day; what it says, where it has none.</summary>
    /// <param name="day">Of the run.</param>
    /// <param name="row">That has columns of a time of day.</param>
    public string DayWithPart(string day, string[] row)
    {
        double?[] parts = [.. OfDay.Select(c => c < row.Length ? Number(row[c]) : null)];
        if (Number(day) is not { } days || Array.Exists(parts, part => part is null)) return $"{day} {OfDayOf(row)}";
        double seconds = 0, unit = 3600;
        foreach (double? part in parts) (seconds, unit) = (seconds + part!.Value * unit, unit / 60);
        return (days + seconds / 86_400).ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>The date of a row as yyyy-MM-dd; what it says, where it has none.</summary>
    public string DateOf(string[] row)
    {
        int[] columns = Date;
        string[] fields = [.. columns.Select(c => c < row.Length ? row[c].Trim() : "")];
        if (Whole(fields[0]) is >= 0 and < 9999 and var number && (number > 0 || IsTwoDigits(fields[0])))
        {
            int year = (int)number + (number is >= FirstOf1900 and <= 99 ? 1900 : IsTwoDigits(fields[0]) ? 2000 : 0);
            if (fields.Length == 1) return Iso(year, 1, 1);
            if (columns[1] == _columns.GetValueOrDefault(Part.DayOfYear, -1))
            {
                if (Whole(fields[1]) is >= 1 and <= 366 and var of && new DateTime(year, 1, 1).AddDays(of - 1) is var date)
                    return Iso(date.Year, date.Month, date.Day);
            }
            else if (Month(fields[1]) is > 0 and var month && (fields.Length == 2 ? 1 : Whole(fields[2])) is >= 1 and <= 31 and var day)
                return Iso(year, month, (int)day);
        }
        return string.Join(' ', fields);
    }

    /// <summary>The time of day of a row as HH:mm:ss; what it says, where it has none.</summary>
    public string OfDayOf(string[] row)
    {
        int[] columns = OfDay;
        double?[] parts = [.. columns.Select(c => c < row.Length ? Number(row[c]) : null)];
        if (Array.Exists(parts, part => part is null)) return string.Join(' ', columns.Select(c => c < row.Length ? row[c].Trim() : ""));
        return string.Create(CultureInfo.InvariantCulture,
            $"{parts[0]:00}:{(parts.Length > 1 ? parts[1] : 0):00}:{(parts.Length > 2 ? parts[2] : 0):00.#######}");
    }

    static string Iso(int year, int month, int day) =>
        string.Create(CultureInfo.InvariantCulture, $"{year:D4}-{month:D2}-{day:D2}");

    int[] Of(params Part[] parts) => [.. parts.TakeWhile(_columns.ContainsKey).Select(part => _columns[part])];

    static bool Rises(string[] filled)
    {
        for (int i = 1; i < filled.Length; i++)
            if (!(Whole(filled[i]) >= Whole(filled[i - 1]))) return false;
        return filled.Length > 0 && Whole(filled[^1]) > Whole(filled[0]);
    }

    static bool IsTwoDigits(string field) => field.Trim() is [>= '0' and <= '9', >= '0' and <= '9'];

    // As programs write it, else with a decimal comma: 13.000 is the hour 13 and no thousands.
    static double? Number(string field) =>
        double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            || double.TryParse(NumberText.Comma.Clock(field), NumberStyles.Float, CultureInfo.InvariantCulture, out number)
            ? number : null;

    // Also 1.0, as programs write what has gaps.
    static long? Whole(string field) => Number(field) is { } number && Math.Abs(number) < 1e9 && number == Math.Floor(number)
        ? (long)number : null;

    // 1 … 12; 0: it is none.
    static int Month(string field)
    {
        if (Whole(field) is >= 1 and <= 12 and var month) return (int)month;
        string text = field.Trim().TrimEnd('.');
        return text.Length < 3 ? 0 : 1 + Array.FindIndex(MonthNames, name => name.StartsWith(text, StringComparison.OrdinalIgnoreCase));
    }
}
