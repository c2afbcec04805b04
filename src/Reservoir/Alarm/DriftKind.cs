namespace Esn;

/// <summary>What changes slowly.</summary>
public enum DriftKind
{
    /// <summary>The level of a channel.</summary>
    Level,

    /// <summary>The model's errors.</summary>
    Error,
}
