using System.Globalization;
using Esn.Streaming.Demo;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>
/// From a file through a broker to events, with `esn` as processes: what tests of these do. They feed them, wait for them, ask them,
/// stop them.
/// </summary>
public abstract class EndToEnd(IBroker broker) : IDisposable
{
    readonly List<string> _directories = [];

    // Nothing that is right takes as long, on whatever machine: it says when a test has failed, not how quick something is.
    protected internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>The broker of the class.</summary>
    protected IBroker Broker => broker;

    protected string Servers
    {
        get
        {
            Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
            return broker.BootstrapServers!;
        }
    }

    protected static void WriteFeed(string file, int steps, int from = 0)
    {
        var feed = new DemoFeed(seed: 3, quiet: DemoRun.Quiet, noise: .01);
        for (int i = 0; i < from; i++) feed.Next();
        using var writer = new StreamWriter(file);
        writer.WriteLine("timestamp,value");
        var start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        for (int i = from; i < from + steps; i++) writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{start.AddSeconds(i):yyyy-MM-ddTHH:mm:ssZ},{feed.Next():R}"));
    }

    protected async Task<(string Source, string Events, string DeadLetters)> NewTopics() =>
        (await broker.Topic("steps"), await broker.Topic("events"), await broker.Topic("dead-letters"));

    protected static string Config(string directory, string servers, string source, string events, string deadLetters,
        string preset = "signal", string channels = "[]", string producer = "", string? group = null, string state = "", string times = "")
    {
        string file = Path.Combine(directory, "esn.yaml");
        File.WriteAllText(file, $$"""
            kafka: { bootstrapServers: "{{servers}}"{{producer}} }
            preset: {{preset}}
            source: { topics: [{{source}}], group: {{group ?? source}}, fields: { channels: {{channels}} }{{times}} }
            sink: { events: {{events}}, deadLetters: {{deadLetters}}, createTopics: false }
            http: { listen: "127.0.0.1:0", stallSeconds: 3 }
            {{state}}
            """);
        return file;
    }

    protected static async Task Replay(string servers, string feed, string topic, string? key = null, string? config = null)
    {
        using var replay = new EsnProcess(["replay", feed, "--to", topic, "--bootstrap-servers", servers, "--key",
            key ?? Path.GetFileNameWithoutExtension(feed), .. config is null ? [] : new[] { "--config", config }]);
        Assert.True(await replay.Exit(Patience) == 0, replay.Said);
    }

    protected internal static async Task Ready(EsnProcess esn, bool ready = true)
    {
        using var http = new HttpClient { BaseAddress = await esn.Address };
        DateTime end = DateTime.UtcNow + Patience;
        while ((await http.GetAsync("/health/ready")).IsSuccessStatusCode != ready)
        {
            Assert.True(DateTime.UtcNow < end, $"ready is not {ready}: "
                + $"{await (await http.GetAsync("/health/ready")).Content.ReadAsStringAsync()}\n{esn.Said}");
            await Task.Delay(50);
        }
    }

    protected internal static async Task Steps(EsnProcess esn, long steps)
    {
        DateTime end = DateTime.UtcNow + TimeSpan.FromMinutes(5);
        double done;
        while ((done = await Metric(esn, "esn_steps_total")) < steps)
        {
            Assert.True(DateTime.UtcNow < end, $"{done} of {steps} steps\n{esn.Said}");
            await Task.Delay(50);
        }
    }

    protected static async Task NotReady(EsnProcess esn, string why)
    {
        using var http = new HttpClient { BaseAddress = await esn.Address };
        string said = "";
        for (DateTime end = DateTime.UtcNow + Patience; !said.Contains(why, StringComparison.Ordinal); await Task.Delay(100))
        {
            said = await (await http.GetAsync("/health/ready")).Content.ReadAsStringAsync();
            Assert.True(DateTime.UtcNow < end, $"{said}\n{esn.Said}");
        }
    }

    // What it logs comes through a queue and a pipe: it may be heard after what was seen of it otherwise.
    protected internal static async Task Said(EsnProcess esn, string text, int times = 1)
    {
        for (DateTime end = DateTime.UtcNow + Patience; esn.Said.Split(text).Length <= times; await Task.Delay(50))
            Assert.True(DateTime.UtcNow < end, $"it did not say '{text}' {times} times:\n{esn.Said}");
    }

    protected internal static async Task<double> Metric(EsnProcess esn, string name)
    {
        using var http = new HttpClient { BaseAddress = await esn.Address };
        string line = (await http.GetStringAsync("/metrics")).Split('\n')
            .Single(row => row.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }

    protected internal static async Task Stop(EsnProcess esn)
    {
        esn.Terminate();
        Assert.True(await esn.Exit(Patience) == 0, esn.Said);
    }

    protected string NewDirectory()
    {
        string directory = Directory.CreateTempSubdirectory("esn-test-").FullName;
        _directories.Add(directory);
        return directory;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (string directory in _directories) Directory.Delete(directory, recursive: true);
        GC.SuppressFinalize(this);
    }
}
