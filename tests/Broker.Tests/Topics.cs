using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Esn.Broker.Tests;

/// <summary>Plain clients, independent of ours.</summary>
static class Topics
{
    public static async Task Create(string servers, string topic, int partitions)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1 }]);
    }

    /// <summary>Reads all partitions from their beginning until enough is there.</summary>
    public static async Task<List<ConsumeResult<byte[], byte[]>>> Read(string servers, string topic, Func<List<ConsumeResult<byte[], byte[]>>, bool> enough, TimeSpan within)
    {
        var config = new ConsumerConfig { BootstrapServers = servers, GroupId = $"reader-{Guid.NewGuid():N}" };
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        using IConsumer<byte[], byte[]> consumer = new ConsumerBuilder<byte[], byte[]>(config).Build();
        Metadata metadata = admin.GetMetadata(topic, TimeSpan.FromSeconds(10));
        consumer.Assign(metadata.Topics[0].Partitions.Select(partition => new TopicPartitionOffset(topic, partition.PartitionId, Offset.Beginning)));
        var found = new List<ConsumeResult<byte[], byte[]>>();
        DateTime end = DateTime.UtcNow + within;
        while (!enough(found) && DateTime.UtcNow < end)
        {
            if (await Task.Run(() => consumer.Consume(TimeSpan.FromMilliseconds(200))) is { } record) found.Add(record);
        }
        return found;
    }

    public static string Header(this ConsumeResult<byte[], byte[]> record, string name) => Encoding.UTF8.GetString(record.Message.Headers.GetLastBytes(name));

    public static JsonElement Data(this ConsumeResult<byte[], byte[]> record) => JsonDocument.Parse(record.Message.Value).RootElement;
}
