using System.Diagnostics;

namespace Esn.Benchmarks.Kafka;

/// <summary>`esn run` as processes.</summary>
static class Workers
{
    // Each look is a scrape, which the worker pays for with some milliseconds: by the rate so far there are about ten for each half.
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    const double Look = .25;  // of what is left

    /// <summary>Runs so many workers through the whole backlog.</summary>
    /// <returns>From the first step on, with the processor time of all workers from then on.</returns>
    public static Cost Run(string servers, KafkaLoad load, string scores, int count, List<Figure> figures)
    {
        using Group group = Start(servers, load, scores, count);
        Worker[] workers = group.All;
        while (workers.Sum(worker => worker.Steps()) == 0) Thread.Sleep(Poll);
        long start = Stopwatch.GetTimestamp(), begun = workers.Sum(worker => worker.Steps());
        double cpu = workers.Sum(worker => worker.CpuSeconds);
        long steps = WaitFor(workers, begun, load.Records / 2, start);
        double half = workers.Sum(worker => worker.CpuSeconds);
        WaitFor(workers, begun, load.Records, start);
        double all = workers.Sum(worker => worker.CpuSeconds);
        var cost = new Cost(load.Records - begun, Stopwatch.GetElapsedTime(start).TotalSeconds, all - cpu,
            1e6 * (all - half) / (load.Records - steps));
        if (count == 2 && workers.All(worker => worker.Steps() > 0)) Move(servers, load, scores, workers, figures);
        return cost;
    }

    /// <summary>Starts them.</summary>
    public static Group Start(string servers, KafkaLoad load, string scores, int count)
    {
        string directory = Directory.CreateTempSubdirectory("esn-bench-").FullName;
        string config = Path.Combine(directory, "esn.yaml");
        File.WriteAllText(config, $$"""
            kafka: { bootstrapServers: "{{servers}}" }
            source: { topics: [{{KafkaLoad.Topic}}], group: {{scores}}-{{count}}-{{Guid.NewGuid():N}}, maxStreams: 100000 }
            http: { listen: "127.0.0.1:0", maxStreams: 10, history: 16 }
            {{KafkaLoad.Yaml(scores, load.Units)}}
            """);
        return new Group(directory, [.. Enumerable.Range(0, count).Select(_ => new Worker(config, load.Program))]);
    }

    // From the request to stop one of two until the other has scored all that was sent after it: some may be the first's yet.
    static void Move(string servers, KafkaLoad load, string scores, Worker[] workers, List<Figure> figures)
    {
        long held = workers[1].Steps();
        long start = Stopwatch.GetTimestamp();
        workers[0].Terminate();
        load.Send(servers, load.Streams);
        while (!workers[1].HasRead(KafkaLoad.Partitions) || workers[1].Steps() == held)
        {
            workers[1].Check();
            Thread.Sleep(Poll);
        }
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        figures.Add(new Figure($"kafka {scores}: partitions moved and scored again", seconds, "s"));
        Console.WriteLine(FormattableString.Invariant($"{scores}: partitions of one of two workers score again after {seconds:F1} s"));
    }

    // How many there are then.
    static long WaitFor(Worker[] workers, long begun, long steps, long start)
    {
        for (long now; ;)
        {
            foreach (Worker worker in workers) worker.Check();
            if ((now = workers.Sum(worker => worker.Steps())) >= steps) return now;
            double left = (steps - now) * Stopwatch.GetElapsedTime(start).TotalSeconds / Math.Max(1, now - begun);
            Thread.Sleep(TimeSpan.FromSeconds(Math.Clamp(Look * left, Poll.TotalSeconds, 1)));
        }
    }

    /// <summary>Workers of a group of their own, and their configuration.</summary>
    internal sealed class Group(string directory, Worker[] all) : IDisposable
    {
        public Worker[] All => all;

        public void Dispose()
        {
            foreach (Worker worker in all) worker.Dispose();
            Directory.Delete(directory, recursive: true);
        }
    }
}
