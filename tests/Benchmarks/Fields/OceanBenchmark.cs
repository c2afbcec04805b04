using System.Buffers;
using System.Globalization;
using System.Numerics.Tensors;
using Esn.Streaming.Simulation;
using MathNet.Numerics.Random;

namespace Esn.Benchmarks.Fields;

/// <summary>
/// A wind-driven double gyre in which viscosity, friction, wind or topography changes in one patch for 40 frames. One run in
/// which nothing happens is forked at 31 places: twelve changes, and a control in which nothing happens either.
/// </summary>
static class OceanBenchmark
{
    const int Frames = 10_000, First = 5000, Places = 31, Length = 40, Side = 32, Cells = Side * Side;

    static readonly (string Name, LocalAnomalyKind Kind, double Strength)[] Changes =
    [
        ("none", LocalAnomalyKind.Viscosity, 0),
        ("ν×2", LocalAnomalyKind.Viscosity, 1), ("ν×4", LocalAnomalyKind.Viscosity, 3), ("ν×8", LocalAnomalyKind.Viscosity, 7),
        ("r×2", LocalAnomalyKind.Friction, 1), ("r×5", LocalAnomalyKind.Friction, 4), ("r×17", LocalAnomalyKind.Friction, 16),
        ("wind .3", LocalAnomalyKind.Wind, .3), ("wind 1", LocalAnomalyKind.Wind, 1), ("wind 3", LocalAnomalyKind.Wind, 3),
        ("topo .005", LocalAnomalyKind.Topography, .005), ("topo .02", LocalAnomalyKind.Topography, .02),
            ("topo .1", LocalAnomalyKind.Topography, .1),
    ];

    public static void Run(List<Figure> figures, string[] options)
    {
        int seed = Options.Int(options, "--seed", 1), places = Options.Int(options, "--places", Places);
        string? only = Options.Text(options, "--model"), noises = Options.Text(options, "--noise");
        Console.WriteLine($"ocean, seed {seed}: caught within {Length} frames, % of {places} places");
        Console.WriteLine($"{"",-22}{string.Join("",
            Changes.Select(change => $"{change.Name,10}"))}{"all",7}{"false",7}{"inside",8}{"near",6}");
        foreach (double noise in (double[])[0, .01])
            foreach ((string name, FieldModelSpec spec) in Models)
                if ((only is null || name.StartsWith(only, StringComparison.Ordinal))
                    && (noises is null || double.Parse(noises, CultureInfo.InvariantCulture) == noise))
                    Row(figures, $"{name}{(noise > 0 ? ", 1 % noise" : "")}", spec, noise, seed, places);
    }

    static IEnumerable<(string Name, FieldModelSpec Spec)> Models
    {
        get
        {
            var grid = new GridSpec { Rows = Side, Columns = Side };
            FieldModelSpec preset = Presets.Field() with { Grid = grid };
            yield return ("field", preset);
            // A linear model of each cell from its own past: what any field model must be shown beside.
            yield return ("AR per cell", preset with { Tiles = new TileSpec { Rows = 1, Columns = 1, Halo = 0, Advection = false,
                Changes = 2 } });
        }
    }

    static void Row(List<Figure> figures, string name, FieldModelSpec spec, double noise, int seed, int places)
    {
        var random = new Xoshiro256StarStar(1000 + seed, threadSafe: false);
        var ocean = new DoubleGyre(new DoubleGyreSpec(), seed);
        ocean.SpinUp();
        var feed = new Feed(ocean, noise, Deviation(ocean), 7000 * seed);
        var detector = new Detector(spec, Cells);
        int[] onsets = [.. Enumerable.Range(0, places).Select(i => First + i * (Frames - First - Length) / places)];
        var caught = new int[Changes.Length];
        (int inside, int near, int located, int falseAlarms) = (0, 0, 0, 0);
        var (energy, square) = (new double[Cells], new double[Cells]);
        double[] frame = new double[Cells], expected = new double[Cells];
        for (int t = 0, place = 0; t < Frames; t++)
        {
            if (place < onsets.Length && t == onsets[place])
            {
                (double x, double y) = Centre(random, energy, square, t);
                var snapshot = new ArrayBufferWriter<byte>();
                detector.Save(snapshot);
                int at = place;
                var outcomes = new (bool Caught, FieldEvidence? Place)[Changes.Length];
                Parallel.For(0, Changes.Length, i =>
                {
                    var anomaly = new LocalAnomaly(Changes[i].Kind, place % 2 == 0
                        || Changes[i].Kind is LocalAnomalyKind.Viscosity or LocalAnomalyKind.Friction ? Changes[i].Strength
                        : -Changes[i].Strength, x, y);
                    outcomes[i] = Fork(spec, snapshot.WrittenSpan, feed.Fork(at), t, i == 0 ? null : anomaly);
                });
                for (int i = 0; i < outcomes.Length; i++)
                {
                    if (!outcomes[i].Caught) continue;
                    caught[i]++;
                    if (i == 0 || outcomes[i].Place is not { } region) continue;
                    located++;
                    double distance = Math.Sqrt(Math.Pow((region.Column + .5) / Side - x, 2) + Math.Pow((region.Row + .5) / Side - y, 2));
                    if (distance <= .1) inside++;
                    if (distance <= .2) near++;
                }
                place++;
            }
            feed.Next(frame);
            for (int i = 0; i < Cells; i++) (energy[i], square[i]) = (energy[i] + frame[i], square[i] + frame[i] * frame[i]);
            StepResult result = detector.Step(DateTime.UnixEpoch.AddMinutes(t), frame, expected);
            if (t >= First && result.Alarm is { Change: AlarmChange.Opened }) falseAlarms++;
        }
        double all = 100.0 * caught[1..].Sum() / ((Changes.Length - 1) * places);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-22}{string.Join("", caught.Select(n =>
                string.Create(CultureInfo.InvariantCulture,
                $"{100.0 * n / places,10:F0}")))}{all,7:F1}{falseAlarms,7}{100.0 * inside / Math.Max(1,
                located),8:F0}{100.0 * near / Math.Max(1, located),6:F0}"));
        figures.Add(new($"ocean {name}: caught", all, "percent"));
        figures.Add(new($"ocean {name}: controls", caught[0], "alarms"));
        figures.Add(new($"ocean {name}: false", falseAlarms, "alarms in 5000 frames"));
        figures.Add(new($"ocean {name}: inside the patch", 100.0 * inside / Math.Max(1, located), "percent"));
        figures.Add(new($"ocean {name}: within two radii", 100.0 * near / Math.Max(1, located), "percent"));
    }

    // An alarm that is open at the onset already is none of the fork's: the place counts as missed.
    static (bool Caught, FieldEvidence? Place) Fork(FieldModelSpec spec, ReadOnlySpan<byte> snapshot, Feed feed, int onset,
        LocalAnomaly? anomaly)
    {
        Detector detector = Detector.Load(spec, Cells, snapshot);
        feed.Ocean.Anomaly = anomaly;
        double[] frame = new double[Cells], expected = new double[Cells];
        (bool caught, FieldEvidence? region, bool before) = (false, null, false);
        for (int t = 0; t < Length; t++)
        {
            feed.Next(frame);
            StepResult result = detector.Step(DateTime.UnixEpoch.AddMinutes(onset + t), frame, expected);
            if (t == 0 && result.AlarmOpen && result.Alarm is not { Change: AlarmChange.Opened }) before = true;
            if (!caught && result.Alarm is { Change: AlarmChange.Opened }) caught = true;
            if (caught && result.Alarm?.Field is { } place) region = place;
        }
        return (caught && !before, region);
    }

    // A place where the flow moves: its standard deviation so far is above .35 of the largest.
    static (double X, double Y) Centre(Xoshiro256StarStar random, double[] sum, double[] square, int count)
    {
        double[] deviation = [.. sum.Select((s, i) => Math.Sqrt(Math.Max(0, square[i] / count - s / count * (s / count))))];
        double largest = deviation.Max();
        while (true)
        {
            int cell = random.Next(Cells);
            if (deviation[cell] > .35 * largest) return ((cell % Side + .5) / Side, (cell / Side + .5) / Side);
        }
    }

    // The ocean with noise in each cell and frame, in standard deviations of the field in time. A fork has noise of its own.
    sealed class Feed(DoubleGyre ocean, double noise, double deviation, int seed)
    {
        readonly Xoshiro256StarStar _random = new(seed, threadSafe: false);

        public DoubleGyre Ocean { get; } = ocean;

        public Feed Fork(int place) => new(Ocean.Clone(), noise, deviation, seed + 1 + place);

        public void Next(Span<double> frame)
        {
            Ocean.Next(frame);
            if (noise == 0) return;
            foreach (ref double cell in frame) cell += noise * deviation * MathNet.Numerics.Distributions.Normal.Sample(_random, 0, 1);
        }
    }

    // Root of the mean over cells of the variance in time, of a twin that runs ahead.
    static double Deviation(DoubleGyre ocean)
    {
        const int Seen = 1000;
        DoubleGyre twin = ocean.Clone();
        double[] frame = new double[Cells], sums = new double[Cells];
        double squares = 0;
        for (int t = 0; t < Seen; t++)
        {
            twin.Next(frame);
            TensorPrimitives.Add(sums, frame, sums);
            squares += TensorPrimitives.SumOfSquares<double>(frame);
        }
        return Math.Sqrt((squares - TensorPrimitives.SumOfSquares<double>(sums) / Seen) / Seen / Cells);
    }
}
