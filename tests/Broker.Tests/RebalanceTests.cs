using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
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

    string Config(string servers, string topic, string from = "earliest", string consumer = "")
    {
        string file = Path.Combine(_directory, $"{topic}.yaml");
        File.WriteAllText(file, $$"""
            kafka: { bootstrapServers: "{{servers}}", consumer: { {{consumer}} } }
            source: { topics: [{{topic}}], group: {{topic}}, from: {{from}} }
            http: { listen: "127.0.0.1:0", stallSeconds: 3 }
            """);
        return file;
    }

    static async Task Send(string servers, string topic, int partitions, int records)
    {
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers }).Build();
        for (int i = 0; i < records; i++)
            producer.Produce(new TopicPartition(topic, i % partitions), new Message<byte[], byte[]>
            {
                Key = Encoding.UTF8.GetBytes($"s{i % partitions}"), Value = Encoding.UTF8.GetBytes($$"""{"value": {{i}}}"""),
            });
        await Task.Run(() => producer.Flush(EndToEnd.Patience));
    }
}
