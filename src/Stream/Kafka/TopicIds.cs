using System.Collections.Concurrent;
using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Which topics those of the source are. One that was deleted and made anew has the name of the old one and another id; what the
/// group had committed of the old one may still stand for a while, and is none of its offsets.
/// </summary>
/// <remarks>Used on the consumer's thread, but for <see cref="Others"/>.</remarks>
/// <param name="consumer">Asks; it must outlive this.</param>
/// <param name="log">Told where the brokers do not say.</param>
sealed class TopicIds(IConsumer<byte[]?, byte[]?> consumer, ILogger log)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), TryAgain = TimeSpan.FromSeconds(1);

    const int Tries = 4;  // what is assigned meanwhile waits

    readonly ConcurrentDictionary<TopicPartition, UInt128> _known = new();  // of their topics, when they came; 0: not told then
    bool? _without;  // the brokers have no ids

    /// <summary>The id of each topic; 0: not known, as the brokers have none or do not say.</summary>
    /// <param name="topics">Their names.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">It was to stop before the brokers had answered.</exception>
    public Dictionary<string, UInt128> Of(IEnumerable<string> topics, CancellationToken stop)
    {
        Dictionary<string, UInt128> ids = topics.Distinct().ToDictionary(topic => topic, _ => UInt128.Zero);
        if (ids.Count == 0 || _without == true) return ids;
        using IAdminClient admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        string reason = "";
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            if (attempt > 0 && stop.WaitHandle.WaitOne(TryAgain)) throw new OperationCanceledException(stop);
            try
            {
                if (_without ??= IsEmbedded(admin).GetAwaiter().GetResult()) return ids;
                string[] open = [.. ids.Where(id => id.Value == 0).Select(id => id.Key)];
                // The call ends the process where a partition has no leader (Confluent.Kafka 2.16).
                if (Array.Find(open, topic => !HasLeaders(admin.GetMetadata(topic, Patience).Topics.Single())) is { } without)
                {
                    reason = $"a partition of {without} has no leader";
                    continue;
                }
                (List<(string Topic, UInt128 Id)> found, reason) = Described(admin, open).GetAwaiter().GetResult();
                foreach ((string topic, UInt128 id) in found) ids[topic] = id;
                if (reason.Length == 0) return ids;
            }
            catch (KafkaException e)
            {
                reason = e.Error.Reason;
            }
        }
        log.TopicIdsUnknown(string.Join(", ", ids.Where(id => id.Value == 0).Select(id => id.Key)), reason);
        return ids;
    }

    /// <summary>Whether the topic of a partition is another one than when the partition came.</summary>
    /// <param name="partition">That is here, or was lost.</param>
    /// <param name="id">Of its topic, now.</param>
    public bool IsAnother(TopicPartition partition, UInt128 id) =>
        id != 0 && _known.TryGetValue(partition, out UInt128 before) && before != 0 && before != id;

    /// <summary>Asks which topics are others than when their partitions came.</summary>
    /// <param name="admin">Asks.</param>
    /// <exception cref="KafkaException">There was no answer.</exception>
    public async Task<string[]> Others(IAdminClient admin)
    {
        // Leaders are asked for just before: see above.
        string[] known = [.. _known.Keys.Select(partition => partition.Topic).Distinct()];
        bool HasLeader(string topic) => HasLeaders(admin.GetMetadata(topic, Patience).Topics.Single());
        string[] asked = await Task.Run(() => known.Where(HasLeader).ToArray()).ConfigureAwait(false);
        if (asked.Length == 0) return [];
        (List<(string Topic, UInt128 Id)> found, _) = await Described(admin, asked).ConfigureAwait(false);
        // What was not told when they came counts from now on.
        foreach ((string topic, UInt128 id) in found)
            foreach (TopicPartition partition in _known.Keys.Where(partition => partition.Topic == topic))
                _known.TryUpdate(partition, id, 0);
        return [.. found.Where(topic => _known.Keys.Any(partition => partition.Topic == topic.Topic && IsAnother(partition, topic.Id)))
            .Select(topic => topic.Topic)];
    }

    /// <summary>Partitions came.</summary>
    /// <param name="partitions">All that did.</param>
    /// <param name="ids">Of their topics.</param>
    public void Remember(IEnumerable<TopicPartition> partitions, IReadOnlyDictionary<string, UInt128> ids)
    {
        foreach (TopicPartition partition in partitions)
            if (ids[partition.Topic] is var id && id != 0) _known[partition] = id;
            else _known.TryAdd(partition, 0);
    }

    /// <summary>Partitions are another's now, who knows better which topic he reads.</summary>
    public void Forget(IEnumerable<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions) _known.TryRemove(partition, out _);
    }

    /// <summary>
    /// Whether the broker is librdkafka's mock cluster: one that knows nothing of its configuration, which any broker since 0.11 does. It
    /// answers every call of a transaction and keeps nothing of its offsets, has no ids of topics, and leaves those who ask for them, or
    /// for its cluster, waiting.
    /// </summary>
    /// <exception cref="KafkaException">There was no answer.</exception>
    public static async Task<bool> IsEmbedded(IAdminClient admin)
    {
        var nobody = new KafkaException(ErrorCode.Local_Partial);
        foreach (BrokerMetadata broker in (await Task.Run(() => admin.GetMetadata(Patience)).ConfigureAwait(false)).Brokers)
        {
            var asked = new ConfigResource { Type = ResourceType.Broker, Name = broker.BrokerId.ToString(CultureInfo.InvariantCulture) };
            try
            {
                await admin.DescribeConfigsAsync([asked], new DescribeConfigsOptions { RequestTimeout = Patience }).ConfigureAwait(false);
                return false;
            }
            catch (DescribeConfigsException)
            {
                return false;  // it knows, but does not say
            }
            catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_UnsupportedFeature)
            {
                return true;
            }
            catch (KafkaException e)
            {
                nobody = e;  // it may be about to go: another one may answer
            }
        }
        throw nobody;
    }

    static bool HasLeaders(TopicMetadata topic) => topic is { Error.IsError: false, Partitions: { Count: > 0 } partitions }
        && partitions.TrueForAll(partition => partition.Leader >= 0);

    // Of those that the brokers know, and what is wrong with another one.
    static async Task<(List<(string Topic, UInt128 Id)>, string Reason)> Described(IAdminClient admin, string[] topics)
    {
        string reason = "";
        List<TopicDescription> found;
        try
        {
            var options = new DescribeTopicsOptions { RequestTimeout = Patience };
            found = (await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames(topics), options).ConfigureAwait(false))
                .TopicDescriptions;
        }
        catch (DescribeTopicsException e)
        {
            found = e.Results.TopicDescriptions;
        }
        var ids = new List<(string, UInt128)>();
        foreach (TopicDescription topic in found)
            if (topic.Error.IsError) reason = topic.Error.Reason;
            else if (topic.TopicId is { } id)
                ids.Add((topic.Name, new UInt128((ulong)id.MostSignificantBits.Value, (ulong)id.LeastSignificantBits.Value)));
        return (ids, reason);
    }
}
