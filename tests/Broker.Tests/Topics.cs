using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Xunit;

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

    /// <summary>Until a group has so many members, and has given each of them its part of the partitions that it reads.</summary>
    /// <param name="servers">Of the brokers.</param>
    /// <param name="group">Its name.</param>
    /// <param name="members">How many it shall have.</param>
    /// <param name="partitions">Of all its topics.</param>
    /// <param name="said">What the members say, for where it does not come to it.</param>
    public static async Task Shared(string servers, string group, int members, int partitions, Func<string> said)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = servers }).Build();
        for (DateTime end = DateTime.UtcNow + EndToEnd.Patience; ; await Task.Delay(100))
        {
            string found;
            try
            {
                ConsumerGroupDescription now = (await admin.DescribeConsumerGroupsAsync([group])).ConsumerGroupDescriptions[0];
                int[] held = [.. now.Members.Select(member => member.Assignment.TopicPartitions.Count)];
                if (now.State == ConsumerGroupState.Stable && held.Length == members && held.Sum() == partitions
                    && held.Min() >= partitions / members) return;
                found = $"{now.State}, members that hold {string.Join(" + ", held)}";
            }
            catch (DescribeConsumerGroupsException e)
            {
                found = e.Message;  // such as that there is none yet
            }
            Assert.True(DateTime.UtcNow < end, $"{found}\n{said()}");
        }
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
