using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Esn.Benchmarks.Kafka;

/// <summary>`esn run` as processes.</summary>
static partial class Workers
{
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Runs so many workers through the whole backlog.</summary>
    /// <returns>From the first step on, with the processor time of all workers from then on.</returns>
    public static Cost Run(string servers, KafkaLoad load, string scores, int count, List<Figure> figures)
    {
        string directory = Directory.CreateTempSubdirectory("esn-bench-").FullName;
        string config = Path.Combine(directory, "esn.yaml");
        File.WriteAllText(config, $$"""
            kafka: { bootstrapServers: "{{servers}}" }
            source: { topics: [{{KafkaLoad.Topic}}], group: {{scores}}-{{count}}-{{Guid.NewGuid():N}}, maxStreams: 100000 }
            http: { listen: "127.0.0.1:0", maxStreams: 10, history: 16 }
            {{KafkaLoad.Yaml(scores, load.Units)}}
            """);
        Worker[] workers = [.. Enumerable.Range(0, count).Select(_ => new Worker(config))];
        try
        {
            while (workers.Sum(worker => worker.Steps()) == 0) Thread.Sleep(Poll);
            long start = Stopwatch.GetTimestamp(), begun = workers.Sum(worker => worker.Steps());
            double cpu = workers.Sum(worker => worker.CpuSeconds);
            WaitFor(workers, load.Records);
            var cost = new Cost(load.Records - begun, Stopwatch.GetElapsedTime(start).TotalSeconds,
                workers.Sum(worker => worker.CpuSeconds) - cpu);
            if (count == 2 && workers.All(worker => worker.Steps() > 0)) Move(servers, load, scores, workers, figures);
            return cost;
        }
        finally
        {
            foreach (Worker worker in workers) worker.Dispose();
            Directory.Delete(directory, recursive: true);
        }
    }

    // From the request to stop one of two until the other has scored a step of every stream.
    static void Move(string servers, KafkaLoad load, string scores, Worker[] workers, List<Figure> figures)
    {
        long before = workers[1].Steps();
        long start = Stopwatch.GetTimestamp();
        workers[0].Terminate();
        load.Send(servers, load.Records, load.Records + load.Streams);
        WaitFor([workers[1]], before + load.Streams);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        figures.Add(new Figure($"kafka {scores}: partitions moved and scored again", seconds, "s"));
        Console.WriteLine(FormattableString.Invariant($"{scores}: partitions of one of two workers score again after {seconds:F1} s"));
    }

    static void WaitFor(Worker[] workers, long steps)
    {
        while (workers.Sum(worker => worker.Steps()) < steps)
        {
            foreach (Worker worker in workers) worker.Check();
            Thread.Sleep(Poll);
        }
    }

    sealed partial class Worker : IDisposable
    {
        readonly Process _process;
        readonly TaskCompletionSource<Uri> _address = new();
        readonly HttpClient _http = new();
        readonly List<string> _said = [];

        public Worker(string config)
        {
            _process = Process.Start(new ProcessStartInfo("dotnet",
                [Path.Combine(AppContext.BaseDirectory, "esn.dll"), "run", "--config", config]) { RedirectStandardOutput = true })!;
            _process.OutputDataReceived += (_, line) => Hear(line.Data);
            _process.BeginOutputReadLine();
        }

        public double CpuSeconds
        {
            get
            {
                _process.Refresh();
                return _process.TotalProcessorTime.TotalSeconds;
            }
        }

        public long Steps()
        {
            if (!_address.Task.IsCompleted) return 0;
            string row = _http.GetStringAsync(_address.Task.Result).GetAwaiter().GetResult().Split('\n')
                .Single(row => row.StartsWith("esn_steps_total ", StringComparison.Ordinal));
            return (long)double.Parse(row.Split(' ')[1], CultureInfo.InvariantCulture);
        }

        public void Check()
        {
            if (!_process.HasExited) return;
            string[] last;
            lock (_said) last = [.. _said.TakeLast(20)];
            throw new InvalidOperationException($"esn run ended with {_process.ExitCode}:\n{string.Join('\n', last)}");
        }

        public void Terminate()
        {
            using Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            kill.WaitForExit();
        }

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
            _process.Dispose();
            _http.Dispose();
        }

        void Hear(string? line)
        {
            if (line is null) return;
            lock (_said) _said.Add(line);
            if (Metrics().Match(line) is { Success: true } match) _address.TrySetResult(new Uri(match.Value));
        }

        [GeneratedRegex(@"http://\S+/metrics")]
        private static partial Regex Metrics();
    }
}
