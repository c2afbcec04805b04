using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Esn.Benchmarks.Kafka;

/// <summary>The records: a step of every stream after the other, as live feeds come.</summary>
sealed class KafkaLoad
{
    public const int Partitions = 6;
    public const string Topic = "steps";

    static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    int _sent;

    public required int Records { get; set; }

    public required int Streams { get; init; }

    public required int Units { get; init; }

    /// <summary>esn.dll, such as the published one.</summary>
    public required string Program { get; init; }

    /// <summary>The model of a set of scores, as <see cref="Yaml"/> says it.</summary>
    public static ModelSpec Spec(string scores, int units)
    {
        ErrorModelSpec spec = Presets.Signal();
        spec = spec with { Reservoir = spec.Reservoir with { Units = units } };
        return scores == "one" ? spec with { Scores = [new MeanErrorSpec()] } : spec;
    }

    /// <summary>The same as a part of a configuration.</summary>
    public static string Yaml(string scores, int units) =>
        $"detector: {{ reservoir: {{ units: {units} }}{(scores == "one" ? ", scores: [meanError]" : "")} }}";

    /// <summary>Sends all of them, but those that are there from a run before; where more are there, it is of all these.</summary>
    public void Fill(string servers)
    {
        Make(servers);
        _sent = Held(servers);
        if (_sent % Streams != 0) throw new InvalidOperationException($"{servers} has a topic {Topic} that is not of {Streams} streams");
        Records = Math.Max(Records, _sent);
        Send(servers, Records - _sent);
    }

    /// <summary>Makes the topic where there is none.</summary>
    public static void Make(string servers)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        if (admin.GetMetadata(TimeSpan.FromMinutes(1)).Topics.Exists(topic => topic.Topic == Topic)) return;
        admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = Partitions, ReplicationFactor = 1 }]).Wait();
    }

    static int Held(string servers)
    {
        using IConsumer<byte[], byte[]> consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = servers, GroupId = "none",
        }).Build();
        return (int)Enumerable.Range(0, Partitions).Sum(partition =>
            consumer.QueryWatermarkOffsets(new TopicPartition(Topic, partition), TimeSpan.FromMinutes(1)).High.Value);
    }

    /// <summary>Sends the next ones.</summary>
    public void Send(string servers, int count)
    {
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
        {
            BootstrapServers = servers, LingerMs = 20, QueueBufferingMaxMessages = 1_000_000, EnableDeliveryReports = false,
        }).Build();
        byte[][] keys = [.. Enumerable.Range(0, Streams).Select(stream => Encoding.UTF8.GetBytes($"stream-{stream:D4}"))];
        for (int end = _sent + count; _sent < end; _sent++)
        {
            int stream = _sent % Streams, step = _sent / Streams;
            string json = string.Create(CultureInfo.InvariantCulture,
                $$"""{"timestamp": "{{Start.AddSeconds(step):yyyy-MM-ddTHH:mm:ssZ}}", "value": {{Value(stream, step):F6}}}""");
            var message = new Message<byte[], byte[]> { Key = keys[stream], Value = Encoding.UTF8.GetBytes(json) };
            while (true)
            {
                try
                {
                    producer.Produce(new TopicPartition(Topic, stream % Partitions), message);
                    break;
                }
                catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(50));
                }
            }
        }
        producer.Flush(TimeSpan.FromMinutes(10));
    }

    static double Value(int stream, int step) => Math.Sin(.31 * step + stream) + .5 * Math.Sin(.073 * step * (1 + stream % 7));
}
