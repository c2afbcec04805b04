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
    /// <summary>Which of several measurements in a record this is, from 0.</summary>
    public int Part { get; init; }

    /// <summary>As they came, in their order; mostly none.</summary>
    public IReadOnlyList<RecordHeader> Headers { get; init; } = [];

    /// <summary>The record's own timestamp, UTC; null outside of the years 1 … 9999.</summary>
    public DateTime? Timestamp => FeedTime.FromMilliseconds(Milliseconds);
}
