using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>A file that can't be read as a feed.</summary>
public sealed class FeedException(string message) : Exception(message);

/// <summary>A row of a feed.</summary>
/// <param name="Index">From 0.</param>
/// <param name="TimeText">As the file writes it; the index where there is no column of times.</param>
/// <param name="Time">UTC; row i of a feed without times is of second i since 1970.</param>
/// <param name="Values">[channels], as written: perhaps not finite.</param>
/// <param name="Problem">Why the row can't be taken; null if it can.</param>
/// <param name="Anomalous">A label column is not 0.</param>
public sealed record FeedRow(long Index, string TimeText, DateTime Time, double[] Values, string? Problem, bool Anomalous);

/// <summary>
/// A feed in a CSV file with a header: separator and the column of times are recognised, each other column of numbers
/// is a channel unless its name is that of a label.
/// </summary>
public sealed class CsvFeed : IDisposable
{
    static readonly string[] TimeNames = ["timestamp", "datetime", "time", "date", "ts"];
    static readonly string[] LabelNames = ["", "anomaly", "is_anomaly", "label", "changepoint", "is_ignored"];
    static readonly char[] Separators = [',', ';', '\t', '|'];

    readonly System.IO.Stream _stream;
    readonly CsvParser _parser;
    readonly string[] _header;
    readonly char _separator;
    readonly int _time;
    readonly int[] _values, _labels;
    string[]? _first;

    CsvFeed(System.IO.Stream stream, string name, IReadOnlyList<string> valueColumns, IReadOnlyList<string> labelColumns)
    {
        _stream = stream;
        Name = name;
        var text = new StreamReader(new BufferedStream(stream, 1 << 16), Encoding.UTF8);
        string header = text.ReadLine() ?? throw new FeedException($"{name} is empty: a header and rows are expected");
        char separator = Separators.MaxBy(c => header.Count(letter => letter == c));
        _parser = new CsvParser(text, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = separator.ToString(),
            BadDataFound = null,  // a row of another width is refused below, with its number
            IgnoreBlankLines = true,
        });
        using (var headerParser = new CsvParser(new StringReader(header),
            new CsvConfiguration(CultureInfo.InvariantCulture) { Delimiter = separator.ToString() }))
            _header = headerParser.Read() ? [.. headerParser.Record!.Select(column => column.Trim())] :
                throw new FeedException($"{name}: the first line must be a header");
        if (_header.All(column => double.TryParse(column, NumberStyles.Float, CultureInfo.InvariantCulture, out _)))
            throw new FeedException($"{name}: the first line must be a header with the columns' names, was '{header}'");

        _separator = separator;
        _labels = [.. labelColumns.Select(Column)];
        _time = Array.FindIndex(_header, column => TimeNames.Contains(column.ToLowerInvariant()));
        _first = _parser.Read() ? _parser.Record : throw new FeedException($"{name} has a header and no rows");
        if (Array.Find([.. valueColumns], column => Column(column) == _time) is { } time)
            throw new FeedException($"{name}: column {time} holds the times, it can't be a channel");
        _values = valueColumns.Count > 0
            ? [.. valueColumns.Select(Column)]
            : [.. Enumerable.Range(0, _header.Length)
                .Where(c => c != _time && !_labels.Contains(c) && !LabelNames.Contains(_header[c].ToLowerInvariant()) && IsNumber(c))];
        if (_values.Length == 0)
            throw new FeedException($"{name} has no column of numbers beside times and labels; " + (_header.Length == 1 && _time < 0
                ? $"its only column is '{_header[0]}': several are separated by a comma, a semicolon, a tab or |"
                : $"its columns are {string.Join(", ", _header)}, its first row is {string.Join(separator, _first!)}: name one with --value-column"));
    }

    /// <summary>Name of the file, or of the pipe.</summary>
    public string Name { get; }

    /// <summary>The stream's name: that of the file, without folders and ending.</summary>
    public string Stream => Path.GetFileNameWithoutExtension(Name);

    /// <summary>Rows of the file; null for a pipe, whose end nobody knows.</summary>
    public int? RowCount => _stream.CanSeek ? File.ReadLines(Name).Skip(1).Count(line => line.Length > 0) : null;

    /// <summary>Name of the column of times; "row" where there is none.</summary>
    public string TimeColumn => _time >= 0 ? _header[_time] : "row";

    /// <summary>Names of the channels.</summary>
    public IReadOnlyList<string> Channels => [.. _values.Select(c => _header[c])];

    /// <summary>Columns that look like labels and were not named as such; they are no channels.</summary>
    public IReadOnlyList<string> UnusedLabels =>
        [.. _header.Where((column, c) => column.Length > 0 && !_labels.Contains(c) && !_values.Contains(c)
        && LabelNames.Contains(column.ToLowerInvariant()))];

    /// <summary>Part of the file that has been read, 0 to 1; null for a pipe.</summary>
    public double? Progress => _stream.CanSeek ? (double)_stream.Position / Math.Max(1, _stream.Length) : null;

    /// <summary>Opens a file, or standard input for "-".</summary>
    /// <param name="file">A path, or "-".</param>
    /// <param name="valueColumns">The channels; empty: recognised.</param>
    /// <param name="labelColumns">Columns that are not 0 where the feed is anomalous.</param>
    /// <exception cref="FeedException">Not there, not readable, or without the columns.</exception>
    public static CsvFeed Open(string file, IReadOnlyList<string> valueColumns, IReadOnlyList<string> labelColumns)
    {
        if (file == "-") return new CsvFeed(Console.OpenStandardInput(), "standard input", valueColumns, labelColumns);
        if (Directory.Exists(file)) throw new FeedException($"{file} is a folder: name its files, such as {Path.Combine(file, "*.csv")}");
        if (!File.Exists(file)) throw new FeedException($"there is no file {file}");
        System.IO.Stream? stream = null;
        try
        {
            stream = File.OpenRead(file);
            return new CsvFeed(stream, file, valueColumns, labelColumns);
        }
        catch (Exception e)
        {
            stream?.Dispose();
            if (e is IOException or UnauthorizedAccessException) throw new FeedException($"can't read {file}: {e.Message}");
            throw;
        }
    }

    /// <summary>All rows, in the order of the file. Once.</summary>
    public IEnumerable<FeedRow> Rows()
    {
        if (_first is null) yield break;
        long index = 0;
        yield return Row(index++, _first);
        _first = null;
        while (_parser.Read()) yield return Row(index++, _parser.Record!);
    }

    /// <inheritdoc/>
    public void Dispose() => _parser.Dispose();

    FeedRow Row(long index, string[] fields)
    {
        string timeText = _time >= 0 && _time < fields.Length ? fields[_time] : index.ToString(CultureInfo.InvariantCulture);
        string? problem = fields.Length == _header.Length ? null : $"the row has {fields.Length} fields, the header {_header.Length}";
        DateTime? time = _time >= 0 ? FeedTime.Parse(timeText) : DateTime.UnixEpoch.AddSeconds(index);
        if (time is null) problem ??= $"'{timeText}' is no time: ISO 8601 is expected, or seconds or milliseconds since 1970";
        var values = new double[_values.Length];
        for (int c = 0; c < values.Length; c++)
        {
            string field = _values[c] < fields.Length ? fields[_values[c]] : "";
            if (!TryNumber(field, out values[c])) values[c] = double.NaN;
            if (!double.IsFinite(values[c])) problem ??= $"'{field}' in column {_header[_values[c]]} is not a finite number";
        }
        bool anomalous = Array.Exists(_labels, c => c < fields.Length && IsSet(index, c, fields[c].Trim()));
        return new FeedRow(index, timeText, time ?? default, values, problem, anomalous);
    }

    bool IsSet(long index, int column, string label)
    {
        if (label.Length == 0) return false;
        if (double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)) return number != 0;
        return bool.TryParse(label, out bool flag) ? flag
            : throw new FeedException($"{Name}, row {index + 1}: label column {_header[column]} must be a number (0: nothing is anomalous), true or false, was '{label}'");
    }

    // Where columns are not separated by commas, a comma may be the decimal point.
    bool TryNumber(string field, out double number) =>
        double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out number)
        || (_separator != ',' && double.TryParse(field.Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out number));

    bool IsNumber(int column) => _first is null || column >= _first.Length || _first[column].Trim().Length == 0
        || TryNumber(_first[column], out _);

    int Column(string name)
    {
        int column = Array.IndexOf(_header, name);
        return column >= 0 ? column : throw new FeedException($"{Name} has no column {name}; its columns are {string.Join(", ", _header)}");
    }
}
