using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Asks the brokers again and again how far the group is in every partition, who reads it, and whether the topics of the sink are
/// still there: a member knows of its own partitions only, and while it is none, of nothing.
/// </summary>
/// <param name="config">Validated.</param>
/// <param name="source">Whose client asks, as the newer calls of an admin client do not recover when a broker comes back; it must
/// outlive this.</param>
/// <param name="readiness">Told.</param>
/// <param name="commands">The topic of commands, which is made anew where it is gone; null: there is none.</param>
/// <param name="time">The clock.</param>
/// <param name="log">What the process says.</param>
sealed class GroupWatch(EsnConfig config, KafkaSource source, Readiness readiness, CommandTopic? commands, TimeProvider time,
    ILogger log)
{
    const int AtOnce = 8, MostThreads = 64;  // topics and partitions that are asked for together

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), Longest = TimeSpan.FromSeconds(5);

    readonly IConsumer<byte[]?, byte[]?> _consumer = source.Consumer;
    readonly RateLimit _complaints = new(time, TimeSpan.FromMinutes(1));
    readonly MatchedTopics _matched = new(config.Source, time);
    readonly HashSet<string> _gone = [];

    /// <summary>Asks until <paramref name="stop"/>; then it ends with the last answer, at the latest after a second.</summary>
    /// <returns>Whether the client may be disposed of.</returns>
    public async Task<bool> Run(CancellationToken stop)
    {
        IAdminClient admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
        Task asking = AskOften(admin, stop);
        try
        {
            await asking.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // A client that still waits for an answer must not be disposed of (librdkafka ends the process).
            await Task.WhenAny(asking, Task.Delay(TimeSpan.FromSeconds(1), time, CancellationToken.None)).ConfigureAwait(false);
        }
        if (!asking.IsCompleted) return false;
        admin.Dispose();
        await asking.ConfigureAwait(false);
        return true;
    }

    async Task AskOften(IAdminClient admin, CancellationToken stop)
    {
        TimeSpan period = TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, config.Http.StallSeconds / 3.0));
        while (!stop.IsCancellationRequested)
        {
            try
            {
                readiness.Asked();
                await Ask(admin, stop).ConfigureAwait(false);
                await Task.Delay(period, time, stop).ConfigureAwait(false);
            }
            catch (KafkaException e)
            {
                if (_complaints.Allows(out int repeats)) log.GroupUnknown(e.Error.Reason, repeats);
                await Task.Delay(period, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    // The topics first: the newer calls do not come back with a broker that is away. Then all at once: on a connection of the client each
    // question waits for the fetch before it (ClientSettings.Idle).
    async Task Ask(IAdminClient admin, CancellationToken stop)
    {
        string[] sinks = [config.Sink.Events, config.Sink.DeadLetters,
            .. config.State.Store == StateStore.Topic ? [config.State.Topic] : Array.Empty<string>()];
        List<TopicMetadata> topics = await Topics(admin, sinks, stop).ConfigureAwait(false);
        Task told = Tell(admin, topics, sinks, stop), looked = source.LookAtTopics(admin),
            commanded = commands?.Look(admin) ?? Task.CompletedTask;
        // The client may be disposed of when this has ended.
        await Task.WhenAll(told, looked, commanded).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await told.ConfigureAwait(false);
        await commanded.ConfigureAwait(false);
        await looked.ConfigureAwait(false);  // where it is not told, all else is
    }

    // Each by itself, on a thread of its own as the call blocks. A consumer that asks makes no topic; the newer call for descriptions ends
    // the process where a topic has no leader yet (Confluent.Kafka 2.16).
    async Task<List<TopicMetadata>> Topics(IAdminClient admin, string[] sinks, CancellationToken stop)
    {
        if (_matched.MustAsk(_consumer.Assignment.Select(partition => partition.Topic)))
            _matched.Take((await Task.Run(() => admin.GetMetadata(Patience), CancellationToken.None).ConfigureAwait(false)).Topics
                .Select(topic => topic.Topic));
        List<TopicMetadata> topics = [];
        foreach (string[] some in config.Source.Named.Union(_matched.Known).Union(sinks).Chunk(AtOnce))
        {
            stop.ThrowIfCancellationRequested();
            Metadata[] found = await Task.WhenAll(some.Select(topic =>
                Task.Run(() => admin.GetMetadata(topic, Patience), CancellationToken.None))).ConfigureAwait(false);
            topics.AddRange(found.SelectMany(one => one.Topics));
        }
        return topics;
    }

    async Task Tell(IAdminClient admin, List<TopicMetadata> topics, string[] sinks, CancellationToken stop)
    {
        string[] gone = [.. sinks.Where(sink => topics.Exists(topic =>
            topic.Topic == sink && topic.Error.Code == ErrorCode.UnknownTopicOrPart))];
        foreach (string topic in gone)
            if (_gone.Add(topic)) log.SinkGone(topic);
        _gone.IntersectWith(gone);

        TopicPartition[] partitions = [.. topics.Where(topic => !topic.Error.IsError && config.Source.Reads(topic.Topic))
            .SelectMany(topic => topic.Partitions.Select(partition => new TopicPartition(topic.Topic, partition.PartitionId)))];
        if (partitions.Length == 0)
        {
            TopicMetadata[] bad = [.. topics.Where(topic => topic.Error.IsError && config.Source.Reads(topic.Topic))];
            string[] absent = [.. bad.Where(topic => topic.Error.Code == ErrorCode.UnknownTopicOrPart).Select(topic => topic.Topic)];
            readiness.Told([], gone.FirstOrDefault(), absent.Length switch
            {
                0 when bad.Length > 0 => $"topic {bad[0].Topic} can't be read: {bad[0].Error.Reason}",
                0 when config.Source.Named.Any() => null,  // they are there, and have no partitions yet
                0 => $"no topic is matched by {string.Join(", ", config.Source.Topics)}",
                1 => $"topic {absent[0]} does not exist",
                _ => $"topics {string.Join(", ", absent)} do not exist",
            });
            return;
        }
        if (topics.Find(topic => config.Source.Reads(topic.Topic) && topic.Partitions.Exists(partition => partition.Leader < 0))
            is { } leaderless)
            throw new KafkaException(new Error(ErrorCode.LeaderNotAvailable, $"a partition of {leaderless.Topic} has no leader"));
        stop.ThrowIfCancellationRequested();
        Task<Dictionary<TopicPartition, string?>?> reading = Held(admin);
        Task<List<TopicPartitionOffset>> told = Task.Run(() => _consumer.Committed(partitions, Patience), CancellationToken.None);
        Task<List<WatermarkOffsets>> ends = Ends(partitions);
        await Task.WhenAll(reading, told, ends).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        Dictionary<TopicPartition, long> committed = (await told.ConfigureAwait(false)).Where(found => found.Offset.Value >= 0)
            .ToDictionary(found => found.TopicPartition, found => found.Offset.Value);
        List<WatermarkOffsets> held = await ends.ConfigureAwait(false);
        Dictionary<TopicPartition, string?>? read = await reading.ConfigureAwait(false);
        readiness.Told([.. partitions.Select((partition, i) => new GroupPartition(new PartitionId(partition.Topic, partition.Partition),
            committed.TryGetValue(partition, out long at) ? at : held[i].Low.Value, held[i].High.Value,
            read?.ContainsKey(partition) ?? true) { Elsewhere = read?.GetValueOrDefault(partition) })], gone.FirstOrDefault());
    }

    // A thread for each of some, as the call blocks.
    async Task<List<WatermarkOffsets>> Ends(TopicPartition[] partitions)
    {
        List<WatermarkOffsets> ends = [];
        foreach (TopicPartition[] some in partitions.Chunk(MostThreads))
            ends.AddRange(await Task.WhenAll(some.Select(partition => Task.Factory.StartNew(
                () => _consumer.QueryWatermarkOffsets(partition, Patience), CancellationToken.None, TaskCreationOptions.LongRunning,
                TaskScheduler.Default))).ConfigureAwait(false));
        return ends;
    }

    // Who has each, but for this process. Null where the brokers don't tell, as the embedded one, or not now: while a group shares its
    // partitions anew it has none.
    async Task<Dictionary<TopicPartition, string?>?> Held(IAdminClient admin)
    {
        try
        {
            DescribeConsumerGroupsResult found = await admin.DescribeConsumerGroupsAsync([config.Source.Group],
                new DescribeConsumerGroupsOptions { RequestTimeout = Patience }).ConfigureAwait(false);
            ConsumerGroupDescription group = found.ConsumerGroupDescriptions[0];
            if (group.State is not (ConsumerGroupState.Stable or ConsumerGroupState.Empty)) return null;
            Dictionary<TopicPartition, string?> held = [];
            // Where two have one, as for a moment while it changes hands, either will do.
            foreach (MemberDescription member in group.Members)
                foreach (TopicPartition partition in member.Assignment.TopicPartitions) held[partition] = Name(member);
            return held;
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    // A name that the operator gave tells most; all others have the same one, and an address.
    string? Name(MemberDescription member) => member.ConsumerId == _consumer.MemberId ? null
        : member.GroupInstanceId is { Length: > 0 } instance ? instance : $"{member.ClientId} on {member.Host.TrimStart('/')}";
}
