using System.Buffers;
using System.Globalization;
using Esn.Streaming.Simulation;

namespace Esn.Benchmarks.Fields;

/// <summary>
/// The chaotic blob whose γ changes from .10 to .13 for 50 frames: eight times, each in a fork of one run in which nothing happens,
/// as an anomaly every 500 frames is far above the budget. What alarms in the run itself is false.
/// </summary>
static class BlobGamma
{
    const int Side = 30, Cells = Side * Side, Begin = 3000, Gap = 525, Places = 8, Within = 75, Steps = Begin + Places * Gap;

    public static void Run(List<Figure> figures, string[] options)
    {
        int seed = Options.Int(options, "--seed", 1);
        Console.WriteLine($"γ .10 → .13 for 50 frames of the chaotic blob, seed {seed}: alarms within {Within} frames");
        foreach (double noise in (double[])[0, .1])
        {
            (int caught, int falseAlarms, string delays) = One(noise, seed);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"noise {noise,-4} caught {caught} of {Places}, delays {delays}; {falseAlarms} false in {Steps - Begin} frames"));
            figures.Add(new(string.Create(CultureInfo.InvariantCulture, $"blob γ, noise {noise}: caught"), caught, $"of {Places}"));
            figures.Add(new(string.Create(CultureInfo.InvariantCulture, $"blob γ, noise {noise}: false"), falseAlarms,
                $"in {Steps - Begin} frames"));
        }
    }

    /// <summary>Clean or noisy, the same.</summary>
    static FieldModelSpec Model { get; } = BlobBenchmark.Model(1450, beta: 1e-5) with
    {
        WarmUp = Begin, CalibrateFrom = 1000, Errors = [new() { Sigma = 8 }], BlockRows = Side, BlockColumns = Side,
        Calibrator = new BudgetSpec { AlarmsPerStep = 1e-4 },
    };

    static (int Caught, int False, string Delays) One(double noise, int seed)
    {
        FieldModelSpec spec = Model with { Reservoir = Model.Reservoir with { Seed = seed } };
        BlobFeed feed = Feed(noise, seed, 0);
        var detector = new Detector(spec, Cells);
        double[] frame = new double[Cells], expected = new double[Cells];
        (int falseAlarms, var delays) = (0, new List<int>());
        for (int t = 0; t < Steps; t++)
        {
            if (t >= Begin && (t - Begin) % Gap == Gap / 2)
            {
                var snapshot = new ArrayBufferWriter<byte>();
                detector.Save(snapshot);
                delays.Add(Fork(Detector.Load(spec, Cells, snapshot.WrittenSpan), Feed(noise, seed, t), t));
            }
            feed.Next(frame);
            StepResult result = detector.Step(DateTime.UnixEpoch.AddSeconds(t), frame, expected);
            if (t >= Begin && result.Alarm is { Change: AlarmChange.Opened }) falseAlarms++;
        }
        return (delays.Count(delay => delay >= 0), falseAlarms, string.Join(", ", delays.Select(delay => delay < 0 ? "–" : $"{delay}")));
    }

    static BlobFeed Feed(double noise, int seed, int at)
    {
        var feed = new BlobFeed(new BlobSpec { Path = BlobPath.Chaotic, Noise = noise }, seed);
        var frame = new double[Cells];
        for (int t = 0; t < at; t++) feed.Next(frame);
        return feed;
    }

    // Frames from the onset to the alarm; −1: none, or one was open already.
    static int Fork(Detector detector, BlobFeed feed, int onset)
    {
        double[] frame = new double[Cells], expected = new double[Cells];
        feed.Disturb();
        for (int t = 0; t < Within; t++)
        {
            feed.Next(frame);
            StepResult result = detector.Step(DateTime.UnixEpoch.AddSeconds(onset + t), frame, expected);
            if (result.Alarm is { Change: AlarmChange.Opened }) return t;
            if (t == 0 && result.AlarmOpen) return -1;
        }
        return -1;
    }
}
