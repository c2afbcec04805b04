using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Xunit;

namespace Esn.Broker.Tests;

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
