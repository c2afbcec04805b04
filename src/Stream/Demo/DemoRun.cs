using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Esn.Streaming.Configuration;
using Esn.Streaming.Hosting;
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

    readonly DemoOptions _options;
    readonly TimeProvider _time;
    readonly EmbeddedBroker _broker;
    readonly EsnConfig _config;
    readonly ILoggerFactory _log = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Error).AddSimpleConsole());
    readonly DemoFeed _feed;
    readonly DemoAlarms _alarms;

    /// <summary>Starts the broker.</summary>
    public DemoRun(DemoOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _feed = new DemoFeed(options.Seed, Quiet, options.Noise);
        var sink = new SinkConfig { CreateTopics = false };
        _broker = new EmbeddedBroker(Topic, sink.Events, sink.DeadLetters, new ControlConfig().Topic);
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
            State = new StateConfig { Store = StateStore.None },  // it is over when it ends
            Alarms = new AlarmsConfig { Budget = AlarmBudget.Parse(DemoFeed.Budget) },
            Http = new HttpConfig { Listen = FreePort(9464), Tokens = Tokens() },
        };
        Host = new StreamingHost(_config, time, _log);
        Progress = new DemoProgress(time, Quiet);
        Host.Batches.Subscribe(Progress.Take);
        _alarms = new DemoAlarms(_broker.BootstrapServers, sink.Events);
    }

    /// <summary>The system.</summary>
    public StreamingHost Host { get; }

    /// <summary>What was caught.</summary>
    public DemoReport Report { get; } = new();

    /// <summary>How far it is.</summary>
    public DemoProgress Progress { get; }

    /// <summary>
    /// Alarms as they are read back from the topic of events: position, its delay or null where it is false, and peak score.
    /// </summary>
    public event Action<long, long?, double>? Alarmed;

    /// <summary>Runs the feed.</summary>
    /// <returns>Whether it went well.</returns>
    public async Task<bool> Run(CancellationToken stop)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task<bool> host = Host.Run(all.Token);
        Task alarms = Task.Factory.StartNew(() => _alarms.Read(Opened, all.Token), CancellationToken.None,
            TaskCreationOptions.LongRunning, TaskScheduler.Default);
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
        return flushed && Report.Good(Progress.Steps);
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
        await new DemoProducer(_config, _feed, _time).Send(Topic, _options.Steps, _options.Rate, () => Progress.Steps,
            stop).ConfigureAwait(false);
        await Drained(stop).ConfigureAwait(false);
        if (!_options.Exit) await Task.Delay(Timeout.InfiniteTimeSpan, _time, stop).ConfigureAwait(false);
    }

    // All steps are scored, and their alarms are read.
    async Task Drained(CancellationToken stop)
    {
        while (Progress.Steps < _options.Steps || _alarms.Count < Progress.Alarms) await Task.Delay(TimeSpan.FromMilliseconds(50), _time,
            stop).ConfigureAwait(false);
    }

    void Opened(long position, double score)
    {
        foreach (long anomaly in _feed.Anomalies) Report.Began(anomaly);
        Alarmed?.Invoke(position, Report.Opened(position), score);
    }

    // Where the environment has a token, the demo's streams can be muted with it, too.
    static Dictionary<string, string> Tokens() =>
        Environment.GetEnvironmentVariable("ESN_TOKEN") is { Length: >= HttpConfig.ShortestToken } token ? new() { ["you"] = token } : [];

    // The usual port where it is free and somebody looks, else any: programs that run it side by side must not meet there.
    internal static string FreePort(int port)
    {
        if (Console.IsOutputRedirected) return "127.0.0.1:0";
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
