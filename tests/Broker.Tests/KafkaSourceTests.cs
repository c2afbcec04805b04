using System.Reactive.Linq;
using Confluent.Kafka;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Esn.Broker.Tests;

public sealed class KafkaSourceTests(RealKafkaFixture broker) : IClassFixture<RealKafkaFixture>
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Partitions_that_come_while_the_consumer_waits_wait_too()
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string servers = broker.BootstrapServers!, topic = await broker.Topic("waiting");
        var config = new EsnConfig { Kafka = new KafkaConfig { BootstrapServers = servers }, Source = new SourceConfig { Topics = [topic], Group = topic, BatchSize = 10 } };
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers }).Build();
        for (int i = 0; i < 5000; i++) producer.Produce(new TopicPartition(topic, i % 2), new Message<byte[], byte[]> { Key = [1], Value = [2] });
        producer.Flush(Patience);

        // Another member holds one of the two partitions, then goes.
        var settings = new ConsumerConfig { BootstrapServers = servers, GroupId = topic, PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky };
        using IConsumer<byte[], byte[]> other = new ConsumerBuilder<byte[], byte[]>(settings).Build();
        other.Subscribe(topic);
        using var source = new KafkaSource(config, new Readiness(TimeProvider.System, Patience), TimeProvider.System, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        int batches = 0, assigned = 0;
        using IDisposable running = source.Messages(stop.Token).Subscribe(message =>
        {
            if (message is PartitionsAssigned) source.Done(message);
            else Interlocked.Increment(ref batches);  // records are never done
            if (message is PartitionsAssigned partitions) Interlocked.Add(ref assigned, partitions.Partitions.Count);
        });
        await Until(() => { other.Consume(TimeSpan.FromMilliseconds(50)); return other.Assignment.Count == 1 && Volatile.Read(ref assigned) == 1; });
        await Until(() => { other.Consume(TimeSpan.FromMilliseconds(50)); return Volatile.Read(ref batches) == KafkaSource.MaxInFlight; });
        await Task.Delay(1500);  // longer than it waits before it pauses
        other.Close();
        await Until(() => Volatile.Read(ref assigned) == 2);
        await Task.Delay(3000);  // some thirty polls
        Assert.Equal(KafkaSource.MaxInFlight, Volatile.Read(ref batches));
        Assert.InRange(source.Collected, 0, 3);
        await stop.CancelAsync();
        Assert.Equal(Departure.Committed, await source.Close(Patience));
    }

    static async Task Until(Func<bool> condition)
    {
        DateTime end = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < end, "it did not come to it");
            await Task.Delay(20);
        }
    }
}
