using System.Diagnostics;
using System.Globalization;
using MathNet.Numerics.Random;

namespace Esn.Benchmarks.Fields;

/// <summary>What a frame of a field takes: tiles as they grow, and a field as one network beside the bare kernel.</summary>
static class FieldSpeed
{
    /// <param name="figures">Takes what is measured.</param>
    /// <param name="side">Of the one field that is measured; null: all of them.</param>
    public static void Run(List<Figure> figures, int? side)
    {
        Console.WriteLine($"{"field",-10}{"tiles",6}{"D max",7}{"live ms",9}{"p99",7}{"one thread",12}{"p99",7}{"backlog ms",12}{"MB",8}"
            + $"{"bytes/step",12}");
        Warm();
        foreach (int one in side is null ? [32, 60, 120, 240] : new[] { side.Value }) Tiles(figures, one);
        if (side is null) Whole(figures);
    }

    static void Tiles(List<Figure> figures, int side)
    {
        var spec = new FieldModelSpec { Grid = new GridSpec { Rows = side, Columns = side }, ScalingSteps = 20, CalibrateFrom = 20,
            WarmUp = 10_000_000, Readout = new ReadoutSpec { Regularisation = 1e-2, Delay = 30 } };
        int cells = side * side, count = side <= 60 ? 192 : 64;
        double[] frames = Noise(cells, count);
        long before = Memory();
        var detector = new Detector(spec, cells);
        var (times, results, expected) = (Enumerable.Range(0, count).Select(t => DateTime.UnixEpoch.AddSeconds(t)).ToArray(),
            new StepResult[count], new double[count * cells]);
        void Frame(int t) => Block(t, 1);
        void Block(int t, int block) => detector.StepMany(times.AsSpan(t, block), frames.AsSpan(t * cells, block * cells),
            results.AsSpan(t, block), expected.AsSpan(t * cells, block * cells));
        void Turn(int block)
        {
            for (int t = 0; t < count; t += block) Block(t, block);
        }
        Turn(64);
        double memory = (Memory() - before) / 1e6;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        Turn(1);
        double bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)count;
        double backlog = Workload.Time(() => Turn(64), 2, 3) / count;
        (double live, double late) = Frames(Frame, count);
        TilePredictor.OneThread = true;
        (double alone, double lateAlone) = Frames(Frame, count);
        TilePredictor.OneThread = false;
        int tiles = TilePredictor.Sizes(spec.Grid, spec.Tiles!).Count();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{side + "×" + side,-10}{tiles,6}{spec.Regressors(cells),7}{live,9:F2}{late,7:F2}{alone,12:F2}{lateAlone,7:F2}"
            + $"{1e3 * backlog,12:F2}{memory,8:F0}{bytes,12:F0}"));
        figures.Add(new($"tiles-{side}-live-ms", live, "ms"));
        figures.Add(new($"tiles-{side}-live-p99-ms", late, "ms"));
        figures.Add(new($"tiles-{side}-one-thread-ms", alone, "ms"));
        figures.Add(new($"tiles-{side}-one-thread-p99-ms", lateAlone, "ms"));
        figures.Add(new($"tiles-{side}-backlog-ms", 1e3 * backlog, "ms"));
        figures.Add(new($"tiles-{side}-mb", memory, "MB"));
        figures.Add(new($"tiles-{side}-bytes-per-step", bytes, "bytes"));
    }

    // The frames of some rounds, each by itself: tiles take turns, and not all frames are alike.
    static (double Median, double High) Frames(Action<int> frame, int count)
    {
        const int Rounds = 4;
        var took = new double[Rounds * count];
        for (int i = 0; i < took.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            frame(i % count);
            took[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        Array.Sort(took);
        return (took[took.Length / 2], took[took.Length * 99 / 100]);
    }

    // What the code itself takes, once for all, is no model's.
    static void Warm()
    {
        var spec = new FieldModelSpec { Grid = new GridSpec { Rows = 8, Columns = 8 }, ScalingSteps = 20, CalibrateFrom = 20 };
        double[] frames = Noise(64, 200);
        var detector = new Detector(spec, 64);
        detector.StepMany(new DateTime[200], frames, new StepResult[200], new double[frames.Length]);
        detector.Step(DateTime.UnixEpoch, frames.AsSpan(0, 64), new double[64]);
    }

    static long Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Process.GetCurrentProcess().WorkingSet64;
    }

    /// <summary>A wave over the cells, and noise.</summary>
    public static double[] Noise(int cells, int count)
    {
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        return [.. Enumerable.Range(0, count * cells).Select(i => Math.Sin(.3 * (i % cells)) * Math.Cos(.1 * (i / cells))
            + .1 * random.NextDouble())];
    }

    // 30×30 cells, the lectures' stack of maps, 1450 units, all cells to the readout: 2351 regressors, 900 outputs; scores included.
    static void Whole(List<Figure> figures)
    {
        const int Side = 30, Cells = Side * Side, Count = 192;
        FieldModelSpec spec = BlobBenchmark.Model(1450, beta: 1e-2) with { ScalingSteps = 20, CalibrateFrom = 20, WarmUp = 10_000_000 };
        double[] frames = Noise(Cells, Count);
        var detector = new Detector(spec, Cells);
        var (times, results, expected) = (new DateTime[Count], new StepResult[Count], new double[Count * Cells]);
        void Turn(int block)
        {
            for (int t = 0; t < Count; t += block)
                detector.StepMany(times.AsSpan(t, block), frames.AsSpan(t * Cells, block * Cells), results.AsSpan(t, block),
                    expected.AsSpan(t * Cells, block * Cells));
        }
        Turn(64);
        Turn(1);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        Turn(1);
        double bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)Count;
        int regressors = spec.Regressors(Cells);
        (double[] states, double[] outputs) = Workload.Feed(regressors, Cells);
        var readout = new Readout(regressors, Cells, new ReadoutSpec());
        var errors = new double[Cells];
        double kernelLive = Workload.Time(() => Workload.Run(readout, states, outputs, 64, 1, errors), 2, 3) / 64;
        double kernelBlock = Workload.Time(() => Workload.Run(readout, states, outputs, 128, 128, errors), 2, 3) / 128;
        double live = Workload.Time(() => Turn(1), 2, 3) / Count, backlog = Workload.Time(() => Turn(64), 2, 3) / Count;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"30×30 whole, D {regressors}, 900 outputs: live {1e3 * live:F2} ms, {live / kernelLive:F2} of the kernel's "
                + $"{1e3 * kernelLive:F2}; "
            + $"backlog {1e3 * backlog:F2} ms, {backlog / kernelBlock:F2} of the kernel's {1e3 * kernelBlock:F2}; {bytes:F0} bytes a "
                + $"step"));
        figures.Add(new("whole-30-live-over-kernel", live / kernelLive, "ratio"));
        figures.Add(new("whole-30-backlog-over-kernel", backlog / kernelBlock, "ratio"));
        figures.Add(new("whole-30-bytes-per-step", bytes, "bytes"));
    }
}
