using System.Globalization;
using System.Text.RegularExpressions;

namespace Esn.Streaming.Feeds;

/// <summary>How the numbers of a column are written.</summary>
/// <param name="Decimal">'.' or ','; the other one may part thousands.</param>
readonly partial record struct NumberText(char Decimal)
{
    static readonly string[] Missing = ["na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "#n/a", "missing", "undefined"];

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
        if (Decimal == '.' && double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out number)) return true;
        number = double.NaN;
        string text = Bare(field);
        if (text.Length == 0) return false;
        char group = Decimal == '.' ? ',' : '.';
        if (text.Contains(group, StringComparison.Ordinal))
        {
            if (!(Decimal == '.' ? CommaGroups() : PointGroups()).IsMatch(text)) return false;
            text = text.Replace($"{group}", "", StringComparison.Ordinal);
        }
        return double.TryParse(text.Replace(Decimal, '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>What is wrong with a field that is no number to be taken.</summary>
    public string WhyNot(string field)
    {
        if (TryRead(field, out _)) return "is not a finite number";
        (char Other, string Has, string Expected) way = Decimal == '.' ? (',', "comma", "point") : ('.', "point", "comma");
        return !new NumberText(way.Other).TryRead(field, out _) ? "is no number"
            : $"has a decimal {way.Has}, and numbers with a decimal {way.Expected} are expected: --decimal says which";
    }

    // Without what stands beside a number: signs of percent and of currencies, and spaces or apostrophes between thousands.
    static string Bare(string field)
    {
        string text = field.Trim();
        if (text.Length > 0 && Beside().IsMatch(text)) text = Beside().Replace(text, "");
        return SpacedGroups().IsMatch(text) ? Spaces().Replace(text, "") : text;
    }

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
