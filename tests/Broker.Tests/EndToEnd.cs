using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Esn.Streaming.Demo;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>From a file through a broker to events, with `esn` as processes; the same claims for every broker.</summary>
public abstract class EndToEnd(IBroker broker)
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

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
            rows.Append(CultureInfo.InvariantCulture, $"{new DateTime(2026, 1, 1).AddMinutes(i):yyyy-MM-dd HH:mm:ss};{30 + Math.Sin(i * .01) + random.NextDouble() + step:R};{2 + .1 * random.NextDouble():R}\n");
        }
        File.WriteAllText(feed, rows.ToString());
        await ReplayEqualsBacktest(servers, directory, feed, rows: 6000, arguments: ["--preset", preset], preset, channels: "[flow, pressure]");
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
            (good, Encoding.UTF8.GetBytes("""{"value": NaN}"""), "not_json"),
            (good, Encoding.UTF8.GetBytes("""{"value": "NaN"}"""), "not_finite"),
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

        using (IProducer<byte[]?, byte[]?> producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = servers, MessageMaxBytes = 2_000_000, LingerMs = 1 }).Build())
        {
            for (int i = 0; i < rows.Length; i++)
            {
                string[] row = rows[i].Split(',');
                byte[] value = Encoding.UTF8.GetBytes($$"""{"timestamp": "{{row[0]}}", "value": {{row[1]}}}""");
                producer.Produce(new TopicPartition(source, 0), new Message<byte[]?, byte[]?> { Key = good, Value = value });
                producer.Produce(new TopicPartition(clean, 0), new Message<byte[]?, byte[]?> { Key = good, Value = value });
                if (i % 400 == 399 && i / 400 < garbage.Length)
                    producer.Produce(new TopicPartition(source, 0), new Message<byte[]?, byte[]?> { Key = garbage[i / 400].Key, Value = garbage[i / 400].Value });
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
        var disturbed = await Topics.Read(servers, events, found => false, TimeSpan.FromSeconds(3));
        var undisturbed = await Topics.Read(servers, cleanEvents, found => false, TimeSpan.FromSeconds(3));
        Assert.NotEmpty(undisturbed);
        Assert.Equal(undisturbed.Select(record => Comparable(record.Data())), disturbed.Select(record => Comparable(record.Data())));
    }

    [Fact]
    public async Task Sigterm_ends_it_within_ten_seconds_with_everything_committed()
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
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers }).Build();
        await producer.ProduceAsync(source, new Message<byte[], byte[]> { Key = "late-comer"u8.ToArray(), Value = """{"value": 1}"""u8.ToArray() });
        await Steps(next, 1);
        Assert.Equal(1, await Metric(next, "esn_steps_total"));
        await Stop(next);
    }

    /// <summary>Sends a file through the broker and compares with its backtest.</summary>
    protected async Task ReplayEqualsBacktest(string servers, string directory, string feed, long rows, string[] arguments, string preset = "signal", string channels = "[]")
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

        string[] expected = [.. File.ReadLines(Path.Combine(directory, "out", "events.jsonl")).Select(line => Comparable(JsonDocument.Parse(line).RootElement.GetProperty("data")))];
        var found = await Topics.Read(servers, events, records => records.Count > expected.Length, TimeSpan.FromSeconds(5));
        Assert.NotEmpty(expected);
        Assert.Equal(expected, found.Select(record => Comparable(record.Data())));
        Assert.All(found, record => Assert.StartsWith("esn.anomaly.", record.Header("ce_type"), StringComparison.Ordinal));
        Assert.All(found, record => Assert.Equal("1.0", record.Header("ce_specversion")));
        Assert.Equal(found.Count, found.Select(record => record.Header("ce_id")).Distinct().Count());
    }

    protected static string NewDirectory() => Directory.CreateTempSubdirectory("esn-test-").FullName;

    // All of an event's data but the names of where it was found, to the last digit.
    static string Comparable(JsonElement data) =>
        string.Join('\n', data.EnumerateObject().Where(field => field.Name is not ("stream" or "topic" or "alarm")).Select(field => $"{field.Name}: {field.Value.GetRawText()}"));

    static bool Same(byte[]? a, byte[]? b) => a is null || b is null ? a is null && b is null : a.AsSpan().SequenceEqual(b);

    protected static void WriteFeed(string file, int steps, int from = 0)
    {
        var feed = new DemoFeed(seed: 3, quiet: DemoRun.Quiet, noise: .01);
        for (int i = 0; i < from; i++) feed.Next();
        using var writer = new StreamWriter(file);
        writer.WriteLine("timestamp,value");
        var start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        for (int i = from; i < from + steps; i++) writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{start.AddSeconds(i):yyyy-MM-ddTHH:mm:ssZ},{feed.Next():R}"));
    }

    protected async Task<(string Source, string Events, string DeadLetters)> NewTopics() =>
        (await broker.Topic("steps"), await broker.Topic("events"), await broker.Topic("dead-letters"));

    protected static string Config(string directory, string servers, string source, string events, string deadLetters, string preset = "signal", string channels = "[]")
    {
        string file = Path.Combine(directory, "esn.yaml");
        File.WriteAllText(file, $$"""
            kafka: { bootstrapServers: "{{servers}}" }
            preset: {{preset}}
            source: { topics: [{{source}}], group: {{source}}, fields: { channels: {{channels}} } }
            sink: { events: {{events}}, deadLetters: {{deadLetters}}, createTopics: false }
            http: { listen: "127.0.0.1:0", stallSeconds: 3 }
            """);
        return file;
    }

    protected static async Task Replay(string servers, string feed, string topic, string? key = null, string? config = null)
    {
        using var replay = new EsnProcess(["replay", feed, "--to", topic, "--bootstrap-servers", servers, "--key", key ?? Path.GetFileNameWithoutExtension(feed), .. config is null ? [] : new[] { "--config", config }]);
        Assert.True(await replay.Exit(Patience) == 0, replay.Said);
    }

    protected static async Task Ready(EsnProcess esn, bool ready = true)
    {
        using var http = new HttpClient { BaseAddress = await esn.Address };
        DateTime end = DateTime.UtcNow + Patience;
        while ((await http.GetAsync("/health/ready")).IsSuccessStatusCode != ready)
        {
            Assert.True(DateTime.UtcNow < end, $"ready is not {ready}: {await (await http.GetAsync("/health/ready")).Content.ReadAsStringAsync()}\n{esn.Said}");
            await Task.Delay(50);
        }
    }

    protected static async Task Steps(EsnProcess esn, long steps)
    {
        DateTime end = DateTime.UtcNow + TimeSpan.FromMinutes(5);
        double done;
        while ((done = await Metric(esn, "esn_steps_total")) < steps)
        {
            Assert.True(DateTime.UtcNow < end, $"{done} of {steps} steps\n{esn.Said}");
            await Task.Delay(50);
        }
    }

    protected static async Task<double> Metric(EsnProcess esn, string name)
    {
        using var http = new HttpClient { BaseAddress = await esn.Address };
        string line = (await http.GetStringAsync("/metrics")).Split('\n').Single(row => row.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }

    protected static async Task Stop(EsnProcess esn)
    {
        esn.Terminate();
        Assert.True(await esn.Exit(TimeSpan.FromSeconds(10)) == 0, esn.Said);
    }
}

/// <summary>On the broker of `esn demo`.</summary>
public sealed class EndToEndOnTheEmbeddedBroker(EmbeddedBrokerFixture broker) : EndToEnd(broker), IClassFixture<EmbeddedBrokerFixture>;

/// <summary>On Apache Kafka.</summary>
public sealed class EndToEndOnApacheKafka(RealKafkaFixture broker) : EndToEnd(broker), IClassFixture<RealKafkaFixture>
{
    readonly RealKafkaFixture _broker = broker;

    [Fact]
    public async Task A_record_that_fills_the_brokers_limit_comes_back_in_parts()
    {
        string servers = Servers;
        (string source, string events, string letters) = await NewTopics();
        using var esn = new EsnProcess("run", "--config", Config(NewDirectory(), servers, source, events, letters));
        await Ready(esn);
        byte[] noise = new byte[1_048_588 - 100];  // message.max.bytes of the broker, less what a batch of one record takes
        new MathNet.Numerics.Random.Xoshiro256StarStar(8).NextBytes(noise);
        using (IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers, MessageMaxBytes = 2_000_000 }).Build())
            await producer.ProduceAsync(source, new Message<byte[], byte[]> { Key = "k"u8.ToArray(), Value = noise });
        var parts = await Topics.Read(servers, letters, found => found.Count > 0 && found.Count == int.Parse(found[0].Header("esn_part").Split('/')[1], CultureInfo.InvariantCulture), TimeSpan.FromSeconds(20));
        Assert.Equal(noise, parts.OrderBy(part => int.Parse(part.Header("esn_part").Split('/')[0], CultureInfo.InvariantCulture)).SelectMany(part => part.Message.Value));
        Assert.All(parts, part => Assert.Equal("not_json", part.Header("esn_reason")));
        await Stop(esn);
    }

    [Fact]
    public async Task A_broker_that_is_killed_and_comes_back_costs_nothing()
    {
        string? home = Environment.GetEnvironmentVariable("KAFKA_HOME");
        Assert.SkipUnless(!string.IsNullOrEmpty(home), "no KAFKA_HOME: only a broker of our own may be killed");
        await using var kafka = new KafkaProcess(home!);
        await kafka.Start();
        string directory = NewDirectory(), first = Path.Combine(directory, "1.csv"), second = Path.Combine(directory, "2.csv");
        WriteFeed(first, steps: 2500);
        WriteFeed(second, steps: 2500, from: 2500);
        foreach (string topic in new[] { "steps", "events", "dead-letters" }) await Topics.Create(kafka.BootstrapServers, topic, 2);
        using var esn = new EsnProcess("run", "--config", Config(directory, kafka.BootstrapServers, "steps", "events", "dead-letters"));
        await Replay(kafka.BootstrapServers, first, "steps", "feed");
        await Steps(esn, 2500);

        await kafka.Kill();
        await Ready(esn, ready: false);
        await kafka.Start();
        await Ready(esn);
        await Replay(kafka.BootstrapServers, second, "steps", "feed");
        await Steps(esn, 5000);
        Assert.Equal(5000, await Metric(esn, "esn_steps_total"));
        var opened = (await Topics.Read(kafka.BootstrapServers, "events", found => false, TimeSpan.FromSeconds(3))).Where(record => record.Header("ce_type") == "esn.anomaly.opened");
        Assert.Contains(opened, record => record.Data().GetProperty("position").GetInt64() > 2500);
        await Stop(esn);
    }

    [Fact]
    public async Task It_reads_through_SASL_and_TLS_and_a_wrong_password_is_told()
    {
        string? home = Environment.GetEnvironmentVariable("KAFKA_HOME");
        Assert.SkipUnless(!string.IsNullOrEmpty(home), "no KAFKA_HOME: the secured broker is one of our own");
        await using var kafka = new KafkaProcess(home!, secured: true);
        await kafka.Start();
        await Topics.Create(kafka.BootstrapServers, "timesteps", 2);
        string directory = NewDirectory(), feed = Path.Combine(directory, "feed.csv"), config = Path.Combine(directory, "secured.yaml");
        WriteFeed(feed, steps: 500);
        // The example of the repository, on another port.
        string example = Path.Combine(SharedData.Root, "config", "secured.yaml");
        File.WriteAllText(config, File.ReadAllText(example) + "\nhttp: { listen: \"127.0.0.1:0\" }\n");
        Dictionary<string, string> Environ(string password) => new()
        {
            ["ESN_KAFKA_SERVERS"] = kafka.SecuredServers, ["ESN_KAFKA_CA"] = kafka.CertificateAuthority, ["ESN_KAFKA_PASSWORD"] = password,
        };
        using (var esn = new EsnProcess(Environ("esn-secret"), ["run", "--config", config]))
        {
            await Ready(esn);
            await Replay(kafka.BootstrapServers, feed, "timesteps");
            await Steps(esn, 500);
            await Stop(esn);
        }

        using var wrong = new EsnProcess(Environ("guess"), ["run", "--config", config]);
        await Ready(wrong, ready: false);
        DateTime end = DateTime.UtcNow + Patience;
        while (!wrong.Said.Contains("uthentication failed", StringComparison.Ordinal))
        {
            Assert.True(DateTime.UtcNow < end, wrong.Said);
            await Task.Delay(50);
        }
        await Stop(wrong);
    }

    [Fact]
    public async Task Replicas_share_the_streams_and_take_over_from_each_other()
    {
        string servers = Servers, directory = NewDirectory();
        (string source, string events, string letters) = await NewTopics();
        string config = Config(directory, servers, source, events, letters);
        using var one = new EsnProcess("run", "--config", config);
        using var other = new EsnProcess("run", "--config", config);
        await Ready(one);
        await Ready(other);
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers }).Build();
        async Task Send(int from, int to)
        {
            for (int i = from; i < to; i++)
                for (int stream = 0; stream < 8; stream++)
                    producer.Produce(new TopicPartition(source, stream % 2), new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes($"s{stream}"), Value = Encoding.UTF8.GetBytes($$"""{"value": {{i % 17}}}""") });
            await Task.Run(() => producer.Flush(Patience));
        }
        await Send(0, 300);
        DateTime end = DateTime.UtcNow + Patience;
        while (await Metric(one, "esn_steps_total") + await Metric(other, "esn_steps_total") < 2400)
        {
            Assert.True(DateTime.UtcNow < end, one.Said + other.Said);
            await Task.Delay(50);
        }
        double before = await Metric(other, "esn_steps_total");
        Assert.Equal(2400, await Metric(one, "esn_steps_total") + before);  // none twice
        Assert.Equal(4, await Metric(one, "esn_streams"));
        await Stop(one);
        await Send(300, 400);
        await Steps(other, (long)before + 800);
        Assert.Equal(before + 800, await Metric(other, "esn_steps_total"));
        Assert.Equal(8, await Metric(other, "esn_streams"));
        await Stop(other);
    }

    [Fact]
    public async Task A_labelled_benchmark_file_gives_the_events_of_its_backtest()
    {
        Assert.SkipUnless(_broker.BootstrapServers is not null, _broker.Missing);
        string? feed = SharedData.Find("mgab/1.csv");
        Assert.SkipUnless(feed is not null, "no ../shared/data/mgab/1.csv");
        await ReplayEqualsBacktest(_broker.BootstrapServers!, NewDirectory(), feed!, rows: 100_000, arguments: ["--label-column", "is_anomaly"]);
    }
}
