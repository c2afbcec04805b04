using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Keys as they came, where the same key is the same array: what travels through the pipeline has an object less a record, which a
/// collection would have to go through.
/// </summary>
/// <remarks>For the thread of one consumer. Nobody may write to such an array.</remarks>
sealed class SharedKeys
{
    readonly KnownKeys<NamedKey> _known = new();

    /// <summary>What the last key names; null: nothing, or it is no name, and whoever reads it says why.</summary>
    public string? Name { get; private set; }

    /// <summary>A key as it came; null: the record has none.</summary>
    public byte[]? Of(ReadOnlySpan<byte> data, bool isNull)
    {
        Name = null;
        if (isNull) return null;
        if (_known.Find(data) is not { } known)
        {
            byte[] key = data.ToArray();
            known = new NamedKey(key, FrameDecoder.NameOf(key));
            _known.Keep(key, known);
        }
        Name = known.Name;
        return known.Key;
    }

    sealed record NamedKey(byte[] Key, string? Name);
}
