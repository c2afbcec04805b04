using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Esn.Benchmarks.Kafka;

/// <summary>A broker of our own, from KAFKA_HOME (a folder with bin/kafka-broker DIR PORT).</summary>
sealed class KafkaServer : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly string _directory = Directory.CreateTempSubdirectory("esn-kafka-").FullName;
    readonly Process _process;

    KafkaServer(string home)
    {
        int port = FreePort();
        BootstrapServers = $"127.0.0.1:{port}";
        _process = Process.Start(new ProcessStartInfo(Path.Combine(home, "bin", "kafka-broker"),
            [Path.Combine(_directory, "data"), $"{port}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var started = new TaskCompletionSource();
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("Kafka Server started", StringComparison.Ordinal) == true) started.TrySetResult();
        };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        if (!started.Task.Wait(Patience)) throw new TimeoutException($"the broker of {home} did not start within {Patience}");
    }

    public string BootstrapServers { get; }

    public static KafkaServer Start() => new(Environment.GetEnvironmentVariable("KAFKA_HOME") is { Length: > 0 } home ? home
        : throw new InvalidOperationException("no broker: set KAFKA_HOME, or say --servers HOST:PORT"));

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    // The broker takes the next one too.
    static int FreePort()
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            int port = ((IPEndPoint)first.LocalEndpoint).Port;
            try
            {
                using var second = new TcpListener(IPAddress.Loopback, port + 1);
                second.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: try others.
            }
        }
        throw new InvalidOperationException("no two free ports in a row");
    }
}
