using System.Globalization;

namespace Esn.Streaming.Feeds;

/// <summary>A value of a typed format as the text that it would have in a CSV file, to the last bit.</summary>
static class CellText
{
    /// <summary>The text of a value; empty: there is none.</summary>
    /// <remarks>A time that names no zone gets none: it may be of a clock that is said.</remarks>
    public static string Of(object? value) => value switch
    {
        null => "",
        string text => text,
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        float number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTime { Kind: DateTimeKind.Utc } time => time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
