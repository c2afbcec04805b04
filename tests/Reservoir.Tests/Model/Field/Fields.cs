namespace Esn.Tests;

/// <summary>Small fields.</summary>
static class Fields
{
    /// <summary>6×8 cells, ready after 400 frames.</summary>
    public static FieldModelSpec Small(TileSpec? tiles) => new()
    {
        Grid = new GridSpec { Rows = 6, Columns = 8, Land = [.. Enumerable.Range(0, 48).Select(cell => cell is 5 or 6 or 13)] },
        Tiles = tiles, Reservoir = new ReservoirSpec { Units = 60 },
        BlockRows = 3, BlockColumns = 4, ScalingSteps = 100, CalibrateFrom = 200, WarmUp = 400,
        Calibrator = new BudgetSpec { AlarmsPerStep = 1e-3, Reach = 1000 },
    };

    /// <summary>Two waves that cross, [frames×cells], with a patch that is lifted for some frames.</summary>
    public static double[] Waves(int rows, int columns, int frames, int onset = int.MaxValue, int row = 0, int column = 0, double lift = 1)
    {
        var feed = new double[frames * rows * columns];
        var random = new MathNet.Numerics.Random.Xoshiro256StarStar(5, threadSafe: false);
        for (int t = 0; t < frames; t++)
            for (int y = 0; y < rows; y++)
                for (int x = 0; x < columns; x++)
                {
                    double patch = t >= onset && t < onset + 20
                        ? lift * Math.Exp(-((y - row) * (y - row) + (x - column) * (x - column)) / 2.0) : 0;
                    feed[(t * rows + y) * columns + x] = Math.Sin(.5 * x + .21 * t) + .7 * Math.Sin(.4 * y - .13 * t + 1)
                        + .3 * Math.Sin(.3 * (x + y) + .34 * t)
                        + patch + .01 * (random.NextDouble() - .5);
                }
        return feed;
    }
}
