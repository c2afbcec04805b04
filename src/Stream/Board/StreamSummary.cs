namespace Esn.Streaming.Board;

/// <summary>How a stream is doing.</summary>
public enum StreamState
{
    /// <summary>An alarm is open.</summary>
    Alarm,

    /// <summary>Nothing has come for far longer than it usually takes.</summary>
    Silent,

    /// <summary>Judged, and nothing out of the ordinary.</summary>
    Normal,

    /// <summary>Its model is still learning what normal is.</summary>
    WarmingUp,

    /// <summary>Not judged now.</summary>
    Muted,
}

/// <summary>A stream as it is now.</summary>
public sealed record StreamSummary
{
    /// <summary>Where it comes from.</summary>
    public required string Topic { get; init; }

    /// <summary>Of the topic.</summary>
    public required int Partition { get; init; }

    /// <summary>Its name: the key of its records.</summary>
    public required string Stream { get; init; }

    /// <summary>How it is doing.</summary>
    public required StreamState State { get; init; }

    /// <summary>Score of its last step; 1 = alarm.</summary>
    public required double Score { get; init; }

    /// <summary>Highest score of the steps that <see cref="Spark"/> shows.</summary>
    public required double Highest { get; init; }

    /// <summary>Index of its last step.</summary>
    public required long Position { get; init; }

    /// <summary>Feed time of its last step.</summary>
    public required DateTime Time { get; init; }

    /// <summary>Wall clock at which its last step was scored.</summary>
    public required DateTime Seen { get; init; }

    /// <summary>Values of a frame.</summary>
    public required int Channels { get; init; }

    /// <summary>What came last in its first channel, units of the feed.</summary>
    public required double Value { get; init; }

    /// <summary>What was expected there; NaN while the model can't say.</summary>
    public required double Expected { get; init; }

    /// <summary>How far the open alarm went; null: none is open.</summary>
    public Severity? Severity { get; init; }

    /// <summary>The open alarm; null: none is open.</summary>
    public string? Alarm { get; init; }

    /// <summary>Feed time at which it opened.</summary>
    public DateTime? AlarmSince { get; init; }

    /// <summary>Highest score of the open alarm.</summary>
    public double? AlarmPeak { get; init; }

    /// <summary>Seconds until, at its pace, a slow change leaves the range of the level; null: there is none, or it is not known.</summary>
    public double? LeadSeconds { get; init; }

    /// <summary>Somebody has taken the open alarm on.</summary>
    public bool Acknowledged { get; init; }

    /// <summary>Names of its channels that give nothing any more, while others do.</summary>
    public IReadOnlyList<string> SilentChannels { get; init; } = [];

    /// <summary>Scores of its last steps, oldest first; null where they were not asked for.</summary>
    public double[]? Spark { get; init; }

    /// <summary>What matters most has the largest: alarms that nobody has taken on, by severity; then those taken on; then
    /// silence.</summary>
    internal int Rank => State switch
    {
        StreamState.Alarm => (Acknowledged ? 30 : 40) + (int)(Severity ?? 0),
        StreamState.Silent => 20,
        StreamState.Normal => SilentChannels.Count > 0 ? 15 : 10,
        StreamState.WarmingUp => 5,
        _ => 0,
    };
}
