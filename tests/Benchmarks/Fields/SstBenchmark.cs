using System.Globalization;
using Esn.Streaming.Feeds;

namespace Esn.Benchmarks.Fields;

/// <summary>
/// The El Niño of 2015/16 in monthly sea-surface temperatures (ERSST v5) of the tropical Pacific, 30°S–30°N, 120°E–80°W. Its months
/// are those in which the Oceanic Niño Index of NOAA is at least 1: June 2015 to March 2016. All other months are counted as normal,
/// those of other El Niños too. Beside the model stands the squared departure from the same climatology, which needs no model: the
/// stronger the regularisation, the nearer is the one to the other, as a model that has learnt nothing foretells the climatology.
/// </summary>
static class SstBenchmark
{
    const int Ahead = 3;    // months that a forecast goes
    const int Judged = 48;  // months before which nothing is: of each calendar month there are four then

    static readonly DateTime Begin = new(2015, 6, 1, 0, 0, 0, DateTimeKind.Utc), End = new(2016, 4, 1, 0, 0, 0, DateTimeKind.Utc);

    // A way of scoring months: of each the score, and the squared errors of each cell.
    sealed class Way(string name, int months, int cells)
    {
        public string Name => name;

        public double[] Score { get; } = new double[months];

        public double[] Heat { get; } = new double[cells];
    }

    public static void Run(List<Figure> figures)
    {
        if (SharedData.Find("sst/ersst.v5.mnmean.nc") is not { } file)
        {
            Console.WriteLine("sea-surface temperature: no shared data, set ESN_DATA");
            return;
        }
        (GridSpec grid, DateTime[] times, double[] frames) = Read(file);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"sea-surface temperature: {times.Length} months from {times[0]:yyyy-MM}, {grid.Rows}×{grid.Columns} cells, of which "
            + $"{grid.Land.Count(land => land)} land; judged from {times[Judged]:yyyy-MM}"));
        foreach (double beta in (double[])[10, 100, 1000])
        {
            Way[] ways = Follow(string.Create(CultureInfo.InvariantCulture, $"β² {beta}"), Model(grid, beta), grid, times, frames);
            foreach (Way way in beta == 10 ? ways : ways[..^1]) Tell(figures, way, grid, times);
        }
    }

    // The recipe's: low frequencies alone drive the units, degrees less an online monthly mean, one scale for all cells.
    static FieldModelSpec Model(GridSpec grid, double beta) => Presets.Field() with
    {
        Grid = grid, Season = FieldSeason.Month, ScalingSteps = 24, WarmUp = 24, CalibrateFrom = 24, Washout = 0, Tiles = null,
        Reservoir = new ReservoirSpec { Units = 400, SpectralRadius = .9, InputScale = 1, BiasScale = .1 },
        Readout = new ReadoutSpec { Regularisation = beta },
        InputMap = new StackedMapSpec { Grid = grid, WithFrame = false, ToUnits = [new DctSpec { Rows = 8, Columns = 16, Scale = .0125 }] },
    };

    static Way[] Follow(string name, FieldModelSpec spec, GridSpec grid, DateTime[] times, double[] frames)
    {
        int cells = grid.Cells, months = times.Length;
        var step = new Way($"{name}: error one month ahead", months, cells);
        var window = new Way($"{name}: error of a forecast of {Ahead} months, one to {Ahead} ahead", months, cells);
        var departure = new Way("squared departure from climatology", months, cells);
        var detector = new Detector(spec, cells);
        var climatology = new Climatology(FieldSeason.Month, cells, 0);
        double[] expected = new double[cells], forecast = new double[Ahead * cells], nothing = new double[cells];
        var forecasts = new Queue<double[]>();
        for (int t = 0; t < months; t++)
        {
            ReadOnlySpan<double> frame = frames.AsSpan(t * cells, cells);
            detector.Step(times[t], frame, expected);
            Measure(step, t, expected, 1);
            Measure(departure, t, climatology.Of(times[t], nothing), 1);
            climatology.Learn(times[t], frame);
            if (forecasts.Count == Ahead)
            {
                double[] begun = forecasts.Dequeue();
                for (int ahead = 1; ahead <= Ahead; ahead++) Measure(window, t, begun.AsSpan((ahead - 1) * cells, cells), Ahead, t - Ahead
                    + ahead);
            }
            if (detector.TryRunFree(forecast)) forecasts.Enqueue([.. forecast]);
        }
        return [step, window, departure];

        // Adds to the score of month t, and where the event is on, to the heat of the cells.
        void Measure(Way way, int t, ReadOnlySpan<double> foretold, int parts, int? of = null)
        {
            (double sum, double weights, int month) = (0, 0, of ?? t);
            for (int c = 0; c < cells; c++)
            {
                if (grid.Land.Count > 0 && grid.Land[c]) continue;
                double weight = Math.Cos(Math.PI / 180 * grid.Latitudes[c / grid.Columns]), error = frames[month * cells + c] - foretold[c];
                (sum, weights) = (sum + weight * error * error, weights + weight);
                if (IsOn(times[t])) way.Heat[c] += weight * error * error;
            }
            way.Score[t] += sum / weights / parts;
        }
    }

    static bool IsOn(DateTime time) => time >= Begin && time < End;

    static void Tell(List<Figure> figures, Way way, GridSpec grid, DateTime[] times)
    {
        int[] judged = [.. Enumerable.Range(Judged, times.Length - Judged)];
        double[] during = [.. judged.Where(t => IsOn(times[t])).Select(t => way.Score[t])];
        double[] others = [.. judged.Where(t => !IsOn(times[t])).Select(t => way.Score[t])];
        double area = during.Average(one => others.Average(other => one > other ? 1 : one == other ? .5 : 0));
        string strongest = string.Join(", ", judged.OrderByDescending(t => way.Score[t]).Take(4).Order()
            .Select(t => times[t].ToString("yyyy-MM", CultureInfo.InvariantCulture)));
        int[] hottest = [.. Enumerable.Range(0, grid.Cells).Where(c => way.Heat[c] > 0).OrderByDescending(c => way.Heat[c])];
        hottest = hottest[..(hottest.Length / 20)];
        double inside = 100.0 * hottest.Count(c => Math.Abs(grid.Latitudes[c / grid.Columns]) <= 10
            && grid.Longitudes[c % grid.Columns] >= 180) / hottest.Length;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{way.Name,-64} AUC {area:F3}   hottest 5 % within 10°S–10°N, 180–80°W {inside:F0} %   strongest {strongest}"));
        figures.Add(new($"sst {way.Name}: AUC", area, "ratio"));
        figures.Add(new($"sst {way.Name}: in the equatorial eastern Pacific", inside, "percent"));
    }

    // The part of the ocean, land 0.
    static (GridSpec Grid, DateTime[] Times, double[] Frames) Read(string file)
    {
        using FieldFeed feed = FieldFeed.Open(file, ["sst"]);
        int[] rows = [.. Enumerable.Range(0, feed.Layout.Rows).Where(row => Math.Abs(feed.Layout.Latitudes[row]) <= 30)];
        int[] columns = [.. Enumerable.Range(0, feed.Layout.Columns).Where(column => feed.Layout.Longitudes[column] is >= 120 and <= 280)];
        int[] cells = [.. rows.SelectMany(row => columns.Select(column => row * feed.Layout.Columns + column))];
        var (times, frames) = (new List<DateTime>(), new List<double>());
        bool[] land = [];
        foreach (FieldFrame frame in feed.Frames())
        {
            if (land.Length == 0) land = [.. cells.Select(cell => double.IsNaN(frame.Values[cell]))];
            times.Add(frame.Time);
            frames.AddRange(cells.Select((cell, i) => land[i] ? 0 : frame.Values[cell]));
        }
        var grid = new GridSpec
        {
            Rows = rows.Length, Columns = columns.Length, Land = land,
            Latitudes = [.. rows.Select(row => feed.Layout.Latitudes[row])],
                Longitudes = [.. columns.Select(column => feed.Layout.Longitudes[column])],
        };
        return (grid, [.. times], [.. frames]);
    }
}
