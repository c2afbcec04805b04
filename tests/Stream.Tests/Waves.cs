using System.Text;
using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Stream.Tests;

/// <summary>A field of waves that cross, with land in its first column, and a bump in one place for some frames.</summary>
static class Waves
{
    public const int Rows = 12, Columns = 16, Onset = 620, Length = 12, Frames = 660;

    public static readonly FieldLayout Layout = new(1, Rows, Columns)
    {
        Names = ["height"],
        Latitudes = [.. Enumerable.Range(0, Rows).Select(row => -11.0 + 2 * row)],
        Longitudes = [.. Enumerable.Range(0, Columns).Select(column => 120.0 + column)],
    };

    /// <summary>Rows and columns of the bump.</summary>
    public static bool InBump(double row, double column) => row is >= 6 and < 10 && column is >= 9 and < 13;

    public static bool IsLand(int cell) => cell % Columns == 0;

    public static DateTime Time(long t) => new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddHours(t);

    /// <summary>Ready after 400 frames.</summary>
    public static FieldModelSpec Model => Presets.Field() with
    {
        ScalingSteps = 60,
        CalibrateFrom = 250,
        WarmUp = 400,
        Calibrator = new BudgetSpec { AlarmsPerStep = 2e-3, Reach = 1000 },  // so young, the preset would not speak of once in 5000 frames
        BlockRows = 4,
        BlockColumns = 4,
        Tiles = new TileSpec { Rows = 4, Columns = 4, Halo = 1, Advection = false },
    };

    /// <summary>As above, for a file.</summary>
    public const string ModelYaml = """
        preset: field
        detector:
          scalingSteps: 60
          calibrateFrom: 250
          warmUp: 400
          calibrator: { budget: { alarmsPerStep: 0.002, reach: 1000 } }
          blockRows: 4
          blockColumns: 4
          tiles: { rows: 4, columns: 4, halo: 1, advection: false }

        """;

    public static EsnConfig Config => EsnConfig.Of("field") with { Detector = Model };

    /// <summary>[rows×columns], NaN on land.</summary>
    public static double[] Frame(long t)
    {
        var random = new MathNet.Numerics.Random.Xoshiro256StarStar((int)t + 1, threadSafe: false);
        var frame = new double[Rows * Columns];
        for (int i = 0; i < frame.Length; i++)
        {
            (int row, int column) = (i / Columns, i % Columns);
            double bump = t is >= Onset and < Onset + Length && InBump(row, column) ? 2 : 0;
            frame[i] = IsLand(i) ? double.NaN
                : 10 + Math.Sin(.37 * t + .4 * row) + Math.Sin(.23 * t - .3 * column + .1 * row) + .02 * (random.NextDouble() - .5) + bump;
        }
        return frame;
    }

    public static FeedRecord Record(long t, string key = "ocean", bool wide = false)
    {
        (byte[] value, IReadOnlyList<RecordHeader> headers) = FieldRecord.Encode(Layout, Frame(t), Time(t), wide);
        return new FeedRecord("frames", 0, t, 1000 * t, Encoding.UTF8.GetBytes(key), value) { Headers = headers };
    }
}
