using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>Records and events as large as Apache Kafka takes them, and larger.</summary>
public sealed class LimitsOfApacheKafka(RealKafkaFixture broker) : EndToEnd(broker), IClassFixture<RealKafkaFixture>
{
    [Fact]
    public async Task A_record_that_fills_the_brokers_limit_comes_back_in_parts()
    {
        string servers = Servers;
        (string source, string events, string letters) = await NewTopics();
        using var esn = new EsnProcess("run", "--config", Config(NewDirectory(), servers, source, events, letters));
        await Ready(esn);
        byte[] noise = new byte[1_048_588 - 100];  // message.max.bytes of the broker, less what a batch of one record takes
        new MathNet.Numerics.Random.Xoshiro256StarStar(8).NextBytes(noise);
        using (IProducer<byte[], byte[]> producer =
            new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers, MessageMaxBytes = 2_000_000 }).Build())
            await producer.ProduceAsync(source, new Message<byte[], byte[]> { Key = "k"u8.ToArray(), Value = noise });
        var parts = await Topics.Read(servers, letters, found =>
            found.Count > 0 && found.Count == int.Parse(found[0].Header("esn_part").Split('/')[1], CultureInfo.InvariantCulture),
            Patience);
        Assert.Equal(noise, parts.OrderBy(part => int.Parse(part.Header("esn_part").Split('/')[0], CultureInfo.InvariantCulture))
            .SelectMany(part => part.Message.Value));
        Assert.All(parts, part => Assert.Equal("not_json", part.Header("esn_reason")));
        await Stop(esn);
    }

    [Fact]
    public async Task No_record_ends_the_process_nor_keeps_it_from_starting()
    {
        string servers = Servers, directory = NewDirectory();
        string source = $"poison-{Guid.NewGuid():N}", letters = $"poison-letters-{Guid.NewGuid():N}",
            events = $"poison-events-{Guid.NewGuid():N}";
        await Topics.Create(servers, source, 1, largestMessage: 5_000_000);
        await Topics.Create(servers, letters, 1);
        await Topics.Create(servers, events, 1);
        byte[] hugeKey = [.. Enumerable.Repeat((byte)'k', 1_200_000)], good = """{"value": 1}"""u8.ToArray();
        Message<byte[], byte[]>[] poison =
        [
            new() { Key = "a"u8.ToArray(), Value = good, Timestamp = new Timestamp(-62_135_596_800_001, TimestampType.CreateTime) },
            new() { Key = hugeKey, Value = good },
            new() { Key = "h"u8.ToArray(), Value = "{"u8.ToArray(),
                Headers = [new Header("large", new byte[1_200_000]), new Header("small", [1])] },
            new() { Key = "n"u8.ToArray(), Value = Encoding.UTF8.GetBytes($$"""{"value": "{{new string('9', 1_200_000)}}"}""") },
            new() { Key = "w"u8.ToArray(), Value =
                Encoding.UTF8.GetBytes($$"""{"values": [{{string.Join(',', Enumerable.Repeat("1", 39_000))}}]}""") },
            new() { Key = "s"u8.ToArray(), Value = "{"u8.ToArray(), Headers = [new Header("trace", "42"u8.ToArray())] },
        ];
        string config = Config(directory, servers, source, events, letters);
        using (var esn = new EsnProcess("run", "--config", config))
        {
            await Ready(esn);
            using (IProducer<byte[], byte[]> producer =
                new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers, MessageMaxBytes = 5_000_000 }).Build())
            {
                foreach (Message<byte[], byte[]> message in poison) await producer.ProduceAsync(source, message);
                await producer.ProduceAsync(source, new Message<byte[], byte[]> { Key = "a"u8.ToArray(), Value = good });
            }
            await Steps(esn, 1);
            await Stop(esn);
        }
        var dead = await Topics.ReadAll(servers, letters);
        Assert.Single(dead, letter => letter.Header("esn_reason") == "bad_timestamp");
        Assert.Contains(dead, letter => letter.Header("esn_timestamp") == "-62135596800001");
        var cut = Assert.Single(dead, letter => letter.Header("esn_reason") == "bad_key");
        Assert.Equal((1024, "1200000"), (cut.Message.Key.Length, cut.Header("esn_key_bytes")));
        Assert.Equal(good, cut.Message.Value);
        Assert.Equal("2", Assert.Single(dead, letter => letter.Message.Key.AsSpan().SequenceEqual("h"u8)).Header("esn_headers_left_out"));
        Assert.Equal("42", Assert.Single(dead, letter => letter.Message.Key.AsSpan().SequenceEqual("s"u8)).Header("trace"));
        var parts = dead.Where(letter => letter.Message.Key.AsSpan().SequenceEqual("n"u8)).ToList();
        Assert.Equal(poison[3].Value, parts.SelectMany(part => part.Message.Value));
        Assert.Equal("too_many_channels", Assert.Single(dead, letter => letter.Message.Key.AsSpan().SequenceEqual("w"u8))
            .Header("esn_reason"));

        using var next = new EsnProcess("run", "--config", config);
        await Ready(next);
        await Stop(next);
    }

    [Fact]
    public async Task A_topic_of_events_with_a_small_limit_gets_smaller_events()
    {
        string servers = Servers, directory = NewDirectory(), feed = Path.Combine(directory, "feed.csv");
        WriteFeed(feed, steps: 8000);
        (string source, _, string letters) = await NewTopics();
        string events = $"small-{Guid.NewGuid():N}", none = $"tiny-{Guid.NewGuid():N}";
        await Topics.Create(servers, events, 1, largestMessage: 1500);
        await Topics.Create(servers, none, 1, largestMessage: 100);
        using (var esn = new EsnProcess("run", "--config", Config(directory, servers, source, events, letters)))
        {
            await Replay(servers, feed, source);
            await Steps(esn, 8000);
            await Stop(esn);
        }
        var found = await Topics.ReadAll(servers, events);
        Assert.Contains(found, record => record.Header("ce_type") == "esn.anomaly.opened");
        Assert.Contains(found, record => record.Data().TryGetProperty("leftOut", out _));

        // Where not even the least of an event fits, it says so and goes on.
        using var still = new EsnProcess("run", "--config", Config(NewDirectory(), servers, source, none, letters, group: "another"));
        await Steps(still, 8000);
        await Stop(still);
        Assert.Contains($"fits into topic {none} in no size", still.Said, StringComparison.Ordinal);
    }
}

/// <summary>Topics that are not there, or no longer; replicas that come and go.</summary>
public sealed class TopicsOfApacheKafka(RealKafkaFixture broker) : EndToEnd(broker), IClassFixture<RealKafkaFixture>
{
    [Fact]
    public async Task A_topic_that_goes_ends_it_in_order_and_the_next_one_need_not_wait_for_the_session()
    {
        string servers = Servers, directory = NewDirectory();
        (string source, string events, string letters) = await NewTopics();
        string config = Config(directory, servers, source, events, letters,
            producer: ", consumer: { session.timeout.ms: 600000, max.poll.interval.ms: 600000 }, "
                + "producer: { message.timeout.ms: 2000, topic.metadata.propagation.max.ms: 100 }");
        using IProducer<byte[], byte[]> producer =
            new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers }).Build();
        using (var esn = new EsnProcess("run", "--config", config))
        {
            await Ready(esn);
            await Topics.Delete(servers, letters);
            await producer.ProduceAsync(source, new Message<byte[], byte[]> { Key = "a"u8.ToArray(), Value = "{"u8.ToArray() });
            Assert.Equal(1, await esn.Exit(Patience));
            Assert.Contains($"stopped: can't write to topic {letters}: ", esn.Said, StringComparison.Ordinal);
            Assert.DoesNotContain("Unhandled exception", esn.Said, StringComparison.Ordinal);
        }

        await Topics.Create(servers, letters, 1);
        using var next = new EsnProcess("run", "--config", config);
        await Ready(next);  // a session lasts for longer than is waited
        // What had no letter gets one now.
        Assert.Single(await Topics.Read(servers, letters, found => found.Count > 0, Patience));
        await Stop(next);
    }

    [Fact]
    public async Task A_topic_of_events_that_is_deleted_is_told_of_before_anything_is_to_be_written()
    {
        string servers = Servers;
        (string source, string events, string letters) = await NewTopics();
        using var esn = new EsnProcess("run", "--config", Config(NewDirectory(), servers, source, events, letters));
        await Ready(esn);
        await Topics.Delete(servers, events);
        await NotReady(esn, $"topic {events} is gone");
        await Said(esn, $"topic {events} is gone");
        await Topics.Create(servers, events, 1);
        await Ready(esn);
        await Stop(esn);
    }

    [Fact]
    public async Task Why_it_is_not_ready_names_the_topic_that_is_not_there_before_it_was_made_and_after_it_was_deleted()
    {
        string servers = Servers, source = $"later-{Guid.NewGuid():N}";
        (_, string events, string letters) = await NewTopics();
        using var esn = new EsnProcess("run", "--config", Config(NewDirectory(), servers, source, events, letters));
        await NotReady(esn, $"topic {source} does not exist");
        await Topics.Create(servers, source, 1);
        await Ready(esn);
        await Topics.Delete(servers, source);
        await NotReady(esn, $"topic {source} does not exist");
        // The group may just be taking away what was deleted: offsets that can't be committed then are told, and end it with 1.
        esn.Terminate();
        Assert.InRange(await esn.Exit(Patience), 0, 1);
    }

    [Fact]
    public async Task Why_it_is_not_ready_names_the_brokers_that_do_not_answer()
    {
        using var esn = new EsnProcess("run", "--config", Config(NewDirectory(), "127.0.0.1:1", "steps", "events", "letters"));
        await NotReady(esn, "no broker of 127.0.0.1:1 is connected");
        await Stop(esn);
    }

    [Fact]
    public async Task Replicas_share_the_streams_and_take_over_from_each_other()
    {
        string servers = Servers, directory = NewDirectory();
        (string source, string events, string letters) = await NewTopics();
        string config = Config(directory, servers, source, events, letters);
        using var one = new EsnProcess("run", "--config", config);
        using var other = new EsnProcess("run", "--config", config);
        await Topics.Shared(servers, source, members: 2, partitions: 2, () => one.Said + other.Said);
        using IProducer<byte[], byte[]> producer =
            new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers }).Build();
        async Task Send(int from, int to)
        {
            for (int i = from; i < to; i++)
                for (int stream = 0; stream < 8; stream++)
                    producer.Produce(new TopicPartition(source, stream % 2),
                        new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes($"s{stream}"),
                        Value = Encoding.UTF8.GetBytes($$"""{"value": {{i % 17}}}""") });
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
}

/// <summary>Brokers of a test's own: killed, or secured.</summary>
public sealed class BrokersOfApacheKafka(RealKafkaFixture broker) : EndToEnd(broker), IClassFixture<RealKafkaFixture>
{
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
        await NotReady(esn, $"no broker of {kafka.BootstrapServers} is connected");
        await kafka.Start();
        await Ready(esn);
        await Replay(kafka.BootstrapServers, second, "steps", "feed");
        await Steps(esn, 5000);
        Assert.Equal(5000, await Metric(esn, "esn_steps_total"));
        var opened = (await Topics.ReadAll(kafka.BootstrapServers, "events"))
            .Where(record => record.Header("ce_type") == "esn.anomaly.opened");
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
            using (var http = new HttpClient { BaseAddress = await esn.Address })
                Assert.DoesNotContain("esn-secret", await http.GetStringAsync("/metrics"), StringComparison.Ordinal);
            await Stop(esn);
            Assert.DoesNotContain("esn-secret", esn.Said, StringComparison.Ordinal);
        }

        using var wrong = new EsnProcess(Environ("guess"), ["run", "--config", config]);
        await Ready(wrong, ready: false);
        await Said(wrong, "uthentication failed");
        await Stop(wrong);
        Assert.DoesNotContain("guess", wrong.Said, StringComparison.Ordinal);
    }
}

/// <summary>How soon a broker answers, which is asked while no other class keeps it busy.</summary>
[Collection(nameof(Alone))]
public sealed class IdlePartitionsOfApacheKafka(RealKafkaFixture broker) : EndToEnd(broker), IClassFixture<RealKafkaFixture>
{
    [Fact]
    public async Task A_topic_of_many_partitions_where_nothing_comes_is_ready_all_the_time()
    {
        string servers = Servers, source = $"idle-{Guid.NewGuid():N}";
        (_, string events, string letters) = await NewTopics();
        await Topics.Create(servers, source, 48);
        using var esn = new EsnProcess("run", "--config", Config(NewDirectory(), servers, source, events, letters));
        await Said(esn, "assigned partitions");
        await Task.Delay(TimeSpan.FromSeconds(5));  // 48 of them begin
        await Ready(esn);
        using var http = new HttpClient { BaseAddress = await esn.Address };
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(15); DateTime.UtcNow < end; await Task.Delay(100))
        {
            HttpResponseMessage ready = await http.GetAsync("/health/ready");
            Assert.True(ready.IsSuccessStatusCode, $"{await ready.Content.ReadAsStringAsync()}\n{esn.Said}");
        }
        await Stop(esn);
    }
}
