namespace Esn.Streaming.Configuration;

/// <summary>How many false alarms can be borne.</summary>
public sealed record AlarmsConfig
{
    /// <summary>Alarms that may come from a feed in which nothing happens; null: as many as the preset allows.</summary>
    public AlarmBudget? Budget { get; init; }

    /// <summary>Streams that share this budget, 1 … 1,000,000: each gets its part, and all of them together keep it.</summary>
    public int SharedBy { get; init; } = 1;

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        Check.Range(SharedBy, 1, 1_000_000);
        if (Budget?.PerStep / SharedBy < 1e-9)
            throw new ArgumentOutOfRangeException(nameof(Budget),
                $"budget / sharedBy must be at least 1 per 1000000000 steps of a stream, was {Budget?.PerStep / SharedBy:G3} a step");
    }
}
