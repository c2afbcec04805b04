using System.Globalization;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>Which columns of a file hold its times, and how they are read: those named, or those whose names and texts say so.</summary>
sealed class TimeColumns
{
    const double Nearly = .9;     // of the fields of a column of times of day: a row may be broken
    const double SameRate = .1;   // of each step of another clock, whose numbers have few places or whole seconds
    const double OneRate = .01;   // of all of them: it goes on as the clock of the rows does
    const double OwnStamps = .5;  // of the rows, that the columns of a calendar must give

    // Of a second, as columns without a unit count time.
    static readonly double[] UnitRates = [1, 1e3, 1e6, 1e9, 1.0 / 60, 1.0 / 3600, 1.0 / 86_400];
    const double MillionthsOfDays = 1e6 / 86_400;  // of a second: so counts Time_ms of WinCC, whatever it is called

    readonly string _file;
    readonly ITextRows _rows;
    readonly FeedSample _sample;
    readonly FeedOptions _options;
    readonly IReadOnlyCollection<int> _others;
    readonly CalendarColumns _calendar;

    /// <param name="file">Its name, for errors.</param>
    /// <param name="rows">Where the sample is of.</param>
    /// <param name="sample">At least one row.</param>
    /// <param name="options">What is said about them.</param>
    /// <param name="others">Columns that hold something else.</param>
    /// <param name="order">What all rows say of the order of day and month in a column; asked once at the most.</param>
    /// <exception cref="FeedException">They are no times, or not written as is said.</exception>
    public TimeColumns(string file, ITextRows rows, FeedSample sample, FeedOptions options, IReadOnlyCollection<int> others,
        Func<int, DayOrder?> order)
    {
        (_file, _rows, _sample, _options, _others) = (file, rows, sample, options, others);
        _calendar = new CalendarColumns(rows, sample, IsTaken);
        (Columns, Times) = Find(order);
    }

    /// <summary>Indices of the columns that make a time together, that of the days first; empty: there is none.</summary>
    public int[] Columns { get; }

    /// <summary>How times are read; null: there are none.</summary>
    public ColumnTimes? Times { get; }

    /// <summary>Whether it is one of them.</summary>
    public bool Contains(int column) => Columns.Contains(column);

    /// <summary>What part of a date a column is, in words, which makes it no channel; null: it may be one.</summary>
    public string? PartOf(int column) => _calendar.Says(column);

    /// <summary>
    /// Whether a column of numbers is another clock: it is called one, or is one by what it holds, and goes on as the time of the rows
    /// does, in the unit that it is read in, or where its name has none in any. What only rises evenly is a channel: a ramp, a meter.
    /// </summary>
    /// <param name="column">None of <see cref="Columns"/>.</param>
    public bool IsAnother(int column)
    {
        string name = _rows.Names[column];
        bool called = ColumnTimes.IsName(name);
        NumberText numbers = Numbers(column);
        ColumnTimes? own = Recognised(column, _sample.Filled(column), called, _ => null, out _);
        if (Times is null || (own is null && !called)) return false;
        List<(double Seconds, double Number, double Own)> steps = [];
        (DateTime Time, double Number, DateTime? Own)? last = null;
        foreach (string[] row in _sample.Rows)
        {
            if (Times.Read(At(row)) is not { } time || !numbers.TryRead(row[column], out double number)
                || !double.IsFinite(number)) continue;
            DateTime? read = own?.Read(row[column]);
            if (last is { } before && time > before.Time)
                steps.Add(((time - before.Time).TotalSeconds, number - before.Number, (read - before.Own)?.TotalSeconds ?? double.NaN));
            last = (time, number, read);
        }
        Times.Rewind();
        if (steps.Count < FeedColumns.FewRows) return false;
        double usual = steps.Select(step => step.Number / step.Seconds).Order().ElementAt(steps.Count / 2);
        (double Seconds, double Number, double Own)[] even =
            [.. steps.Where(step => Math.Abs(step.Number / step.Seconds - usual) <= SameRate * usual)];
        if (usual <= 0 || even.Length < Nearly * steps.Count) return false;
        double seconds = even.Sum(step => step.Seconds), rate = even.Sum(step => step.Number) / seconds;
        return IsOne(even.Sum(step => step.Own) / seconds) || (called && (IsOne(rate / MillionthsOfDays)
            || (!ColumnTimes.HasUnit(name) && Array.Exists(UnitRates, unit => IsOne(rate / unit)))));

        static bool IsOne(double rate) => Math.Abs(rate - 1) <= OneRate;
    }

    /// <summary>The text of a row's time.</summary>
    public string At(string[] row) => At(Columns, row);

    string At(int[] columns, string[] row)
    {
        int[] date = _calendar.Date;
        bool calendar = date.Length > 0 && columns[0] == date[0];
        if (columns.Length == 1 && !calendar) return Field(row, columns[0]);
        int[] ofDay = columns[(calendar ? date.Length : 1)..];
        string days = calendar ? _calendar.DateOf(row) : Field(row, columns[0]).Trim();
        // 20260105 has no place for 13:05.
        if (!calendar && days.Length == 8 && TimeText.IsCompact(days)) days = $"{days[..4]}-{days[4..6]}-{days[6..]}";
        if (ofDay.Length > 0 && columns[0] == _calendar.DayOfRun && _calendar.OfDay.Contains(ofDay[0]))
            return _calendar.DayWithPart(days, row);
        return ofDay.Length == 0 ? days
            : $"{days} {(_calendar.OfDay.Contains(ofDay[0]) ? _calendar.OfDayOf(row) : Field(row, ofDay[0]).Trim())}";
    }

    static string Field(string[] row, int column) => column < row.Length ? row[column] : "";

    /// <summary>Of times that name a zone beside others that do not: what a person should know; null: there are no such.</summary>
    public string? Zoneless()
    {
        if (Columns is not [var column] || Times is null) return null;
        (string Text, TimeStamp Stamp)[] times = [.. _sample.Filled(column).Select(text => (text, TimeText.Parse(text)))
            .Where(time => time.Item2 is not null).Select(time => (time.text, time.Item2!.Value))];
        int without = times.Count(time => time.Stamp.Offset is null);
        return without == 0 || without == times.Length ? null : string.Create(CultureInfo.InvariantCulture,
            $"{without} of {times.Length} times in column {_rows.Names[column]} name no zone, as "
            + $"'{times.First(time => time.Stamp.Offset is null).Text}', and the others do: they are taken for those of "
            + $"{_options.Zone?.Id ?? "UTC (--timezone says of which clock)"}");
    }

    (int[], ColumnTimes?) Find(Func<int, DayOrder?> order)
    {
        int said = _options.TimeColumn is { } name ? FeedColumns.IndexOf(name, _rows, _file) : -1;
        ColumnTimes? form = _options.TimeFormat is { } format ? ColumnTimes.Of(format, _options.Zone)
            ?? throw new FeedException($"--time-format must be {TimeFormat.Said}, was {format}") : null;
        if (said >= 0 && form is not null) return ([said], Tried(said));
        (int[] Columns, ColumnTimes Times)? calendar = form is null ? Calendar() : null;
        if (said >= 0 && calendar is { } parts && parts.Columns.Contains(said)) return parts;
        int[] named = said >= 0 ? [said] : [.. Enumerable.Range(0, _rows.Names.Count)
            .Where(c => !IsTaken(c) && ColumnTimes.IsName(_rows.Names[c]) && _calendar.Says(c) is null)
            .OrderBy(c => ColumnTimes.Rank(_rows.Names[c]))];
        string? unread = null;
        (int[], ColumnTimes)? likely = null, still = null, jumping = null, some = null;
        foreach (int c in named)
        {
            string[] filled = _sample.Filled(c);
            if (form is not null) return ([c], Tried(c));
            if (Recognised(c, filled, named: true, order, out string? trouble) is { } times)
            {
                (int[] Columns, ColumnTimes) found = Joined(c, filled, times);
                if (said >= 0 || (times.IsSure && filled.Length == 1)) return found;
                (bool OneWay, int Different) stamps = Stamps(found.Columns, times);
                if (times.IsSure && stamps.OneWay) return found;
                if (times.IsSure && stamps.Different > 1) jumping ??= found;
                else if (times.IsSure) still ??= found;
                else if (times.MayBeClock) likely ??= found;
                continue;
            }
            if (trouble is not null && jumping is null) throw new FeedException(trouble);
            if (ColumnTimes.OfSome(filled, _rows.Names[c], Numbers(c), _options.Zone) is { } few)
            {
                some ??= ([c], few);
                continue;
            }
            if (filled.Length > 0 && !ColumnTimes.IsOfRun(_rows.Names[c]) && !IsTimeOfDay(filled) && !NumberText.IsNumber(filled[0]))
                unread ??= Unread(
                    Array.Find(filled, text => TimeFormat.Dates.Read(text) is null && TimeText.Numbers(text) is null) ?? filled[0],
                    _rows.Names[c]);
        }
        if (said >= 0 && some is not null) return some.Value;
        if (said >= 0) throw new FeedException($"{_file}: {unread ?? $"column {_rows.Names[said]} has no times"}");
        if (jumping is { } unsorted) return unsorted;
        // By what they hold, whatever they are called: that which goes one way before what jumps about, then that which tells the most rows
        // apart. Dates that stand still are those of something else, if there is another clock, and numbers that may be days come after
        // what is surely one.
        (int[], ColumnTimes)? best = null;
        string? doubt = null;
        (bool OneWay, int Different) most = (false, 1);
        for (int c = 0; c < _rows.Names.Count; c++)
        {
            if (IsTaken(c) || named.Contains(c) || _calendar.Says(c) is not null) continue;
            string[] filled = _sample.Filled(c);
            if (filled.Length < (_sample.Rows.Count + 1) / 2) continue;
            if (form is not null)
            {
                ColumnTimes own = Form(c);
                if (filled.Count(text => own.Read(text) is not null) > filled.Length / 2) return ([c], Form(c));
                continue;
            }
            if (Recognised(c, filled, named: false, order, out string? trouble) is { } times)
            {
                (int[] Columns, ColumnTimes) found = Joined(c, filled, times);
                (bool OneWay, int Different) stamps = Stamps(found.Columns, times);
                if (times.IsSure && stamps.OneWay && stamps.Different == _sample.Rows.Count) return found;
                if (times.IsSure && stamps.CompareTo(most) > 0) (best, most) = (found, stamps);
                still ??= found;
            }
            doubt ??= trouble;
        }
        if (best is { } first) return first;
        if (doubt is not null) throw new FeedException(doubt);
        if (form is null && (calendar ?? likely ?? some ?? still) is { } other) return other;
        if (unread is not null) throw new FeedException($"{_file}: {unread}");
        if (form is not null)
            throw new FeedException($"{_file}: no column holds times written as --time-format has it; --time-column names it");
        return ([], null);
    }

    // Trouble: why its times can't be read, although it has some.
    ColumnTimes? Recognised(int column, string[] filled, bool named, Func<int, DayOrder?> order, out string? trouble)
    {
        try
        {
            ColumnTimes? times = ColumnTimes.Recognise(
                filled, _rows.Names[column], named, HasOrder(filled) ? order(column) : null, Numbers(column), _options.Zone, out trouble);
            trouble = trouble is null ? null : $"{_file}: {trouble}";
            return times;
        }
        catch (FeedException mixed)  // its rows say both orders, which matters where no other column is the clock
        {
            trouble = mixed.Message;
            return null;
        }
    }

    static string Unread(string text, string column) => ColumnTimes.UnknownZone(text, column)
        ?? $"'{text}' in column {column} is no time: --time-format says how it is written, {TimeFormat.Said}";

    bool IsTaken(int column) => _others.Contains(column) || _options.Values.Contains(_rows.Names[column])
        || _rows.Extra.Contains(_rows.Names[column]);

    // How a column writes its numbers, by all of its rows, else as the others of the file do.
    NumberText Numbers(int column) => new(_options.DecimalPoint ?? _sample.Numbers(column).Own
        ?? (Enumerable.Range(0, _rows.Names.Count).Select(c => _sample.Numbers(c).Own).OfType<char>().Distinct().ToArray() is [var all]
            ? all : '.'));

    ColumnTimes Form(int column) => ColumnTimes.Of(_options.TimeFormat!, _options.Zone, Numbers(column).Decimal)!;

    ColumnTimes Tried(int column)
    {
        string[] filled = _sample.Filled(column);
        ColumnTimes form = Form(column);
        return filled.Length == 0 || filled.Any(text => form.Read(text) is not null) ? Form(column)
            : throw new FeedException($"{_file}: '{filled[0]}' in column {_rows.Names[column]} is not written as --time-format "
                + $"{_options.TimeFormat} says");
    }

    // A column of days and one of times of day are one time, or those of hours, minutes and seconds.
    (int[], ColumnTimes) Joined(int column, string[] filled, ColumnTimes times)
    {
        if (filled.Count(text => text.Contains(':', StringComparison.Ordinal)) > (1 - Nearly) * filled.Length) return ([column], times);
        if (OfDayBeside(column) is var beside and >= 0) return ([column, beside], times);
        int[] parts = [column, .. _calendar.OfDay];
        return parts.Length > 1 && Stamps(parts, times) is { OneWay: true } joined && joined.Different > Stamps([column], times).Different
            ? (parts, times) : ([column], times);
    }

    int OfDayBeside(int column) => Array.FindIndex([.. Enumerable.Range(0, _rows.Names.Count)],
        c => c != column && !IsTaken(c) && IsTimeOfDay(_sample.Filled(c)));

    // Columns of years, months and so on that give most rows a time of their own, which goes one way.
    (int[], ColumnTimes)? Calendar()
    {
        int[] date = _calendar.Date;
        if (date.Length == 0) return null;
        int[] ofDay = _calendar.OfDay is { Length: > 0 } parts ? parts : OfDayBeside(-1) is var beside and >= 0 ? [beside] : [];
        foreach (int[] columns in (int[][])[[.. date, .. ofDay], date])
        {
            ColumnTimes times = ColumnTimes.OfCalendar(At(columns, _sample.Rows[0]), _options.Zone);
            if (Stamps(columns, times) is { OneWay: true } stamps && stamps.Different >= OwnStamps * _sample.Rows.Count)
                return (columns, times);
        }
        return null;
    }

    // Whether times go one way, but for a few, and how many different ones there are.
    (bool OneWay, int Different) Stamps(int[] columns, ColumnTimes times)
    {
        DateTime[] seen = [.. _sample.Rows.Select(row => times.Read(At(columns, row))).OfType<DateTime>()];
        times.Rewind();
        (int back, int forth) = (0, 0);
        for (int i = 1; i < seen.Length; i++)
        {
            if (seen[i] < seen[i - 1]) back++;
            else if (seen[i] > seen[i - 1]) forth++;
        }
        return (back + forth > 0 && Math.Min(back, forth) <= (1 - Nearly) * (back + forth), seen.Distinct().Count());
    }

    static bool IsTimeOfDay(string[] filled) =>
        filled.Length > 0 && filled.Count(text => TimeText.OfDay(text) is not null) >= Nearly * filled.Length;

    // Dates of figures, whose order the rows settle.
    static bool HasOrder(string[] filled) => filled.Count(text => TimeText.Numbers(text) is not null
        || TimeText.BehindYear(text) is not null) > filled.Length / 2;
}
