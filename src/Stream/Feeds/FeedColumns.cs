using System.Globalization;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>
/// What the columns of a file are: which is the time, which are channels and how they are written, which are left out and why.
/// </summary>
sealed class FeedColumns
{
    const int FewRows = 20;             // before these, whole numbers that rise are no index yet
    const double NumbersShare = .8;     // of the filled fields of a channel
    const int MostKeys = 1000;
    const int FewSame = 3;              // numbers that are the same and far from all others stand for no value; one or two were measured
    const int MostShown = 60;           // letters of a field

    // What loggers and historians write for no value: nines, the ends of 16 bits.
    static readonly double[] Sentinels = [-99, -999, -9999, -99999, 999, 9999, 99999, 999999, -32768, 32767, 65535];

    static readonly string[] LabelNames = ["anomaly", "is_anomaly", "isanomaly", "label", "labels", "changepoint", "is_ignored"];

    readonly ITextRows _rows;
    readonly FeedOptions _options;
    readonly string _file;
    readonly FeedSample _rowsSeen;
    readonly List<string[]> _sample;  // their fields
    readonly List<(string Column, string Why)> _leftOut = [];

    /// <param name="file">Its name, for errors.</param>
    /// <param name="rows">Where the sample is of.</param>
    /// <param name="sample">At least one row.</param>
    /// <param name="order">What all rows say of the order of day and month in a column; asked once at the most.</param>
    /// <param name="options">What is said about it.</param>
    /// <exception cref="FeedException">They are no columns of a feed, or not those that were named.</exception>
    public FeedColumns(string file, ITextRows rows, FeedSample sample, Func<int, DayOrder?> order, FeedOptions options)
    {
        (_file, _rows, _rowsSeen, _sample, _options) = (file, rows, sample, sample.Rows, options);
        if (rows.Notes.Count > 0) Notes.AddRange(rows.Notes);
        Labels = [.. options.Labels.Select(Column)];
        Key = options.KeyColumn is { } key ? Column(key) : -1;
        (Time, TimeOfDay, Times) = FindTimes(order);
        if (Times?.Doubt is { } doubt) Notes.Add(doubt);
        if (options.Values.FirstOrDefault(column => Column(column) == Time) is { } time)
            throw new FeedException($"{file}: column {time} holds the times, it can't be a channel");
        Values = options.Values.Count > 0 ? [.. options.Values.Select(Numeric)] : FindValues();
        if (Values.Length == 0) throw NoChannel();
        Numbers = WaysOfNumbers();
        TakesWords = [.. Values.Select((c, i) => Filled(c) is var filled
            && filled.Count(field => Numbers[i].TryRead(field, out _)) >= NumbersShare * filled.Length)];
        for (int i = 0; i < Values.Length; i++)
            if (Sentinel(i) is { } sentinel) Notes.Add(sentinel);
        if (Key < 0 && Time >= 0 && LooksLikeKey(out bool sure) is { } series)
        {
            Notes.Add($"column {series} looks like the name of a series, of which the file has several: with --key-column {series} each is "
                + "a stream of its own");
            if (sure) WhyLate = $"the rows of several series stand in one file: --key-column {series} parts them";
            if (sure) Mixed = $"the series that column {series} names were taken for one: --key-column {series} parts them";
        }
        else if (Zoneless() is { } zoneless)
        {
            Notes.Add(zoneless);
            WhyLate = "times with a zone and without one are mixed: --timezone says whose clock those without are of";
        }
        if (Times is null && options.TimeFormat is null && options.TimeColumn is null)
            Notes.Add("no column of times was found: row numbers stand for seconds (--time-column NAME names one)");
    }

    /// <summary>Index of the column of times; −1: there is none.</summary>
    public int Time { get; }

    /// <summary>Index of a column with the times of day, where the other one has the days; −1: there is none.</summary>
    public int TimeOfDay { get; }

    /// <summary>How times are read; null: there are none.</summary>
    public ColumnTimes? Times { get; }

    /// <summary>Indices of the channels.</summary>
    public int[] Values { get; }

    /// <summary>How their numbers are written.</summary>
    public NumberText[] Numbers { get; }

    /// <summary>Whether words among a channel's numbers stand for missing values: nearly all of it is numbers.</summary>
    public bool[] TakesWords { get; }

    /// <summary>Why rows may come late that are in order, and what to say then; null: nothing is known.</summary>
    public string? WhyLate { get; }

    /// <summary>Why the rows are no feed as they are taken; null: they are one as far as can be seen.</summary>
    public string? Mixed { get; }

    /// <summary>Indices of the labels.</summary>
    public int[] Labels { get; }

    /// <summary>Index of the column that names the series; −1: there is none.</summary>
    public int Key { get; }

    /// <summary>What a person should know.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>One line: what is the time, what are channels, what was left out, and why.</summary>
    public string Description
    {
        get
        {
            string time = Times is null ? "none, rows are counted"
                : $"{_rows.Names[Time]}{(TimeOfDay >= 0 ? $" and {_rows.Names[TimeOfDay]}" : "")} ({Times.Says})";
            string values = Some([.. Values.Select((c, i) => Named(c) + Written(Numbers[i]))]);
            string left = Some([.. _leftOut.Select(column =>
                $"{(column.Column.Length == 0 ? "a nameless column" : column.Column)} ({column.Why})")]);
            return $"time: {time}; channels: {values}" + (left.Length == 0 ? "" : $"; left out: {left}")
                + (Key >= 0 ? $"; series: {_rows.Names[Key]}" : "");
        }
    }

    /// <summary>Columns that look like labels and were not named as such; they are no channels.</summary>
    public IReadOnlyList<string> UnusedLabels =>
        [.. _rows.Names.Where((column, c) => IsLabel(column) && !Labels.Contains(c) && !Values.Contains(c) && c != Time)];

    string Named(int column) => _rows.Names[column].Length == 0 ? "(nameless)" : _rows.Names[column];

    static string Written(NumberText numbers) => (numbers.Decimal, numbers.Unit) switch
    {
        (',', { } unit) => $" (decimal comma, in {unit})",
        (',', null) => " (decimal comma)",
        (_, { } unit) => $" (in {unit})",
        _ => "",
    };

    static string Some(string[] all) => all.Length <= 12 ? string.Join(", ", all)
        : string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", all[..10])} and {all.Length - 10} more");

    static bool IsLabel(string column) => LabelNames.Contains(column.ToLowerInvariant());

    int Column(string name)
    {
        int column = _rows.Names.ToList().IndexOf(name);
        return column >= 0
            ? column
            : throw new FeedException($"{_file} has no column {name}; its columns are {string.Join(", ", _rows.Names)}");
    }

    string[] Filled(int column) => [.. _sample.Select(row => row[column]).Where(field => !NumberText.IsMissing(field))];

    (int, int, ColumnTimes?) FindTimes(Func<int, DayOrder?> order)
    {
        int said = _options.TimeColumn is { } name ? Column(name) : -1;
        ColumnTimes? form = _options.TimeFormat is { } format ? ColumnTimes.Of(format, _options.Zone)
            ?? throw new FeedException($"--time-format must be {TimeFormat.Said}, was {format}") : null;
        if (said >= 0 && form is not null) return (said, -1, Tried(said, form));
        int[] named = said >= 0 ? [said] : [.. Enumerable.Range(0, _rows.Names.Count)
            .Where(c => c != Key && !Labels.Contains(c) && !_options.Values.Contains(_rows.Names[c]) && ColumnTimes.IsName(_rows.Names[c]))
            .OrderBy(c => ColumnTimes.Rank(_rows.Names[c]))];
        string? unread = null;
        foreach (int c in named)
        {
            string[] filled = Filled(c);
            if (form is not null) return (c, -1, Tried(c, form));
            if (ColumnTimes.Recognise(filled, _rows.Names[c], named: true, IsYearLast(filled) ? order(c) : null, _options.Zone,
                out string? trouble) is { } times)
                return Joined(c, filled, times);
            if (trouble is not null) throw new FeedException($"{_file}: {trouble}");
            if (filled.Length > 0 && !IsTimeOfDay(filled))
                unread ??= $"'{filled[0]}' in column {_rows.Names[c]} is no time: --time-format says how it is written, {TimeFormat.Said}";
        }
        if (said >= 0) throw new FeedException($"{_file}: {unread ?? $"column {_rows.Names[said]} has no times"}");
        // By what they hold, whatever they are called.
        for (int c = 0; c < _rows.Names.Count; c++)
        {
            if (c == Key || Labels.Contains(c) || _options.Values.Contains(_rows.Names[c]) || named.Contains(c)
                || _rows.Extra.Contains(_rows.Names[c])) continue;
            string[] filled = Filled(c);
            if (filled.Length < (_sample.Count + 1) / 2) continue;
            if (form is not null)
            {
                if (filled.Count(text => form.Read(text) is not null) > filled.Length / 2) return (c, -1, form);
                continue;
            }
            if (ColumnTimes.Recognise(filled, _rows.Names[c], named: false, IsYearLast(filled) ? order(c) : null, _options.Zone,
                out string? trouble) is { } times)
                return Joined(c, filled, times);
            if (trouble is not null) throw new FeedException($"{_file}: {trouble}");
        }
        if (unread is not null) throw new FeedException($"{_file}: {unread}");
        if (form is not null)
            throw new FeedException($"{_file}: no column holds times written as --time-format has it; --time-column names it");
        return (-1, -1, null);
    }

    ColumnTimes Tried(int column, ColumnTimes form)
    {
        string[] filled = Filled(column);
        return filled.Length == 0 || filled.Any(text => form.Read(text) is not null) ? ColumnTimes.Of(_options.TimeFormat!, _options.Zone)!
            : throw new FeedException($"{_file}: '{filled[0]}' in column {_rows.Names[column]} is not written as --time-format "
                + $"{_options.TimeFormat} says");
    }

    // A column of days and one of times of day are one time.
    (int, int, ColumnTimes) Joined(int column, string[] filled, ColumnTimes times)
    {
        if (filled.All(text => !text.Contains(':', StringComparison.Ordinal)))
            for (int c = 0; c < _rows.Names.Count; c++)
                if (c != column && IsTimeOfDay(Filled(c))) return (column, c, times);
        return (column, -1, times);
    }

    static bool IsTimeOfDay(string[] filled) => filled.Length > 0 && filled.All(text => TimeText.OfDay(text) is not null);

    static bool IsYearLast(string[] filled) => filled.Count(text => TimeText.Numbers(text) is not null) > filled.Length / 2;

    int[] FindValues()
    {
        List<int> values = [], indices = [];
        for (int c = 0; c < _rows.Names.Count; c++)
        {
            if (c == Time || c == TimeOfDay || c == Key || Labels.Contains(c)) continue;
            string[] filled = Filled(c);
            string name = _rows.Names[c];
            if (IsLabel(name)) _leftOut.Add((name, "a label by its name, --label-column takes it"));
            else if (_rows.Extra.Contains(name))
            {
                if (name.Length > 0) _leftOut.Add((name, "of the format"));
            }
            else if (filled.Length == 0) _leftOut.Add((name, "empty"));
            else if (UnitOf(filled) is not null && Array.TrueForAll(filled, field => field == filled[0]))
                _leftOut.Add((name, $"'{Clipped(filled[0])}' in each row, --value-column {name} takes it"));
            else if (UnitOf(filled) is null && filled.Count(NumberText.IsNumber) < NumbersShare * filled.Length)
                _leftOut.Add((name, TimeText.Parse(filled[0]) is not null
                ? "other times" : FirstWord(c)));
            else if (IsIndex(name, filled, out _)) indices.Add(c);
            else values.Add(c);
        }
        if (values.Count == 0 && indices.Where(c => _rows.Names[c].Length > 0).ToArray() is { Length: > 0 } alone) return alone;
        foreach (int c in indices)
        {
            IsIndex(_rows.Names[c], Filled(c), out string why);
            _leftOut.Add((_rows.Names[c], _rows.Names[c].Length == 0 ? why : $"{why}, --value-column {_rows.Names[c]} takes it"));
        }
        return [.. values];
    }

    // A channel that was named: it may have words, but not words alone. What comes after the rows that were seen may be numbers.
    int Numeric(string name)
    {
        int column = Column(name);
        string[] filled = Filled(column);
        return !_rowsSeen.IsWhole || filled.Length == 0 || Array.Exists(filled, NumberText.IsNumber) || UnitOf(filled) is not null ? column
            : throw new FeedException($"{_file}: column {name} can't be a channel: {FirstWord(column)}, nor is any other in it");
    }

    string FirstWord(int column)
    {
        int row = 0;
        while (NumberText.IsMissing(_sample[row][column]) || NumberText.IsNumber(_sample[row][column])) row++;
        string[] units = [.. Filled(column).Select(NumberText.UnitOf).OfType<string>().Distinct(StringComparer.Ordinal).Take(2)];
        string why = units.Length > 1 ? $": its numbers have several units, {units[0]} and {units[1]}" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"'{Clipped(_sample[row][column])}' in row {_rowsSeen.Number(row)} is no number{why}");
    }

    static string Clipped(string text) => text.Length <= MostShown ? text : $"{text[..MostShown]} …";

    // The unit that stands behind nearly all numbers of a column. One without it is not read: beside 1.2 K, 950 may be of another scale.
    static string? UnitOf(string[] filled)
    {
        string? unit = null;
        int with = 0;
        foreach (string field in filled)
        {
            if (NumberText.UnitOf(field) is not { } own) continue;
            if ((unit ??= own) != own) return null;
            with++;
        }
        return with >= NumbersShare * filled.Length ? unit : null;
    }

    // A number that loggers write for no value, comes several times and lies far from all others.
    string? Sentinel(int channel)
    {
        NumberText text = Numbers[channel];
        double[] numbers = [.. _sample.Select(row => text.TryRead(row[Values[channel]], out double number) ? number : double.NaN)
            .Where(number => double.IsFinite(number) && !_options.Missing.Contains(number))];
        foreach (double sentinel in Sentinels)
        {
            int count = numbers.Count(number => number == sentinel);
            if (count < FewSame || count == numbers.Length) continue;
            double[] others = [.. numbers.Where(number => number != sentinel)];
            (double least, double most) = (others.Min(), others.Max());
            double spread = most - least;
            if (spread > 0 && (sentinel < least - spread || sentinel > most + spread))
                return string.Create(CultureInfo.InvariantCulture, $"{sentinel} comes {count} times in column {Named(Values[channel])}, "
                    + $"far from its other numbers, {least} … {most}: if it stands for no value, --missing {sentinel} says so");
        }
        return null;
    }

    // Some times name a zone, and others do not.
    string? Zoneless()
    {
        if (Time < 0 || TimeOfDay >= 0 || Times is null) return null;
        (string Text, TimeStamp Stamp)[] times = [.. Filled(Time).Select(text => (text, TimeText.Parse(text)))
            .Where(time => time.Item2 is not null).Select(time => (time.text, time.Item2!.Value))];
        int without = times.Count(time => time.Stamp.Offset is null);
        return without == 0 || without == times.Length ? null : string.Create(CultureInfo.InvariantCulture,
            $"{without} of {times.Length} times in column {_rows.Names[Time]} name no zone, as "
            + $"'{times.First(time => time.Stamp.Offset is null).Text}', and the others do: they are taken for those of "
            + $"{_options.Zone?.Id ?? "UTC (--timezone says of which clock)"}");
    }

    // A number that names a row says nothing about it. One that rises in every row is such, or counts something: then it is named.
    static bool IsIndex(string name, string[] filled, out string why)
    {
        string bare = name.ToLowerInvariant();
        why = bare.Length == 0 ? "an index, as it has no name" : "an index by its name";
        if (bare is "" or "index" or "id" or "row" or "rowid" or "row_id" or "nr" or "no" or "uuid" or "unnamed: 0") return true;
        if (bare.EndsWith("_id", StringComparison.Ordinal))
        {
            why = "an id by its name";
            return true;
        }
        why = "whole numbers that rise in every row, as an index does";
        if (filled.Length < FewRows) return false;
        long last = long.MinValue;
        foreach (string field in filled)
        {
            if (!long.TryParse(field, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) || number <= last)
                return false;
            last = number;
        }
        return true;
    }

    NumberText[] WaysOfNumbers()
    {
        if (_options.DecimalPoint is { } said)
            return [.. Values.Select(c => new NumberText(said) { Unit = UnitOf(Filled(c)) })];
        bool byProgram = _rows.HasTypes || _rows.Separator == ',';  // where a comma parts columns, it parts no number
        char[] known = [.. Values.SelectMany(_rowsSeen.Writes).Select(tally => tally.Own).OfType<char>().Distinct()];
        var all = new NumberText[Values.Length];
        for (int i = 0; i < all.Length; i++)
        {
            NumberTally own = _rowsSeen.Numbers(Values[i]);
            string name = Named(Values[i]);
            all[i] = own.Read(known is [var others] ? others : null, byProgram, out string? doubtful);
            if (doubtful is not null)
            {
                string mark = doubtful.Contains(',', StringComparison.Ordinal) ? "comma" : "point";
                string rows = _rowsSeen.Waited is { } waited
                    ? string.Create(CultureInfo.InvariantCulture, $"none of the first {waited} rows") : "no row";
                throw new FeedException($"{_file}: '{doubtful}' in column {name} can have a decimal {mark} or thousands, and {rows} "
                    + "decides: say which with --decimal , or --decimal .");
            }
            if (own.Unusual(all[i], name) is { } unusual) Notes.Add(unusual);
            all[i] = all[i] with { Unit = UnitOf(Filled(Values[i])) };
        }
        return all;
    }

    // A text that comes again and again, for times that do as well. It is surely one where each of its texts has each time once, and time
    // goes back for the next one, or their values lie apart. What comes in the same order in each stamp may be a part of the time: hours
    // of a day, months of a year.
    string? LooksLikeKey(out bool sure)
    {
        sure = false;
        if (_sample.Count < FewRows || _sample.Select(At).Distinct(StringComparer.Ordinal).Count() > .75 * _sample.Count)
            return null;
        int? found = null;
        // What the format brings along numbers the series; what they are called stands beside it.
        foreach (int c in Enumerable.Range(0, _rows.Names.Count).OrderBy(c => _rows.Extra.Contains(_rows.Names[c])))
        {
            if (c == Time || c == TimeOfDay || Labels.Contains(c) || Values.Contains(c)) continue;
            int kinds = _sample.Select(row => row[c]).Distinct(StringComparer.Ordinal).Count();
            if (kinds <= 1 || kinds > Math.Min(MostKeys, _sample.Count / 2) || IsLabel(_rows.Names[c])) continue;
            sure = _sample.Select(row => (row[c], At(row))).Distinct().Count() == _sample.Count
                && (ComesBack() || (!HasOneOrder(c) && LieApart(c)));
            if (sure) return _rows.Names[c];
            found ??= c;
        }
        return found is { } key ? _rows.Names[key] : null;
    }

    // Whether a stamp comes again after others.
    bool ComesBack()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string? last = null;
        foreach (string at in _sample.Select(At))
        {
            if (at != last && !seen.Add(at)) return true;
            last = at;
        }
        return false;
    }

    // Whether no kind stands right before another in one stamp and right behind it in the next.
    bool HasOneOrder(int column)
    {
        var pairs = new HashSet<(string, string)>();
        for (int i = 1; i < _sample.Count; i++)
        {
            if (At(_sample[i]) != At(_sample[i - 1])) continue;
            (string before, string after) = (_sample[i - 1][column], _sample[i][column]);
            if (pairs.Contains((after, before))) return false;
            pairs.Add((before, after));
        }
        return true;
    }

    // Whether some channel's values of one kind lie farther from those of another than either of them moves.
    bool LieApart(int column) => Values.Where((value, i) =>
    {
        (double Least, double Most)[] ranges = [.. _sample.GroupBy(row => row[column], StringComparer.Ordinal)
            .Select(kind => kind.Select(row => Numbers[i].TryRead(row[value], out double number) ? number : double.NaN)
                .Where(double.IsFinite).ToArray())
            .Where(numbers => numbers.Length >= FewSame).Select(numbers => (numbers.Min(), numbers.Max())).OrderBy(range => range.Item1)];
        for (int k = 1; k < ranges.Length; k++)
        {
            double gap = ranges[k].Least - ranges[k - 1].Most;
            if (gap > 0 && gap > Math.Max(ranges[k].Most - ranges[k].Least, ranges[k - 1].Most - ranges[k - 1].Least)) return true;
        }
        return false;
    }).Any();

    string At(string[] row) => TimeOfDay >= 0 ? $"{row[Time]} {row[TimeOfDay]}" : row[Time];

    FeedException NoChannel() => new($"{_file} has no column of numbers beside times and labels; " + (_rows.Names.Count == 1 && Time < 0
        ? $"its only column is '{_rows.Names[0]}': several are separated by a comma, a semicolon, a tab or |"
        : $"{string.Join("; ", _leftOut.Take(4).Select(left => $"{left.Column}: {left.Why}"))}. Its first row is "
            + Clipped(string.Join(_rows.Separator == '\0' ? ' ' : _rows.Separator, _sample[0])) + (HasNumbers()
                ? ". --value-column NAME takes a column that has words between its numbers" : "")));

    // Whether a column that was left out has numbers that can be taken.
    bool HasNumbers() => _leftOut.Exists(left => Array.Exists(Filled(Column(left.Column)), NumberText.IsNumber));
}
