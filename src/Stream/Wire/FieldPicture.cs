using ScottPlot;
using SkiaSharp;

namespace Esn.Streaming.Wire;

/// <summary>Colours for the numbers of a map, perceptually uniform: equal steps look equal, in grey as well.</summary>
public enum ColourScale
{
    /// <summary>From dark blue over green to yellow: for fields.</summary>
    Viridis,

    /// <summary>From black over red to yellow: for errors and heat.</summary>
    Inferno,
}

/// <summary>A map as a picture; cells without a number are grey.</summary>
public static class FieldPicture
{
    const int Shades = 256, LeastSide = 240;
    static readonly (byte R, byte G, byte B) Land = (150, 150, 150);
    static readonly (byte R, byte G, byte B)[][] Tables = [Table(new ScottPlot.Colormaps.Viridis()),
        Table(new ScottPlot.Colormaps.Inferno())];

    /// <summary>The colour of a number; grey where it is none.</summary>
    /// <param name="scale">Which colours.</param>
    /// <param name="value">A number, or NaN.</param>
    /// <param name="low">Gets the first colour, with all below.</param>
    /// <param name="high">Gets the last colour, with all above.</param>
    public static (byte R, byte G, byte B) Colour(ColourScale scale, double value, double low, double high)
    {
        if (!double.IsFinite(value)) return Land;
        double part = high > low ? Math.Clamp((value - low) / (high - low), 0, 1) : 0;
        return Tables[(int)scale][(int)Math.Round(part * (Shades - 1))];
    }

    /// <summary>The map in PNG, a square of pixels for each cell.</summary>
    /// <param name="map">[rows×columns]; NaN is land.</param>
    /// <param name="columns">Of the map.</param>
    /// <param name="scale">Which colours.</param>
    /// <param name="low">Gets the first colour.</param>
    /// <param name="high">Gets the last colour.</param>
    /// <param name="northUp">Whether the last row is drawn at the top.</param>
    /// <param name="pixels">Pixels of a cell's side; 0: as many as make the picture large enough to be seen.</param>
    public static byte[] Png(ReadOnlySpan<double> map, int columns, ColourScale scale, double low, double high, bool northUp,
        int pixels = 0)
    {
        int rows = map.Length / columns;
        int side = pixels > 0 ? pixels : Math.Max(1, LeastSide / Math.Max(rows, columns));
        using var picture = new SKBitmap(columns * side, rows * side, SKColorType.Rgba8888, SKAlphaType.Opaque);
        Span<byte> bytes = picture.GetPixelSpan();
        for (int y = 0; y < picture.Height; y++)
        {
            int row = northUp ? rows - 1 - y / side : y / side;
            Span<byte> line = bytes.Slice(y * picture.RowBytes, picture.RowBytes);
            for (int x = 0; x < picture.Width; x++)
            {
                (byte r, byte g, byte b) = Colour(scale, map[row * columns + x / side], low, high);
                (line[4 * x], line[4 * x + 1], line[4 * x + 2], line[4 * x + 3]) = (r, g, b, byte.MaxValue);
            }
        }
        using SKData data = picture.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>The heat of an alarm in PNG: black is usual, yellow the hottest.</summary>
    /// <param name="evidence">Of the alarm.</param>
    /// <param name="grid">Of the stream, for land and for where north is; null: there is no land.</param>
    public static byte[] Heat(FieldEvidence evidence, GridSpec? grid)
    {
        double[] map = [.. evidence.Heat.Select((heat, cell) => grid is { Land.Count: > 0 } && grid.Land[cell] ? double.NaN
            : Math.Sqrt(heat))];
        double high = map.Where(double.IsFinite).DefaultIfEmpty(1).Max();
        return Png(map, evidence.Columns, ColourScale.Inferno, 0, Math.Max(high, 1), NorthUp(grid));
    }

    /// <summary>Whether the rows of a grid are known to go from south to north; else the first one is drawn at the top.</summary>
    public static bool NorthUp(GridSpec? grid) => grid is { Latitudes.Count: > 1 } && grid.Latitudes[^1] > grid.Latitudes[0];

    static (byte, byte, byte)[] Table(IColormap colours) =>
        [.. Enumerable.Range(0, Shades).Select(i => colours.GetColor(i / (Shades - 1.0))).Select(colour => (colour.R, colour.G, colour.B))];
}
