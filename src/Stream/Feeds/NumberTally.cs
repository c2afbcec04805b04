using System.Globalization;

namespace Esn.Streaming.Feeds;

/// <summary>
/// How the numbers of a column are written, by all rows: 0.5 and 1,234.5 have a decimal point, 0,5 and 1.234,5 a comma; 1.234 and 1,234
/// can have either, as the others do.
/// </summary>
/// <remarks>
/// Where all that have a mark can be read in two ways, the whole numbers beside them decide. Those of a column with decimals lie among the
/// others: 10 beside 9.998. Those of a column that parts its thousands reach up to a thousand: 954 and 987 beside 1,001. A point beside
/// whole numbers that lie elsewhere, all below a thousand, can be either: 40 … 300 by night beside 4.000 … 9.000 by day. One or two that
/// come again and again, such as −999, stand for a state, and decide nothing.
/// </remarks>
sealed class NumberTally
{
    const int MostLetters = 40;      // of a number: the longest double, with its sign, thousands and unit; a text is not looked at
    const double FewShare = .01;     // of numbers that would have thousands: fewer that decide so are a slip of the pen, as people make
    const int States = 2;            // whole numbers, each its own, that may stand for states: no value and no connection, off and on
    const double NearThousand = 10;  // times the largest whole number: no feed leaves out more than a power of ten that it moves through
    const double Thousand = 1000;    // from here on a number has a mark, where thousands are parted

    /// <summary>Numbers of three digits behind one mark.</summary>
    struct Marked
    {
        public long Count;
        public double Least, Most, Nearest;  // read with decimals: signed, and by magnitude
        public string? Example;

        public void Add(string field, double number)
        {
            if (Count++ == 0) (Least, Most, Nearest, Example) = (number, number, double.MaxValue, field.Trim());
            (Least, Most, Nearest) = (Math.Min(Least, number), Math.Max(Most, number), Math.Min(Nearest, Math.Abs(number)));
        }
    }

    Marked _points, _commas, _bare;      // those of _bare have no mark, and are not 0, which lies everywhere
    long _pointDecimals, _commaDecimals;  // that can be read in one way alone
    readonly List<double> _kinds = [];    // of _bare, each its own, until they are more than states
    string? _commaDecimal;

    /// <summary>Takes a field of the column.</summary>
    public void Add(string field)
    {
        ReadOnlySpan<char> text = field.AsSpan().Trim();
        if (text.Length is 0 or > MostLetters) return;
        int mark = text.IndexOfAny('.', ',');
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
        {
            if (!double.IsFinite(number)) return;
            if (mark < 0) Bare(field, number);
            else if (HasThree(text, mark)) _points.Add(field, number);
            else _pointDecimals++;
        }
        // What is neither, nor a number beside a sign of percent or of a currency, is most often a time or a word.
        else if (mark >= 0 || !char.IsAsciiDigit(text[^1]) || char.GetUnicodeCategory(text[0]) == UnicodeCategory.CurrencySymbol)
            AddRead(field);
    }

    /// <summary>What its own numbers say, '.' or ','; null: nothing, or both.</summary>
    public char? Own
    {
        get
        {
            if (_commaDecimals + _pointDecimals > 0)
            {
                bool comma = _commaDecimals >= _pointDecimals;
                return IsSlip(comma) ? null : comma ? ',' : '.';
            }
            if (_points.Count > 0 == _commas.Count > 0) return null;
            Marked marked = _points.Count > 0 ? _points : _commas;
            (char point, char other) = _points.Count > 0 ? ('.', ',') : (',', '.');
            // As programs write it: what parts its thousands would have written 1500 as 1.500.
            if (point == '.' && _bare.Count > 0 && Largest(_bare) is >= Thousand and var large && (large >= 10_000 || marked.Nearest < 10))
                return '.';
            if (MayBeDecimals(marked)) return !ReachThousands(marked) && (point == '.' || marked.Count >= _bare.Count) ? point : null;
            return point == ',' && MayBeThousands(marked) ? other : null;
        }
    }

    /// <summary>How they are read.</summary>
    /// <param name="others">What is known of the file's other columns; null: nothing.</param>
    /// <param name="byProgram">A comma parts the columns, or the format has types: a point is one then.</param>
    /// <param name="doubtful">A field that can be read in two ways, where nothing decides between them; null: all is clear.</param>
    public NumberText Read(char? others, bool byProgram, out string? doubtful)
    {
        doubtful = null;
        if (Own is { } own) return new(own);
        bool marked = _points.Count + _commas.Count > 0;
        if (others is { } known || !marked || byProgram) return new(others ?? '.');
        // Nothing speaks for thousands: a point is one.
        if (_commas.Count == 0 && _commaDecimals == 0 && !MayBeThousands(_points) && !AllBareAreBelowThousand) return NumberText.Plain;
        doubtful = _points.Count > 0 ? _points.Example : _commas.Example;
        return NumberText.Plain;
    }

    /// <summary>What a person should look at, where numbers are not read in the usual way; null: they are.</summary>
    /// <param name="read">How they are read.</param>
    /// <param name="column">Its name.</param>
    public string? Unusual(NumberText read, string column)
    {
        bool thousands = read.Decimal == ',' ? _points.Count > 0 : _commas.Count > 0;
        string? example = read.Decimal == ',' ? _points.Example ?? _commaDecimal ?? _commas.Example : _commas.Example;
        if (example is null || !read.TryRead(example, out double number)) return null;
        (string mark, char otherwise) = read.Decimal == ',' == thousands ? ("point", '.') : ("comma", read.Decimal == ',' ? '.' : ',');
        return string.Create(CultureInfo.InvariantCulture, $"'{example}' in column {column} is read as {number}, its {mark} as "
            + $"{(thousands ? "one between thousands" : "the decimal point")} (--decimal {otherwise} reads it otherwise)");
    }

    void AddRead(string field)
    {
        bool byPoint = NumberText.Plain.TryRead(field, out double plain), byComma = NumberText.Comma.TryRead(field, out double comma);
        if (byPoint && byComma)
        {
            if (plain == comma) Bare(field, plain);
            else if (Math.Abs(plain) > Math.Abs(comma)) _commas.Add(field, comma);
            else _points.Add(field, plain);
        }
        else if (byPoint) _pointDecimals++;
        else if (byComma)
        {
            _commaDecimals++;
            _commaDecimal ??= field.Trim();
        }
        else if (NumberText.UnitOf(field) is { } unit) Add(field.Trim()[..^unit.Length]);
    }

    // One to three digits, of which the first is no 0, and three behind the mark.
    static bool HasThree(ReadOnlySpan<char> text, int mark)
    {
        ReadOnlySpan<char> whole = text[..mark].TrimStart("+-"), rest = text[(mark + 1)..];
        return whole.Length is >= 1 and <= 3 && whole[0] != '0' && rest.Length == 3 && rest.IndexOfAnyExceptInRange('0', '9') < 0;
    }

    void Bare(string field, double number)
    {
        if (number == 0) return;
        _bare.Add(field, number);
        if (_kinds.Count <= States && !_kinds.Contains(number)) _kinds.Add(number);
    }

    // Most are such that a few that decide can't: read like these they would have thousands.
    bool IsSlip(bool comma) => comma ? _commaDecimals < FewShare * _points.Count : _pointDecimals < FewShare * _commas.Count;

    bool MayBeDecimals(in Marked marked)
    {
        double beside = marked.Most - marked.Least + .01 * Largest(marked);
        return _bare.Count > 0 && _bare.Least >= marked.Least - beside && _bare.Most <= marked.Most + beside;
    }

    // As they are where thousands are parted, however far below those with a mark: by night and by day, idle and at work.
    bool AllBareAreBelowThousand => _kinds.Count > States && Largest(_bare) < Thousand;

    bool MayBeThousands(in Marked marked) => _kinds.Count > States && ReachThousands(marked);

    // The whole numbers go on, or nearly, where those with a mark begin, read with thousands.
    bool ReachThousands(in Marked marked) => _bare.Count > 0 && Thousand * marked.Nearest < NearThousand * Largest(_bare);

    static double Largest(in Marked numbers) => Math.Max(Math.Abs(numbers.Least), Math.Abs(numbers.Most));
}
