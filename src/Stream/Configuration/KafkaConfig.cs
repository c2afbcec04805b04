namespace Esn.Streaming.Configuration;

/// <summary>The brokers and how to reach them.</summary>
public sealed record KafkaConfig
{
    /// <summary>host:port, several separated by commas.</summary>
    public string BootstrapServers { get; init; } = "localhost:9092";

    /// <summary>librdkafka settings for all clients: security.protocol, sasl.*, ssl.*, …</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>librdkafka settings for the consumer alone.</summary>
    public IReadOnlyDictionary<string, string> Consumer { get; init; } = new Dictionary<string, string>();

    /// <summary>librdkafka settings for the producer alone.</summary>
    public IReadOnlyDictionary<string, string> Producer { get; init; } = new Dictionary<string, string>();

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        Check.NotEmpty(BootstrapServers, "a list of host:port");
        if (BootstrapServers.Contains("http://", StringComparison.OrdinalIgnoreCase)
            || BootstrapServers.Contains("https://", StringComparison.OrdinalIgnoreCase))
            throw new ArgumentOutOfRangeException(nameof(BootstrapServers),
                $"bootstrapServers must be host:port, several separated by commas, without http://, was {BootstrapServers}");
    }
}
