using System.Globalization;
using Esn.Streaming.Wire;

namespace Esn.Benchmarks.Kafka;

/// <summary>
/// A backlog through a broker on this machine, in one run: a bare loop of the client, the same with decoding, the detectors alone
/// on the same frames in the same order, and `esn run` with one and two workers.
/// </summary>
static class KafkaBenchmark
{
    public static Benchmark Entry { get; } = new("kafka",
        "a backlog through Apache Kafka: bare loop, decoding, detectors alone, `esn run` with 1 and 2 workers, a partition that moves "
            + "[--records N] [--streams N] [--units N] [--scores one|signal] [--parts consume,decode,steps,run,workers] "
            + "[--rounds N] [--esn FOLDER] [--servers HOST:PORT]; or a steady feed: --soak MINUTES", Run);

    static List<Figure> Run(string[] options)
    {
        var load = new KafkaLoad
        {
            Records = Options.Int(options, "--records", 2_000_000),
            Streams = Options.Int(options, "--streams", 1000),
            Units = Options.Int(options, "--units", 100),
            Program = Path.Combine(Options.Text(options, "--esn") ?? AppContext.BaseDirectory, "esn.dll"),
        };
        string[] scores = Options.Text(options, "--scores") is { } only ? [only] : ["one", "signal"];
        using KafkaServer? server = Options.Text(options, "--servers") is null ? KafkaServer.Start() : null;
        string servers = Options.Text(options, "--servers") ?? server!.BootstrapServers;
        if (Options.Int(options, "--soak", 0) is > 0 and int minutes) return Soaked(servers, load, minutes);
        load.Fill(servers);
        Console.WriteLine($"{Environment.ProcessorCount} cores, {load.Records:N0} records of {load.Streams:N0} streams in "
            + $"{KafkaLoad.Partitions} partitions, N {load.Units}, broker on {(server is null ? servers : "the same cores")}");

        var figures = new List<Figure>();
        string[] parts = Options.Text(options, "--parts")?.Split(',') ?? ["consume", "decode", "steps", "run", "workers"];
        Cost? Part(string part, string name, Func<Cost> run) => parts.Contains(part) ? Told(figures, name, run()) : null;
        // In turn, so that what else the machine does falls on all parts alike.
        for (int round = Options.Int(options, "--rounds", 1); round > 0; round--)
        {
            Cost? bare = Part("consume", "consume", () => ClientLoops.Consume(servers, load, decode: null));
            Part("decode", "consume + decode", () => ClientLoops.Consume(servers, load, new FrameDecoder(new FrameFields())));
            foreach (string name in scores)
            {
                Cost? steps = Part("steps", $"{name}: StepMany", () => Fleet.Run(servers, load, KafkaLoad.Spec(name, load.Units)));
                Cost? one = Part("run", $"{name}: esn run", () => Workers.Run(servers, load, name, count: 1, figures));
                Part("workers", $"{name}: esn run, 2 workers", () => Workers.Run(servers, load, name, count: 2, figures));
                if (bare is not { } a || steps is not { } c || one is not { } all) continue;
                double ratio = all.MicrosOfCpu / (a.MicrosOfCpu + c.MicrosOfCpu), warm = all.WarmMicros / (a.WarmMicros + c.WarmMicros);
                figures.Add(new Figure($"kafka {name}: esn run over consume + StepMany", ratio, "ratio"));
                figures.Add(new Figure($"kafka {name}: the same in the last half", warm, "ratio"));
                Console.WriteLine(FormattableString.Invariant(
                    $"{name}: CPU of esn run over consume + StepMany: {ratio:F2}, {warm:F2} in the last half"));
            }
        }
        return [.. figures.GroupBy(figure => figure.Name).Select(Median)];
    }

    static Figure Median(IGrouping<string, Figure> rounds)
    {
        Figure[] sorted = [.. rounds.OrderBy(figure => figure.Value)];
        Figure median = sorted[sorted.Length / 2];
        if (sorted.Length > 1)
            Console.WriteLine(FormattableString.Invariant(
                $"{median.Name,-56} median {median.Value,12:F2} {median.Unit}, {sorted[0].Value:F2} to {sorted[^1].Value:F2}"));
        return median;
    }

    static List<Figure> Soaked(string servers, KafkaLoad load, int minutes)
    {
        KafkaLoad.Make(servers);
        List<Figure> figures = Soak.Run(servers, load, minutes);
        foreach (Figure figure in figures) Console.WriteLine(FormattableString.Invariant($"{figure.Name,-40} {figure.Value,8:F3}"));
        return figures;
    }

    static Cost Told(List<Figure> figures, string name, Cost cost)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-28} {cost.PerSecond,12:N0} records/s "
            + $"{cost.MicrosOfCpu,8:F2} µs of CPU a record, {cost.WarmMicros:F2} in the last half"));
        figures.Add(new Figure($"kafka {name}", cost.PerSecond, "records/s"));
        figures.Add(new Figure($"kafka {name}, CPU", cost.MicrosOfCpu, "µs"));
        figures.Add(new Figure($"kafka {name}, CPU in the last half", cost.WarmMicros, "µs"));
        return cost;
    }
}

/// <summary>What records took.</summary>
/// <param name="Records">How many.</param>
/// <param name="Seconds">By the clock on the wall.</param>
/// <param name="CpuSeconds">Of the processes that took them, on all cores.</param>
/// <param name="WarmMicros">The same of a record of the last half, in µs: all is compiled, and all models are made, by then.</param>
readonly record struct Cost(long Records, double Seconds, double CpuSeconds, double WarmMicros)
{
    public double PerSecond => Records / Seconds;

    public double MicrosOfCpu => 1e6 * CpuSeconds / Records;
}
