using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>
/// A group whose workers are disturbed, on a broker of its own, to be compared with one worker that nobody disturbs: the same events
/// and dead letters, each once, and the same states, bit by bit.
/// </summary>
sealed partial class DisturbedGroup : IAsyncDisposable
{
    const int Partitions = 6, Streams = 60, Broken = 97;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly ITestOutputHelper _output;
    readonly int _intervalSeconds;
    readonly bool _topic;
    readonly List<EsnProcess> _workers = [];

    DisturbedGroup(string home, ITestOutputHelper output, int intervalSeconds, bool topic) =>
        (Kafka, _output, _intervalSeconds, _topic) = (new KafkaProcess(home), output, intervalSeconds, topic);

    /// <summary>Where configurations are, and states that are kept in a directory.</summary>
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("esn-test-").FullName;

    /// <summary>The broker, which may be killed too.</summary>
    public KafkaProcess Kafka { get; }

    /// <summary>Starts the broker; skips the test where there is none of our own.</summary>
    /// <param name="output">Of the test.</param>
    /// <param name="intervalSeconds">Between snapshots.</param>
    /// <param name="topic">They are kept in a topic, so the workers have no disk in common; else in a directory.</param>
    public static async Task<DisturbedGroup> Start(ITestOutputHelper output, int intervalSeconds = 1, bool topic = false)
    {
        string? home = Environment.GetEnvironmentVariable("KAFKA_HOME");
        Assert.SkipUnless(!string.IsNullOrEmpty(home), "no KAFKA_HOME: only a broker of our own may be killed");
        var group = new DisturbedGroup(home!, output, intervalSeconds, topic);
        await group.Kafka.Start();
        await Topics.Create(group.Servers, "steps", Partitions);
        foreach (string name in new[] { "events", "letters", "events-once", "letters-once" })
            await Topics.Create(group.Servers, name, 1);
        return group;
    }

    /// <summary>A worker of the group. To be disposed of, which is kill -9; what is left is when this is.</summary>
    public EsnProcess Worker()
    {
        var worker = new EsnProcess("run", "--config", Config("disturbed", "events", "letters"));
        _workers.Add(worker);
        return worker;
    }

    /// <summary>Steps of all streams, in every partition the same ones whoever sends them when.</summary>
    public async Task Feed(int from, int to, TimeSpan between)
    {
        var random = new MathNet.Numerics.Random.Xoshiro256StarStar(5 + from);
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
        {
            BootstrapServers = Servers, EnableIdempotence = true,
        }).SetErrorHandler((_, _) => { }).SetLogHandler((_, _) => { }).Build();
        var start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        int sent = from * Streams;
        for (int step = from; step < to; step++)
        {
            for (int stream = 0; stream < Streams; stream++)
            {
                double jump = step > 130 && (step + 7 * stream) % 130 < 3 ? 8 : 0;
                double value = Math.Sin(.3 * step + stream) + .05 * random.NextDouble() + jump;
                string json = ++sent % Broken == 0 ? "{" : string.Create(CultureInfo.InvariantCulture,
                    $$"""{"timestamp": "{{start.AddSeconds(step):O}}", "value": {{value:R}}}""");
                producer.Produce(new TopicPartition("steps", stream % Partitions), new Message<byte[], byte[]>
                {
                    Key = Encoding.UTF8.GetBytes($"s{stream}"), Value = Encoding.UTF8.GetBytes(json),
                });
            }
            await Task.Delay(between);
        }
        await Task.Run(() => producer.Flush(Patience));
    }

    /// <summary>Until the group has committed all that is there.</summary>
    public Task Through() => Through("disturbed");

    /// <summary>Until the group has so many members, and has shared its partitions among them.</summary>
    public Task Members(int count) => Topics.Shared(Servers, "disturbed", count, Partitions, () => AllSaid);

    /// <summary>Ends the workers with kill -9 and compares.</summary>
    /// <param name="steps">Fed so far.</param>
    public async Task IsAsUndisturbed(int steps)
    {
        foreach (EsnProcess worker in _workers) worker.Dispose();
        // What lasts is what the next one goes on from, and keeps when it is stopped: after a last step of every stream, for which
        // it must have taken again all that came after the snapshots.
        await Feed(steps, steps + 1, TimeSpan.Zero);
        string[] digests = await Digests("disturbed", "events", "letters");
        string[] once = await Digests("undisturbed", "events-once", "letters-once");
        Assert.Equal(Partitions, once.Length);
        Assert.Equal(once, digests);

        List<(string Id, string Value)> expected = Events(await Topics.ReadAll(Servers, "events-once"));
        Assert.True(expected.Count >= Streams / 2, $"{expected.Count} events");
        Assert.Equal(expected, Events(await Topics.ReadAll(Servers, "events")));
        List<string> letters = Letters(await Topics.ReadAll(Servers, "letters-once"));
        Assert.Equal(Streams * (steps + 1) / Broken, letters.Count);
        Assert.Equal(letters, Letters(await Topics.ReadAll(Servers, "letters")));
        if (_topic) Assert.Equal(["disturbed.yaml", "undisturbed.yaml"], System.IO.Directory.EnumerateFileSystemEntries(Directory)
            .Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    /// <summary>What a command says of the group; it must end so.</summary>
    public async Task<string> Said(int code, params string[] command)
    {
        using var esn = new EsnProcess([.. command, "--config", Path.Combine(Directory, "disturbed.yaml")]);
        Assert.True(await esn.Exit(Patience) == code, esn.Said);
        return esn.Said;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (EsnProcess worker in _workers) worker.Dispose();
        await Kafka.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    string Servers => Kafka.BootstrapServers;

    string AllSaid => string.Join("\n----\n", _workers.Select(worker => worker.Said));

    string Config(string group, string events, string letters)
    {
        string file = Path.Combine(Directory, $"{group}.yaml");
        string kept = _topic ? "store: topic" : $"directory: \"{Path.Combine(Directory, group)}\"";
        File.WriteAllText(file, $$"""
            kafka:
              bootstrapServers: "{{Servers}}"
              consumer: { session.timeout.ms: 6000, heartbeat.interval.ms: 1000 }
              producer: { transaction.timeout.ms: 6000 }
            # A machine that is busy for half a minute is no silence of a stream: what the clock tells would be told by one of them alone.
            source: { topics: [steps], group: {{group}}, batchSize: 100, times: { silentSeconds: 3600 } }
            sink: { events: {{events}}, deadLetters: {{letters}}, createTopics: {{(_topic ? "true" : "false")}}, exactlyOnce: true }
            state: { {{kept}}, intervalSeconds: {{_intervalSeconds}} }
            preset: metric
            alarms: { budget: 1 per 20 steps }
            detector: { warmUp: 100 }
            http: { listen: "127.0.0.1:0", stallSeconds: 5 }
            """);
        return file;
    }

    async Task Through(string group)
    {
        using IConsumer<byte[], byte[]> asks = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = Servers, GroupId = group,
        }).SetErrorHandler((_, _) => { }).SetLogHandler((_, _) => { }).Build();
        TopicPartition[] partitions = [.. Enumerable.Range(0, Partitions).Select(partition => new TopicPartition("steps", partition))];
        long before = long.MaxValue;
        for (DateTime end = DateTime.UtcNow + Patience; ; await Task.Delay(200))
        {
            long left;
            try
            {
                left = await Task.Run(() => asks.Committed(partitions, TimeSpan.FromSeconds(30)).Sum(one =>
                    asks.QueryWatermarkOffsets(one.TopicPartition, TimeSpan.FromSeconds(30)).High.Value - Math.Max(0, one.Offset.Value)));
            }
            catch (KafkaException e) when (DateTime.UtcNow < end)
            {
                _output.WriteLine(e.Message);  // of a broker that has just begun
                continue;
            }
            if (left == 0) return;
            if (left < before) end = DateTime.UtcNow + Patience;  // it gets on
            before = Math.Min(before, left);
            Assert.True(DateTime.UtcNow < end, $"{left} records are left\n{AllSaid}");
        }
    }

    async Task<string[]> Digests(string group, string events, string letters)
    {
        using var last = new EsnProcess("run", "--config", Config(group, events, letters));
        await EndToEnd.Ready(last);
        await Through(group);
        await EndToEnd.Stop(last);
        _output.WriteLine(last.Said);
        return [.. Kept().Matches(last.Said).Select(match =>
            match.Value[..match.Value.IndexOf(',', StringComparison.Ordinal)] + " " + match.Groups[1].Value).Order(StringComparer.Ordinal)];
    }

    static List<(string Id, string Value)> Events(List<ConsumeResult<byte[], byte[]>> found) =>
        [.. found.Select(record => (record.Header("ce_id"), Encoding.UTF8.GetString(record.Message.Value))).Order()];

    static List<string> Letters(List<ConsumeResult<byte[], byte[]>> found) =>
        [.. found.Select(record => $"{record.Header("esn_partition")}@{record.Header("esn_offset")} {record.Header("esn_reason")}")
            .Order(StringComparer.Ordinal)];

    [GeneratedRegex("kept the state of .*(digest [0-9a-f]{16})")]
    private static partial Regex Kept();
}
