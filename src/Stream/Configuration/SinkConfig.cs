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

    /// <summary>Whether to create the two topics, with the broker's defaults, where they are missing.</summary>
    public bool CreateTopics { get; init; } = true;

    /// <summary>Whether events, dead letters and offsets go in one transaction.</summary>
    public ExactlyOnce ExactlyOnce { get; init; }

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        Check.Topic(Events);
        Check.Topic(DeadLetters);
        if (Events == DeadLetters)
            throw new ArgumentOutOfRangeException(nameof(DeadLetters), $"deadLetters must be another topic than events, was {DeadLetters}");
    }
}
