namespace Esn.Streaming.Configuration;

/// <summary>Whether what came of a record is told once, or at least once.</summary>
public enum ExactlyOnce
{
    /// <summary>Once where the brokers know transactions.</summary>
    Auto,

    /// <summary>Once, or the process ends.</summary>
    True,

    /// <summary>At least once.</summary>
    False,
}

/// <summary>Where events and unreadable records go.</summary>
public sealed record SinkConfig
{
    /// <summary>Topic of anomaly events.</summary>
    public string Events { get; init; } = "esn.anomalies";

    /// <summary>Topic of records that could not be taken, as they came.</summary>
    public string DeadLetters { get; init; } = "esn.dead-letters";

    /// <summary>
    /// Topic of the heat maps that are too large to stand in an event (16 kB): records of float32 with the ce_id of their event.
    /// Used where a model is one of fields.
    /// </summary>
    public string Maps { get; init; } = "esn.maps";

    /// <summary>
    /// Topic of alarms of neighbouring tiles of a field, joined into one: esn join reads the events and writes it. As many partitions as
    /// the events have, or fewer.
    /// </summary>
    public string Joined { get; init; } = "esn.joined-anomalies";

    /// <summary>Whether to create these topics, with the broker's defaults, where they are missing.</summary>
    public bool CreateTopics { get; init; } = true;

    /// <summary>Whether events, dead letters and offsets go in one transaction.</summary>
    public ExactlyOnce ExactlyOnce { get; init; }

    /// <summary>Addresses that anomalies are posted to as well.</summary>
    public IReadOnlyList<WebhookConfig> Webhooks { get; init; } = [];

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        Check.Topic(Events);
        Check.Topic(DeadLetters);
        Check.Topic(Maps);
        Check.Topic(Joined);
        if (Joined == Events || Joined == DeadLetters || Joined == Maps)
            throw new ArgumentOutOfRangeException(nameof(Joined),
                $"joined must be another topic than events, deadLetters and maps, was {Joined}");
        if (Maps == Events || Maps == DeadLetters)
            throw new ArgumentOutOfRangeException(nameof(Maps), $"maps must be another topic than events and deadLetters, was {Maps}");
        if (Events == DeadLetters)
            throw new ArgumentOutOfRangeException(nameof(DeadLetters), $"deadLetters must be another topic than events, was {DeadLetters}");
    }
}
