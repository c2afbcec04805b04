using System.Globalization;
using System.Text.RegularExpressions;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>A part of a field that is a stream of its own: its own cells, and some around them for its readout to see.</summary>
public sealed class FieldTile
{
    readonly FieldLayout _whole;
    readonly int _top, _left;

    internal FieldTile(FieldLayout whole, int row, int column, int rows, int columns, int halo)
    {
        _whole = whole;
        (_top, _left) = (Math.Max(0, row - halo), Math.Max(0, column - halo));
        int bottom = Math.Min(whole.Rows, row + rows + halo), right = Math.Min(whole.Columns, column + columns + halo);
        Layout = new FieldLayout(whole.Fields, bottom - _top, right - _left)
        {
            Names = whole.Names,
            Latitudes = [.. whole.Latitudes.Skip(_top).Take(bottom - _top)],
            Longitudes = [.. whole.Longitudes.Skip(_left).Take(right - _left)],
        };
        Name = string.Create(CultureInfo.InvariantCulture, $"{row}-{column}");
        Place = new FieldTilePlace(row, column, Math.Min(rows, whole.Rows - row), Math.Min(columns, whole.Columns - column), _top, _left);
    }

    /// <summary>First row and first column of its own cells.</summary>
    public string Name { get; }

    /// <summary>Where in the whole field it lies; its records say so.</summary>
    public FieldTilePlace Place { get; }

    /// <summary>Of its frames, halo included.</summary>
    public FieldLayout Layout { get; }

    /// <summary>Its part of a frame.</summary>
    /// <param name="frame">Of the whole field.</param>
    public double[] Of(ReadOnlySpan<double> frame)
    {
        var part = new double[Layout.Values];
        for (int i = 0; i < part.Length; i += Layout.Columns)
        {
            (int field, int row) = (i / Layout.Columns / Layout.Rows, i / Layout.Columns % Layout.Rows);
            frame.Slice((field * _whole.Rows + _top + row) * _whole.Columns + _left, Layout.Columns).CopyTo(part.AsSpan(i));
        }
        return part;
    }
}

/// <summary>A field cut into tiles; those that are land alone are left out.</summary>
public sealed partial class FieldTiles
{
    /// <param name="whole">The field.</param>
    /// <param name="rows">Of a tile's own cells, ≥ 1.</param>
    /// <param name="columns">Of a tile's own cells, ≥ 1.</param>
    /// <param name="halo">Cells around them, ≥ 0; at the border there are fewer.</param>
    /// <param name="first">Frame of the whole field, NaN on land.</param>
    public FieldTiles(FieldLayout whole, int rows, int columns, int halo, double[] first)
    {
        var all = new List<FieldTile>();
        for (int row = 0; row < whole.Rows; row += rows)
            for (int column = 0; column < whole.Columns; column += columns)
            {
                var tile = new FieldTile(whole, row, column, rows, columns, halo);
                if (tile.Of(first).Any(double.IsFinite)) all.Add(tile);
            }
        All = all;
    }

    /// <summary>Row by row.</summary>
    public IReadOnlyList<FieldTile> All { get; }

    /// <summary>From "30x60"; null: it is no such text.</summary>
    public static (int Rows, int Columns)? Parse(string text)
    {
        Match match = Form().Match(text);
        return match.Success ? (int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture),
            int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)) : null;
    }

    [GeneratedRegex(@"^\s*([1-9][0-9]{0,3})\s*[xX×]\s*([1-9][0-9]{0,3})\s*$")]
    private static partial Regex Form();
}
