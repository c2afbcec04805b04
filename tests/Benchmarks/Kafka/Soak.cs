using System.Diagnostics;

namespace Esn.Benchmarks.Kafka;

/// <summary>A steady feed for a long time: whether memory, handles and threads stay where they are.</summary>
static class Soak
{
    const int PerSecond = 2000;

    static readonly TimeSpan WarmUp = TimeSpan.FromMinutes(2);  // until models and buffers are made

    /// <summary>Feeds so many minutes, and prints what the worker takes once a minute.</summary>
    public static List<Figure> Run(string servers, KafkaLoad load, int minutes)
    {
        using var run = Workers.Start(servers, load, "signal", count: 1);
        Worker worker = run.All[0];
        long start = Stopwatch.GetTimestamp();
        List<(double Minutes, double Megabytes, int Handles, int Threads)> seen = [];
        Console.WriteLine("  min      MB  handles  threads   behind");
        for (int sent = 0; Stopwatch.GetElapsedTime(start).TotalMinutes < minutes;)
        {
            int due = (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * PerSecond);
            load.Send(servers, due - sent);
            sent = due;
            worker.Check();
            Thread.Sleep(200);
            double now = Stopwatch.GetElapsedTime(start).TotalMinutes;
            if (seen.Count > 0 && now < seen[^1].Minutes + 1) continue;
            (double megabytes, int handles, int threads) = worker.Takes();
            seen.Add((now, megabytes, handles, threads));
            Console.WriteLine(FormattableString.Invariant(
                $"{now,5:F0} {megabytes,7:F0} {handles,8} {threads,8} {sent - worker.Steps(),8}"));
        }
        var steady = seen.Where(one => one.Minutes >= Math.Min(WarmUp.TotalMinutes, minutes / 2.0)).ToList();
        return
        [
            new Figure("kafka soak: memory, last over first", steady[^1].Megabytes / steady[0].Megabytes, "ratio"),
            new Figure("kafka soak: handles, last over first", (double)steady[^1].Handles / steady[0].Handles, "ratio"),
            new Figure("kafka soak: threads, last over first", (double)steady[^1].Threads / steady[0].Threads, "ratio"),
        ];
    }
}
