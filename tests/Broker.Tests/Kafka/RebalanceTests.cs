using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Esn.Streaming.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>Partitions that come and go while `esn` runs.</summary>
public sealed class RebalanceTests(RealKafkaFixture broker) : IClassFixture<RealKafkaFixture>, IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("esn-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_topic_that_is_widened_under_from_latest_loses_no_record()
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string servers = broker.BootstrapServers!, topic = await broker.Topic("widened", partitions: 3);
        await Send(servers, topic, partitions: 3, records: 30);  // before the group begins: not read
        using var esn = new EsnProcess("run", "--config", Config(servers, topic, from: "latest"));
        await EndToEnd.Ready(esn);
        await Send(servers, topic, partitions: 3, records: 300);
        await EndToEnd.Steps(esn, 300);
        using (IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build())
            await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = 6 }]);
        await Send(servers, topic, partitions: 6, records: 600);
        await EndToEnd.Steps(esn, 900);
        Assert.Equal(900, await EndToEnd.Metric(esn, "esn_steps_total"));
        await EndToEnd.Stop(esn);
    }

    [Fact]
    public async Task A_restart_under_from_latest_reads_what_came_meanwhile_to_a_partition_that_had_been_empty()
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string servers = broker.BootstrapServers!, topic = await broker.Topic("quiet", partitions: 3);
        string config = Config(servers, topic, from: "latest");
        using (var esn = new EsnProcess("run", "--config", config))
        {
            await EndToEnd.Ready(esn);
            await EndToEnd.Stop(esn);
        }
        await Send(servers, topic, partitions: 3, records: 30);
        using var next = new EsnProcess("run", "--config", config);
        await EndToEnd.Steps(next, 30);
        await EndToEnd.Stop(next);
    }

    [Fact]
    public async Task A_member_that_holds_nothing_leaves_the_group_when_it_is_stopped()
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string servers = broker.BootstrapServers!, topic = await broker.Topic("narrow", partitions: 1), config = Config(servers, topic);
        using var holds = new EsnProcess("run", "--config", config);
        await EndToEnd.Ready(holds);
        using var idle = new EsnProcess("run", "--config", config);
        await EndToEnd.Ready(idle);
        await EndToEnd.Stop(idle);
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        DescribeConsumerGroupsResult group = await admin.DescribeConsumerGroupsAsync([topic]);
        Assert.Single(group.ConsumerGroupDescriptions[0].Members);
        await EndToEnd.Stop(holds);
    }

    [Fact]
    public async Task A_request_to_stop_is_heard_at_the_first_moment()
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        using var esn = new EsnProcess("run", "--config", Config(broker.BootstrapServers!, await broker.Topic("brief")));
        await esn.Address;
        await EndToEnd.Stop(esn);
    }

    [Fact]
    public async Task A_worker_that_is_stopped_while_others_give_it_their_partitions_leaves_at_once()
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string servers = broker.BootstrapServers!, topic = await broker.Topic("given", partitions: 6),
            // A session lasts for longer than is waited for steps.
            config = Config(servers, topic, consumer: "session.timeout.ms: 600000, max.poll.interval.ms: 600000");
        using var holds = new EsnProcess("run", "--config", config);
        await EndToEnd.Ready(holds);
        await Send(servers, topic, partitions: 6, records: 60);
        await EndToEnd.Steps(holds, 60);
        using var comes = new EsnProcess("run", "--config", config);
        await EndToEnd.Said(holds, "partitions go to another replica");
        await EndToEnd.Stop(comes);
        await Send(servers, topic, partitions: 6, records: 60);
        await EndToEnd.Steps(holds, 120);
        await EndToEnd.Stop(holds);
    }

    [Theory]
    [InlineData("earliest", "directory")]
    [InlineData("latest", "directory")]
    [InlineData("latest", "none")]
    public async Task A_topic_that_is_deleted_and_made_anew_is_read_from_its_beginning_whatever_the_group_had_committed(string from,
        string store)
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string servers = broker.BootstrapServers!, topic = await broker.Topic("anew", partitions: 2);
        using var old = new OldOffsets(servers, topic);
        using var esn = new EsnProcess("run", "--config", Config(servers, topic, from, store: store));
        await EndToEnd.Ready(esn);
        await Send(servers, topic, partitions: 2, records: 100);
        await EndToEnd.Steps(esn, 100);
        await Topics.Delete(servers, topic);
        await EndToEnd.Said(esn, "no longer a member of the group");
        await Topics.Create(servers, topic, 2);
        old.Commit(partitions: 2, next: 50);  // as if the coordinator were slow to forget them
        await Send(servers, topic, partitions: 2, records: 300);  // more than there had been
        await EndToEnd.Steps(esn, 400);
        Assert.Equal(400, await EndToEnd.Metric(esn, "esn_steps_total"));
        await EndToEnd.Stop(esn);
        Assert.Contains("deleted and made anew", esn.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("directory")]
    [InlineData("none")]
    public async Task A_topic_that_is_made_anew_before_anybody_misses_the_old_one_loses_no_record(string store)
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string servers = broker.BootstrapServers!, topic = await broker.Topic("swapped", partitions: 2);
        // One by its name, one by a pattern that means it alone.
        using var esn = new EsnProcess("run", "--config",
            Config(servers, topic, store: store, read: store == "none" ? topic : $"'^{topic}$'"));
        await EndToEnd.Ready(esn);
        await Send(servers, topic, partitions: 2, records: 100);
        await EndToEnd.Steps(esn, 100);
        await Committed(esn, partitions: 2);
        await Topics.Delete(servers, topic);
        await Topics.Create(servers, topic, 2);
        await Send(servers, topic, partitions: 2, records: 300);
        await EndToEnd.Said(esn, "deleted and made anew");
        await EndToEnd.Steps(esn, 400);  // and what was read before it was known
        using (var http = new HttpClient { BaseAddress = await esn.Address })
            for (DateTime end = DateTime.UtcNow + EndToEnd.Patience; store == "none"; await Task.Delay(100))
            {
                // Models that began anew have had every record, if no other.
                string streams = await http.GetStringAsync("/api/v1/streams");
                if (streams.Split("\"position\":149,").Length == 3) break;
                Assert.True(DateTime.UtcNow < end, $"{streams}\n{esn.Said}");
            }
        await EndToEnd.Stop(esn);
    }

    [Fact]
    public async Task A_topic_whose_id_nobody_told_when_its_partitions_came_is_known_from_the_next_look_on()
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string servers = broker.BootstrapServers!, topic = await broker.Topic("untold");
        using IConsumer<byte[]?, byte[]?> consumer = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig
        {
            BootstrapServers = servers, GroupId = "untold",
        }).Build();
        using IAdminClient admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        var ids = new TopicIds(consumer, NullLogger.Instance);
        ids.Remember([new TopicPartition(topic, 0)], new Dictionary<string, UInt128> { [topic] = 0 });
        Assert.Empty(await ids.Others(admin));
        await Topics.Delete(servers, topic);
        await Topics.Create(servers, topic, 1);
        string[] others = [];
        for (DateTime end = DateTime.UtcNow + EndToEnd.Patience; others.Length == 0 && DateTime.UtcNow < end; await Task.Delay(100))
            others = await ids.Others(admin);
        Assert.Equal([topic], others);
    }

    [Fact]
    public async Task A_topic_that_was_made_anew_while_nobody_read_it_is_read_from_its_beginning_by_the_models_there_are()
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string servers = broker.BootstrapServers!, topic = await broker.Topic("meanwhile", partitions: 2), config = Config(servers, topic);
        using (var esn = new EsnProcess("run", "--config", config))
        {
            await Send(servers, topic, partitions: 2, records: 100);
            await EndToEnd.Steps(esn, 100);
            await EndToEnd.Stop(esn);
        }
        using var old = new OldOffsets(servers, topic);
        await Topics.Delete(servers, topic);
        await Topics.Create(servers, topic, 2);
        old.Commit(partitions: 2, next: 50);
        await Send(servers, topic, partitions: 2, records: 300);
        using (var next = new EsnProcess("run", "--config", config))
        {
            await EndToEnd.Steps(next, 300);
            Assert.Equal(300, await EndToEnd.Metric(next, "esn_steps_total"));
            await EndToEnd.Stop(next);
            Assert.Contains($"{topic}[0] was made anew", next.Said, StringComparison.Ordinal);
        }
        // And it is known from then on: nothing is read twice.
        await Send(servers, topic, partitions: 2, records: 10);
        using var last = new EsnProcess("run", "--config", config);
        await EndToEnd.Steps(last, 10);
        Assert.Equal(10, await EndToEnd.Metric(last, "esn_steps_total"));
        await EndToEnd.Stop(last);
        Assert.DoesNotContain("made anew", last.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_could_not_be_committed_is_not_said_to_be()
    {
        string? home = Environment.GetEnvironmentVariable("KAFKA_HOME");
        Assert.SkipUnless(!string.IsNullOrEmpty(home), "no KAFKA_HOME: only a broker of our own may be killed");
        await using var kafka = new KafkaProcess(home!);
        await kafka.Start();
        await Topics.Create(kafka.BootstrapServers, "steps", 3);
        await Send(kafka.BootstrapServers, "steps", partitions: 3, records: 90_000);
        using var esn = new EsnProcess("run", "--config", Config(kafka.BootstrapServers, "steps"));
        await EndToEnd.Steps(esn, 100);  // and there is more than that on its way
        await kafka.Kill();
        esn.Terminate();
        Assert.True(await esn.Exit(EndToEnd.Patience) == 1, esn.Said);
        Assert.DoesNotContain("offsets are committed", esn.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_is_away_for_longer_than_a_session_costs_no_model()
    {
        string? home = Environment.GetEnvironmentVariable("KAFKA_HOME");
        Assert.SkipUnless(!string.IsNullOrEmpty(home), "no KAFKA_HOME: only a broker of our own may be killed");
        await using var kafka = new KafkaProcess(home!);
        await kafka.Start();
        await Topics.Create(kafka.BootstrapServers, "steps", 3);
        using var esn = new EsnProcess("run", "--config", Config(kafka.BootstrapServers, "steps", consumer: "session.timeout.ms: 6000"));
        await EndToEnd.Ready(esn);
        await Send(kafka.BootstrapServers, "steps", partitions: 3, records: 300);
        await EndToEnd.Steps(esn, 300);
        await Committed(esn, partitions: 3);
        await kafka.Kill();
        await EndToEnd.Said(esn, "no longer a member of the group");
        await EndToEnd.Ready(esn, ready: false);
        Assert.Equal(3, await EndToEnd.Metric(esn, "esn_streams"));
        await kafka.Start();
        await EndToEnd.Ready(esn);
        await Send(kafka.BootstrapServers, "steps", partitions: 3, records: 300);
        await EndToEnd.Steps(esn, 600);
        Assert.Equal(600, await EndToEnd.Metric(esn, "esn_steps_total"));
        Assert.Equal(3, await EndToEnd.Metric(esn, "esn_streams"));
        await EndToEnd.Stop(esn);
        Assert.Contains("it goes on with what it learnt of steps[", esn.Said, StringComparison.Ordinal);
        Assert.InRange(esn.Said.Split('\n').Length, 1, 100);  // a broker that is away is not told a thousand times
    }

    // All of them, as the brokers say.
    static async Task Committed(EsnProcess esn, int partitions)
    {
        using var http = new HttpClient { BaseAddress = await esn.Address };
        for (DateTime end = DateTime.UtcNow + EndToEnd.Patience; ; await Task.Delay(100))
        {
            string metrics = await http.GetStringAsync("/metrics");
            if (metrics.Split('\n').Count(row => row.StartsWith("esn_group_lag_records{", StringComparison.Ordinal)
                && row.EndsWith(" 0", StringComparison.Ordinal)) >= partitions) return;
            Assert.True(DateTime.UtcNow < end, $"{esn.Said}\n{metrics}");
        }
    }

    string Config(string servers, string topic, string from = "earliest", string consumer = "", string store = "directory",
        string? read = null)
    {
        string file = Path.Combine(_directory, $"{topic}.yaml");
        File.WriteAllText(file, $$"""
            kafka: { bootstrapServers: "{{servers}}", consumer: { {{consumer}} } }
            source: { topics: [{{read ?? topic}}], group: {{topic}}, from: {{from}} }
            sink: { events: {{topic}}-events, deadLetters: {{topic}}-dead }
            control: { topic: {{topic}}-commands }
            state: { store: {{store}} }
            http: { listen: "127.0.0.1:0", stallSeconds: 3 }
            """);
        return file;
    }

    static async Task Send(string servers, string topic, int partitions, int records)
    {
        using IProducer<byte[], byte[]> producer =
            new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers }).Build();
        for (int i = 0; i < records; i++)
            producer.Produce(new TopicPartition(topic, i % partitions), new Message<byte[], byte[]>
            {
                Key = Encoding.UTF8.GetBytes($"s{i % partitions}"), Value = Encoding.UTF8.GetBytes($$"""{"value": {{i}}}"""),
            });
        await Task.Run(() => producer.Flush(EndToEnd.Patience));
    }

    // Offsets that no member of the group commits: the brokers take those of a transaction.
    sealed class OldOffsets : IDisposable
    {
        readonly string _topic;
        readonly IProducer<byte[], byte[]> _producer;
        readonly IConsumer<byte[], byte[]> _group;

        public OldOffsets(string servers, string topic)
        {
            _topic = topic;
            _group = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = servers, GroupId = topic }).Build();
            _producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
            {
                BootstrapServers = servers, TransactionalId = $"old-{topic}",
            }).Build();
            _producer.InitTransactions(EndToEnd.Patience);
        }

        public void Commit(int partitions, long next)
        {
            _producer.BeginTransaction();
            _producer.SendOffsetsToTransaction(Enumerable.Range(0, partitions)
                .Select(partition => new TopicPartitionOffset(_topic, partition, next)), _group.ConsumerGroupMetadata, EndToEnd.Patience);
            _producer.CommitTransaction(EndToEnd.Patience);
        }

        public void Dispose()
        {
            _producer.Dispose();
            _group.Dispose();
        }
    }
}
