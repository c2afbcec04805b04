namespace Esn;

/// <summary>Which channels something holds for: said for each of them, or once for all.</summary>
/// <param name="held">[1 or channels].</param>
readonly ref struct HeldChannels(ReadOnlySpan<bool> held)
{
    readonly ReadOnlySpan<bool> _held = held;

    /// <summary>Whether it holds for this channel.</summary>
    public bool this[int channel] => _held[_held.Length == 1 ? 0 : channel];

    /// <summary>[1 or channels].</summary>
    public static implicit operator HeldChannels(ReadOnlySpan<bool> held) => new(held);

    /// <inheritdoc cref="op_Implicit(ReadOnlySpan{bool})"/>
    public static implicit operator HeldChannels(Span<bool> held) => new(held);
}
