using System.Globalization;
using System.Text;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>
/// Rows of a CSV file, RFC 4180 and what is found beside it: other separators, a <c>sep=</c> line, lines that begin with #,
/// the annotated CSV of InfluxDB, quotes inside of a field, a quote that is never closed, no header at all.
/// </summary>
sealed class CsvRows : ITextRows
{
    const int Looked = 50;     // lines that the separator is recognised by
    const int MostLines = 20;  // of one quoted field
    const int MostAbove = 20, LeastBelow = 3, MostBelow = 10;  // lines above a header, and those below that show that it is one
    const int MostShown = 40;  // letters

    static readonly char[] Separators = [',', ';', '\t', '|'];

    readonly LineReader _lines;
    readonly string _name;
    readonly string[] _names;
    readonly List<string> _notes = [];
    readonly bool _annotated, _hasHeader = true;
    bool _newTable;
    long _headers;  // below the first

    public CsvRows(LineReader lines, string name)
    {
        (_lines, _name) = (lines, name);
        char? said = null;
        string? comment = null;
        while (lines.Peek(0) is { } line && (line.Length == 0 || string.IsNullOrWhiteSpace(line) || IsComment(line)
            || line.StartsWith("sep=", StringComparison.OrdinalIgnoreCase)))
        {
            if (line.Length > 4 && line.StartsWith("sep=", StringComparison.OrdinalIgnoreCase)) said = line[4];
            if (IsComment(line)) comment = line;
            _annotated |= line.StartsWith("#datatype", StringComparison.Ordinal);
            lines.Take();
        }
        int above = said is null ? AboveHeader() : 0;
        if (above > 0) _notes.Add(FormattableString.Invariant(
            $"the first {above} lines, such as '{Clipped(lines.Peek(0)!)}', stand above the header and are left out"));
        for (int i = 0; i < above; i++) lines.Take();
        string header = lines.Peek(0) ?? throw new FeedException($"{name} is empty: a header and rows are expected");
        Separator = said ?? Recognise(header);
        string[] first = [.. Literal(header).Select(field => field.Trim())];
        if (IsRow(first))
        {
            _hasHeader = false;
            // The first row may leave out what is empty at its end, as any may.
            int columns = Math.Max(first.Length, Longest(Sample()));
            first = [.. first, .. Enumerable.Repeat("", columns - first.Length)];
            // As numpy.savetxt writes it: the names stand behind a #.
            string[] names = comment is null ? [] : [.. Literal(comment[1..]).Select(field => field.Trim())];
            bool named = names.Length == first.Length;
            first = named ? names : [.. Enumerable.Range(1, first.Length).Select(i => FormattableString.Invariant($"c{i}"))];
            if (!named) _notes.Add($"there is no header: the columns are called {first[0]}{(first.Length > 1 ? $" … {first[^1]}" : "")}");
        }
        else lines.Take();
        _names = Unlike(first);
    }

    public IReadOnlyList<string> Names => _names;

    public char Separator { get; }

    public bool HasTypes => false;

    public IReadOnlyList<string> Extra => _annotated ? ["", "result", "table", "_start", "_stop"] : [];

    public IReadOnlyList<string> Notes => [.. _notes, .. _headers == 0 || _annotated ? (string[])[]
        : [FormattableString.Invariant($"lines that repeat the header are left out, {_headers} of them")], .. _lines.Notes];

    public TextRow? Read()
    {
        while (_lines.Take() is { } line)
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (_lines.Problem is { } tooLong) return new TextRow([], tooLong);
            if (line[0] == '#' && (IsComment(line) || Count(line, Separator) != _names.Length))
            {
                _newTable |= _annotated && line.StartsWith("#datatype", StringComparison.Ordinal);
                continue;
            }
            TextRow row = Row(line);
            // Files that were put together, and each table of an annotated one, repeat their header.
            if (_hasHeader && row.Fields.AsSpan().SequenceEqual(_names))
            {
                _newTable = false;
                _headers++;
                continue;
            }
            if (_newTable)
                throw new FeedException(string.Create(CultureInfo.InvariantCulture,
                    $"{_name}, line {_lines.Number}: a second table with other columns begins here: export one, or pivot() them into one"));
            return row;
        }
        return null;
    }

    public void Dispose() => _lines.Dispose();

    TextRow Row(string line)
    {
        var fields = new List<string>(_names.Length);
        long number = _lines.Number;
        Quotes quotes = Split(line, Separator, fields);
        if (quotes == Quotes.Open)
        {
            // A field may go on in the next line. What does not close well is a lost quote, which costs its own row alone.
            string joined = line;
            for (int more = 0; more < MostLines && quotes == Quotes.Open && _lines.Peek(more) is { } next; more++)
            {
                joined = $"{joined}\n{next}";
                quotes = Split(joined, Separator, fields);
                if (quotes != Quotes.Closed || fields.Count != _names.Length) continue;
                for (int i = 0; i <= more; i++) _lines.Take();
                return new TextRow([.. fields], null);
            }
            return new TextRow(Literal(line), FormattableString.Invariant($"line {number} opens a quote and does not close it"));
        }
        if (quotes == Quotes.Stray) fields = [.. Literal(line)];
        // One separator too many at the end of each row is a habit of some exports.
        while (fields.Count > _names.Length && fields[^1].AsSpan().Trim().Length == 0) fields.RemoveAt(fields.Count - 1);
        // Others leave out what is empty at its end. Where the file ends without the end of a line, it was cut.
        int written = fields.Count;
        bool cut = written < _names.Length && _lines.EndsWithinLine;
        while (fields.Count < _names.Length && !cut) fields.Add("");
        return new TextRow([.. fields], fields.Count == _names.Length ? null : FormattableString.Invariant(
            $"the row has {fields.Count} fields, the header {_names.Length}{(cut ? ": the file ends within it" : "")}"))
        {
            Short = written < _names.Length && !cut ? written : null,
        };
    }

    // The separator that the most lines are cut by into as many fields as the header, and those the most, and the most of the first line
    // into data: 46027,25;19,90;on. None where no line has any.
    char Recognise(string header)
    {
        string[] sample = Sample();
        char best = '\0';
        (int Agree, bool Data, int Columns, int Fields) most = (-1, false, 1, 0);
        foreach (char separator in Separators)
        {
            // Where a quote closes in the middle of a field, it is another character that parts the fields.
            if (Fields(header, separator) is not { } fields) continue;
            // Without a header the columns are those of the longest row. A number alone is all of its row: the comma of the others is
            // decimal.
            bool data = Array.TrueForAll(fields, IsData);
            int columns = data && (fields.Length > 1 || !IsNumber(fields[0])) ? Math.Max(fields.Length, Longest(sample, separator))
                : fields.Length;
            if (columns == 1) continue;
            data = data && (sample.Length == 0 || Array.TrueForAll(Fields(sample[0], separator) ?? [""], IsData));
            int agree = sample.Count(line => Count(line.TrimEnd(separator), separator) is { } n && (n == columns || n == columns - 1));
            int filled = fields.Count(field => field.Length > 0 && IsData(field));
            if ((agree, data, columns, filled).CompareTo(most) > 0) (best, most) = (separator, (agree, data, columns, filled));
        }
        return best != '\0' || !header.Contains('"', StringComparison.Ordinal) ? best
            : Separators.MaxBy(separator => header.Count(letter => letter == separator)) is var plain
                && header.Contains(plain, StringComparison.Ordinal) ? plain : '\0';
    }

    // Lines that an export writes above its header: the header is the first that is parted into as many names as those below into fields,
    // where the first line of all is not. One field less is no sign: such headers are written by R.
    int AboveHeader()
    {
        string[] ahead = [.. Enumerable.Range(0, Looked).Select(_lines.Peek).OfType<string>()];
        if (ahead.Length == 0) return 0;
        if (Fits(ahead[0])) return AboveClock(ahead);
        for (int above = 1; above < Math.Min(ahead.Length, MostAbove + 1); above++)
        {
            string[] below = [.. ahead[(above + 1)..].Where(line => !string.IsNullOrWhiteSpace(line) && !IsComment(line)).Take(MostBelow)];
            if (below.Length < LeastBelow) break;
            foreach (char separator in Separators)
                if (Fields(ahead[above], separator) is { Length: > 1 } names
                    && Array.TrueForAll(names, name => !IsData(name.Trim()))
                    && (Count(ahead[0], separator) is null or 1 || Count(ahead[0], separator) < names.Length - 1)
                    && Array.TrueForAll(below, line => Fields(line, separator) is { } row && row.Length == names.Length
                        && Array.Exists(row, IsNumber)))
                    return above;
        }
        return 0;
    }

    // Where the first line is parted as those below, a later one is the header if it alone names a column of times, and times or numbers
    // stand in that column from the next line on, and not before: Serial:,8812 above timestamp,flow. A line of names alone may be the
    // header itself, above one of units or types.
    int AboveClock(string[] ahead)
    {
        char separator = Recognise(ahead[0]);
        if (Count(ahead[0], separator) is not { } columns) return 0;
        for (int above = 0; above < Math.Min(ahead.Length, MostAbove + 1); above++)
        {
            if (Fields(ahead[above], separator) is not { } names || names.Length < columns - 1) continue;
            int clock = Array.FindIndex(names, name => ColumnTimes.IsName(name.Trim()));
            if (clock < 0 || Array.Exists(names, name => IsData(name.Trim()))) continue;
            string[][] below = [.. ahead[(above + 1)..].Where(line => !string.IsNullOrWhiteSpace(line) && !IsComment(line))
                .Take(MostBelow).Select(line => Fields(line, separator) ?? [])];
            return below.Length >= LeastBelow
                && Array.TrueForAll(below, row => row.Length == names.Length && row[clock].Trim().Length > 0 && IsData(row[clock].Trim()))
                && ahead[..above].Any(line => Fields(line, separator) is { } row
                    && Array.Exists(row, field => IsData(field.Trim()) || field.AsSpan().TrimEnd().EndsWith(':')))
                && !ahead[..above].Any(line => Fields(line, separator) is { } row && clock < row.Length && row[clock].Trim().Length > 0
                    && IsData(row[clock].Trim()))
                ? above : 0;
        }
        return 0;
    }

    // Whether the first line is a row as those below, and no header: it holds data alone, or what they hold: a time where they have times,
    // or numbers where they have numbers and beside them the text that most of them have.
    bool IsRow(string[] first)
    {
        if (Array.TrueForAll(first, IsData)) return Array.Exists(first, field => field.Length > 0);
        string[][] below = [.. Sample().Select(line => Fields(line, Separator)).OfType<string[]>()
            .Where(row => row.Length == first.Length)];
        if (below.Length == 0) return false;
        bool Most(int column, Func<string, bool> holds) =>
            2 * below.Count(row => row[column].Trim() is { Length: > 0 } field && holds(field)) > below.Length;
        if (Enumerable.Range(0, first.Length).Any(c => IsTime(first[c]) && Most(c, IsTime))) return true;
        return Enumerable.Range(0, first.Length).Any(c => IsNumber(first[c]) && Most(c, IsNumber))
            && Enumerable.Range(0, first.Length).All(c => IsData(first[c]) || Most(c, field => field == first[c]));
    }

    // A date or a time of day as people write it; digits alone may be a number.
    static bool IsTime(string field) => field.Length > 0 && !IsNumber(field) && (FeedTime.Parse(field) is not null
        || TimeText.Numbers(field) is not null || TimeText.OfDay(field) is not null || TimeText.YearDayMonth(field) is not null);

    // Whether most lines are parted as the first.
    bool Fits(string header)
    {
        char separator = Recognise(header);
        if (separator == '\0') return false;
        string[] sample = Sample();
        int? columns = Count(header, separator);
        return 2 * sample.Count(line => Count(line.TrimEnd(separator), separator) is { } n && (n == columns || n == columns - 1))
            >= sample.Length;
    }

    static string Clipped(string text) => text.Length <= MostShown ? text : $"{text[..MostShown]} …";

    string[] Sample() =>
        [.. Enumerable.Range(1, Looked).Select(_lines.Peek).OfType<string>().Where(line => line.Length > 0 && !IsComment(line))];

    // A row may begin with what a spreadsheet could not work out.
    static bool IsComment(string line) => line.Length > 0 && line[0] == '#' && !Array.Exists(NumberText.Errors, error =>
        line.StartsWith(error, StringComparison.Ordinal) && (line.Length == error.Length || Separators.Contains(line[error.Length])));

    int Longest(string[] lines) => Longest(lines, Separator);

    // Fields of the longest line; a separator too many at its end is none.
    static int Longest(string[] lines, char separator) =>
        lines.Select(line => Count(separator == '\0' ? line : line.TrimEnd(separator), separator) ?? 0).DefaultIfEmpty().Max();

    static int? Count(string line, char separator) => Fields(line, separator)?.Length;

    static string[]? Fields(string line, char separator)
    {
        var fields = new List<string>();
        return Split(line, separator, fields) == Quotes.Closed ? [.. fields] : null;
    }

    static bool IsData(string field) => field.Length == 0 || NumberText.IsMissing(field) || IsNumber(field)
        || FeedTime.Parse(field) is not null || TimeText.Numbers(field) is not null || TimeText.OfDay(field) is not null
        || TimeText.Yearless(field) is not null;

    static bool IsNumber(string field) => NumberText.Plain.TryRead(field, out _) || NumberText.Comma.TryRead(field, out _);

    static string[] Unlike(string[] names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. names.Select(name =>
        {
            string own = name;
            for (int i = 1; !seen.Add(own); i++) own = FormattableString.Invariant($"{name}.{i}");
            return own;
        })];
    }

    enum Quotes
    {
        /// <summary>All that were opened are closed.</summary>
        Closed,

        /// <summary>The line ends within one.</summary>
        Open,

        /// <summary>Letters stand behind a closing one.</summary>
        Stray,
    }

    // Fields without a look at quotes but for those around a whole field.
    string[] Literal(string line)
    {
        var fields = new List<string>();
        if (Split(line, Separator, fields) == Quotes.Closed) return [.. fields];
        return Separator == '\0'
            ? [line]
            : [.. line.Split(Separator).Select(field => field.Trim() is ['"', .. var inner, '"'] ? inner : field)];
    }

    static Quotes Split(string line, char separator, List<string> fields)
    {
        fields.Clear();
        int at = 0;
        while (true)
        {
            int start = at;
            while (start < line.Length && line[start] == ' ') start++;
            if (start < line.Length && line[start] == '"')
            {
                (string? field, int after) = Quoted(line, start + 1);
                if (field is null) return Quotes.Open;
                while (after < line.Length && line[after] == ' ') after++;
                if (after < line.Length && (line[after] != separator || separator == '\0')) return Quotes.Stray;
                fields.Add(field);
                at = after;
            }
            else
            {
                int end = separator == '\0' ? -1 : line.IndexOf(separator, at);
                if (end < 0) end = line.Length;
                fields.Add(line[at..end]);
                at = end;
            }
            if (at >= line.Length) return Quotes.Closed;
            at++;
        }
    }

    // From behind the opening quote to behind the closing one; a doubled quote stands for one.
    static (string? Field, int After) Quoted(string line, int at)
    {
        int end = line.IndexOf('"', at);
        if (end < 0) return (null, line.Length);
        if (end + 1 >= line.Length || line[end + 1] != '"') return (line[at..end], end + 1);
        var field = new StringBuilder();
        while (true)
        {
            field.Append(line, at, end - at);
            if (end + 1 >= line.Length || line[end + 1] != '"') return (field.ToString(), end + 1);
            field.Append('"');
            at = end + 2;
            end = line.IndexOf('"', at);
            if (end < 0) return (null, line.Length);
        }
    }
}
