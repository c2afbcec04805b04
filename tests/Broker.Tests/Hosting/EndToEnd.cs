using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Esn.Streaming.Demo;
using Esn.Streaming.State;
using Esn.Streaming.Wire;
using Esn.Stream.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>From a file through a broker to events, with `esn` as processes; the same claims for every broker.</summary>
public abstract partial class EndToEnd(IBroker broker) : IDisposable
{
    readonly List<string> _directories = [];

    // Nothing that is right takes as long, on whatever machine: it says when a test has failed, not how quick something is.
    protected internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    protected string Servers
    {
        get
        {
            Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
            return broker.BootstrapServers!;
        }
    }

    [Fact]
    public async Task A_replayed_feed_gives_the_events_of_its_backtest()
    {
        string servers = Servers, directory = NewDirectory(), feed = Path.Combine(directory, "feed.csv");
        WriteFeed(feed, steps: 8000);
        await ReplayEqualsBacktest(servers, directory, feed, rows: 8000, arguments: []);
    }

    [Fact]
    public async Task A_run_that_is_killed_and_stopped_learns_nothing_anew_and_tells_what_an_undisturbed_one_tells()
    {
        string servers = Servers, directory = NewDirectory();
        (string source, string events, string letters) = await NewTopics();
        string undisturbed = await broker.Topic("undisturbed");
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

    [Theory]
    [InlineData("sensors")]
    [InlineData("metric")]
    public async Task A_feed_of_several_channels_gives_the_events_of_its_backtest(string preset)
    {
        string servers = Servers, directory = NewDirectory(), feed = Path.Combine(directory, "plant.csv");
        var random = new MathNet.Numerics.Random.Xoshiro256StarStar(4);
        var rows = new StringBuilder("datetime;flow;pressure\n");
        for (int i = 0; i < 6000; i++)
        {
            double step = i is >= 5200 and < 5260 ? 3 : 0;
            double flow = 30 + Math.Sin(i * .01) + random.NextDouble() + step, pressure = 2 + .1 * random.NextDouble();
            rows.Append(CultureInfo.InvariantCulture,
                $"{new DateTime(2026, 1, 1).AddMinutes(i):yyyy-MM-dd HH:mm:ss};{flow:R};{pressure:R}\n");
        }
        File.WriteAllText(feed, rows.ToString());
        await ReplayEqualsBacktest(servers, directory, feed, rows: 6000, arguments: ["--preset", preset], preset,
            channels: "[flow, pressure]");
    }

    [Fact]
    public async Task Garbage_changes_nothing_and_is_found_in_the_dead_letters_byte_for_byte()
    {
        string servers = Servers, directory = NewDirectory(), feed = Path.Combine(directory, "feed.csv");
        WriteFeed(feed, steps: 5000);
        string[] rows = File.ReadAllLines(feed)[1..];
        byte[] good = Encoding.UTF8.GetBytes("good");
        byte[] noise = new byte[1_000_000];
        new MathNet.Numerics.Random.Xoshiro256StarStar(7).NextBytes(noise);
        (byte[]? Key, byte[]? Value, string Reason)[] garbage =
        [
            (good, Encoding.UTF8.GetBytes("""{"value": 1."""), "not_json"),
            (good, Encoding.UTF8.GetBytes("""{"value": 1e999}"""), "not_finite"),
            (good, Encoding.UTF8.GetBytes("""{"values": [1, 2]}"""), "wrong_dimension"),
            (good, Encoding.UTF8.GetBytes("""{"timestamp": "yesterday", "value": 1}"""), "bad_timestamp"),
            (good, Encoding.UTF8.GetBytes("""{"timestamp": 0, "value": 1}"""), "late"),
            (null, Encoding.UTF8.GetBytes("""{"value": 1}"""), "no_key"),
            (good, null, "no_value"),
            (good, noise, "not_json"),
            (good, [], "not_json"),
        ];

        (string source, string events, string letters) = await NewTopics();
        string clean = await broker.Topic("clean"), cleanEvents = await broker.Topic("clean-events");
        using var esn = new EsnProcess("run", "--config", Config(directory, servers, source, events, letters));
        using var pure = new EsnProcess("run", "--config", Config(NewDirectory(), servers, clean, cleanEvents, letters));
        await Ready(esn);
        await Ready(pure);

        using (IProducer<byte[]?, byte[]?> producer =
            new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = servers, MessageMaxBytes = 2_000_000,
            LingerMs = 1 }).Build())
        {
            for (int i = 0; i < rows.Length; i++)
            {
                string[] row = rows[i].Split(',');
                byte[] value = Encoding.UTF8.GetBytes($$"""{"timestamp": "{{row[0]}}", "value": {{row[1]}}}""");
                producer.Produce(new TopicPartition(source, 0), new Message<byte[]?, byte[]?> { Key = good, Value = value });
                producer.Produce(new TopicPartition(clean, 0), new Message<byte[]?, byte[]?> { Key = good, Value = value });
                if (i % 400 == 399 && i / 400 < garbage.Length)
                    producer.Produce(new TopicPartition(source, 0),
                        new Message<byte[]?, byte[]?> { Key = garbage[i / 400].Key, Value = garbage[i / 400].Value });
            }
            producer.Flush(Patience);
        }

        await Steps(esn, rows.Length);
        await Steps(pure, rows.Length);
        var dead = await Topics.Read(servers, letters, found => found.Count >= garbage.Length, Patience);
        Assert.Equal(garbage.Length, dead.Count);
        foreach ((byte[]? key, byte[]? value, string reason) in garbage)
            Assert.Contains(dead, letter => letter.Header("esn_reason") == reason && letter.Header("esn_topic") == source
                && Same(letter.Message.Key, key) && Same(letter.Message.Value, value));

        await Stop(esn);
        await Stop(pure);
        var disturbed = await Topics.ReadAll(servers, events);
        var undisturbed = await Topics.ReadAll(servers, cleanEvents);
        Assert.NotEmpty(undisturbed);
        Assert.Equal(undisturbed.Select(record => Comparable(record.Data())), disturbed.Select(record => Comparable(record.Data())));
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

    [Fact]
    public async Task A_field_in_binary_records_becomes_an_event_that_says_where()
    {
        string servers = Servers, directory = NewDirectory();
        (string source, string events, string letters) = await NewTopics();
        string config = Config(directory, servers, source, events, letters);
        File.WriteAllText(config, File.ReadAllText(config).Replace("preset: signal", Waves.ModelYaml, StringComparison.Ordinal)
            .Replace("createTopics: false", $"maps: {await broker.Topic("maps")}, createTopics: false", StringComparison.Ordinal));
        using var esn = new EsnProcess("run", "--config", config);
        using (IProducer<byte[], byte[]> producer =
            new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers }).Build())
        {
            for (int t = 0; t < Waves.Frames; t++)
            {
                FeedRecord record = Waves.Record(t);
                byte[] value = t == 300 ? record.Value![..^1] : record.Value!;  // one is cut off
                var headers = new Headers();
                foreach (RecordHeader header in record.Headers) headers.Add(header.Name, header.Value);
                producer.Produce(source, new Message<byte[], byte[]> { Key = record.Key!, Value = value, Headers = headers });
            }
            producer.Flush(Patience);
        }
        await Steps(esn, Waves.Frames - 1);
        await Stop(esn);

        var dead = Assert.Single(await Topics.ReadAll(servers, letters));
        Assert.Equal("wrong_length", dead.Header("esn_reason"));
        Assert.Contains("esn-shape 12×16 of float32 makes 768 bytes, the value has 767", dead.Header("esn_detail"),
            StringComparison.Ordinal);
        var opened = Assert.Single(await Topics.ReadAll(servers, events), record => record.Header("ce_type") == "esn.anomaly.opened");
        JsonElement region = opened.Data().GetProperty("field").GetProperty("regions")[0];
        Assert.True(Waves.InBump(region.GetProperty("row").GetDouble(), region.GetProperty("column").GetDouble()),
            opened.Data().ToString());
        Assert.InRange(region.GetProperty("latitude").GetDouble(), 1, 7);
        Assert.InRange(region.GetProperty("longitude").GetDouble(), 129, 132);
    }

    /// <summary>Sends a file through the broker and compares with its backtest.</summary>
    protected async Task ReplayEqualsBacktest(string servers, string directory, string feed, long rows, string[] arguments,
        string preset = "signal", string channels = "[]")
    {
        (string source, string events, string letters) = await NewTopics();
        string config = Config(directory, servers, source, events, letters, preset, channels);
        using (var esn = new EsnProcess("run", "--config", config))
        {
            await Replay(servers, feed, source, config: config);
            await Steps(esn, rows);
            await Stop(esn);
        }
        using var backtest = new EsnProcess(["backtest", feed, "--out", Path.Combine(directory, "out"), .. arguments]);
        Assert.True(await backtest.Exit(TimeSpan.FromMinutes(5)) == 0, backtest.Said);

        string[] expected = [.. File.ReadLines(Path.Combine(directory, "out", "events.jsonl"))
            .Select(line => Comparable(JsonDocument.Parse(line).RootElement.GetProperty("data")))];
        var found = await Topics.ReadAll(servers, events);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, found.Select(record => Comparable(record.Data())));
        Assert.All(found, record => Assert.StartsWith("esn.anomaly.", record.Header("ce_type"), StringComparison.Ordinal));
        Assert.All(found, record => Assert.Equal("1.0", record.Header("ce_specversion")));
        Assert.Equal(found.Count, found.Select(record => record.Header("ce_id")).Distinct().Count());
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

    // All of an event's data but the names of where it was found, to the last digit. A file has rows, and a name for its only column.
    static string Comparable(JsonElement data) =>
        string.Join('\n', data.EnumerateObject().Where(field => field.Name is not ("stream" or "topic" or "alarm" or "rows"))
            .Select(field => $"{field.Name}: {field.Value.GetRawText().Replace(",\"name\":\"value\"", "", StringComparison.Ordinal)}"));

    static bool Same(byte[]? a, byte[]? b) => a is null || b is null ? a is null && b is null : a.AsSpan().SequenceEqual(b);
}

/// <summary>On the broker of `esn demo`.</summary>
public sealed class EndToEndOnTheEmbeddedBroker(EmbeddedBrokerFixture broker) : EndToEnd(broker), IClassFixture<EmbeddedBrokerFixture>;
