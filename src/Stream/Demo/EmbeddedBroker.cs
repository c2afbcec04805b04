using Confluent.Kafka;

namespace Esn.Streaming.Demo;

/// <summary>
/// librdkafka's mock cluster: a broker inside this process that speaks Kafka's protocol and keeps everything in memory.
/// For trying things out; it knows no transactions, no access control and no disk.
/// </summary>
public sealed class EmbeddedBroker : IDisposable
{
    /// <summary>Partitions of every topic.</summary>
    public const int Partitions = 4;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    readonly IProducer<Null, Null> _owner;  // the cluster lives as long as this client

    /// <summary>Starts it.</summary>
    /// <param name="topics">Topics to make, each of <see cref="Partitions"/> partitions.</param>
    public EmbeddedBroker(params IReadOnlyList<string> topics)
    {
        var config = new ProducerConfig { BootstrapServers = "mock" };
        config.Set("test.mock.num.brokers", "1");
        config.AllowAutoCreateTopics = true;
        _owner = new ProducerBuilder<Null, Null>(config).SetLogHandler((_, _) => { }).Build();
        using IAdminClient admin = new DependentAdminClientBuilder(_owner.Handle).Build();
        BootstrapServers = string.Join(',', admin.GetMetadata(Patience).Brokers.Select(broker => $"{broker.Host}:{broker.Port}"));
        foreach (string topic in topics) Make(topic);
    }

    /// <summary>Makes a topic: the cluster refuses when asked to, but does when a producer first asks where the topic is.</summary>
    public void Make(string topic)
    {
        using IAdminClient admin = new DependentAdminClientBuilder(_owner.Handle).Build();
        admin.GetMetadata(topic, Patience);
    }

    /// <summary>Where clients of this machine find it.</summary>
    public string BootstrapServers { get; }

    /// <inheritdoc/>
    public void Dispose() => _owner.Dispose();
}
