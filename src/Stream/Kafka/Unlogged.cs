namespace Esn.Streaming.Kafka;

/// <summary>How many lines like the one that it ends were kept back before it, in words; nothing where none was.</summary>
/// <param name="Count">≥ 0.</param>
readonly record struct Unlogged(int Count)
{
    /// <summary>As <see cref="RateLimit"/> counts them.</summary>
    public static implicit operator Unlogged(int count) => new(count);

    /// <inheritdoc/>
    public override string ToString() =>
        Count == 0 ? "" : FormattableString.Invariant($"; {Count} alike before it {(Count == 1 ? "was" : "were")} not logged");
}
