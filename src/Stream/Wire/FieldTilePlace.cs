using System.Globalization;

namespace Esn.Streaming.Wire;

/// <summary>Where in a whole field a tile lies. Rows and columns count from 0.</summary>
/// <param name="Row">First row of its own cells.</param>
/// <param name="Column">First column of its own cells.</param>
/// <param name="Rows">Of its own cells.</param>
/// <param name="Columns">Of its own cells.</param>
/// <param name="Top">Row of the first cell of its records: its halo's.</param>
/// <param name="Left">Column of the first cell of its records.</param>
public sealed record FieldTilePlace(int Row, int Column, int Rows, int Columns, int Top, int Left)
{
    /// <summary>Header of a tile's records.</summary>
    public const string Header = "esn-tile";

    /// <summary>From what the header says; without the last two numbers the records have no halo. Null: it is no such text.</summary>
    public static FieldTilePlace? Parse(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        int[] numbers = [.. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number : -1)];
        if (numbers.Length is not (4 or 6) || Array.Exists(numbers, number => number is < 0 or > 100_000_000)) return null;
        var place = new FieldTilePlace(numbers[0], numbers[1], numbers[2], numbers[3], numbers[^2], numbers[^1]);
        return numbers.Length == 6 ? place : place with { Top = place.Row, Left = place.Column };
    }

    /// <summary>Whether a record of so many cells holds all of the tile's own.</summary>
    public bool LiesIn(int rows, int columns) => Rows > 0 && Columns > 0 && Top <= Row && Left <= Column
        && (long)Row + Rows <= (long)Top + rows && (long)Column + Columns <= (long)Left + columns;

    /// <summary>Whether two tiles have a side or a corner in common.</summary>
    public bool Touches(FieldTilePlace other) => Row <= other.Row + other.Rows && other.Row <= Row + Rows
        && Column <= other.Column + other.Columns && other.Column <= Column + Columns;

    /// <summary>As the header says it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Row},{Column},{Rows},{Columns},{Top},{Left}");

    /// <summary>The whole field's name in that of a tile's stream: what stands before the last slash.</summary>
    public static string FieldOf(string stream) => stream.LastIndexOf('/') is > 0 and var at ? stream[..at] : stream;
}
