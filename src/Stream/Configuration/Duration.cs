using System.Globalization;
using System.Text.RegularExpressions;

namespace Esn.Streaming.Configuration;

/// <summary>So much time.</summary>
/// <param name="Text">As it was said.</param>
/// <param name="Time">1 s … 3650 days.</param>
public sealed partial record Duration(string Text, TimeSpan Time)
{
    /// <summary>From "90 s", "15 m", "2 hours" or "7 days"; null: it is no such text, or out of range.</summary>
    public static Duration? Parse(string text)
    {
        Match match = Form().Match(text);
        if (!match.Success) return null;
        double unit = char.ToLowerInvariant(match.Groups["unit"].Value[0]) switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 86_400 };
        double seconds = unit * double.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture);
        return seconds is >= 1 and <= 3650 * 86_400.0 ? new Duration(text, TimeSpan.FromSeconds(seconds)) : null;
    }

    [GeneratedRegex(@"^\s*(?<count>[0-9]{1,9}(\.[0-9]{1,6})?)\s*(?<unit>s|seconds?|m|minutes?|h|hours?|d|days?)\s*$",
        RegexOptions.IgnoreCase)]
    private static partial Regex Form();
}
