using System.Globalization;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>A file that can't be read as a feed.</summary>
public sealed class FeedException(string message) : Exception(message);

/// <summary>Rows of a file of several series that name none.</summary>
/// <param name="File">The file.</param>
/// <param name="Rows">How many.</param>
/// <param name="First">Which is the first, and what is wrong with it; empty: there is none.</param>
public sealed record KeylessRows(string File, long Rows, string First);

/// <summary>A row of a feed.</summary>
/// <param name="Index">From 0.</param>
/// <param name="TimeText">As the file writes it; the index where there is no column of times.</param>
/// <param name="Time">UTC; row i of a feed without times is of second i since 1970.</param>
/// <param name="Values">[channels], as written: perhaps not finite.</param>
/// <param name="Problem">Why the row can't be taken; null if it can.</param>
/// <param name="Anomalous">A label column is not 0.</param>
public sealed record FeedRow(long Index, string TimeText, DateTime Time, double[] Values, string? Problem, bool Anomalous)
{
    /// <summary>The series that the row is of; null: the file has one.</summary>
    public string? Key { get; init; }
}

/// <summary>
/// A feed in a file of rows: CSV in the ways it is written, one JSON object a line, Parquet or Arrow, packed or not. What is the
/// time, what are channels, how numbers and times are written is recognised by many rows, or said.
/// </summary>
/// <remarks>A file is looked through once before it is read; a pipe is read once, its first rows wait until it is understood.</remarks>
public sealed class CsvFeed : IDisposable
{
    const int SampleRows = 10_000;
    const double BackwardShare = .9;  // of steps of a file whose newest row comes first

    // Of labels, as published feeds and people write them.
    static readonly string[] Normal = ["normal", "ok", "good", "healthy", "no", "none", "nominal"];
    static readonly string[] Abnormal =
        ["anomaly", "anomalous", "abnormal", "attack", "fault", "faulty", "failure", "outlier", "bad", "broken", "yes"];

    readonly System.IO.Stream _stream;
    readonly FeedOptions _options;
    readonly ITextRows _rows;
    readonly FeedColumns _columns;
    readonly LeftOut _leftOut;
    readonly Queue<TextRow> _waiting = new();  // of a pipe: read, not taken yet
    readonly (long Count, long Row, string Word)[] _words;  // by channel: those among its numbers, and the first of them
    bool _read;

    CsvFeed(Func<System.IO.Stream> open, string name, FeedOptions options)
    {
        (Name, _options) = (name, options);
        _stream = open();
        var orders = new DayOrders();
        DayOrder? Order(int column) => orders.Of(column, $"{Name}: column {_rows!.Names[column]}");
        try
        {
            _rows = FeedFormat.Open(_stream, name);
            _leftOut = new LeftOut(_rows.Names.Count);
            var sample = new FeedSample();
            int most = _stream.CanSeek ? SampleRows : options.PipeRows;
            int key = options.Key is null ? -1 : _rows.Names.ToList().IndexOf(options.KeyColumn ?? "");
            bool IsOther(TextRow row) => key >= 0 && (key >= row.Fields.Length || row.Fields[key] != options.Key);
            long count = 0;
            bool whole = false;
            while (count < most && !whole)
            {
                if (_rows.Read() is not { } row)
                {
                    whole = true;
                    continue;
                }
                if (row.Problem is null) sample.See(row.Fields, IsOther(row));
                if (IsOther(row)) continue;
                count++;
                if (!_stream.CanSeek) _waiting.Enqueue(row);
                if (row.Fields.Length == _rows.Names.Count) sample.Add(row.Fields, count - 1);
                _leftOut.See(row);
                orders.See(row);
            }
            sample.IsWhole = whole;
            _leftOut.IsWhole = whole || _stream.CanSeek;  // once the rest of a file has been looked through, below
            if (!whole && !_stream.CanSeek) sample.Waited = count;
            if (count == 0) throw new FeedException($"{name} has a header and no rows");
            if (sample.Rows.Count == 0)
                throw new FeedException($"{name}: none of its first {count} rows can be read: "
                    + $"{(_stream.CanSeek ? First(open, name) : _waiting.Peek()).Problem}");
            if (_stream.CanSeek)
            {
                while (_rows.Read() is { } row)
                {
                    if (row.Problem is null) sample.See(row.Fields, IsOther(row));
                    if (IsOther(row)) continue;
                    count++;
                    _leftOut.See(row);
                    orders.See(row);
                }
                ITextRows seen = _rows;
                _rows.Dispose();
                _stream.Dispose();
                _stream = open();
                _rows = FeedFormat.Open(_stream, name);
                _columns = new FeedColumns(name, seen, sample, Order, options);
            }
            else _columns = new FeedColumns(name, _rows, sample, Order, options);
            if (whole || _stream.CanSeek) RowCount = (int)Math.Min(count, int.MaxValue);
            _words = new (long, long, string)[_columns.Values.Length];
            if (!options.Sort && _columns.Times is not null && IsBackward(sample.Rows))
                throw new FeedException($"{name}: its newest row comes first: --sort puts the rows in the order of their times");
        }
        catch
        {
            _rows?.Dispose();
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>Name of the file, or of the pipe.</summary>
    public string Name { get; }

    /// <summary>The stream's name: that of the series where one is read, else that of the file, without folders and ending.</summary>
    public string Stream => _options.Key ?? StreamOf(Name);

    /// <summary>The series of the file that is read; null: the file has one, or all are read.</summary>
    public string? Series => _options.Key;

    /// <summary>Rows of the file, or of the series of it that is read; null for a pipe whose end nobody knows yet.</summary>
    public int? RowCount { get; }

    /// <summary>Name of the column of times; "row" where there is none.</summary>
    public string TimeColumn => _columns.Time >= 0 ? _rows.Names[_columns.Time] : "row";

    /// <summary>Names of the channels.</summary>
    public IReadOnlyList<string> Channels => [.. _columns.Values.Select(c => _rows.Names[c])];

    /// <summary>Which column is the time, which are channels, which are left out and why: one line.</summary>
    public string Description => _columns.Description;

    /// <summary>What a person should know about how the file was read.</summary>
    /// <remarks>Words among numbers are counted as the rows are read.</remarks>
    public IReadOnlyList<string> Notes => [.. _columns.Notes, .. Channels.Select((name, c) => _words[c] is not { Count: > 0 } words ? null
        : string.Create(CultureInfo.InvariantCulture, $"{words.Count} values of {name} are words, as '{words.Word}' in row {words.Row}: "
            + $"taken for missing")).OfType<string>()];

    /// <summary>Why rows may come late that are in order, and what to say then; null: nothing is known.</summary>
    public string? WhyLate => _columns.WhyLate;

    /// <summary>Why the rows are no feed as they are taken; null: they are one as far as can be seen.</summary>
    public string? Mixed => _columns.Mixed;

    /// <summary>Columns that look like labels and were not named as such; they are no channels.</summary>
    public IReadOnlyList<string> UnusedLabels => _columns.UnusedLabels;

    /// <summary>Part of the file that has been read, 0 to 1; null for a pipe.</summary>
    public double? Progress => _stream.CanSeek ? (double)_stream.Position / Math.Max(1, _stream.Length) : null;

    /// <summary>Opens a file, or standard input for "-", with all that can be recognised.</summary>
    /// <param name="file">A path, or "-".</param>
    /// <param name="valueColumns">The channels; empty: recognised.</param>
    /// <param name="labelColumns">Columns that are not 0 where the feed is anomalous.</param>
    /// <exception cref="FeedException">Not there, not readable, or without the columns.</exception>
    public static CsvFeed Open(string file, IReadOnlyList<string> valueColumns, IReadOnlyList<string> labelColumns) =>
        Open(file, new FeedOptions { Values = valueColumns, Labels = labelColumns });

    /// <summary>Opens a file, or standard input for "-".</summary>
    /// <param name="file">A path, or "-".</param>
    /// <param name="options">What is said about it.</param>
    /// <exception cref="FeedException">Not there, not readable, or without the columns.</exception>
    public static CsvFeed Open(string file, FeedOptions options)
    {
        if (file == "-") return new CsvFeed(Console.OpenStandardInput, "standard input", options);
        if (Directory.Exists(file)) throw new FeedException($"{file} is a folder: name its files, such as {Path.Combine(file, "*.csv")}");
        if (!File.Exists(file)) throw new FeedException($"there is no file {file}");
        try
        {
            return new CsvFeed(() => File.OpenRead(file), file, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FeedException($"can't read {file}: {e.Message}");
        }
    }

    /// <summary>The series that a file holds by its key column, in the order of their first rows.</summary>
    /// <param name="file">A path.</param>
    /// <param name="options">With a key column.</param>
    /// <param name="without">Rows of no series, whose key is empty.</param>
    /// <exception cref="FeedException">It can't be read, or has more than 10,000.</exception>
    public static IReadOnlyList<string> Keys(string file, FeedOptions options, out KeylessRows without)
    {
        using CsvFeed feed = Open(file, options);
        if (!feed._stream.CanSeek)
            throw new FeedException($"{file} is a pipe, which is read once, and a file with several series is read once for each: "
                + "--key-column needs a file");
        const int most = 10_000;
        var keys = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        without = new KeylessRows(file, 0, "");
        foreach (FeedRow row in feed.InOrder())
        {
            if (string.IsNullOrWhiteSpace(row.Key))
                without = without.Rows > 0 ? without with { Rows = without.Rows + 1 }
                    : new KeylessRows(file, 1, FormattableString.Invariant($"row {row.Index}: {row.Problem}"));
            if (row.Key is not { } key || string.IsNullOrWhiteSpace(key) || !seen.Add(key)) continue;
            keys.Add(key);
            if (keys.Count > most)
                throw new FeedException($"{file}: column {options.KeyColumn} has more than {most} values: is it the name of a series?");
        }
        return keys;
    }

    /// <summary>All rows, in the order of the file, or of their times where that was asked for. Once.</summary>
    public IEnumerable<FeedRow> Rows() =>
        _options.Sort ? InOrder().OrderBy(row => row.Time).Select((row, i) => row with { Index = i }) : InOrder();

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows.Dispose();
        _stream.Dispose();
    }

    IEnumerable<FeedRow> InOrder()
    {
        if (_read) yield break;
        _read = true;
        long index = 0;
        while (Next() is { } row)
        {
            string? key = _columns.Key >= 0 && _columns.Key < row.Fields.Length ? row.Fields[_columns.Key] : null;
            if (_options.Key is null || key == _options.Key) yield return Row(index++, row, key);
        }
    }

    TextRow? Next()
    {
        if (_waiting.Count > 0) return _waiting.Dequeue();
        TextRow? row = _rows.Read();
        if (row is { } late && !_stream.CanSeek) _leftOut.See(late);  // of a pipe nobody has seen all rows
        return row;
    }

    FeedRow Row(long index, TextRow row, string? key)
    {
        string[] fields = row.Fields;
        string timeText = _columns.Time >= 0 && _columns.Time < fields.Length
            ? _columns.TimeAt(fields)
            : index.ToString(CultureInfo.InvariantCulture);
        string? problem = row.Problem ?? _leftOut.Problem(row);
        DateTime? time = _columns.Times is { } times ? times.Read(timeText) : DateTime.UnixEpoch.AddSeconds(index);
        if (time is null) problem ??= $"'{timeText}' is no time: {_columns.Times!.Says} are expected, as in the column's other rows";
        var values = new double[_columns.Values.Length];
        for (int c = 0; c < values.Length; c++)
        {
            string field = _columns.Values[c] < fields.Length ? fields[_columns.Values[c]] : "";
            if (!_columns.Numbers[c].TryRead(field, out values[c])) values[c] = double.NaN;
            if (_options.Missing.Contains(values[c])) values[c] = double.NaN;
            else if (double.IsNaN(values[c]) && _columns.TakesWords[c] && NumberText.IsWord(field) && !NumberText.IsMissing(field))
                _words[c] = _words[c].Count == 0 ? (1, index, field.Trim()) : _words[c] with { Count = _words[c].Count + 1 };
            else if (double.IsInfinity(values[c]) || (double.IsNaN(values[c]) && !NumberText.IsMissing(field)))
                problem ??= $"'{field}' in column {_rows.Names[_columns.Values[c]]} {_columns.Numbers[c].WhyNot(field)}";
        }
        if (_columns.Key >= 0 && string.IsNullOrWhiteSpace(key))
            problem ??= $"column {_rows.Names[_columns.Key]} is empty, which names the series of a row";
        bool anomalous = Array.Exists(_columns.Labels, c => c < fields.Length && IsSet(index, c, fields[c].Trim()));
        return new FeedRow(index, timeText, time ?? default, values, problem, anomalous) { Key = key };
    }

    bool IsSet(long index, int column, string label)
    {
        if (label.Length == 0) return false;
        if (NumberText.Plain.TryRead(label, out double number)) return number != 0;
        if (bool.TryParse(label, out bool flag)) return flag;
        bool abnormal = Abnormal.Contains(label, StringComparer.OrdinalIgnoreCase);
        return abnormal || Normal.Contains(label, StringComparer.OrdinalIgnoreCase) ? abnormal
            : throw new FeedException($"{Name}, row {index}: label column {_rows.Names[column]} must be a number (0: nothing is "
                + $"anomalous), true or false, or a word such as normal and anomaly, was '{label}'");
    }

    bool IsBackward(List<string[]> sample)
    {
        DateTime[] seen = [.. sample.Select(row => _columns.Times!.Read(_columns.TimeAt(row))).OfType<DateTime>()];
        _columns.Times!.Rewind();
        int back = 0, forth = 0;
        for (int i = 1; i < seen.Length; i++)
        {
            if (seen[i] < seen[i - 1]) back++;
            else if (seen[i] > seen[i - 1]) forth++;
        }
        return back > 1 && back >= BackwardShare * (back + forth);
    }

    static TextRow First(Func<System.IO.Stream> open, string name)
    {
        using System.IO.Stream again = open();
        using ITextRows rows = FeedFormat.Open(again, name);
        return rows.Read()!.Value;
    }

    static string StreamOf(string name)
    {
        string file = Path.GetFileName(name);
        return Path.GetFileNameWithoutExtension(FeedFormat.IsPacked(file) ? Path.GetFileNameWithoutExtension(file) : file);
    }
}
