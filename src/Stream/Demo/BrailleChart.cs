namespace Esn.Streaming.Demo;

/// <summary>A line chart of braille dots: each character has two columns and four rows of them.</summary>
public static class BrailleChart
{
    static readonly int[,] Dots = { { 0x01, 0x02, 0x04, 0x40 }, { 0x08, 0x10, 0x20, 0x80 } };

    /// <summary>Draws the last 2·<paramref name="width"/> values; neighbours are joined.</summary>
    /// <param name="values">NaN: nothing is drawn.</param>
    /// <param name="width">Characters.</param>
    /// <param name="height">Characters.</param>
    /// <param name="low">Value at the bottom.</param>
    /// <param name="high">Value at the top.</param>
    /// <returns>One text a line, from the top.</returns>
    public static string[] Draw(IReadOnlyList<double> values, int width, int height, double low, double high)
    {
        int[,] cells = new int[height, width];
        int columns = Math.Min(values.Count, 2 * width), first = values.Count - columns, previous = -1;
        for (int column = 0; column < columns; column++)
        {
            double value = values[first + column];
            if (!double.IsFinite(value))
            {
                previous = -1;
                continue;
            }
            int dot = (int)Math.Round(Math.Clamp((high - value) / Math.Max(high - low, 1e-300), 0, 1) * (4 * height - 1));
            int from = previous < 0 ? dot : Math.Min(dot, previous), to = previous < 0 ? dot : Math.Max(dot, previous);
            for (int row = from; row <= to; row++) cells[row / 4, column / 2] |= Dots[column % 2, row % 4];
            previous = dot;
        }
        var lines = new string[height];
        for (int row = 0; row < height; row++)
            lines[row] = string.Create(width, (cells, row), static (line, state) =>
            {
                for (int i = 0; i < line.Length; i++) line[i] = (char)(0x2800 + state.cells[state.row, i]);
            });
        return lines;
    }
}
