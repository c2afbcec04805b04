namespace Esn;

/// <summary>
/// Channels of a feed that tell nothing of each other: each group drives units of its own, and what drives none is foretold by the
/// readout from the frame alone. A reservoir is then one for each group, side by side.
/// </summary>
/// <remarks>Immutable; equal where all channels are in equal groups.</remarks>
sealed class ChannelGroups : IEquatable<ChannelGroups>
{
    const int LeastUnits = 30;  // of a group: where there are more groups, some of them share their units

    readonly int[] _of;  // [channels]

    /// <param name="of">Group of each channel, 0, 1, …; −1: it drives no units, [channels].</param>
    public ChannelGroups(ReadOnlySpan<int> of)
    {
        _of = of.ToArray();
        foreach (int group in _of) Count = Math.Max(Count, group + 1);
    }

    /// <summary>Of them.</summary>
    public int Count { get; }

    /// <summary>Group of each channel, −1: it drives no units, [channels].</summary>
    public ReadOnlySpan<int> Of => _of;

    /// <summary>The channels of each group, ascending; one that drives no units is a group by itself.</summary>
    public int[][] Members => [.. Enumerable.Range(0, _of.Length).GroupBy(c => _of[c] < 0 ? -1 - c : _of[c]).Select(of => of.ToArray())];

    /// <summary>Whether a channel drives any units.</summary>
    public bool Drives(int channel) => _of[channel] >= 0;

    /// <summary>Blocks that so many units are divided into, ≥ 1.</summary>
    public int Blocks(int units) => Math.Clamp(units / LeastUnits, 1, Math.Max(1, Count));

    /// <summary>Whether a channel drives a unit.</summary>
    public bool Drives(int channel, int unit, int units)
    {
        int blocks = Blocks(units);
        return Drives(channel) && _of[channel] % blocks == (int)((long)unit * blocks / units);
    }

    /// <inheritdoc/>
    public bool Equals(ChannelGroups? other) => other is not null && _of.AsSpan().SequenceEqual(other._of);

    /// <inheritdoc/>
    public override bool Equals(object? other) => Equals(other as ChannelGroups);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (int group in _of) hash.Add(group);
        return hash.ToHashCode();
    }
}
