using System.Globalization;
using System.Text.RegularExpressions;

namespace Esn.Streaming.Feeds;

/// <summary>How the numbers of a column are written.</summary>
/// <param name="Decimal">'.' or ','; the other one may part thousands.</param>
readonly partial record struct NumberText(char Decimal)
{
    const int MostLetters = 40;  // of a number with its unit
    const char Minus = '\u2212';  // as typesetters write it

    /// <summary>What spreadsheets write for what they could not work out.</summary>
    public static readonly string[] Errors = ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"];

    static readonly string[] Missing = ["na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "missing", "undefined", .. Errors];

    /// <summary>What stands behind each number of the column, such as L/s; null: nothing does.</summary>
    public string? Unit { get; init; }

    /// <summary>As programs write them.</summary>
    public static NumberText Plain => new('.');

    /// <summary>With a decimal comma.</summary>
    public static NumberText Comma => new(',');

    /// <summary>Whether a field says that there is no value.</summary>
    public static bool IsMissing(string field) => field.Trim() is var text
        && (text.Length == 0 || (text.Length <= 9 && Array.Exists(Missing, word => text.Equals(word, StringComparison.OrdinalIgnoreCase))));

    /// <summary>Reads a number, with its thousands, and with % or a currency beside it.</summary>
    public bool TryRead(string field, out double number)
    {
        if (Unit is { } unit)
        {
            ReadOnlySpan<char> text = field.AsSpan().TrimEnd();
            number = double.NaN;
            return text.EndsWith(unit, StringComparison.Ordinal)
                && (this with { Unit = null }).TryRead(text[..^unit.Length].Trim().ToString(), out number);
        }
        if (Decimal == '.' && double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out number)) return true;
        number = double.NaN;
        return Plainly(Bare(field)) is { } plain
            && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>
    /// A number that counts some unit of time, 46027,25 or 1,767,571,200, as programs write it; null: the text is none, or has neither a
    /// decimal comma nor thousands.
    /// </summary>
    public string? Clock(string text) =>
        text.Length <= MostLetters && WithMarks().IsMatch(text) && Plainly(text.Trim()) is { } plain && plain != text.Trim()
            && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? plain : null;

    // Without what parts thousands, and with a decimal point; null: the thousands are none.
    string? Plainly(string bare)
    {
        if (bare.Length == 0) return null;
        char group = Decimal == '.' ? ',' : '.';
        if (bare.Contains(group, StringComparison.Ordinal))
        {
            if (!(Decimal == '.' ? CommaGroups() : PointGroups()).IsMatch(bare)) return null;
            bare = bare.Replace($"{group}", "", StringComparison.Ordinal);
        }
        return bare.Replace(Decimal, '.');
    }

    /// <summary>What is wrong with a field that is no number to be taken.</summary>
    public string WhyNot(string field)
    {
        if (TryRead(field, out _) || Infinite().IsMatch(field)) return "is not a finite number";
        if (Unit is { } unit) return $"is no number with the unit {unit} of the column's others";
        (char Other, string Has, string Expected) way = Decimal == '.' ? (',', "comma", "point") : ('.', "point", "comma");
        return !new NumberText(way.Other).TryRead(field, out _) ? "is no number"
            : $"has a decimal {way.Has}, and numbers with a decimal {way.Expected} are expected: --decimal says which";
    }

    /// <summary>
    /// The unit behind a number, such as that of 110.2 L/s; null: the field is no such. Versions and hashes are none: 2.14.0rc1 begins
    /// with no number, and what follows that of 4fa12cd has digits that are no exponents.
    /// </summary>
    public static string? UnitOf(string field) => field.Length <= MostLetters && WithUnit().Match(field.AsSpan().Trim().ToString())
        is { Success: true } match && IsNumber(match.Groups["number"].Value) && !IsNumber(field) ? match.Groups["unit"].Value : null;

    /// <summary>Whether a field is a number, with whichever decimal point.</summary>
    public static bool IsNumber(string field) => Plain.TryRead(field, out _) || Comma.TryRead(field, out _);

    /// <summary>Whether a field is words, as historians write where they have no value: Bad Input, I/O Timeout, off.</summary>
    public static bool IsWord(string field) => field.Any(char.IsLetter) && !field.Any(char.IsDigit) && !Infinite().IsMatch(field);

    // Without what stands beside a number: signs of percent and of currencies, and spaces or apostrophes between thousands.
    static string Bare(string field)
    {
        string text = field.Trim().Replace(Minus, '-');
        if (text.Length > 0 && Beside().IsMatch(text)) text = Beside().Replace(text, "");
        return SpacedGroups().IsMatch(text) ? Spaces().Replace(text, "") : text;
    }

    // Digits of a unit are exponents: of lengths and times as they are written, m3, Nm3, ft2, s2; of others behind ^ or raised.
    [GeneratedRegex(@"^(?<number>[-+\u2212]?([0-9][0-9.,]*|[.,][0-9]+)([eE][-+]?[0-9]+)?)[ \u00a0\u202f]?(?=[\p{L}°%])"
        + @"(?<unit>(?=.{1,12}$)(?:(?:\p{L}?m|ft|in|yd|s)[23]|[\p{L}°%]+(?:\^-?[1-9]|[²³])?)"
        + @"(?:[/·*](?:(?:\p{L}?m|ft|in|yd|s)[23]|[\p{L}°%]+(?:\^-?[1-9]|[²³])?))*)$")]
    private static partial Regex WithUnit();

    [GeneratedRegex(@"^\s*[-+]?[0-9]+([.,][0-9]+)+\s*$")]
    private static partial Regex WithMarks();

    [GeneratedRegex(@"^\s*[-+]?inf(inity)?\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex Infinite();

    [GeneratedRegex(@"^[-+]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?$")]
    private static partial Regex CommaGroups();

    [GeneratedRegex(@"^[-+]?[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]*)?$")]
    private static partial Regex PointGroups();

    [GeneratedRegex(@"^(?<=^)(\p{Sc}|USD|EUR|GBP|CHF|DKK) ?|(?<=^[-+])\p{Sc} ?|[ \u00a0\u202f]?(%|\p{Sc}|USD|EUR|GBP|CHF|DKK)$")]
    private static partial Regex Beside();

    [GeneratedRegex(@"^[-+]?[0-9]{1,3}([ '’\u00a0\u202f][0-9]{3})+([.,][0-9]*)?$")]
    private static partial Regex SpacedGroups();

    [GeneratedRegex(@"[ '’\u00a0\u202f]")]
    private static partial Regex Spaces();
}
