using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reactive.Linq;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Hosting;
using Esn.Streaming.Kafka;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Demo;

/// <summary>How the demo runs.</summary>
/// <param name="Steps">Length of the feed; null: endless.</param>
/// <param name="Exit">End with the feed.</param>
/// <param name="Rate">Steps per second; 0: as fast as it goes.</param>
/// <param name="Seed">Of the feed.</param>
/// <param name="Noise">In standard deviations of the signal.</param>
public sealed record DemoOptions(long? Steps, bool Exit, double Rate, int Seed, double Noise);

/// <summary>
/// A feed, an embedded broker and the system of `esn run` between them. What it shows has gone the whole way: the feed is
/// produced to a topic, the alarms are read from one.
/// </summary>
public sealed class DemoRun : IAsyncDisposable
{
    /// <summary>Steps that come at once, without an anomaly, to learn from.</summary>
    public const int Quiet = 2000;

    const string Topic = "timesteps";
    const string Stream = "mackey-glass";

    readonly DemoOptions _options;
    readonly TimeProvider _time;
    readonly EmbeddedBroker _broker;
    readonly EsnConfig _config;
    readonly ILoggerFactory _log = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Error).AddSimpleConsole());
    readonly DemoFeed _feed;
    readonly Lock _lock = new();
    readonly List<double> _latencies = [];  // seconds, of paced steps
    readonly Queue<double> _recentValues = new(), _recentScores = new();
    long _alarmsSent, _alarmsRead, _firstStep;

    /// <summary>Starts the broker.</summary>
    public DemoRun(DemoOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _feed = new DemoFeed(options.Seed, Quiet, options.Noise);
        var sink = new SinkConfig { CreateTopics = false };
        _broker = new EmbeddedBroker(Topic, sink.Events, sink.DeadLetters);
        _config = new EsnConfig
        {
            Kafka = new KafkaConfig
            {
                BootstrapServers = _broker.BootstrapServers,
                // The mock cluster answers a fetch at the end of its wait, not at the first record as Kafka does.
                Consumer = new Dictionary<string, string> { ["fetch.wait.max.ms"] = "10" },
            },
            Source = new SourceConfig { Topics = [Topic] },
            Sink = sink,
            Alarms = new AlarmsConfig { Budget = AlarmBudget.Parse(DemoFeed.Budget) },
            Http = new HttpConfig { Listen = FreePort(9464) },
        };
        Host = new StreamingHost(_config, time, _log);
        Host.Batches.Subscribe(Take);
    }

    /// <summary>The system.</summary>
    public StreamingHost Host { get; }

    /// <summary>What was caught.</summary>
    public DemoReport Report { get; } = new();

    /// <summary>Steps scored so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Whether the model is still learning what normal is.</summary>
    public bool WarmingUp { get; private set; } = true;

    /// <summary>Whether an alarm is open.</summary>
    public bool AlarmOpen { get; private set; }

    /// <summary>Steps per second of scoring and transport, as measured between the first and the last record.</summary>
    public double StepsPerSecond { get; private set; }

    /// <summary>Alarms as they are read back from the topic of events: position, its delay or null where it is false, and peak score.</summary>
    public event Action<long, long?, double>? Alarmed;

    /// <summary>Runs the feed.</summary>
    /// <returns>Whether it went well.</returns>
    public async Task<bool> Run(CancellationToken stop)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task<bool> host = Host.Run(all.Token);
        Task alarms = Task.Factory.StartNew(() => ReadAlarms(all.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        bool flushed;
        try
        {
            // One that ends before the feed says why, by its exception.
            Task feed = FeedAndWait(all.Token);
            Task first = await Task.WhenAny(feed, host, alarms).ConfigureAwait(false);
            await first.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Ctrl-C ends an endless demo: what it found is shown.
        }
        finally
        {
            await all.CancelAsync().ConfigureAwait(false);
            flushed = await host.ConfigureAwait(false);
            await alarms.ConfigureAwait(false);
        }
        foreach (long anomaly in _feed.Anomalies) Report.Began(anomaly);
        return flushed && Report.Good(Steps);
    }

    /// <summary>The last values and scores, oldest first.</summary>
    public (double[] Values, double[] Scores) Recent()
    {
        lock (_lock) return ([.. _recentValues], [.. _recentScores]);
    }

    /// <summary>Latency from a record's timestamp to its score, seconds, at a quantile of the paced steps; NaN before any.</summary>
    public double Latency(double quantile)
    {
        lock (_lock)
        {
            if (_latencies.Count == 0) return double.NaN;
            double[] sorted = [.. _latencies.Order()];
            return sorted[(int)(quantile * (sorted.Length - 1))];
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync().ConfigureAwait(false);
        _broker.Dispose();
        _log.Dispose();
    }

    async Task FeedAndWait(CancellationToken stop)
    {
        await Feed(stop).ConfigureAwait(false);
        await Drained(stop).ConfigureAwait(false);
        if (!_options.Exit) await Task.Delay(Timeout.InfiniteTimeSpan, _time, stop).ConfigureAwait(false);
    }

    async Task Feed(CancellationToken stop)
    {
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(ClientSettings.Producer(_config)).SetLogHandler((_, _) => { }).Build();
        byte[] key = Encoding.UTF8.GetBytes(Stream);
        long steps = _options.Steps ?? long.MaxValue, pacedFrom = 0;
        for (long step = 0; step < steps; step++)
        {
            if (step == Quiet)
            {
                // From here on latency is measured: not of records that wait for the consumer group to form.
                producer.Flush(stop);
                while (Steps < Quiet) await Task.Delay(TimeSpan.FromMilliseconds(20), _time, stop).ConfigureAwait(false);
                pacedFrom = _time.GetTimestamp();
            }
            if (step > Quiet && _options.Rate > 0)
            {
                TimeSpan ahead = TimeSpan.FromSeconds((step - Quiet) / _options.Rate) - _time.GetElapsedTime(pacedFrom);
                if (ahead > TimeSpan.FromMilliseconds(5)) await Task.Delay(ahead, _time, stop).ConfigureAwait(false);
            }
            stop.ThrowIfCancellationRequested();
            byte[] value = JsonSerializer.SerializeToUtf8Bytes(new { timestamp = FeedTime.Write(_time.GetUtcNow().UtcDateTime), value = _feed.Next() });
            while (true)
            {
                try
                {
                    producer.Produce(Topic, new Message<byte[], byte[]> { Key = key, Value = value });
                    break;
                }
                catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(20));
                }
            }
        }
        producer.Flush(stop);
    }

    // All steps are scored, and their alarms are read.
    async Task Drained(CancellationToken stop)
    {
        while (Steps < _options.Steps) await Task.Delay(TimeSpan.FromMilliseconds(50), _time, stop).ConfigureAwait(false);
        while (Interlocked.Read(ref _alarmsRead) < Interlocked.Read(ref _alarmsSent)) await Task.Delay(TimeSpan.FromMilliseconds(50), _time, stop).ConfigureAwait(false);
    }

    void Take(ScoredBatch batch)
    {
        if (batch.Frames.Count == 0) return;
        if (_firstStep == 0) _firstStep = _time.GetTimestamp();
        DateTime now = _time.GetUtcNow().UtcDateTime;
        lock (_lock)
        {
            foreach ((Frame frame, StepResult result) in batch.Frames)
            {
                if (result.Position > Quiet) _latencies.Add((now - frame.Record.Timestamp).TotalSeconds);
                _recentValues.Enqueue(frame.Values[0]);
                _recentScores.Enqueue(result.Score);
                if (result.Alarm is not null) Interlocked.Increment(ref _alarmsSent);
            }
            while (_recentValues.Count > 1000) _recentValues.Dequeue();
            while (_recentScores.Count > 1000) _recentScores.Dequeue();
            if (_latencies.Count > 1_000_000) _latencies.RemoveRange(0, 500_000);
        }
        StepResult last = batch.Frames[^1].Result;
        StepsPerSecond = (last.Position + 1) / Math.Max(_time.GetElapsedTime(_firstStep).TotalSeconds, 1e-3);
        (Steps, WarmingUp, AlarmOpen) = (last.Position + 1, last.WarmingUp, last.AlarmOpen);
    }

    void ReadAlarms(CancellationToken stop)
    {
        var settings = new ConsumerConfig { BootstrapServers = _broker.BootstrapServers, GroupId = "on-call" };
        using IConsumer<Ignore, byte[]> consumer = new ConsumerBuilder<Ignore, byte[]>(settings).SetLogHandler((_, _) => { }).Build();
        // All partitions from their beginning, without a group and the three seconds it takes to form.
        consumer.Assign(Enumerable.Range(0, EmbeddedBroker.Partitions).Select(partition => new TopicPartitionOffset(_config.Sink.Events, partition, Offset.Beginning)));
        while (!stop.IsCancellationRequested)
        {
            if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is not { } record) continue;
            using JsonDocument data = JsonDocument.Parse(record.Message.Value);
            if (data.RootElement.GetProperty("change").GetString() == "opened")
            {
                long position = data.RootElement.GetProperty("position").GetInt64();
                foreach (long anomaly in _feed.Anomalies) Report.Began(anomaly);
                Alarmed?.Invoke(position, Report.Opened(position), data.RootElement.GetProperty("score").GetDouble());
            }
            Interlocked.Increment(ref _alarmsRead);
        }
    }

    // The usual port where it is free, else any.
    static string FreePort(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        }
        catch (SocketException)
        {
            return "127.0.0.1:0";
        }
    }
}
