using System.Globalization;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>
/// What the columns of a file are: which is the time, which are channels and how they are written, which are left out and why.
/// </summary>
sealed class FeedColumns
{
    internal const int FewRows = 20;  // before these, whole numbers that rise are no index yet
    const double NumbersShare = .8;     // of the filled fields of a channel
    const int FewSame = 3;              // numbers that are the same and far from all others stand for no value; one or two were measured
    const int MostShown = 60;           // letters of a field

    // What loggers and historians write for no value: nines, the ends of 16 bits.
    static readonly double[] Sentinels = [-99, -999, -9999, -99999, 999, 9999, 99999, 999999, -32768, 32767, 65535];

    static readonly string[] LabelNames = ["anomaly", "is_anomaly", "isanomaly", "label", "labels", "changepoint", "is_ignored"];

    readonly ITextRows _rows;
    readonly FeedOptions _options;
    readonly string _file;
    readonly FeedSample _sample;
    readonly TimeColumns _times;
    readonly List<(string Column, string Why)> _leftOut = [];
    readonly List<int> _clocks = [];  // beside that of the rows

    /// <param name="file">Its name, for errors.</param>
    /// <param name="rows">Where the sample is of.</param>
    /// <param name="sample">At least one row.</param>
    /// <param name="order">What all rows say of the order of day and month in a column; asked once at the most.</param>
    /// <param name="options">What is said about it.</param>
    /// <exception cref="FeedException">They are no columns of a feed, or not those that were named.</exception>
    public FeedColumns(string file, ITextRows rows, FeedSample sample, Func<int, DayOrder?> order, FeedOptions options)
    {
        (_file, _rows, _sample, _options) = (file, rows, sample, options);
        if (rows.Notes.Count > 0) Notes.AddRange(rows.Notes);
        Labels = [.. options.Labels.Select(Column)];
        Key = options.KeyColumn is { } key ? Column(key) : -1;
        int[] others = Key >= 0 ? [Key, .. Labels] : Labels;
        _times = new TimeColumns(file, rows, sample, options, others, order);
        if (Times?.Doubt is { } doubt) Notes.Add(doubt);
        if (options.Values.FirstOrDefault(column => _times.Contains(Column(column))) is { } time)
            throw new FeedException($"{file}: column {time} holds the times, it can't be a channel");
        Values = options.Values.Count > 0 ? [.. options.Values.Select(Numeric)] : FindValues();
        if (Values.Length == 0) throw NoChannel();
        Numbers = WaysOfNumbers();
        TakesWords = [.. Values.Select((c, i) => _sample.Filled(c) is var filled
            && filled.Count(field => Numbers[i].TryRead(field, out _)) >= NumbersShare * filled.Length)];
        for (int i = 0; i < Values.Length; i++)
            if (Sentinel(i) is { } sentinel) Notes.Add(sentinel);
        if (Key < 0 && Time >= 0
            && new SeriesColumn(rows, sample, _times, [.. others, .. options.Values.Select(Column)], Values, Numbers).Find()
                is var (series, sure))
        {
            Notes.Add($"column {series} looks like the name of a series, of which the file has several: with --key-column {series} each is "
                + "a stream of its own");
            if (sure) WhyLate = $"the rows of several series stand in one file: --key-column {series} parts them";
            if (sure) Mixed = $"the series that column {series} names were taken for one: --key-column {series} parts them";
        }
        else if (_times.Zoneless() is { } zoneless)
        {
            Notes.Add(zoneless);
            WhyLate = "times with a zone and without one are mixed: --timezone says whose clock those without are of";
        }
        if (Times is null && options.TimeFormat is null && options.TimeColumn is null)
            Notes.Add("no column of times was found: row numbers stand for seconds (--time-column NAME names one)");
    }

    /// <summary>Index of the column of times; −1: there is none.</summary>
    public int Time => _times.Columns is [var first, ..] ? first : -1;

    /// <summary>The text of a row's time, of all columns that make one; there is one.</summary>
    public string TimeAt(string[] fields) => _times.At(fields);

    /// <summary>How times are read; null: there are none.</summary>
    public ColumnTimes? Times => _times.Times;

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
                : $"{Listed([.. _times.Columns.Select(c => _rows.Names[c])])} ({Times.Says})";
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

    static string Listed(string[] all) => all is [.. { Length: > 0 } before, var last] ? $"{string.Join(", ", before)} and {last}" : all[0];

    static string Some(string[] all) => all.Length <= 12 ? string.Join(", ", all)
        : string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", all[..10])} and {all.Length - 10} more");

    internal static bool IsLabel(string column) => LabelNames.Contains(column.ToLowerInvariant());

    int Column(string name) => IndexOf(name, _rows, _file);

    /// <exception cref="FeedException">There is no such column.</exception>
    internal static int IndexOf(string name, ITextRows rows, string file)
    {
        int column = rows.Names.ToList().IndexOf(name);
        return column >= 0
            ? column
            : throw new FeedException($"{file} has no column {name}; its columns are {string.Join(", ", rows.Names)}");
    }

    int[] FindValues()
    {
        List<int> values = [], indices = [];
        for (int c = 0; c < _rows.Names.Count; c++)
        {
            if (_times.Contains(c) || c == Key || Labels.Contains(c)) continue;
            string[] filled = _sample.Filled(c);
            string name = _rows.Names[c];
            if (IsLabel(name)) _leftOut.Add((name, "a label by its name, --label-column takes it"));
            else if (_rows.Extra.Contains(name))
            {
                if (name.Length > 0) _leftOut.Add((name, "of the format"));
            }
            else if (filled.Length == 0) _leftOut.Add((name, "empty"));
            else if (_times.PartOf(c) is { } part) _leftOut.Add((name, $"{part}, --value-column {name} takes it"));
            else if (UnitOf(filled) is not null && Array.TrueForAll(filled, field => field == filled[0]))
                _leftOut.Add((name, $"'{Clipped(filled[0])}' in each row, --value-column {name} takes it"));
            else if (UnitOf(filled) is null && filled.Count(NumberText.IsNumber) < NumbersShare * filled.Length)
                _leftOut.Add((name, TimeText.Parse(filled[0]) is not null
                ? "other times" : FirstWord(c)));
            else if (_times.IsAnother(c)) _clocks.Add(c);
            else if (IsIndex(name, filled, out _)) indices.Add(c);
            else values.Add(c);
        }
        if (values.Count == 0 && indices.Concat(_clocks).Where(c => _rows.Names[c].Length > 0).Order().ToArray() is { Length: > 0 } alone)
        {
            _clocks.Clear();
            return alone;
        }
        foreach (int c in _clocks) _leftOut.Add((_rows.Names[c], $"another clock, --value-column {_rows.Names[c]} takes it"));
        foreach (int c in indices)
        {
            IsIndex(_rows.Names[c], _sample.Filled(c), out string why);
            _leftOut.Add((_rows.Names[c], _rows.Names[c].Length == 0 ? why : $"{why}, --value-column {_rows.Names[c]} takes it"));
        }
        return [.. values];
    }

    // A channel that was named: it may have words, but not words alone. What comes after the rows that were seen may be numbers.
    int Numeric(string name)
    {
        int column = Column(name);
        string[] filled = _sample.Filled(column);
        return !_sample.IsWhole || filled.Length == 0 || Array.Exists(filled, NumberText.IsNumber) || UnitOf(filled) is not null ? column
            : throw new FeedException($"{_file}: column {name} can't be a channel: {FirstWord(column)}, nor is any other in it");
    }

    string FirstWord(int column)
    {
        int row = 0;
        while (NumberText.IsMissing(_sample.Rows[row][column]) || NumberText.IsNumber(_sample.Rows[row][column])) row++;
        string[] units = [.. _sample.Filled(column).Select(NumberText.UnitOf).OfType<string>().Distinct(StringComparer.Ordinal).Take(2)];
        string why = units.Length > 1 ? $": its numbers have several units, {units[0]} and {units[1]}" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"'{Clipped(_sample.Rows[row][column])}' in row {_sample.Number(row)} is no number{why}");
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
        double[] numbers = [.. _sample.Rows.Select(row => text.TryRead(row[Values[channel]], out double number) ? number : double.NaN)
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
            return [.. Values.Select(c => new NumberText(said) { Unit = UnitOf(_sample.Filled(c)) })];
        bool byProgram = _rows.HasTypes || _rows.Separator == ',';  // where a comma parts columns, it parts no number
        char[] Own(IEnumerable<int> columns) =>
            [.. columns.SelectMany(_sample.Writes).Select(tally => tally.Own).OfType<char>().Distinct()];
        char[] known = Own(Values) is { Length: > 0 } channels ? channels : Own([.. _times.Columns, .. _clocks]);
        var all = new NumberText[Values.Length];
        for (int i = 0; i < all.Length; i++)
        {
            NumberTally own = _sample.Numbers(Values[i]);
            string name = Named(Values[i]);
            all[i] = own.Read(known is [var others] ? others : null, byProgram, out string? doubtful);
            if (doubtful is not null)
            {
                string mark = doubtful.Contains(',', StringComparison.Ordinal) ? "comma" : "point";
                string rows = _sample.Waited is { } waited
                    ? string.Create(CultureInfo.InvariantCulture, $"none of the first {waited} rows") : "no row";
                throw new FeedException($"{_file}: '{doubtful}' in column {name} can have a decimal {mark} or thousands, and {rows} "
                    + "decides: say which with --decimal , or --decimal .");
            }
            if (own.Unusual(all[i], name) is { } unusual) Notes.Add(unusual);
            all[i] = all[i] with { Unit = UnitOf(_sample.Filled(Values[i])) };
        }
        return all;
    }

    FeedException NoChannel() => new($"{_file} has no column of numbers beside times and labels; " + (_rows.Names.Count == 1 && Time < 0
        ? $"its only column is '{_rows.Names[0]}': several are separated by a comma, a semicolon, a tab or |"
        : $"{string.Join("; ", _leftOut.Take(4).Select(left => $"{left.Column}: {left.Why}"))}. Its first row is "
            + Clipped(string.Join(_rows.Separator == '\0' ? ' ' : _rows.Separator, _sample.Rows[0])) + (HasNumbers()
                ? ". --value-column NAME takes a column that has words between its numbers" : "")));

    // Whether a column that was left out has numbers that can be taken.
    bool HasNumbers() => _leftOut.Exists(left => Array.Exists(_sample.Filled(Column(left.Column)), NumberText.IsNumber));
}
