using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Text.Json;

namespace Esn.Benchmarks;

/// <summary>The readout's kernel against its rivals and against the limits of the machine, measured in one run.</summary>
static class KernelBenchmark
{
    const string Width = "--width";        // a part of the run, in a process of its own
    const string Whole = "--detector";
    const string Dotnet = "--dotnet";      // BenchmarkDotNet's own runs
    const string Endurance = "--endurance";
    const string Memory = "--memory";      // what a stream costs

    public static Benchmark Entry { get; } = new(
        "kernel",
        "RLS live and in blocks against MathNet, OpenBLAS and the memory's bandwidth (--detector: whole detectors only; --dotnet [FILTER]: "
            + "single kernels; --endurance: 10^7 steps of bad input; --memory [one-step|signal [STREAMS]]: what a stream of 50 "
            + "units costs)",
        Run);

    static IReadOnlyList<Figure> Run(string[] options)
    {
        if (options.Contains(Dotnet)) return KernelBenches.Run([.. options.Where(o => o != Dotnet)]);
        if (options.Contains(Endurance)) return KernelEndurance.Run();
        if (options.Contains(Width)) return WidthFigures();
        if (options.Contains(Memory)) return KernelMemory.Run([.. options.Where(o => o != Memory)]);

        string vectors = Vector512.IsHardwareAccelerated ? "512" : Vector256.IsHardwareAccelerated ? "256" : "128";
        Console.WriteLine($"{Environment.ProcessorCount} cores, vectors of {vectors} bits, OpenBLAS "
            + $"{(OpenBlas.IsInstalled ? "on one thread" : "not installed: its columns are empty (Debian: libopenblas0)")}");
        var figures = new List<Figure>();
        bool all = !options.Contains(Whole);
        if (all) ReadoutTable(figures);
        DetectorTable(figures);
        if (all) FieldTable(figures);
        if (all) WidthTable(figures);
        if (all) MemoryTable(figures);
        Console.WriteLine();
        foreach (Figure figure in figures) Console.WriteLine($"{figure.Name,-26} {figure.Value,14:G5} {figure.Unit}");
        return figures;
    }

    static void ReadoutTable(List<Figure> figures)
    {
        Console.WriteLine("\nthe readout alone, 1 output, µs a step");
        Console.WriteLine($"{"D",6} {"live",9} {"block",9} {"2 threads",9} {"read ½P",9} {"pair",9} {"dgemm/32",9} {"MathNet",9}");
        foreach (int d in (int[])[100, 300, 1000, 3000])
        {
            (double[] states, double[] frames) = Workload.Feed(d, 1);
            double live = Live(d, 1, states, frames), block = Blocks(d, 1, states, frames, parallel: false),
                two = Blocks(d, 1, states, frames, parallel: true);
            double read = Workload.ReadHalf(d);
            double pair = double.NaN, product = double.NaN;
            if (OpenBlas.IsInstalled)
            {
                double[] p = new double[d * d], y = new double[d * 32], x = new double[d * 32];
                Array.Fill(x, .1);
                pair = Workload.Time(OpenBlas.PairOf(d));
                product = Workload.Time(() => OpenBlas.Multiply(p, x, y, d, 32)) / 32;
            }
            double mathNet = Workload.Time(Workload.MathNetStep(d, 1), rounds: 3);
            Console.WriteLine($"{d,6} {1e6 * live,9:F2} {1e6 * block,9:F2} {1e6 * two,9:F2} {1e6 * read,9:F2} {1e6 * pair,9:F2} "
                + $"{1e6 * product,9:F2} {1e6 * mathNet,9:F1}");
            figures.Add(new($"readout-live-{d}", 1e6 * live, "us"));
            figures.Add(new($"readout-backlog-{d}", 1e6 * two, "us"));
            figures.Add(new($"read-half-{d}", 1e6 * read, "us"));
            if (OpenBlas.IsInstalled) figures.Add(new($"pair-{d}", 1e6 * pair, "us"));
            figures.Add(new($"mathnet-{d}", 1e6 * mathNet, "us"));
        }
    }

    static double Live(int d, int outputs, double[] states, double[] frames)
    {
        var readout = new Readout(d, outputs, new ReadoutSpec { ForgettingFactor = .9999 }) { Parallel = false };
        var errors = new double[outputs];
        int steps = d <= 300 ? 512 : 64;
        return Workload.Time(() => Workload.Run(readout, states, frames, steps, 1, errors), 1) / steps;
    }

    static double Blocks(int d, int outputs, double[] states, double[] frames, bool parallel)
    {
        var readout = new Readout(d, outputs, new ReadoutSpec { ForgettingFactor = .9999 }) { Parallel = parallel };
        var errors = new double[outputs];
        int steps = d <= 300 ? 512 : 128;
        return Workload.Time(() => Workload.Run(readout, states, frames, steps, steps, errors), 1) / steps;
    }

    static void DetectorTable(List<Figure> figures)
    {
        Console.WriteLine("\nthe whole detector, 1 channel");
        foreach (int units in (int[])[100, 300, 1000]) Add($"{units}", Spec(units));
        figures.Add(new("backlog-1000", DetectorBacklog(Spec(1000)), "steps/s"));
        Add("300-signal", Presets.Signal());
        figures.Add(new("backlog-300-signal", DetectorBacklog(Presets.Signal()), "steps/s"));
        figures.Add(new("streams-1000x100", Streams(1000, Spec(100)), "steps/s"));
        figures.Add(new("streams-1000x100-free", Streams(1000, Spec(100, freeRuns: true)), "steps/s"));
        figures.Add(new("bytes-per-step", BytesPerStep(), "bytes"));

        void Add(string name, ErrorModelSpec spec)
        {
            (double rate, double p50, double p99, double pair) = DetectorLive(spec);
            figures.Add(new($"live-{name}", rate, "steps/s"));
            if (!double.IsNaN(pair)) figures.Add(new($"live-{name}-over-pair", 1e6 / rate / pair, "ratio"));
            figures.Add(new($"live-{name}-p99-over-p50", p99 / p50, "ratio"));
            Console.WriteLine($"live-{name}: {rate:F0} steps/s, p50 {p50:F1} µs, p99 {p99:F1} µs, the pair beside it {pair:F1} µs");
        }
    }

    // One-step errors and their score, or a free run of 25 steps begun every 5 beside them. In warm-up for ever: no alarm
    // opens, so every step learns.
    static ErrorModelSpec Spec(int units, bool freeRuns = false) => new()
    {
        Scores = freeRuns
            ? [new MeanErrorSpec { Average = 1, Window = 1 }, new FreeRunErrorSpec { Length = 25 }]
            : [new MeanErrorSpec { Average = 1, Window = 1 }],
        Reservoir = new ReservoirSpec { Units = units },
        Readout = new ReadoutSpec { ForgettingFactor = .9999 },
        WarmUp = 10_000_000,
    };

    static double[] Signal(int steps)
    {
        var signal = new double[steps];
        for (int t = 0; t < steps; t++) signal[t] = Math.Sin(.1 * t) + .5 * Math.Sin(.0713 * t * t / (t + 100.0)) + .2 * Math.Sin(1.7 * t);
        return signal;
    }

    // Short stretches, and of them the quietest: other work on the machine falls into some, rarely into all. The pair, of
    // the same order, has its turn between them: what the rest of the machine takes away, it takes from both.
    static (double Rate, double P50, double P99, double Pair) DetectorLive(ErrorModelSpec spec)
    {
        const int Stretches = 60, TimedSteps = 480;  // whole periods of the fold and of the launches
        var detector = new Detector(spec, 1);
        int units = spec.Reservoir.Units, stretch = units >= 1000 ? 512 : 4096;
        double[] signal = Signal(stretch), expected = new double[1];
        long[] ticks = new long[TimedSteps], best = [];
        long fastest = long.MaxValue, quietest = long.MaxValue;
        double unit = 1e6 / Stopwatch.Frequency, pair = double.NaN;
        Action? rival = OpenBlas.IsInstalled ? OpenBlas.PairOf(units) : null;
        for (int t = 0; t < 20_000; t++) detector.Step(DateTime.UnixEpoch, signal.AsSpan(t % stretch, 1), expected);
        for (int round = 0; round < Stretches; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int t = 0; t < stretch; t++) detector.Step(DateTime.UnixEpoch, signal.AsSpan(t, 1), expected);
            fastest = Math.Min(fastest, Stopwatch.GetTimestamp() - start);
            if (rival is not null) pair = Math.Min(double.IsNaN(pair) ? double.MaxValue : pair, 1e6 * Workload.Time(rival, .03, rounds: 3));
        }
        for (int round = 0; round < 2 * Stretches; round++)
        {
            for (int t = 0; t < TimedSteps; t++)
            {
                long start = Stopwatch.GetTimestamp();
                detector.Step(DateTime.UnixEpoch, signal.AsSpan(t, 1), expected);
                ticks[t] = Stopwatch.GetTimestamp() - start;
            }
            long sum = ticks.Sum();
            if (sum >= quietest) continue;
            (quietest, best) = (sum, [.. ticks.Order()]);
        }
        return (1e6 * stretch / (unit * fastest), unit * best[TimedSteps / 2], unit * best[TimedSteps * 99 / 100], pair);
    }

    static double DetectorBacklog(ErrorModelSpec spec)
    {
        const int Frames = 1024;
        var detector = new Detector(spec, 1);
        double[] signal = Signal(Frames), expected = new double[Frames];
        var times = new DateTime[Frames];
        var results = new StepResult[Frames];
        return Frames / Workload.Time(() => detector.StepMany(times, signal, results, expected), 3, rounds: 60);
    }

    static double Streams(int streams, ErrorModelSpec spec)
    {
        const int Frames = 64, WarmUp = 20;  // turns: the scaling is fixed after four, errors are scored after five
        var signal = Signal(Frames);
        var times = new DateTime[Frames];
        (Detector Detector, StepResult[] Results, double[] Expected)[] fleet =
        [
            .. Enumerable.Range(0, streams).Select(_ => (new Detector(spec, 1), new StepResult[Frames], new double[Frames])),
        ];
        // Whole turns of the fleet: between two of one stream all others have had theirs, so that none is in a cache.
        var turns = new List<long>();
        for (int turn = -WarmUp; turn < 40; turn++)
        {
            long start = Stopwatch.GetTimestamp();
            Parallel.ForEach(fleet, stream => stream.Detector.StepMany(times, signal, stream.Results, stream.Expected));
            if (turn >= 0) turns.Add(Stopwatch.GetTimestamp() - start);
        }
        turns.Sort();
        return (double)streams * Frames * Stopwatch.Frequency / turns[turns.Count / 2];
    }

    static double BytesPerStep()
    {
        const int Steps = 5000;
        var detector = new Detector(Spec(100, freeRuns: true), 1);
        double[] signal = Signal(Steps), expected = new double[1];
        for (int t = 0; t < Steps; t++) detector.Step(DateTime.UnixEpoch, signal.AsSpan(t, 1), expected);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int t = 0; t < Steps; t++) detector.Step(DateTime.UnixEpoch, signal.AsSpan(t, 1), expected);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Steps;
    }

    static void FieldTable(List<Figure> figures)
    {
        const int D = 2350, Outputs = 900;
        (double[] states, double[] frames) = Workload.Feed(D, Outputs);
        figures.Add(new("field-live-ms", 1e3 * Live(D, Outputs, states, frames), "ms"));
        figures.Add(new("field-backlog-ms", 1e3 * Blocks(D, Outputs, states, frames, parallel: true), "ms"));
    }

    // What is measured once with and once without AVX-512.
    static List<Figure> WidthFigures() =>
        [.. ((int[])[100, 300, 1000]).Select(units => new Figure($"live-{units}", DetectorLive(Spec(units)).Rate, "steps/s")),
            new("backlog-1000", DetectorBacklog(Spec(1000)), "steps/s")];

    static void WidthTable(List<Figure> figures)
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            Console.WriteLine("\nno AVX-512 here: nothing to compare AVX2 with");
            return;
        }
        List<Figure> wide = InProcess([Width]), narrow = InProcess([Width], avx512: false);
        Console.WriteLine("\nAVX2 over AVX-512, steps/s");
        double product = 1;
        for (int i = 0; i < wide.Count; i++)
        {
            double ratio = narrow[i].Value / wide[i].Value;
            product *= ratio;
            Console.WriteLine($"{wide[i].Name,-14} {narrow[i].Value,9:F0} / {wide[i].Value,9:F0} = {ratio:F2}");
            figures.Add(new($"avx2-over-avx512-{wide[i].Name}", ratio, "ratio"));
        }
        figures.Add(new("avx2-over-avx512", Math.Pow(product, 1.0 / wide.Count), "ratio"));
    }

    static void MemoryTable(List<Figure> figures)
    {
        foreach (string scores in KernelMemory.Specs.Keys) figures.AddRange(InProcess([Memory, scores]));
    }

    static List<Figure> InProcess(string[] options, bool avx512 = true)
    {
        string file = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
            // Under the dotnet command the program is its first argument.
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
                start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
            foreach (string word in (string[])["kernel", .. options, "--json", file]) start.ArgumentList.Add(word);
            start.Environment["DOTNET_EnableAVX512"] = avx512 ? "1" : "0";
            using Process process = Process.Start(start)!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"kernel {string.Join(' ', options)} ended with {process.ExitCode}, AVX-512 "
                    + $"{(avx512 ? "on" : "off")}");
            return JsonSerializer.Deserialize<List<Figure>>(File.ReadAllText(file), JsonSerializerOptions.Web)!;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
