using Confluent.Kafka;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.Streams;
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
            PastEvents past = new EventHistory(config, TimeProvider.System, NullLogger.Instance)
                .Read([new PartitionId("steps", 0)], TestContext.Current.CancellationToken);
            Assert.Empty(past.Alarms);
            Assert.Empty(past.Silences);
            return past.Whole;
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

    [Fact]
    public async Task It_says_which_streams_were_told_to_be_silent_and_not_that_they_speak_again()
    {
        string events = await broker.Topic("events");
        var config = new EsnConfig
        {
            Kafka = new KafkaConfig { BootstrapServers = broker.BootstrapServers! }, Sink = new SinkConfig { Events = events },
        };
        using (IProducer<byte[]?, byte[]?> producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig
            { BootstrapServers = broker.BootstrapServers }).Build())
        {
            foreach ((string key, int partition, int channel, bool ended, long sinceAt) in ((string, int, int, bool, long)[])
                [("a", 0, -1, false, 5), ("b", 0, -1, false, 6), ("c", 1, -1, false, 7), ("b", 0, -1, true, 6), ("d", 0, 1, false, 8),
                ("b", 0, -1, false, 9)])
            {
                var stream = new StreamId("steps", partition, key);
                var change = new SilenceChange(stream, channel, ended, DateTime.UnixEpoch, DateTime.UnixEpoch.AddHours(1),
                    TimeSpan.FromSeconds(1), sinceAt, sinceAt);
                ScoredBatch batch = new(new TimePassed()) { Silences = [change] };
                foreach (Message<byte[]?, byte[]?> message in Outgoing.Of(batch, config).SelectMany(one => one.Messages()))
                    producer.Produce(events, message);
            }
            producer.Flush(TestContext.Current.CancellationToken);
        }
        PastEvents past = new EventHistory(config, TimeProvider.System, NullLogger.Instance)
            .Read([new PartitionId("steps", 0)], TestContext.Current.CancellationToken);
        Assert.Equal([new SilenceTold(new StreamId("steps", 0, "a"), DateTime.UnixEpoch, 5),
            new(new StreamId("steps", 0, "b"), DateTime.UnixEpoch, 9)], past.Silences.OrderBy(one => one.Stream.Key));
        Assert.Empty(past.Alarms);
        Assert.True(past.Whole);
    }
}
