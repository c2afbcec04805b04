using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Esn.Streaming.State;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>Processes that are stopped or killed, and those that go on after them; the same claims for every broker.</summary>
public abstract class Restarts(IBroker broker) : EndToEnd(broker)
{
    [Fact]
    public async Task A_run_that_is_killed_and_stopped_learns_nothing_anew_and_tells_what_an_undisturbed_one_tells()
    {
        string servers = Servers, directory = NewDirectory();
        (string source, string events, string letters) = await NewTopics();
        string undisturbed = await Broker.Topic("undisturbed");
        string disturbed = Config(directory, servers, source, events, letters, state: "state: { intervalSeconds: 1 }");
        async Task Feed(int from, int to)
        {
            string feed = Path.Combine(directory, "feed.csv");
            WriteFeed(feed, to - from, from);
            await Replay(servers, feed, source);
        }
        // The first snapshot of a partition is empty: it says where the partition begins.
        async Task<bool> HoldsAStream()
        {
            await using var store = new DirectoryStore(Path.Combine(directory, "esn.state"), source, NullLogger.Instance);
            return await store.List(TestContext.Current.CancellationToken).AnyAsync(stored => stored.Streams > 0);
        }

        await Feed(0, 3000);
        using (var killed = new EsnProcess("run", "--config", disturbed))
        {
            await Steps(killed, 3000);
            DateTime end = DateTime.UtcNow + Patience;
            // A batch after the interval brings the snapshot, a few more records what came after it.
            for (int from = 3000; !await HoldsAStream(); from += 100)
            {
                Assert.True(DateTime.UtcNow < end, killed.Said);
                await Feed(from, from + 100);
            }
        }  // kill -9
        long fed = (await Topics.ReadAll(servers, source)).Count;

        string said;
        using (var stopped = new EsnProcess("run", "--config", disturbed))
        {
            await Ready(stopped);
            await Feed((int)fed, 6000);
            DateTime end = DateTime.UtcNow + Patience;
            while (await LastStep(stopped) < Seconds(5999))
            {
                Assert.True(DateTime.UtcNow < end, stopped.Said);
                await Task.Delay(50);
            }
            await Stop(stopped);
            said = stopped.Said;
        }
        Assert.Contains("1 streams go on from their snapshot at offset", said, StringComparison.Ordinal);
        using (var last = new EsnProcess("run", "--config", disturbed))
        {
            await Ready(last);
            await Feed(6000, 8000);
            await Steps(last, 2000);
            Assert.Equal(2000, await Metric(last, "esn_steps_total"));
            await Stop(last);
            said = last.Said;
        }
        using var once = new EsnProcess("run", "--config",
            Config(NewDirectory(), servers, source, undisturbed, letters, group: "undisturbed"));
        await Steps(once, 8000);
        await Stop(once);

        Dictionary<string, string> Told(List<Confluent.Kafka.ConsumeResult<byte[], byte[]>> found) =>
            found.GroupBy(record => record.Header("ce_id")).ToDictionary(same => same.Key, same =>
                Assert.Single(same.Select(record => Encoding.UTF8.GetString(record.Message.Value)).Distinct()));
        Dictionary<string, string> expected = Told(await Topics.ReadAll(servers, undisturbed));
        Assert.True(expected.Count >= 3, $"{expected.Count} events");
        Assert.Equal(expected.OrderBy(one => one.Key), Told(await Topics.ReadAll(servers, events)).OrderBy(one => one.Key));
        Assert.Equal(Digests(once.Said), Digests(said));
    }

    [Fact]
    public async Task A_silence_that_a_killed_process_told_goes_on_and_ends_once()
    {
        string servers = Servers, directory = NewDirectory(), feed = Path.Combine(directory, "feed.csv");
        (string source, string events, string letters) = await NewTopics();
        string Config(int seconds) => EndToEnd.Config(directory, servers, source, events, letters,
            times: $", times: {{ silentAfter: 20, silentSeconds: {seconds} }}");
        async Task<string[]> Told() =>
            [.. (await Topics.ReadAll(servers, events)).Select(record => record.Header("ce_id").Split('/')[^1])];
        async Task Silent(EsnProcess esn, int silent)
        {
            using var http = new HttpClient { BaseAddress = await esn.Address };
            string told = "";
            for (DateTime end = DateTime.UtcNow + Patience; ; await Task.Delay(100))
            {
                told = (await http.GetStringAsync("/metrics")).Split('\n').SingleOrDefault(row =>
                    row.StartsWith("esn_stream_silent{", StringComparison.Ordinal)) ?? "none";
                if (told.EndsWith($" {silent}", StringComparison.Ordinal)) return;
                Assert.True(DateTime.UtcNow < end, $"{told}\n{esn.Said}");
            }
        }

        WriteFeed(feed, 300);
        await Replay(servers, feed, source);
        using (var stopped = new EsnProcess("run", "--config", Config(seconds: 3600)))
        {
            await Steps(stopped, 300);
            await Stop(stopped);
        }
        using (var killed = new EsnProcess("run", "--config", Config(seconds: 1)))
        {
            await Silent(killed, 1);
            Assert.Equal(["silent"], await Told());
        }  // kill -9, and no snapshot since
        using var last = new EsnProcess("run", "--config", Config(seconds: 3600));
        await Silent(last, 1);  // by what was told: its own clock tells after an hour
        WriteFeed(feed, 1, from: 315);  // by the times of the frames it was not silent
        await Replay(servers, feed, source);
        await Silent(last, 0);
        await Stop(last);
        Assert.Equal(["silent", "resumed"], await Told());
    }

    [Fact]
    public async Task Sigterm_ends_it_with_everything_committed()
    {
        string servers = Servers, directory = NewDirectory(), feed = Path.Combine(directory, "feed.csv");
        WriteFeed(feed, steps: 3000);
        (string source, string events, string letters) = await NewTopics();
        string config = Config(directory, servers, source, events, letters);
        using (var esn = new EsnProcess("run", "--config", config))
        {
            await Ready(esn);
            await Replay(servers, feed, source);
            await Steps(esn, 3000);
            await Stop(esn);
        }

        // What is committed is not read again: the next one sees only what comes after.
        using var next = new EsnProcess("run", "--config", config);
        await Ready(next);
        using IProducer<byte[], byte[]> producer =
            new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers }).Build();
        await producer.ProduceAsync(source, new Message<byte[], byte[]> { Key = "late-comer"u8.ToArray(),
            Value = """{"value": 1}"""u8.ToArray() });
        await Steps(next, 1);
        Assert.Equal(1, await Metric(next, "esn_steps_total"));
        await Stop(next);
    }

    static async Task<double> LastStep(EsnProcess esn)
    {
        using var http = new HttpClient { BaseAddress = await esn.Address };
        return (await http.GetStringAsync("/metrics")).Split('\n')
            .Where(row => row.StartsWith("esn_last_step_timestamp_seconds{", StringComparison.Ordinal))
            .Select(row => double.Parse(row.Split(' ')[^1], CultureInfo.InvariantCulture)).DefaultIfEmpty().Max();
    }

    static double Seconds(int step) => (new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc)
        .AddSeconds(step) - DateTime.UnixEpoch).TotalSeconds;

    // Of the partitions that hold a stream.
    static string[] Digests(string said) => [.. System.Text.RegularExpressions.Regex.Matches(said,
        @"kept the state of (\S+: 1 streams), .* (digest [0-9a-f]{16})")
        .Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}").Order(StringComparer.Ordinal)];
}

/// <summary>On the broker of `esn demo`.</summary>
public sealed class RestartsOnTheEmbeddedBroker(EmbeddedBrokerFixture broker) : Restarts(broker), IClassFixture<EmbeddedBrokerFixture>;

/// <summary>On Apache Kafka.</summary>
public sealed class RestartsOnApacheKafka(RealKafkaFixture broker) : Restarts(broker), IClassFixture<RealKafkaFixture>;
