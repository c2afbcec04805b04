using MathNet.Numerics.Random;

namespace Esn.Tests;

/// <summary>Grids for the tests of input maps: none is square, some have islands and coasts at a border.</summary>
static class FieldGrids
{
    public static GridSpec Of(int rows, int columns, int fields, bool land) => new()
    {
        Rows = rows, Columns = columns, Fields = fields, Land = land ? Land(rows, columns) : [],
    };

    // An island, a corner, and cells here and there.
    static bool[] Land(int rows, int columns) => [.. Enumerable.Range(0, rows * columns).Select(cell =>
    {
        (int row, int column) = (cell / columns, cell % columns);
        return (row is 2 or 3 && column is 3 or 4) || (row < 2 && column >= columns - 2) || (row * 7 + column * 5) % 23 == 4;
    })];

    /// <summary>Normal deviates, land 0, [channels].</summary>
    public static double[] Frame(GridSpec grid, int seed)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double[] frame = [.. random.NextDoubles(grid.Channels).Select(value => 4 * value - 2)];
        FieldShape.Of(grid).ClearLand(frame);
        return frame;
    }

    /// <summary>One quantity of a frame.</summary>
    public static TextbookField Field(GridSpec grid, double[] frame, int field) => new(
        grid.Rows, grid.Columns, grid.Land.Count == 0 ? new bool[grid.Cells] : [.. grid.Land],
        frame[(field * grid.Cells)..((field + 1) * grid.Cells)]);

    /// <summary>What a map without memory gives.</summary>
    public static double[] Map(FieldMapSpec spec, GridSpec grid, double[] frame)
    {
        FieldShape shape = FieldShape.Of(grid);
        foreach (FieldMapSpec link in spec.Chain)
        {
            FieldMap map = link.Create(shape, seed: 1);
            var result = new double[map.Output.Length];
            map.Map(frame, [], [], result, new double[map.Scratch]);
            (frame, shape) = (result, map.Output);
        }
        return frame;
    }
}
