namespace Esn;

/// <summary>What a model found of its feed that changes what it models.</summary>
public enum ModelChangeKind
{
    /// <summary>Channels grow without bound, as counters and ramps do: of them the growth a step is modelled from here on.</summary>
    Growing,

    /// <summary>
    /// The feed has left the range of its scaling for good, which was moved to where it is now, so that all that was learnt holds there;
    /// or, where it does not, the model begins anew.
    /// </summary>
    Outgrown,

    /// <summary>
    /// Its rhythm rides on a base line that wanders: the units are driven by what is left beside it, as if they had been from the first
    /// frame on (<see cref="ByBaseLineSpec"/>). It is found in the warm-up, and nothing of that is lost.
    /// </summary>
    Wandering,

    /// <summary>
    /// Not all of its channels tell of each other: each group that does has units of its own, and each channel is judged by itself, as if
    /// that had been known from the first frame on. The channels are those that tell nothing of any other. A base line that wanders may
    /// have been found with it. Nothing of the warm-up is lost.
    /// </summary>
    Apart,

    /// <summary>
    /// The model that began anew beside the former one, while that judged the channels that stayed, has warmed up: it judges all from the
    /// next step on. The channels are those that still were set aside.
    /// </summary>
    Succeeded,

    /// <summary>
    /// What was set aside is back where the former model knows it, for as long as it was away: that one goes on and judges all channels,
    /// and the one that warmed up beside it is dropped. The channels are those that had left.
    /// </summary>
    Kept,
}

/// <summary>A change of the model itself, as an operator should hear of it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Channels">Which channels it is about, ascending; empty: all. Of <see cref="ModelChangeKind.Succeeded"/> empty means
/// that none is set aside any more.</param>
/// <param name="Restarted">Whether the model begins anew with the next step: next to nothing alarms until it has warmed up, but for
/// channels that stayed (<see cref="SetsAside"/>).</param>
public sealed record ModelChange(ModelChangeKind Kind, IReadOnlyList<int> Channels, bool Restarted)
{
    /// <summary>Of <see cref="ModelChangeKind.Apart"/> the channels that tell of each other, those of each group ascending.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Groups { get; init; } = [];

    /// <summary>Frames that a model which begins anew still warms up for, at the least: it has taken those since the feed left.</summary>
    public int WarmUp { get; init; }

    /// <summary>
    /// Of one that begins anew: the channels are set aside, that is, judged by what is unprecedented alone. The others go on being judged
    /// by the former model, until <see cref="ModelChangeKind.Succeeded"/> or <see cref="ModelChangeKind.Kept"/> is told.
    /// </summary>
    public bool SetsAside { get; init; }

    /// <summary>What the model that begins anew, or succeeds, has found of the feed by now, as a first model tells it.</summary>
    public IReadOnlyList<ModelChange> Found { get; init; } = [];
}
