using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Esn.Streaming.Configuration;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>The topics of the sink, made where they are missing.</summary>
static class Topics
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Returns once they are there; waits for the brokers as long as it takes.</summary>
    /// <param name="config">Where the brokers are, and which topics.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">What the process says.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="topics">In place of those of the configuration's sink and of commands.</param>
    /// <returns>Whether the topic of commands is there: without it all runs, and what people say is refused.</returns>
    /// <exception cref="ConfigException">A topic is missing and may not or can not be created.</exception>
    public static async Task<bool> Ensure(EsnConfig config, TimeProvider time, ILogger log, CancellationToken stop,
        IReadOnlyList<string>? topics = null)
    {
        var said = new ClientLog(log, time);
        var complaints = new RateLimit(time, TimeSpan.FromMinutes(1));
        string? heard = null;  // a refused password is told to the handler, the call only knows that nobody answered
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(config.Kafka))
            .SetErrorHandler((_, error) => heard = error.Code == ErrorCode.Local_AllBrokersDown ? heard : error.Reason)
            .SetLogHandler((_, line) => said.Line(line))
            .Build();
        while (true)
        {
            try
            {
                // On a thread of its own: the call blocks.
                Metadata metadata = await Task.Run(() => admin.GetMetadata(Patience), stop).WaitAsync(stop).ConfigureAwait(false);
                string commands = topics is null ? config.Control.Topic : "";
                string[] missing = [.. (topics ?? config.SinkTopics).Except(metadata.Topics.Select(topic => topic.Topic))];
                bool there = commands.Length == 0 || metadata.Topics.Exists(topic => topic.Topic == commands);
                if (missing.Length == 0 && (there || !config.Sink.CreateTopics)) return there;
                if (!config.Sink.CreateTopics)
                    throw new ConfigException($"topic {missing[0]} does not exist: create it, or set sink.createTopics to true");
                if (missing.Length > 0) await Create(admin, missing, log).ConfigureAwait(false);
                return there || await TryCreate(admin, commands, log).ConfigureAwait(false);
            }
            catch (KafkaException e) when (!stop.IsCancellationRequested)
            {
                if (complaints.Allows(out int repeats)) log.BrokersAway(config.Kafka.BootstrapServers, heard ?? e.Error.Reason, repeats);
                await Task.Delay(TimeSpan.FromSeconds(1), time, stop).ConfigureAwait(false);
            }
        }
    }

    // One partition: what is said after something else is heard of after it. What was said stands until its key is said again; a
    // mute that is over is of no use once nobody takes records of its time again.
    static TopicSpecification Commands(string topic) => new()
    {
        Name = topic, NumPartitions = 1, ReplicationFactor = -1,
        Configs = new() { ["cleanup.policy"] = "compact,delete", ["retention.ms"] = "7776000000", ["min.cleanable.dirty.ratio"] = "0.1" },
    };

    /// <summary>Makes the topic of commands.</summary>
    /// <returns>Whether it is there now.</returns>
    internal static async Task<bool> TryCreate(IAdminClient admin, string commands, ILogger log)
    {
        try
        {
            await admin.CreateTopicsAsync([Commands(commands)], new CreateTopicsOptions { RequestTimeout = Patience })
                .ConfigureAwait(false);
            log.TopicCreated(commands);
            return true;
        }
        catch (CreateTopicsException e)
        {
            return e.Results.Exists(result => result.Error.Code == ErrorCode.TopicAlreadyExists);  // another replica was quicker
        }
    }

    static async Task Create(IAdminClient admin, string[] topics, ILogger log)
    {
        try
        {
            await admin.CreateTopicsAsync(topics
                .Select(topic => new TopicSpecification { Name = topic, NumPartitions = -1, ReplicationFactor = -1 }),
                new CreateTopicsOptions { RequestTimeout = Patience }).ConfigureAwait(false);
            foreach (string topic in topics) log.TopicCreated(topic);
        }
        catch (CreateTopicsException e)
        {
            // Another replica may have been quicker.
            CreateTopicReport? refused = e.Results.Find(result => result.Error.IsError
                && result.Error.Code != ErrorCode.TopicAlreadyExists);
            if (refused is not null) throw new ConfigException($"topic {refused.Topic} does not exist and can't be created: "
                + $"{refused.Error.Reason}");
        }
    }
}
