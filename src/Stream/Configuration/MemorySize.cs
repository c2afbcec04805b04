using System.Globalization;
using System.Text.RegularExpressions;

namespace Esn.Streaming.Configuration;

/// <summary>So much memory.</summary>
/// <param name="Text">As it was said.</param>
/// <param name="Bytes">≥ 1 MB.</param>
public sealed partial record MemorySize(string Text, long Bytes)
{
    const double Least = 1e6, Most = 1e15;

    /// <summary>From "800 MB" or "1.5 GB" (powers of ten); null: it is no such text, or out of range.</summary>
    public static MemorySize? Parse(string text)
    {
        Match match = Form().Match(text);
        if (!match.Success) return null;
        double unit = match.Groups["unit"].Value.ToUpperInvariant() switch
        {
            "MB" => 1e6,
            "GB" => 1e9,
            _ => 1e12,
        };
        double bytes = unit * double.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture);
        return bytes is >= Least and <= Most ? new MemorySize(text, (long)bytes) : null;
    }

    /// <summary>Such as 84 kB, 1.6 MB or 2.1 GB.</summary>
    public static string Say(double bytes) => bytes switch
    {
        < 1e6 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:F0} kB"),
        < 1e9 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:F1} GB"),
    };

    [GeneratedRegex(@"^\s*(?<count>[0-9]{1,12}(\.[0-9]{1,6})?)\s*(?<unit>MB|GB|TB)\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex Form();
}
