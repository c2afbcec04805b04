using System.Buffers;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Esn.Stream.Tests;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.State;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Broker.Tests;

// What whole processes keep in a topic and go on with.
public sealed partial class TopicStoreTests
{
    [Fact]
    public async Task The_example_goes_on_in_another_process_with_what_the_brokers_keep()
    {
        string? home = Environment.GetEnvironmentVariable("KAFKA_HOME");
        Assert.SkipUnless(!string.IsNullOrEmpty(home), "no KAFKA_HOME: the example's names are those of every installation");
        using var directory = new TemporaryDirectory();
        string config = Path.Combine(directory.Path, "esn.yaml");
        File.WriteAllText(config, File.ReadAllText(Path.Combine(SharedData.Root, "config", "without-disk.yaml"))
            + "http: { listen: \"127.0.0.1:0\" }\n");
        await Topics.Create(broker.BootstrapServers!, "timesteps", 3);
        EsnProcess Worker() => new(new() { ["ESN_KAFKA_SERVERS"] = broker.BootstrapServers!, ["ESN_STATE_DIRECTORY"] = "/proc/none" },
            ["run", "--config", config]);
        using (EsnProcess one = Worker())
        {
            await Feed(200);
            await EndToEnd.Steps(one, 200);
            await EndToEnd.Stop(one);
        }
        using EsnProcess other = Worker();
        await Feed(50);
        await EndToEnd.Steps(other, 50);
        await EndToEnd.Stop(other);
        Assert.Contains("state in topic esn.state", other.Said, StringComparison.Ordinal);
        Assert.Contains("1 streams go on from their snapshot at offset 200", other.Said, StringComparison.Ordinal);
        Assert.Equal(["esn.yaml"], Directory.EnumerateFileSystemEntries(directory.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_stream_that_left_memory_comes_back_from_the_topic_in_another_process()
    {
        EsnConfig names = await Config(partitions: 1);
        using var directory = new TemporaryDirectory();
        string config = Path.Combine(directory.Path, "esn.yaml"), topic = names.Source.Topics[0];
        File.WriteAllText(config, $$"""
            kafka: { bootstrapServers: "{{names.Kafka.BootstrapServers}}" }
            source: { topics: [{{topic}}], group: {{topic}}, forgetAfter: 10 s, maxStreams: 2 }
            sink: { events: "events-{{topic}}", deadLetters: "letters-{{topic}}", exactlyOnce: true }
            control: { topic: "" }
            state: { store: topic, topic: {{names.State.Topic}} }
            http: { listen: "127.0.0.1:0" }
            """);
        async Task Feed(string stream, int from, int to)
        {
            using IProducer<byte[], byte[]> producer =
                new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = broker.BootstrapServers }).Build();
            for (int i = from; i < to; i++)
                producer.Produce(topic, new Message<byte[], byte[]>
                {
                    Key = Encoding.UTF8.GetBytes(stream),
                    Value = Encoding.UTF8.GetBytes($$"""{"timestamp": "{{Now.AddSeconds(i):O}}", "value": {{i % 17}}}"""),
                });
            await Task.Run(() => producer.Flush(EndToEnd.Patience), Cancel);
        }
        using (var one = new EsnProcess("run", "--config", config))
        {
            await Feed("a", 0, 100);
            await Feed("b", 0, 200);
            for (int step = 200; await EndToEnd.Metric(one, "esn_streams") != 1; step++)
            {
                Assert.InRange(step, 200, 1000);
                await Feed("b", step, step + 1);
                await EndToEnd.Steps(one, step + 101);  // of both
            }
            Assert.Contains("has 1 member, which would keep again", await Said(2, "state", "reset", "--config", config, "--yes"),
                StringComparison.Ordinal);
            await EndToEnd.Stop(one);
        }
        using var other = new EsnProcess("run", "--config", config);
        await Feed("a", 1100, 1150);
        await EndToEnd.Steps(other, 50);
        Assert.Equal(2, await EndToEnd.Metric(other, "esn_restored_streams_total"));
        await EndToEnd.Stop(other);
        Assert.Contains($"{topic}[0]  a  150 steps", await Said(0, "state", "show", "--config", config, "--stream", "a"),
            StringComparison.Ordinal);
        await Said(0, "state", "reset", "--config", config, "--stream", "a", "--yes");
        await Said(2, "state", "show", "--config", config, "--stream", "a");
    }

    static async Task<string> Said(int code, params string[] command)
    {
        using var esn = new EsnProcess(command);
        Assert.True(await esn.Exit(EndToEnd.Patience) == code, esn.Said);
        return esn.Said;
    }

    async Task Feed(int records)
    {
        using IProducer<byte[], byte[]> producer =
            new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = broker.BootstrapServers }).Build();
        for (int i = 0; i < records; i++)
            producer.Produce(new TopicPartition("timesteps", 1), new Message<byte[], byte[]>
            {
                Key = "a"u8.ToArray(), Value = Encoding.UTF8.GetBytes($$"""{"value": {{i % 17}}}"""),
            });
        await Task.Run(() => producer.Flush(EndToEnd.Patience), Cancel);
    }
}
