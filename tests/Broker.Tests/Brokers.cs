using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Esn.Streaming.Demo;
using Testcontainers.Kafka;
using Xunit;

[assembly: AssemblyFixture(typeof(Esn.Broker.Tests.RealKafka))]

namespace Esn.Broker.Tests;

/// <summary>A broker that a test class shares.</summary>
public interface IBroker : IAsyncLifetime
{
    /// <summary>Null: there is none here, and <see cref="Missing"/> says why.</summary>
    string? BootstrapServers { get; }

    /// <summary>What a skipped test says.</summary>
    string Missing { get; }

    /// <summary>Makes a topic of its own for a test.</summary>
    Task<string> Topic(string name, int partitions = 2);
}

/// <summary>The broker of `esn demo`.</summary>
public sealed class EmbeddedBrokerFixture : IBroker
{
    readonly EmbeddedBroker _broker = new();

    public string? BootstrapServers => _broker.BootstrapServers;

    public string Missing => "";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public Task<string> Topic(string name, int partitions = 2)
    {
        string topic = $"{name}-{Guid.NewGuid():N}";
        _broker.Make(topic);
        return Task.FromResult(topic);
    }

    public ValueTask DisposeAsync()
    {
        _broker.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// A real Apache Kafka: started from KAFKA_HOME (a folder with bin/kafka-broker DIR PORT), else the one at
/// KAFKA_BOOTSTRAP_SERVERS, else a container. One for all classes, from when the first of them asks for it: each test has topics and
/// groups of its own, and those that stop a broker start one of their own.
/// </summary>
public sealed class RealKafka : IAsyncDisposable
{
    readonly Lazy<Task<(string? Servers, string Missing)>> _started;
    KafkaProcess? _process;
    KafkaContainer? _container;

    public RealKafka() => _started = new(Start);

    /// <summary>Its bootstrap servers; null: there is none here, and why.</summary>
    public Task<(string? Servers, string Missing)> Started => _started.Value;

    async Task<(string? Servers, string Missing)> Start()
    {
        if (Environment.GetEnvironmentVariable("KAFKA_HOME") is { Length: > 0 } home)
        {
            _process = new KafkaProcess(home);
            await _process.Start();
            return (_process.BootstrapServers, "");
        }
        if (Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS") is { Length: > 0 } servers) return (servers, "");
        try
        {
            _container = new KafkaBuilder("confluentinc/cp-kafka:7.9.0").Build();
            await _container.StartAsync();
            return (_container.GetBootstrapAddress(), "");
        }
        catch (Exception e) when (e is DotNet.Testcontainers.Builders.DockerUnavailableException or HttpRequestException
            or TimeoutException)
        {
            return (null, $"no Apache Kafka: set KAFKA_HOME or KAFKA_BOOTSTRAP_SERVERS, or start Docker ({e.Message.Split('\n')[0]})");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        if (_container is not null) await _container.DisposeAsync();
    }
}

/// <summary>What a test class has of the <see cref="RealKafka"/> of all.</summary>
public sealed class RealKafkaFixture(RealKafka kafka) : IBroker
{
    public string? BootstrapServers { get; private set; }

    public string Missing { get; private set; } = "";

    public async ValueTask InitializeAsync() => (BootstrapServers, Missing) = await kafka.Started;

    public async Task<string> Topic(string name, int partitions = 2)
    {
        string topic = $"{name}-{Guid.NewGuid():N}";
        await Topics.Create(BootstrapServers!, topic, partitions);
        return topic;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>One broker of Apache Kafka as a process, which can be killed and started again.</summary>
/// <param name="home">A folder with bin/kafka-broker.</param>
/// <param name="secured">SASL over TLS beside the plain listener.</param>
public sealed class KafkaProcess(string home, bool secured = false) : IAsyncDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("esn-kafka-").FullName;
    readonly int _port = FreePorts();
    Process? _process;

    public string BootstrapServers => $"127.0.0.1:{_port}";

    public string SecuredServers => $"localhost:{_port + 2}";

    public string CertificateAuthority => Path.Combine(_directory, "data", "ca.pem");

    public async Task Start()
    {
        _process = Process.Start(new ProcessStartInfo(Path.Combine(home, "bin", "kafka-broker"),
            [Path.Combine(_directory, "data"), $"{_port}", .. secured ? ["--secured"] : Array.Empty<string>()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // A broker that lives for minutes does not win back what the optimizing compiler takes: 9 s of CPU to its start, not 14.
            Environment = { ["JDK_JAVA_OPTIONS"] = $"{Environment.GetEnvironmentVariable("JDK_JAVA_OPTIONS")} -XX:TieredStopAtLevel=1" },
        })!;
        var started = new TaskCompletionSource();
        var said = new List<string>();
        void Hear(string? line)
        {
            if (line is null) return;
            lock (said) said.Add(line);
            if (line.Contains("Kafka Server started", StringComparison.Ordinal)) started.TrySetResult();
        }
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Task ended = _process.WaitForExitAsync();
        if (await Task.WhenAny(started.Task, ended).WaitAsync(TimeSpan.FromSeconds(120)) == ended)
            lock (said) throw new InvalidOperationException($"kafka-broker ended with code "
                + $"{_process.ExitCode}:\n{string.Join('\n', said.TakeLast(20))}");
    }

    /// <summary>Sends a signal to the broker itself, by its name.</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{_process!.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>kill -9.</summary>
    public async Task Kill()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await Kill();
        Directory.Delete(_directory, recursive: true);
    }

    // The broker takes two or three ports in a row. Of those that systems give to clients as they connect, one that is free now is taken
    // before the broker has started, or while it is down between a kill and its next start: so they are below these.
    static int FreePorts()
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            int port = Random.Shared.Next(10_000, 32_000);
            try
            {
                using var first = new TcpListener(IPAddress.Loopback, port);
                using var second = new TcpListener(IPAddress.Loopback, port + 1);
                using var third = new TcpListener(IPAddress.Loopback, port + 2);
                first.Start();
                second.Start();
                third.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: try others.
            }
        }
        throw new InvalidOperationException("no three free ports in a row");
    }
}
