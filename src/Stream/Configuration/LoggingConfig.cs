namespace Esn.Streaming.Configuration;

/// <summary>How log lines are written.</summary>
public enum LogFormat
{
    /// <summary>A line for a person.</summary>
    Text,

    /// <summary>A JSON object a line, with the values of the message as fields.</summary>
    Json,
}

/// <summary>What the process says on its standard output.</summary>
public sealed record LoggingConfig
{
    /// <summary>How lines are written.</summary>
    public LogFormat Format { get; init; }
}
