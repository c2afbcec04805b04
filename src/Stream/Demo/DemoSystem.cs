using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Esn.Streaming.Configuration;
using Esn.Streaming.Hosting;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Esn.Streaming.Demo;

/// <summary>
/// An embedded broker, the system of `esn run`, and what reads the alarms back from their topic: what a demo shows has gone the whole
/// way.
/// </summary>
public abstract class DemoSystem : IAsyncDisposable
{
    const int UsualPort = 9464;

    static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);  // whether it listens

    readonly EmbeddedBroker _broker;
    readonly ILoggerFactory _log = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Error).AddSimpleConsole());

    /// <summary>Starts the broker.</summary>
    /// <param name="basis">The model; what a demo needs beside it is said here.</param>
    /// <param name="topic">Of the feed.</param>
    /// <param name="budget">The alarms that the feed deserves.</param>
    /// <param name="time">The clock.</param>
    private protected DemoSystem(EsnConfig basis, string topic, string budget, TimeProvider time)
    {
        var sink = new SinkConfig { CreateTopics = false };
        _broker = new EmbeddedBroker(topic, sink.Events, sink.DeadLetters, sink.Maps, new ControlConfig().Topic);
        (Topic, Time) = (topic, time);
        Config = basis with
        {
            Kafka = new KafkaConfig
            {
                BootstrapServers = _broker.BootstrapServers,
                // The mock cluster answers a fetch at the end of its wait, not at the first record as Kafka does.
                Consumer = new Dictionary<string, string> { ["fetch.wait.max.ms"] = "10" },
            },
            Source = basis.Source with { Topics = [topic] },
            Sink = sink,
            State = new StateConfig { Store = StateStore.None },  // it is over when it ends
            Alarms = new AlarmsConfig { Budget = AlarmBudget.Parse(budget) },
            Http = new HttpConfig { Listen = FreePort(), Tokens = Tokens() },
        };
        Host = new StreamingHost(Config, time, _log);
        Alarms = new DemoAlarms(_broker.BootstrapServers, sink.Events);
    }

    /// <summary>The system.</summary>
    public StreamingHost Host { get; }

    private protected EsnConfig Config { get; }

    private protected string Topic { get; }

    private protected TimeProvider Time { get; }

    /// <summary>Of the topic of events.</summary>
    private protected DemoAlarms Alarms { get; }

    /// <summary>Runs the feed.</summary>
    /// <returns>Whether it went well.</returns>
    public async Task<bool> Run(CancellationToken stop)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task<bool> host = Host.Run(all.Token);
        Task alarms = Task.Factory.StartNew(() => ReadAlarms(all.Token), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        bool flushed;
        try
        {
            // One that ends before the feed says why, by its exception.
            Task feed = Task.Run(() => Send(all.Token), all.Token);
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
        return IsGood() && flushed;
    }

    /// <summary>The same where there is no terminal to draw on: says where the page is.</summary>
    public async Task<bool> RunPlainly(CancellationToken stop)
    {
        Task<bool> run = Run(stop);
        while (Host.Address is null && !run.IsCompleted)
            await Task.WhenAny(run, Task.Delay(LookAgain, CancellationToken.None)).ConfigureAwait(false);
        if (Host.Address is { } page) AnsiConsole.WriteLine($"  the page is at {page}");
        return await run.ConfigureAwait(false);
    }

    /// <summary>Sends the feed; returns once all of it is scored and its alarms are read, or never where it shall not end.</summary>
    private protected abstract Task Send(CancellationToken stop);

    /// <summary>Reads alarms until it is told to stop.</summary>
    private protected abstract void ReadAlarms(CancellationToken stop);

    /// <summary>Of what was found, once the feed has ended.</summary>
    private protected abstract bool IsGood();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync().ConfigureAwait(false);
        _broker.Dispose();
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    // Where the environment has a token, the demo's streams can be muted with it, too.
    static Dictionary<string, string> Tokens() =>
        Environment.GetEnvironmentVariable("ESN_TOKEN") is { Length: >= HttpConfig.ShortestToken } token
            && HttpConfig.IsToken(token) ? new() { ["you"] = token } : [];

    // The usual port where it is free and somebody looks, else any: programs that run it side by side must not meet there.
    static string FreePort()
    {
        if (Console.IsOutputRedirected) return "127.0.0.1:0";
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, UsualPort));
            return string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{UsualPort}");
        }
        catch (SocketException)
        {
            return "127.0.0.1:0";
        }
    }
}
