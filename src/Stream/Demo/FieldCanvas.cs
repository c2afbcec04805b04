using Esn.Streaming.Wire;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Esn.Streaming.Demo;

/// <summary>A map in a terminal: two cells a character, the upper one in the colour of a half block, the lower one behind it.</summary>
/// <param name="map">[rows×columns].</param>
/// <param name="columns">Of the map.</param>
/// <param name="scale">Which colours.</param>
/// <param name="low">Gets the first colour.</param>
/// <param name="high">Gets the last colour.</param>
/// <param name="every">Cells, in each direction, of which one is shown.</param>
sealed class FieldCanvas(double[] map, int columns, ColourScale scale, double low, double high, int every = 1) : Renderable
{
    const string UpperHalf = "▀";

    int Width => (columns + every - 1) / every;

    protected override Measurement Measure(RenderOptions options, int maxWidth) => new(Width, Width);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        int rows = map.Length / columns;
        // The first row is the southern one: the last is drawn first.
        for (int top = rows - 1; top >= 0; top -= 2 * every)
        {
            for (int column = 0; column < columns; column += every)
            {
                Color upper = At(top, column), lower = top >= every ? At(top - every, column) : Color.Default;
                yield return new Segment(UpperHalf, new Style(upper, lower));
            }
            yield return Segment.LineBreak;
        }
    }

    Color At(int row, int column)
    {
        (byte r, byte g, byte b) = FieldPicture.Colour(scale, map[row * columns + column], low, high);
        return new Color(r, g, b);
    }
}
