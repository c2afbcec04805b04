using System.Globalization;

namespace Esn.Streaming.Wire;

/// <summary>Numbers as people read them.</summary>
static class Figures
{
    const double Long = 1e7, Short = 1e-6;  // beyond these zeros are counted, not read
    const double Year = 365.25 * 86_400;    // seconds
    const int MostDigits = 15;              // of a double

    /// <summary>
    /// A number of so many digits; all before the decimal point are written, and an exponent only where zeros would be counted.
    /// </summary>
    /// <param name="number">Any.</param>
    /// <param name="digits">1 to 15.</param>
    public static string Of(double number, int digits = 4)
    {
        double size = Math.Abs(number);
        if (size == 0 || !(size >= Short && size < Long)) return number.ToString($"G{digits}", CultureInfo.InvariantCulture);
        int decimals = Math.Clamp(digits - 1 - (int)Math.Floor(Math.Log10(size)), 0, MostDigits);
        return ((decimal)number).ToString($"0.{new string('#', decimals)}", CultureInfo.InvariantCulture);
    }

    /// <summary>A length of time, of about two digits, in the unit that people would take: 80 s, 6.3 min, 2 days, 7.1 years.</summary>
    /// <param name="seconds">Above 0.</param>
    public static string Time(double seconds)
    {
        (double unit, string one, string many) = seconds switch
        {
            < 90 => (1, "s", "s"),
            < 5400 => (60, "min", "min"),
            < 172_800 => (3600, "h", "h"),
            < 2 * Year => (86_400.0, "day", "days"),
            _ => (Year, "year", "years"),
        };
        string figure = About(seconds / unit);
        return $"{figure} {(figure == "1" ? one : many)}";
    }

    /// <summary>The interval of a feed: a month, a quarter and a year as such, whichever they are of; else as it is.</summary>
    /// <param name="seconds">Above 0.</param>
    public static string Interval(double seconds) => (seconds / 86_400) switch
    {
        1 => "1 day",
        7 => "1 week",
        >= 28 and <= 31 => "1 month",
        >= 90 and <= 92 => "1 quarter",
        >= 365 and <= 366 => "1 year",
        >= 1 and var days => $"{Of(days, 3)} days",
        _ => seconds >= 3600 ? $"{Of(seconds / 3600, 3)} h" : seconds >= 60 && seconds % 60 == 0 ? $"{Of(seconds / 60)} min"
            : $"{Of(seconds)} s",
    };

    /// <summary>A number that is an estimate: two digits, then zeros.</summary>
    public static string About(double number) =>
        Of(double.Parse(number.ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
}
