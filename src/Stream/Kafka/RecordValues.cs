using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Values of records, read where the client has them: of a usual record no array is made, which a collection would have to go through,
/// and its bytes need not come into the caches once more when it is scored.
/// </summary>
/// <remarks>For the thread of one consumer.</remarks>
/// <param name="fields">Names of the fields.</param>
sealed class RecordValues(FrameFields fields)
{
    const int ChunkBytes = 64 * 1024;  // below what goes to the heap of large objects

    readonly UsualRecord? _usual = UsualRecord.Of(fields);
    byte[] _chunk = [];
    int _used;

    /// <summary>What the last record says; null: it is not usual, and its bytes are its value.</summary>
    public (DateTime Time, double Value)? Read { get; private set; }

    /// <summary>Bytes of the last record, where it is usual: nobody may write to them.</summary>
    public ArraySegment<byte> Bytes { get; private set; }

    /// <summary>The value of a record that is not usual; null where it is (<see cref="Read"/>), and where it has none.</summary>
    public byte[]? Of(ReadOnlySpan<byte> data, bool isNull)
    {
        (Read, Bytes) = (null, default);
        if (isNull) return null;
        if (_usual is null || data.Length > ChunkBytes || !_usual.TryRead(data, out DateTime time, out double value)) return data.ToArray();
        (Read, Bytes) = ((time, value), Keep(data));
        return null;
    }

    ArraySegment<byte> Keep(ReadOnlySpan<byte> data)
    {
        if (_used + data.Length > _chunk.Length) (_chunk, _used) = (GC.AllocateUninitializedArray<byte>(ChunkBytes), 0);
        var place = new ArraySegment<byte>(_chunk, _used, data.Length);
        data.CopyTo(place);
        _used += data.Length;
        return place;
    }
}
