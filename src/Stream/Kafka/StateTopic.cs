using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// The compacted topic that state is kept in: made where it is missing, with as many partitions as the source has, and refused where
/// it would lose what is kept.
/// </summary>
/// <param name="config">Validated.</param>
/// <param name="time">The clock.</param>
/// <param name="log">What the process says.</param>
sealed class StateTopic(EsnConfig config, TimeProvider time, ILogger log)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), TryAgain = TimeSpan.FromSeconds(1);

    // What is not compacted yet is read at every start: segments are closed early, as the newest one never is compacted.
    static readonly Dictionary<string, string> Settings = new()
    {
        ["cleanup.policy"] = "compact", ["segment.bytes"] = "67108864", ["segment.ms"] = "3600000",
        ["min.cleanable.dirty.ratio"] = "0.1", ["delete.retention.ms"] = "3600000",
    };

    int _partitions;
    int? _largest;

    /// <summary>Which.</summary>
    public string Name { get; } = config.State.Topic;

    /// <summary>Bytes of a record that the topic takes, and the client may send.</summary>
    /// <exception cref="SnapshotException">The brokers do not say.</exception>
    public int LargestRecord
    {
        get
        {
            if (_largest is { } known) return known;
            using IAdminClient admin = Admin();
            try
            {
                return Check(admin, CancellationToken.None).GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is KafkaException or ConfigException)
            {
                throw new SnapshotException($"can't ask for the settings of topic {Name}: {e.Message}", e);
            }
        }
    }

    /// <summary>Its limits are asked for again when they are needed.</summary>
    public void Forget() => _largest = null;

    /// <summary>Returns once it is there and fits; waits for the brokers as long as it takes.</summary>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="ConfigException">It does not fit, or is missing and may not or can not be created.</exception>
    public async Task Ensure(CancellationToken stop)
    {
        var complaints = new RateLimit(time, TimeSpan.FromMinutes(1));
        using IAdminClient admin = Admin();
        while (true)
        {
            try
            {
                // On a thread of its own: the call blocks.
                Metadata metadata = await Task.Run(() => admin.GetMetadata(Patience), stop).WaitAsync(stop).ConfigureAwait(false);
                int wanted = SourceOf(metadata);
                int there = PartitionsOf(metadata);
                // Where the source is not there yet, how wide it is shows with its first partition.
                if (wanted == 0 && there == 0) return;
                if (there < wanted)
                {
                    await Widen(admin, there, wanted).ConfigureAwait(false);
                    continue;  // until the brokers know it
                }
                if (wanted > 0 && there > wanted)
                    throw new ConfigException($"state.topic: topic {Name} has {there} partitions where the widest of source.topics has "
                        + $"{wanted}: it is none of this source's, name another one{Where}");
                await Check(admin, stop).ConfigureAwait(false);
                _partitions = there;
                return;
            }
            catch (KafkaException e) when (!stop.IsCancellationRequested)
            {
                if (complaints.Allows(out int repeats)) log.BrokersAway(config.Kafka.BootstrapServers, e.Error.Reason, repeats);
                await Task.Delay(TryAgain, time, stop).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Returns once it has a partition: one that was added to the source while running is added here too.</summary>
    /// <exception cref="SnapshotException">It can't be.</exception>
    public void Reach(int number, CancellationToken cancel)
    {
        if (number < _partitions) return;
        try
        {
            Ensure(cancel).GetAwaiter().GetResult();
        }
        catch (ConfigException e)
        {
            throw new SnapshotException(e.Message, e);
        }
        if (number >= _partitions)
            throw new SnapshotException($"topic {Name} has {_partitions} partitions, and partition {number} is to be kept in it");
    }

    /// <summary>How many partitions there are; 0: there is no such topic.</summary>
    /// <exception cref="SnapshotException">The brokers do not say.</exception>
    public int Partitions()
    {
        using IAdminClient admin = Admin();
        try
        {
            return _partitions = PartitionsOf(admin.GetMetadata(Patience));
        }
        catch (KafkaException e)
        {
            throw new SnapshotException($"can't reach the brokers at {config.Kafka.BootstrapServers}: {e.Error.Reason}", e);
        }
    }

    string Where => config.Where("state.topic");

    int SourceOf(Metadata metadata) =>
        metadata.Topics.Where(topic => config.Source.Reads(topic.Topic)).Select(topic => topic.Partitions.Count).DefaultIfEmpty().Max();

    int PartitionsOf(Metadata metadata) => metadata.Topics.Find(topic => topic.Topic == Name)?.Partitions.Count ?? 0;

    async Task Widen(IAdminClient admin, int there, int wanted)
    {
        string said = there == 0 ? "does not exist" : $"has {there} partitions where the widest of source.topics has {wanted}";
        if (!config.Sink.CreateTopics)
            throw new ConfigException($"state.topic: topic {Name} {said}: "
                + (there == 0 ? $"create it with cleanup.policy=compact and {wanted} partitions" : $"give it {wanted}")
                + $", or set sink.createTopics to true{Where}");
        try
        {
            if (there == 0)
            {
                await admin.CreateTopicsAsync([new TopicSpecification
                {
                    Name = Name, NumPartitions = wanted, ReplicationFactor = -1, Configs = Settings,
                }], new CreateTopicsOptions { RequestTimeout = Patience }).ConfigureAwait(false);
                log.TopicCreated(Name);
            }
            else
            {
                // Only one that is compacted, as ours are, is touched; its records stand where they stand.
                await Check(admin, CancellationToken.None).ConfigureAwait(false);
                await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = Name, IncreaseTo = wanted }],
                    new CreatePartitionsOptions { RequestTimeout = Patience }).ConfigureAwait(false);
                log.StateWidened(Name, there, wanted);
            }
        }
        catch (CreateTopicsException e) when (!e.Results.Exists(result => result.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            throw new ConfigException($"state.topic: topic {Name} {said} and can't be created: {e.Results[0].Error.Reason}{Where}");
        }
        catch (CreateTopicsException)
        {
            // Another replica was quicker.
        }
        // Another one was quicker here too where it is of so many by now.
        catch (CreatePartitionsException e) when (e.Results[0].Error.Code != ErrorCode.InvalidPartitions)
        {
            throw new ConfigException($"state.topic: topic {Name} {said}, and can't be given more: {e.Results[0].Error.Reason}{Where}");
        }
        catch (CreatePartitionsException)
        {
        }
        await Task.Delay(TimeSpan.FromMilliseconds(100), time).ConfigureAwait(false);
    }

    async Task<int> Check(IAdminClient admin, CancellationToken stop)
    {
        List<DescribeConfigsResult> found;
        try
        {
            found = await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = Name }],
                new DescribeConfigsOptions { RequestTimeout = Patience }).WaitAsync(stop).ConfigureAwait(false);
        }
        catch (DescribeConfigsException e) when (e.Results[0].Error.Code is ErrorCode.TopicAuthorizationFailed
            or ErrorCode.ClusterAuthorizationFailed or ErrorCode.UnknownTopicOrPart)
        {
            throw new ConfigException($"state.topic: the settings of topic {Name} can't be asked for: {e.Results[0].Error.Reason}{Where}");
        }
        catch (KafkaException e) when (e.Error.Code is ErrorCode.Local_UnsupportedFeature)
        {
            throw new ConfigException($"state.store: topic needs brokers that compact topics: {e.Error.Reason}"
                + config.Where("state.store"));
        }
        Dictionary<string, ConfigEntryResult> entries = found[0].Entries;
        string policy = entries.TryGetValue("cleanup.policy", out ConfigEntryResult? said) ? said.Value : "";
        if (policy != "compact")
            throw new ConfigException($"state.topic: topic {Name} must have cleanup.policy=compact, has {policy}: what was learnt would be "
                + $"deleted{Where}");
        int largest = entries.TryGetValue("max.message.bytes", out ConfigEntryResult? bytes)
            && int.TryParse(bytes.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) ? limit : 1_000_000;
        _largest = Math.Max(1000, Math.Min(largest, Own(config.Kafka.Producer) ?? Own(config.Kafka.Settings) ?? int.MaxValue));
        return _largest.Value;
    }

    static int? Own(IReadOnlyDictionary<string, string> settings) => settings.TryGetValue("message.max.bytes", out string? said)
        && int.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out int bytes) ? bytes : null;

    IAdminClient Admin()
    {
        var said = new ClientLog(log, time);
        return new AdminClientBuilder(ClientSettings.Admin(config.Kafka)).SetErrorHandler((_, _) => { })
            .SetLogHandler((_, line) => said.Line(line)).Build();
    }
}
