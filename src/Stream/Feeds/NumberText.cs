using System.Globalization;
using System.Text.RegularExpressions;

namespace Esn.Streaming.Feeds;

/// <summary>How the numbers of a column are written.</summary>
/// <param name="Decimal">'.' or ','; the other one may part thousands.</param>
readonly partial record struct NumberText(char Decimal)
{
    const int FewGrouped = 50;  // numbers that all have three digits behind their point before these are taken for thousands

    static readonly string[] Missing = ["na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "#n/a", "missing", "undefined"];

    /// <summary>As programs write them.</summary>
    public static NumberText Plain => new('.');

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

    /// <summary>How the numbers of a column are written, by all that were seen of it.</summary>
    /// <param name="fields">Those that are filled.</param>
    /// <param name="separator">Of the columns.</param>
    /// <param name="others">What is known of the file's other columns; null: nothing.</param>
    /// <param name="doubtful">A field that can be read in two ways, where nothing decides between them.</param>
    public static NumberText Of(IEnumerable<string> fields, char separator, char? others, out string? doubtful)
    {
        int commas = 0, points = 0, commaDecimals = 0, pointDecimals = 0, bareSmall = 0, bareLarge = 0;
        string? example = null;
        foreach (string field in fields)
        {
            string text = Bare(field);
            bool comma = text.Contains(',', StringComparison.Ordinal), point = text.Contains('.', StringComparison.Ordinal);
            if (!comma && !point)
            {
                if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double bare) && Math.Abs(bare) < 1000)
                    bareSmall++;
                else bareLarge++;
                continue;
            }
            if (comma) commas++;
            if (point) points++;
            if (comma && point) (commaDecimals, pointDecimals) = text.LastIndexOf(',') > text.LastIndexOf('.')
                ? (commaDecimals + 1, pointDecimals) : (commaDecimals, pointDecimals + 1);
            else if (comma && text.IndexOf(',') != text.LastIndexOf(',')) pointDecimals++;  // 1,234,567
            else if (point && text.IndexOf('.') != text.LastIndexOf('.')) commaDecimals++;  // 1.234.567
            else if (comma && !CommaGroups().IsMatch(text)) commaDecimals++;
            else if (point && !PointGroups().IsMatch(text)) pointDecimals++;
            else if (comma) example ??= field;
        }
        doubtful = null;
        if (commaDecimals > 0 && commaDecimals >= pointDecimals) return new(',');
        if (pointDecimals > 0) return Plain;
        bool smallAlone = bareSmall > 0 && bareLarge == 0;  // 987 beside 1,001: what is below a thousand needs no mark
        if (commas == 0 && points == 0) return new(others ?? '.');
        if (commas == 0)
            return points >= FewGrouped && smallAlone && separator != ',' ? new(',') : new(others == ',' && smallAlone ? ',' : '.');
        if (smallAlone || separator == ',') return Plain;
        if (others is { } known) return new(known);
        doubtful = example;
        return Plain;
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
