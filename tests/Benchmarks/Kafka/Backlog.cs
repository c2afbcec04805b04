using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Esn.Benchmarks.Kafka;

/// <summary>Records that wait in a topic.</summary>
static class Backlog
{
    /// <summary>Makes the topic.</summary>
    public static void Make(string servers, string topic, int partitions)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        if (admin.GetMetadata(TimeSpan.FromMinutes(1)).Topics.Exists(one => one.Topic == topic)) return;
        admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1 }]).Wait();
    }

    /// <summary>Sends them; returns when the broker has them.</summary>
    public static void Send(string servers, IEnumerable<(TopicPartition To, Message<byte[], byte[]> Record)> records)
    {
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
        {
            BootstrapServers = servers, LingerMs = 20, QueueBufferingMaxMessages = 1_000_000, EnableDeliveryReports = false,
        }).Build();
        foreach ((TopicPartition to, Message<byte[], byte[]> record) in records)
            while (true)
            {
                try
                {
                    producer.Produce(to, record);
                    break;
                }
                catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(50));
                }
            }
        producer.Flush(TimeSpan.FromMinutes(10));
    }
}
