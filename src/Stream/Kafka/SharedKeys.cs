using Confluent.Kafka;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Keys as they came, where the same key is the same array: what travels through the pipeline has an object less a record, which a
/// collection would have to go through.
/// </summary>
/// <remarks>For the thread of one consumer. Nobody may write to such an array.</remarks>
sealed class SharedKeys : IDeserializer<byte[]?>
{
    readonly KnownKeys<byte[]> _known = new();

    /// <inheritdoc/>
    public byte[]? Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
    {
        if (isNull) return null;
        if (_known.Find(data) is { } known) return known;
        byte[] key = data.ToArray();
        _known.Keep(key, key);
        return key;
    }
}
