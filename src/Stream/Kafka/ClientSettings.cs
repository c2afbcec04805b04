using Confluent.Kafka;
using Esn.Streaming.Configuration;

namespace Esn.Streaming.Kafka;

/// <summary>librdkafka settings of the clients: ours, then the operator's, which win where they may.</summary>
static class ClientSettings
{
    public const string ClientId = "esn";

    public static ConsumerConfig Consumer(EsnConfig config)
    {
        var settings = new ConsumerConfig(Common(config.Kafka))
        {
            AutoOffsetReset = config.Source.From == StartFrom.Earliest ? AutoOffsetReset.Earliest : AutoOffsetReset.Latest,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
            AutoCommitIntervalMs = 1000,
            QueuedMaxMessagesKbytes = 16 * 1024,  // what waits inside the client, per partition
            StatisticsIntervalMs = 1000,
            IsolationLevel = IsolationLevel.ReadCommitted,
        };
        Apply(settings, config.Kafka.Consumer);
        // An offset is stored when all that came of its batch is, never earlier: not to be set from outside.
        settings.GroupId = config.Source.Group;
        settings.EnableAutoCommit = true;
        settings.EnableAutoOffsetStore = false;
        return settings;
    }

    public static ProducerConfig Producer(EsnConfig config)
    {
        var settings = new ProducerConfig(Common(config.Kafka))
        {
            EnableIdempotence = true,
            LingerMs = 5,
            MessageTimeoutMs = 0,           // an event waits for the broker as long as it takes; the consumer waits with it
            MessageMaxBytes = 64 * 1024 * 1024,  // a dead letter is as large as what came; the broker's limit decides
        };
        Apply(settings, config.Kafka.Producer);
        return settings;
    }

    public static AdminClientConfig Admin(KafkaConfig kafka) => new(Common(kafka));

    static Dictionary<string, string> Common(KafkaConfig kafka)
    {
        var settings = new Dictionary<string, string> { ["client.id"] = ClientId };
        foreach ((string key, string value) in kafka.Settings) settings[key] = value;
        settings["bootstrap.servers"] = kafka.BootstrapServers;
        return settings;
    }

    static void Apply(ClientConfig settings, IReadOnlyDictionary<string, string> more)
    {
        foreach ((string key, string value) in more) settings.Set(key, value);
    }
}
