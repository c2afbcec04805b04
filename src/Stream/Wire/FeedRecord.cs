namespace Esn.Streaming.Wire;

/// <summary>A header of a record.</summary>
/// <param name="Name">Not unique.</param>
/// <param name="Value">Null where the producer gave none.</param>
public readonly record struct RecordHeader(string Name, byte[]? Value);

/// <summary>A partition of a topic: what a process is given and loses as one.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Number">Within it, from 0.</param>
public readonly record struct PartitionId(string Topic, int Number)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Topic}[{Number}]");
}

/// <summary>How far a partition has been read.</summary>
/// <param name="Partition">Which.</param>
/// <param name="Next">Offset of the first record that is still to be read.</param>
public readonly record struct PartitionOffset(PartitionId Partition, long Next);

/// <summary>
/// A stream: all records of a key in one partition. The same key in another partition is another stream, as nothing orders
/// the records of two partitions.
/// </summary>
/// <param name="Topic">Where it comes from.</param>
/// <param name="Partition">Of the topic.</param>
/// <param name="Key">The records' key: its name.</param>
public readonly record struct StreamId(string Topic, int Partition, string Key);

/// <summary>A record as it came from a topic.</summary>
/// <param name="Topic">Where it was.</param>
/// <param name="Partition">Where it was.</param>
/// <param name="Offset">Where it was.</param>
/// <param name="Milliseconds">The record's own timestamp, since 1970; whatever its producer wrote, so perhaps no time of any
/// calendar.</param>
/// <param name="Key">The stream's name, UTF-8; null where the producer gave none.</param>
/// <param name="Value">JSON, or the numbers of a field (<see cref="FieldRecord"/>); null for a tombstone.</param>
public sealed record FeedRecord(string Topic, int Partition, long Offset, long Milliseconds, byte[]? Key, byte[]? Value)
{
    byte[]? _bytes = Value;    // its value, or that of others beside it
    int _start, _length = -1;  // of its own; −1: all are
    readonly DateTime _time;   // that was read of them
    readonly double _number;

    /// <summary>JSON, or the numbers of a field (<see cref="FieldRecord"/>); null for a tombstone.</summary>
    /// <remarks>Of a record that was read already it is a copy, and there until its frame is taken.</remarks>
    public byte[]? Value
    {
        get => _length < 0 ? _bytes : _bytes?.AsSpan(_start, _length).ToArray();
        init => (_bytes, _start, _length) = (value, 0, -1);
    }

    /// <summary>The stream's name, UTF-8; null where the producer gave none.</summary>
    public byte[]? Key
    {
        get;
        init => (field, Name) = (value, null);
    } = Key;

    /// <summary>What the key names, where that is known; null: the key says it.</summary>
    internal string? Name { get; init; }

    /// <summary>What <see cref="UsualRecord"/> has read of it; null: it is still to be read.</summary>
    internal (DateTime Time, double Value)? Read => _length >= 0 ? (_time, _number) : null;

    /// <summary>A record that was read where it came: it keeps its bytes, which lie among those of others, for a dead letter.</summary>
    internal FeedRecord(string topic, int partition, long offset, long milliseconds, byte[]? key, ArraySegment<byte> value,
        (DateTime, double) read)
        : this(topic, partition, offset, milliseconds, key, value.Array) =>
        (_start, _length, (_time, _number)) = (value.Offset, value.Count, read);

    /// <summary>It is in a frame that is taken, and will be no dead letter: the bytes of others beside its own are not to be kept for it.
    /// </summary>
    internal void Taken()
    {
        if (_length >= 0) _bytes = null;
    }

    /// <summary>Which of several measurements in a record this is, from 0.</summary>
    public int Part { get; init; }

    /// <summary>As they came, in their order; mostly none.</summary>
    public IReadOnlyList<RecordHeader> Headers { get; init; } = [];

    /// <summary>The record's own timestamp, UTC; null outside of the years 1 … 9999.</summary>
    public DateTime? Timestamp => FeedTime.FromMilliseconds(Milliseconds);
}
