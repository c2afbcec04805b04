using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Esn.Streaming.Wire;
using Esn.Stream.Tests;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>A feed through a broker tells what its backtest does; the same claims for every broker.</summary>
public abstract class ReplayedFeeds(IBroker broker) : EndToEnd(broker)
{
    [Fact]
    public async Task A_replayed_feed_gives_the_events_of_its_backtest()
    {
        string servers = Servers, directory = NewDirectory(), feed = Path.Combine(directory, "feed.csv");
        WriteFeed(feed, steps: 8000);
        await ReplayEqualsBacktest(servers, directory, feed, rows: 8000, arguments: []);
    }

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
        string clean = await Broker.Topic("clean"), cleanEvents = await Broker.Topic("clean-events");
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
    public async Task A_field_in_binary_records_becomes_an_event_that_says_where()
    {
        string servers = Servers, directory = NewDirectory();
        (string source, string events, string letters) = await NewTopics();
        string config = Config(directory, servers, source, events, letters);
        File.WriteAllText(config, File.ReadAllText(config).Replace("preset: signal", Waves.ModelYaml, StringComparison.Ordinal)
            .Replace("createTopics: false", $"maps: {await Broker.Topic("maps")}, createTopics: false", StringComparison.Ordinal));
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

    // All of an event's data but the names of where it was found, to the last digit. A file has rows, and a name for its only column.
    static string Comparable(JsonElement data) =>
        string.Join('\n', data.EnumerateObject().Where(field => field.Name is not ("stream" or "topic" or "alarm" or "rows"))
            .Select(field => $"{field.Name}: {field.Value.GetRawText().Replace(",\"name\":\"value\"", "", StringComparison.Ordinal)}"));

    static bool Same(byte[]? a, byte[]? b) => a is null || b is null ? a is null && b is null : a.AsSpan().SequenceEqual(b);
}

/// <summary>On the broker of `esn demo`.</summary>
public sealed class ReplayedFeedsOnTheEmbeddedBroker(EmbeddedBrokerFixture broker)
    : ReplayedFeeds(broker), IClassFixture<EmbeddedBrokerFixture>;

/// <summary>On Apache Kafka.</summary>
public sealed class ReplayedFeedsOnApacheKafka(RealKafkaFixture broker) : ReplayedFeeds(broker), IClassFixture<RealKafkaFixture>
{
    [Fact]
    public async Task A_labelled_benchmark_file_gives_the_events_of_its_backtest()
    {
        string servers = Servers;
        string? feed = SharedData.Find("mgab/1.csv");
        Assert.SkipUnless(feed is not null, "no ../shared/data/mgab/1.csv");
        await ReplayEqualsBacktest(servers, NewDirectory(), feed!, rows: 100_000,
            arguments: ["--label-column", "is_anomaly"]);
    }
}
