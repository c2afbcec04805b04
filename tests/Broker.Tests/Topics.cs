using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Esn.Broker.Tests;

/// <summary>Plain clients, independent of ours.</summary>
static class Topics
{
    public static async Task Create(string servers, string topic, int partitions, int? largestMessage = null)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        var configs = new Dictionary<string, string>();
        if (largestMessage is { } bytes) configs["max.message.bytes"] = $"{bytes}";
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1,
            Configs = configs }]);
    }

    public static async Task Delete(string servers, string topic)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        await admin.DeleteTopicsAsync([topic]);
    }

    /// <summary>All that is in a topic now.</summary>
    public static Task<List<ConsumeResult<byte[], byte[]>>> ReadAll(string servers, string topic) =>
        Read(servers, topic, _ => false, EndToEnd.Patience, toTheEnd: true);

    /// <summary>Reads all partitions from their beginning until enough is there, or to their end.</summary>
    public static async Task<List<ConsumeResult<byte[], byte[]>>> Read(string servers, string topic,
        Func<List<ConsumeResult<byte[], byte[]>>, bool> enough, TimeSpan within, bool toTheEnd = false)
    {
        var config = new ConsumerConfig { BootstrapServers = servers, GroupId = $"reader-{Guid.NewGuid():N}", EnablePartitionEof = true };
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        using IConsumer<byte[], byte[]> consumer = new ConsumerBuilder<byte[], byte[]>(config).Build();
        Metadata metadata = admin.GetMetadata(topic, EndToEnd.Patience);
        consumer.Assign(metadata.Topics[0].Partitions.Select(partition =>
            new TopicPartitionOffset(topic, partition.PartitionId, Offset.Beginning)));
        var found = new List<ConsumeResult<byte[], byte[]>>();
        var ended = new HashSet<TopicPartition>();
        DateTime end = DateTime.UtcNow + within;
        while (!enough(found) && !(toTheEnd && ended.Count == metadata.Topics[0].Partitions.Count))
        {
            if (DateTime.UtcNow >= end) return toTheEnd
                ? throw new TimeoutException($"the end of {topic} was not reached within {within}") : found;
            if (await Task.Run(() => consumer.Consume(TimeSpan.FromMilliseconds(200))) is not { } record) continue;
            if (record.IsPartitionEOF) ended.Add(record.TopicPartition);
            else found.Add(record);
        }
        return found;
    }

    public static string Header(this ConsumeResult<byte[], byte[]> record, string name) =>
        Encoding.UTF8.GetString(record.Message.Headers.GetLastBytes(name));

    public static JsonElement Data(this ConsumeResult<byte[], byte[]> record) => JsonDocument.Parse(record.Message.Value).RootElement;
}
