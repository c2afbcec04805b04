using System.Diagnostics;
using System.Globalization;

namespace Esn.Benchmarks;

/// <summary>What a fleet of small streams costs, as the operating system sees it: managed heap, native memory and what both
/// waste.</summary>
static class KernelMemory
{
    const int Steps = 3000, Block = 100, Streams = 1000;

    /// <summary>What is measured, by the name that the option has.</summary>
    public static IReadOnlyDictionary<string, (string Figure, ErrorModelSpec Spec)> Specs { get; } =
        new Dictionary<string, (string, ErrorModelSpec)>
    {
        ["one-step"] = ("bytes-per-stream-50", Small(Presets.Signal() with { Scores = [new MeanErrorSpec()] })),
        ["signal"] = ("bytes-per-stream-50-signal", Small(Presets.Signal())),
    };

    static ErrorModelSpec Small(ErrorModelSpec spec) => spec with { Reservoir = spec.Reservoir with { Units = 50 } };

    /// <summary>The figure of the options: a name of <see cref="Specs"/>, and how many streams.</summary>
    public static IReadOnlyList<Figure> Run(string[] options)
    {
        (string name, ErrorModelSpec spec) = Specs[options.Length > 0 ? options[0] : "signal"];
        int streams = options.Length > 1 ? int.Parse(options[1], CultureInfo.InvariantCulture) : Streams;
        double bytes = BytesPerStream(spec, streams);
        Console.WriteLine($"{name}: {bytes:F0}, of {streams} streams; of that the managed heap {GC.GetTotalMemory(false) / streams}");
        return [new(name, bytes, "bytes")];
    }

    /// <summary>Memory of the process that so many streams add, over their number. In a process of its own: what was freed before
    /// would hide it.</summary>
    /// <returns>Bytes a stream.</returns>
    static double BytesPerStream(ErrorModelSpec spec, int streams)
    {
        double[] signal = [.. Enumerable.Range(0, Steps).Select(t => Math.Sin(.1 * t) + .5 * Math.Sin(.0713 * t) + .2 * Math.Sin(1.7 * t))];
        // One stream first: code, shared weights and the scratch of this thread are no part of a stream.
        Feed([new Detector(spec, 1)]);
        long before = Resident();
        Detector[] fleet = [.. Enumerable.Range(0, streams).Select(_ => new Detector(spec, 1))];
        Feed(fleet);
        long after = Resident();
        GC.KeepAlive(fleet);
        return (after - before) / (double)streams;

        void Feed(Detector[] fleet)
        {
            var times = new DateTime[Block];
            for (int done = 0; done < Steps; done += Block)
            {
                double[] frames = signal[done..(done + Block)];
                Parallel.ForEach(fleet, detector => detector.StepMany(times, frames, new StepResult[Block], new double[Block]));
            }
        }
    }

    static long Resident()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}
