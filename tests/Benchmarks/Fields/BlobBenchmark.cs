using System.Globalization;
using Esn.Streaming.Simulation;

namespace Esn.Benchmarks.Fields;

/// <summary>
/// The lectures' blobs: 2000 frames learnt one by one, then 300 that nobody shows to the model. NMSE is the mean squared error of
/// a frame over the variance in time of the field's cells; VPT the first frame at which it passes .1.
/// </summary>
static class BlobBenchmark
{
    const int Side = 30, Cells = Side * Side, Training = 2000, Ahead = 300, Starts = 8;

    public static void Run(List<Figure> figures, string[] options)
    {
        string? only = Options.Text(options, "--blob");
        if (only is null or "lissajous")
            Table(figures, "Lissajous", new BlobSpec { Path = BlobPath.Lissajous }, Model(2000, beta: 1e-6),
                first: 1);
        foreach (int stretch in (int[])[0, 1, 2])
            if (only is null or "chaotic")
                Table(figures, $"chaotic, stretch {stretch}", new BlobSpec { Path = BlobPath.Chaotic },
                    Model(2900, beta: 1), first: 100 * (stretch + 1));
    }

    // Structured input: every group of features drives its units at the same rms. A long memory for both: leak .3.
    internal static FieldModelSpec Model(int units, double beta, double rho = 1.1, double leak = .3, double rms = .25)
    {
        var grid = new GridSpec { Rows = Side, Columns = Side };
        FieldMapSpec[] maps =
        [
            new PixelsSpec { Rows = 15, Columns = 15 },
            .. ((int[])[5, 9, 15, 25]).Select(size => new ConvolutionSpec { Kernel = ConvolutionKernel.Gaussian, Size = size, Stride = 2 }),
            .. ((int[])[5, 10, 20]).Select(size =>
                new ConvolutionSpec { Kernel = ConvolutionKernel.Random, Size = size, Stride = 2, Seed = size }),
            new DctSpec { Rows = 15, Columns = 15 },
            new CompositionSpec { Maps = [new PixelsSpec { Rows = 15, Columns = 15 }, new GradientSpec()] },
        ];
        return new FieldModelSpec
        {
            Grid = grid, Tiles = null, ScalingSteps = 200, WarmUp = 10_000_000, CalibrateFrom = 10_000_000,
            Reservoir = new ReservoirSpec { Units = units, SpectralRadius = rho, LeakRates = [leak], InputScale = 1, BiasScale = .1 },
            Readout = new ReadoutSpec { Regularisation = beta },
            InputMap = new StackedMapSpec { Grid = grid, ToUnits = [.. maps.Select(map => map with { Scale = rms / Rms(map, grid) })] },
        };
    }

    // Of what a map gives of a field of unit scale.
    static double Rms(FieldMapSpec spec, GridSpec grid)
    {
        int length = spec.Chain.Aggregate(FieldShape.Of(grid), (shape, map) => map.Output(shape)).Length;
        InputMap map = new StackedMapSpec { Grid = grid,
            ToUnits = [spec] }.Create(new ReservoirSpec { Units = length, InputScale = 1, BiasScale = 0 }, Cells,
            new MathNet.Numerics.Random.Xoshiro256StarStar(1));
        var feed = new BlobFeed(new BlobSpec(), 5);
        double[] frames = new double[200 * Cells], y = new double[Cells], result = new double[length], features = new double[map.Features];
        for (int t = 0; t < 200; t++) feed.Next(frames.AsSpan(t * Cells, Cells));
        var scaler = new FieldScaler(frames, default, grid, 20);
        double square = 0;
        for (int t = 0; t < 200; t++)
        {
            scaler.Scale(frames.AsSpan(t * Cells, Cells), y);
            map.Map(DateTime.UnixEpoch, y, new double[features.Length], features);
            map.Drive(y, new double[features.Length], features, result);
            square += System.Numerics.Tensors.TensorPrimitives.SumOfSquares<double>(result) / (200.0 * result.Length);
        }
        return Math.Sqrt(square);
    }

    static void Table(List<Figure> figures, string name, BlobSpec blob, FieldModelSpec spec, int first)
    {
        var errors = new double[Starts][];
        for (int start = 0; start < Starts; start++) errors[start] =
            One(spec with { Reservoir = spec.Reservoir with { Seed = first + start } }, new BlobFeed(blob, first + start));
        double At(int lead) => errors.Select(error => error[lead - 1]).Order().Skip(Starts / 2 - 1).Take(2).Average();
        int[] vpt = [.. errors.Select(error => Array.FindIndex(error, value => !(value <= .1)) is var i && i >= 0 ? i + 1 : Ahead).Order()];
        double median = .5 * (vpt[Starts / 2 - 1] + vpt[Starts / 2]);
        double worst = errors.Max(error => error.Max());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-22} NMSE at 1 {At(1):G2}, 10 {At(10):G2}, 50 {At(50):G2}, 100 {At(100):G2}, 200 {At(200):G2}, 300 {At(300):G2}; "
                + $"worst of all {worst:G2}; VPT {median} ({string.Join(", ", vpt)})"));
        figures.Add(new($"blob {name}: worst NMSE", worst, "ratio"));
        figures.Add(new($"blob {name}: VPT", median, "frames"));
    }

    static double[] One(FieldModelSpec spec, BlobFeed feed)
    {
        int steps = Training + Ahead;
        double[] frames = new double[steps * Cells], forecast = new double[Ahead * Cells];
        for (int t = 0; t < steps; t++) feed.Next(frames.AsSpan(t * Cells, Cells));
        var detector = new Detector(spec, Cells);
        detector.StepMany(new DateTime[Training], frames.AsSpan(0, Training * Cells), new StepResult[Training],
            new double[Training * Cells]);
        detector.TryRunFree(forecast);
        double variance = 0;
        for (int c = 0; c < Cells; c++)
        {
            double mean = 0, square = 0;
            for (int t = 0; t < steps; t++) (mean, square) = (mean + frames[t * Cells + c] / steps, square
                + frames[t * Cells + c] * frames[t * Cells + c] / steps);
            variance += (square - mean * mean) / Cells;
        }
        return [.. Enumerable.Range(0, Ahead).Select(t =>
        {
            double square = 0;
            for (int c = 0; c < Cells; c++) square += Math.Pow(forecast[t * Cells + c] - frames[(Training + t) * Cells + c], 2) / Cells;
            return square / variance;
        })];
    }
}
