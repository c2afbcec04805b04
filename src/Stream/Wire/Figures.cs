using System.Globalization;

namespace Esn.Streaming.Wire;

/// <summary>Numbers as people read them.</summary>
static class Figures
{
    const double Long = 1e7, Short = 1e-6;  // beyond these zeros are counted, not read
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

    /// <summary>A number that is an estimate: two digits, then zeros.</summary>
    public static string About(double number) =>
        Of(double.Parse(number.ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
}
