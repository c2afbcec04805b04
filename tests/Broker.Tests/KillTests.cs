using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>
/// Workers as processes in one group, killed at random moments, and their broker restarted. ESN_KILL_TEST=long feeds 100,000
/// timesteps and kills 20 times; ESN_KILL_SEED repeats a run that failed, as far as its moments go.
/// </summary>
public sealed partial class KillTests(ITestOutputHelper output) : IDisposable
{
    const int Partitions = 6, Streams = 60, Workers = 3;

    static readonly bool Long = Environment.GetEnvironmentVariable("ESN_KILL_TEST") == "long";
    static readonly int Kills = Long ? 20 : 4, StepsPerStream = Long ? 1700 : 400, Broken = 97;

    readonly string _directory = Directory.CreateTempSubdirectory("esn-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Workers_that_are_killed_at_random_tell_what_an_undisturbed_one_tells_each_once()
    {
        string? home = Environment.GetEnvironmentVariable("KAFKA_HOME");
        Assert.SkipUnless(!string.IsNullOrEmpty(home), "no KAFKA_HOME: only a broker of our own may be killed");
        int seed = int.TryParse(Environment.GetEnvironmentVariable("ESN_KILL_SEED"), CultureInfo.InvariantCulture, out int given)
            ? given : Environment.TickCount;
        output.WriteLine($"ESN_KILL_SEED={seed}");
        var random = new MathNet.Numerics.Random.Xoshiro256StarStar(seed);
        await using var kafka = new KafkaProcess(home!);
        await kafka.Start();
        string servers = kafka.BootstrapServers;
        await Topics.Create(servers, "steps", Partitions);
        foreach (string topic in new[] { "events", "letters", "events-once", "letters-once" }) await Topics.Create(servers, topic, 1);

        string disturbed = Config(servers, "disturbed", "events", "letters"), undisturbed = Config(servers, "undisturbed", "events-once", "letters-once");
        var workers = new EsnProcess[Workers];
        for (int i = 0; i < Workers; i++) workers[i] = new EsnProcess("run", "--config", disturbed);
        try
        {
            Task feeding = Feed(servers, 0, StepsPerStream);
            for (int kill = 0; kill < Kills; kill++)
            {
                await Task.Delay(random.Next(500, 4000));
                int killed = random.Next(Workers);
                workers[killed].Dispose();  // kill -9
                workers[killed] = new EsnProcess("run", "--config", disturbed);
                if (kill != Kills / 2) continue;
                await kafka.Kill();
                await kafka.Start();
            }
            await feeding;
            await Through(servers, "disturbed", workers);
        }
        finally
        {
            foreach (EsnProcess worker in workers) worker.Dispose();
        }

        // What lasts is what the next one goes on from, and keeps when it is stopped: after a last step of every stream, for which
        // it must have taken again all that came after the snapshots.
        await Feed(servers, StepsPerStream, StepsPerStream + 1);
        string[] digests = await Digests(servers, "disturbed", disturbed), once = await Digests(servers, "undisturbed", undisturbed);
        Assert.Equal(Partitions, once.Length);
        Assert.Equal(once, digests);

        List<(string Id, string Value)> expected = Events(await Topics.ReadAll(servers, "events-once")), told = Events(await Topics.ReadAll(servers, "events"));
        Assert.True(expected.Count >= Streams, $"{expected.Count} events");
        Assert.Equal(expected, told);
        List<string> letters = Letters(await Topics.ReadAll(servers, "letters-once"));
        Assert.Equal(Streams * (StepsPerStream + 1) / Broken, letters.Count);
        Assert.Equal(letters, Letters(await Topics.ReadAll(servers, "letters")));
    }

    string Config(string servers, string group, string events, string letters)
    {
        string file = Path.Combine(_directory, $"{group}.yaml");
        File.WriteAllText(file, $$"""
            kafka:
              bootstrapServers: "{{servers}}"
              consumer: { session.timeout.ms: 6000, heartbeat.interval.ms: 1000 }
              producer: { transaction.timeout.ms: 6000 }
            source: { topics: [steps], group: {{group}}, batchSize: 100 }
            sink: { events: {{events}}, deadLetters: {{letters}}, createTopics: false, exactlyOnce: true }
            state: { directory: "{{Path.Combine(_directory, group)}}", intervalSeconds: 1 }
            preset: metric
            alarms: { budget: 1 per 20 steps }
            detector: { warmUp: 100 }
            http: { listen: "127.0.0.1:0", stallSeconds: 5 }
            """);
        return file;
    }

    // About as long as the killing takes.
    static async Task Feed(string servers, int from, int to)
    {
        var random = new MathNet.Numerics.Random.Xoshiro256StarStar(5 + from);
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers, EnableIdempotence = true }).Build();
        var start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        int sent = from * Streams;
        for (int step = from; step < to; step++)
        {
            for (int stream = 0; stream < Streams; stream++)
            {
                double jump = step > 130 && (step + 7 * stream) % 130 < 3 ? 8 : 0, value = Math.Sin(.3 * step + stream) + .05 * random.NextDouble() + jump;
                string json = ++sent % Broken == 0 ? "{" : string.Create(CultureInfo.InvariantCulture, $$"""{"timestamp": "{{start.AddSeconds(step):O}}", "value": {{value:R}}}""");
                producer.Produce(new TopicPartition("steps", stream % Partitions), new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes($"s{stream}"), Value = Encoding.UTF8.GetBytes(json) });
            }
            await Task.Delay(Long ? 30 : 40);
        }
        await Task.Run(() => producer.Flush(TimeSpan.FromMinutes(2)));
    }

    // Until the group has committed all that is there.
    static async Task Through(string servers, string group, params EsnProcess[] workers)
    {
        using IConsumer<byte[], byte[]> asks = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = servers, GroupId = group }).Build();
        TopicPartition[] partitions = [.. Enumerable.Range(0, Partitions).Select(partition => new TopicPartition("steps", partition))];
        DateTime end = DateTime.UtcNow + TimeSpan.FromMinutes(2);
        while (true)
        {
            List<TopicPartitionOffset> committed = await Task.Run(() => asks.Committed(partitions, TimeSpan.FromSeconds(30)));
            long left = await Task.Run(() => committed.Sum(one => asks.QueryWatermarkOffsets(one.TopicPartition, TimeSpan.FromSeconds(30)).High.Value - Math.Max(0, one.Offset.Value)));
            if (left == 0) return;
            if (DateTime.UtcNow >= end)
                Assert.Fail($"{left} records are left\n{string.Join("\n----\n", workers.Select(worker => worker.Said))}");
            await Task.Delay(200);
        }
    }

    async Task<string[]> Digests(string servers, string group, string config)
    {
        using var last = new EsnProcess("run", "--config", config);
        await EndToEnd.Ready(last);
        await Through(servers, group, last);
        await EndToEnd.Stop(last);
        output.WriteLine(last.Said);
        return [.. Kept().Matches(last.Said).Select(match => match.Value[..match.Value.IndexOf(',')] + " " + match.Groups[1].Value).Order(StringComparer.Ordinal)];
    }

    static List<(string Id, string Value)> Events(List<ConsumeResult<byte[], byte[]>> found) =>
        [.. found.Select(record => (record.Header("ce_id"), Encoding.UTF8.GetString(record.Message.Value))).Order()];

    static List<string> Letters(List<ConsumeResult<byte[], byte[]>> found) =>
        [.. found.Select(record => $"{record.Header("esn_partition")}@{record.Header("esn_offset")} {record.Header("esn_reason")}").Order(StringComparer.Ordinal)];

    [GeneratedRegex("kept the state of .*(digest [0-9a-f]{16})")]
    private static partial Regex Kept();
}
