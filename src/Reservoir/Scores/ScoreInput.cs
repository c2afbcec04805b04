namespace Esn;

/// <summary>What a score sees of a step.</summary>
readonly ref struct ScoreInput
{
    /// <summary>u(t), [channels], scaled.</summary>
    public required ReadOnlySpan<double> Input { get; init; }

    /// <summary>e_h(t) before learning from u(t), [horizons×channels].</summary>
    public required ReadOnlySpan<double> Errors { get; init; }

    /// <summary>Which channels have no value, [channels]; empty: all have one. Their errors are 0.</summary>
    public ReadOnlySpan<bool> Missing { get; init; }

    /// <summary>Nothing is to be learnt: an alarm is open, or the feed is muted.</summary>
    public required bool Frozen { get; init; }

    /// <summary>The feed is not to be judged at this step.</summary>
    public bool Muted { get; init; }

    /// <summary>Whether it is frozen on account of this score: the open alarm concerns it, or the feed is muted.</summary>
    public required HeldChannels Held { get; init; }
}
