using Confluent.Kafka;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Esn.Broker.Tests;

public sealed class EventHistoryTests(EmbeddedBrokerFixture broker) : IClassFixture<EmbeddedBrokerFixture>
{
    [Fact]
    public async Task It_says_whether_it_is_all_that_was_ever_told()
    {
        string events = await broker.Topic("events");
        var config = new EsnConfig
        {
            Kafka = new KafkaConfig { BootstrapServers = broker.BootstrapServers! }, Sink = new SinkConfig { Events = events },
        };
        bool Whole()
        {
            IReadOnlyList<BoardAlarm> past = new EventHistory(config, TimeProvider.System, NullLogger.Instance)
                .Read([new PartitionId("steps", 0)], out bool whole, TestContext.Current.CancellationToken);
            Assert.Empty(past);
            return whole;
        }
        Assert.True(Whole());
        // What others wrote counts, and is none of ours.
        using (IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
            { BootstrapServers = broker.BootstrapServers }).Build())
        {
            for (int i = 0; i < 2001; i++)
                producer.Produce(new TopicPartition(events, 0), new Message<byte[], byte[]> { Value = "{}"u8.ToArray() });
            producer.Flush(TestContext.Current.CancellationToken);
        }
        Assert.False(Whole());
    }
}
