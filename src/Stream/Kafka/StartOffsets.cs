using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Where partitions begin that came to this process. A group that is new begins where the configuration says, and says so to the
/// brokers for every partition of the topic at once; a partition without an offset beside others that have one was added since,
/// and begins at its start: nothing that was sent to it is lost.
/// </summary>
/// <remarks>Used on the consumer's thread.</remarks>
/// <param name="config">Validated.</param>
/// <param name="consumer">Of the group.</param>
/// <param name="log">What the process says.</param>
sealed class StartOffsets(EsnConfig config, IConsumer<byte[]?, byte[]?> consumer, ILogger log)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    readonly HashSet<string> _begun = [];
    HashSet<string>? _present;  // topics that were there at the start; null: not asked yet

    /// <summary>Notes which topics are there: one that is found later begins at its start.</summary>
    public void Start()
    {
        if (config.Source.From == StartFrom.Earliest) return;
        try
        {
            using IAdminClient admin = new DependentAdminClientBuilder(consumer.Handle).Build();
            _present = [.. admin.GetMetadata(Patience).Topics.Where(topic => topic.Partitions.Count > 0).Select(topic => topic.Topic)];
        }
        catch (KafkaException e)
        {
            log.OffsetsUnknown(string.Join(", ", config.Source.Topics), e.Error.Reason);
        }
    }

    /// <summary>The group's offsets, by partition; those without one are left out.</summary>
    /// <param name="partitions">Any.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">It was to stop before the brokers had answered.</exception>
    public Dictionary<TopicPartition, long> Committed(IReadOnlyCollection<TopicPartition> partitions, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return consumer.Committed(partitions, Patience).Where(found => found.Offset.Value >= 0)
                    .ToDictionary(found => found.TopicPartition, found => found.Offset.Value);
            }
            catch (KafkaException e)
            {
                log.OffsetsUnknown(string.Join(", ", partitions), e.Error.Reason);
                if (stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(1))) throw new OperationCanceledException(stop);
            }
        }
    }

    /// <summary>Where partitions of which the group has no offset begin; an offset, or the beginning.</summary>
    /// <param name="topic">Whose they are.</param>
    /// <param name="partitions">Their numbers.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">It was to stop before the brokers had answered.</exception>
    public IReadOnlyDictionary<TopicPartition, Offset> Begin(string topic, IReadOnlyList<TopicPartition> partitions, CancellationToken stop)
    {
        Dictionary<TopicPartition, Offset> beginnings = partitions.ToDictionary(partition => partition, _ => Offset.Beginning);
        bool again = !_begun.Add(topic);
        if (config.Source.From == StartFrom.Earliest) return beginnings;
        string numbers = string.Join(", ", partitions.Select(partition => partition.Partition.Value));
        if (again || _present?.Contains(topic) == false)
        {
            log.Begins(topic, $"partitions {numbers} were found while running and are read from their beginning");
            return beginnings;
        }
        TopicPartition[] all = All(topic, stop);
        if (Committed(all, stop).Count > 0)
        {
            log.Begins(topic, $"the group has read other partitions; {numbers} were added since and are read from their beginning");
            return beginnings;
        }
        List<TopicPartitionOffset> ends = Retry(topic, () => all
            .Select(partition => new TopicPartitionOffset(partition, consumer.QueryWatermarkOffsets(partition, Patience).High)).ToList(),
            stop);
        // Said at once and for all partitions: a restart, or the replica that gets the others, must not take a later end for it.
        try
        {
            Retry(topic, () =>
            {
                consumer.Commit(ends);
                return true;
            }, stop);
        }
        catch (KafkaException e)
        {
            // The group has gone on without this member: it begins again with the assignment that comes next.
            log.OffsetsUnknown(topic, e.Error.Reason);
            _begun.Remove(topic);
        }
        log.Begins(topic, "the group is new and begins with what comes from now on");
        return ends.Where(end => beginnings.ContainsKey(end.TopicPartition)).ToDictionary(end => end.TopicPartition, end => end.Offset);
    }

    TopicPartition[] All(string topic, CancellationToken stop)
    {
        using IAdminClient admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        return Retry(topic, () => admin.GetMetadata(topic, Patience).Topics.Single().Partitions
            .Select(partition => new TopicPartition(topic, partition.PartitionId)).ToArray(), stop);
    }

    T Retry<T>(string topic, Func<T> action, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return action();
            }
            catch (KafkaException e) when (e.Error.Code is not (ErrorCode.IllegalGeneration or ErrorCode.UnknownMemberId
                or ErrorCode.FencedInstanceId))
            {
                log.OffsetsUnknown(topic, e.Error.Reason);
                if (stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(1))) throw new OperationCanceledException(stop);
            }
        }
    }
}
