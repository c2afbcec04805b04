namespace Esn.Streaming.Configuration;

/// <summary>Where what people ask for is kept: mutes, acknowledgements, and whether an alarm was one.</summary>
public sealed record ControlConfig
{
    /// <summary>
    /// Compacted topic of commands, that every replica reads: what is said to one holds for all, and lasts. Empty: what is said
    /// holds in this process alone, until it ends.
    /// </summary>
    public string Topic { get; init; } = "esn.commands";

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        if (Topic.Length > 0) Check.Topic(Topic);
    }
}
