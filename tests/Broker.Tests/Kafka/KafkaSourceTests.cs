using System.Collections.Concurrent;
using System.Reactive.Linq;
using Confluent.Kafka;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Esn.Broker.Tests;

public sealed class KafkaSourceTests(RealKafkaFixture broker) : IClassFixture<RealKafkaFixture>
{
    static readonly TimeSpan Patience = EndToEnd.Patience;

    [Fact]
    public async Task Partitions_that_come_while_the_consumer_waits_wait_too()
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string servers = broker.BootstrapServers!, topic = await broker.Topic("waiting");
        Fill(servers, topic);
        // Another member holds both partitions, gives one of them to the source that comes, then goes.
        using IConsumer<byte[], byte[]> other = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = servers, GroupId = topic, PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
        }).Build();
        other.Subscribe(topic);
        bool Others(Func<bool> condition)
        {
            other.Consume(TimeSpan.FromMilliseconds(50));
            return condition();
        }
        await Until(() => Others(() => other.Assignment.Count == 2));
        using KafkaSource source = Source(servers, topic, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        int batches = 0, assigned = 0;
        using IDisposable running = source.Messages(stop.Token).Subscribe(message =>
        {
            if (message is PartitionsAssigned) source.Done(message);
            else Interlocked.Increment(ref batches);  // records are never done
            if (message is PartitionsAssigned partitions) Interlocked.Add(ref assigned, partitions.Partitions.Count);
        });
        await Until(() => Others(() => other.Assignment.Count == 1 && Volatile.Read(ref assigned) == 1));
        await Until(() => Others(() => Volatile.Read(ref batches) == KafkaSource.MaxInFlight && source.IsPaused));
        other.Close();
        await Until(() => Volatile.Read(ref assigned) == 2);
        long waits = source.Waits;
        await Until(() => source.Waits >= waits + 5);
        Assert.Equal(KafkaSource.MaxInFlight, Volatile.Read(ref batches));
        Assert.InRange(source.Collected, 0, 3);
        await stop.CancelAsync();
        Assert.Equal(Departure.Committed, await source.Close(Patience));
    }

    [Fact]
    public async Task Partitions_that_are_lost_while_the_consumer_waits_are_read_when_they_come_back()
    {
        string? home = Environment.GetEnvironmentVariable("KAFKA_HOME");
        Assert.SkipUnless(!string.IsNullOrEmpty(home), "no KAFKA_HOME: only a broker of our own may be killed");
        await using var kafka = new KafkaProcess(home!);
        await kafka.Start();
        await Topics.Create(kafka.BootstrapServers, "steps", 2);
        Fill(kafka.BootstrapServers, "steps");
        var log = new Said();
        using KafkaSource source = Source(kafka.BootstrapServers, "steps", log);
        using var stop = new CancellationTokenSource();
        var held = new ConcurrentQueue<SourceMessage>();
        bool holds = true;
        long read = 0;
        using IDisposable running = source.Messages(stop.Token).Subscribe(message =>
        {
            if (message is RecordBatch batch) Interlocked.Add(ref read, batch.Records.Count);
            if (message is RecordBatch && Volatile.Read(ref holds)) held.Enqueue(message);
            else source.Done(message);
        });
        await Until(() => held.Count == KafkaSource.MaxInFlight && source.IsPaused);
        await kafka.Kill();
        await Until(() => log.Lines.Any(line => line.Contains("no longer a member", StringComparison.Ordinal)));
        Volatile.Write(ref holds, false);
        foreach (SourceMessage message in held) source.Done(message);
        await kafka.Start();
        await Until(() => Interlocked.Read(ref read) >= 5000);
        await stop.CancelAsync();
        await source.Close(Patience);
    }

    static KafkaSource Source(string servers, string topic, ILogger log) => new(new EsnConfig
    {
        Kafka = new KafkaConfig
        {
            BootstrapServers = servers, Consumer = new Dictionary<string, string> { ["session.timeout.ms"] = "6000" },
        },
        Source = new SourceConfig { Topics = [topic], Group = topic, BatchSize = 10 },
    }, new Readiness(TimeProvider.System, Patience), TimeProvider.System, log);

    static void Fill(string servers, string topic)
    {
        using IProducer<byte[], byte[]> producer =
            new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers }).Build();
        for (int i = 0; i < 5000; i++)
            producer.Produce(new TopicPartition(topic, i % 2), new Message<byte[], byte[]> { Key = [1], Value = [2] });
        producer.Flush(Patience);
    }

    static async Task Until(Func<bool> condition)
    {
        for (DateTime end = DateTime.UtcNow + Patience; !condition(); await Task.Delay(20))
            Assert.True(DateTime.UtcNow < end, "it did not come to it");
    }

    sealed class Said : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Lines.Enqueue(formatter(state, exception));
    }
}
