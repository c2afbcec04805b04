using Confluent.Kafka;
using Esn.Streaming.Configuration;

namespace Esn.Streaming.Kafka;

/// <summary>librdkafka settings of the clients: ours, then the operator's, which win where they may.</summary>
static class ClientSettings
{
    public const string ClientId = "esn";

    // A process that died is missed after this, and its partitions go to the others. It may be as short as it is because a
    // broker that is away for longer costs no model: what was lost and comes back is gone on with.
    static readonly TimeSpan Session = TimeSpan.FromSeconds(15), Heartbeat = TimeSpan.FromSeconds(2);

    // New partitions and topics are found, and a topic that is gone is noticed, within this.
    static readonly TimeSpan Refresh = TimeSpan.FromSeconds(10), Propagation = TimeSpan.FromSeconds(5);

    // How long a broker holds a fetch for which it has nothing: whatever else is asked waits for it, thrice for each look at the group.
    static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(100);

    static readonly TimeSpan KeepWithin = TimeSpan.FromSeconds(30);

    public static ConsumerConfig Consumer(EsnConfig config)
    {
        var settings = new ConsumerConfig(Common(config.Kafka))
        {
            // Where a new group begins is said by StartOffsets. This is for an offset that is gone: what is still there is read.
            AutoOffsetReset = AutoOffsetReset.Earliest,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
            AutoCommitIntervalMs = 1000,
            SessionTimeoutMs = (int)Session.TotalMilliseconds,
            HeartbeatIntervalMs = (int)Heartbeat.TotalMilliseconds,
            TopicMetadataRefreshIntervalMs = (int)Refresh.TotalMilliseconds,
            FetchQueueBackoffMs = 10,  // a queue that was full is looked at again: at the default of 1 s it mostly stands empty
            QueuedMaxMessagesKbytes = 16 * 1024,  // what waits inside the client, per partition
            FetchWaitMaxMs = (int)Idle.TotalMilliseconds,
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
        ProducerConfig settings = AnyProducer(config);
        settings.MessageTimeoutMs = 0;  // an event waits for the broker as long as it takes; the consumer waits with it
        Apply(settings, config.Kafka.Producer);
        return settings;
    }

    /// <summary>
    /// A process has an id of its own, and keeps it over a restart where it has one in the group: the one before it is then
    /// fenced at once. Else the group's generation refuses it, and its open transaction ends by itself.
    /// </summary>
    public static ProducerConfig TransactionalProducer(EsnConfig config)
    {
        ProducerConfig settings = AnyProducer(config);
        string member = config.Kafka.Consumer.TryGetValue("group.instance.id", out string? instance) ? instance : $"{Guid.NewGuid():N}";
        settings.TransactionalId = $"{config.Source.Group}-{member}";
        settings.TransactionTimeoutMs = (int)TransactionalOutbox.LongestTransaction.TotalMilliseconds;
        Apply(settings, config.Kafka.Producer);
        return settings;
    }

    /// <summary>Reads what state is kept in a topic: of no group, and only what is committed.</summary>
    public static ConsumerConfig StateConsumer(EsnConfig config)
    {
        var settings = new ConsumerConfig(Common(config.Kafka));
        Apply(settings, config.Kafka.Consumer.Where(setting => setting.Key != "group.instance.id"));
        settings.GroupId = $"{config.Source.Group}-state";  // the client asks for one; nothing is committed for it
        settings.EnableAutoCommit = false;
        settings.EnableAutoOffsetStore = false;
        settings.EnablePartitionEof = true;
        settings.AutoOffsetReset = AutoOffsetReset.Earliest;
        settings.IsolationLevel = IsolationLevel.ReadCommitted;
        settings.CheckCrcs = true;
        settings.FetchWaitMaxMs = 10;  // that the end is reached is heard with a fetch that brings nothing
        settings.FetchQueueBackoffMs = 10;
        settings.QueuedMaxMessagesKbytes = 16 * 1024;
        return settings;
    }

    /// <summary>
    /// Writes state to a topic: records of brokers that do not answer are given up, as the next snapshot holds more.
    /// </summary>
    /// <param name="config">Validated.</param>
    /// <param name="largest">Bytes that the topic takes at once.</param>
    public static ProducerConfig StateProducer(EsnConfig config, int largest)
    {
        ProducerConfig settings = AnyProducer(config);
        settings.MessageTimeoutMs = (int)KeepWithin.TotalMilliseconds;
        Apply(settings, config.Kafka.Producer.Where(setting => setting.Key != "transactional.id"));
        settings.EnableIdempotence = true;
        settings.MessageMaxBytes = largest;
        settings.BatchSize = Math.Min(largest, 1_000_000);
        return settings;
    }

    static ProducerConfig AnyProducer(EsnConfig config) => new(Common(config.Kafka))
    {
        EnableIdempotence = true,
        LingerMs = 5,
        TopicMetadataRefreshIntervalMs = (int)Refresh.TotalMilliseconds,
        TopicMetadataPropagationMaxMs = (int)Propagation.TotalMilliseconds,
        MessageMaxBytes = 64 * 1024 * 1024,  // a dead letter is as large as what came; the broker's limit decides
    };

    public static AdminClientConfig Admin(KafkaConfig kafka) => new(Common(kafka));

    static Dictionary<string, string> Common(KafkaConfig kafka)
    {
        var settings = new Dictionary<string, string> { ["client.id"] = ClientId };
        foreach ((string key, string value) in kafka.Settings) settings[key] = value;
        settings["bootstrap.servers"] = kafka.BootstrapServers;
        return settings;
    }

    static void Apply(ClientConfig settings, IEnumerable<KeyValuePair<string, string>> more)
    {
        foreach ((string key, string value) in more) settings.Set(key, value);
    }
}
