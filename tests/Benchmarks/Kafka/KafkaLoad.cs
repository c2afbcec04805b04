using System.Globalization;
using System.Text;
using Confluent.Kafka;

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
    public static void Make(string servers) => Backlog.Make(servers, Topic, Partitions);

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
        Backlog.Send(servers, Enumerable.Range(_sent, count).Select(Record));
        _sent += count;
    }

    (TopicPartition, Message<byte[], byte[]>) Record(int number)
    {
        int stream = number % Streams, step = number / Streams;
        string json = string.Create(CultureInfo.InvariantCulture,
            $$"""{"timestamp": "{{Start.AddSeconds(step):yyyy-MM-ddTHH:mm:ssZ}}", "value": {{Value(stream, step):F6}}}""");
        return (new TopicPartition(Topic, stream % Partitions), new Message<byte[], byte[]>
        {
            Key = Encoding.UTF8.GetBytes($"stream-{stream:D4}"), Value = Encoding.UTF8.GetBytes(json),
        });
    }

    static double Value(int stream, int step) => Math.Sin(.31 * step + stream) + .5 * Math.Sin(.073 * step * (1 + stream % 7));
}
