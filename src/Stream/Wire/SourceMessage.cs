namespace Esn.Streaming.Wire;

/// <summary>What a source says, in order: records, or what becomes of the partitions they come from.</summary>
public abstract record SourceMessage
{
    // Closed: whoever handles the members below handles all.
    private protected SourceMessage() { }
}

/// <summary>Records that travel together, in the order of their partitions.</summary>
/// <param name="Records">At most a batch's worth.</param>
public sealed record RecordBatch(IReadOnlyList<FeedRecord> Records) : SourceMessage
{
    /// <summary>How far each partition is read once these are done.</summary>
    public IReadOnlyList<PartitionOffset> Offsets() =>
        [.. Records.GroupBy(record => new PartitionId(record.Topic, record.Partition))
            .Select(all => new PartitionOffset(all.Key, all.Max(record => record.Offset) + 1))];
}

/// <summary>Partitions came to this process: records of them may follow.</summary>
/// <param name="Partitions">Those that came, beside those that are here.</param>
public sealed record PartitionsAssigned(IReadOnlyList<PartitionId> Partitions) : SourceMessage
{
    /// <summary>
    /// Partitions that had been lost and came back before anybody read on, and how far they are read: their streams go on as
    /// they are. None of <see cref="Partitions"/>.
    /// </summary>
    public IReadOnlyList<PartitionOffset> Resumed { get; init; } = [];
}

/// <summary>Partitions go to another process: what came of them is to be stored and committed, then their streams are forgotten.</summary>
/// <param name="Partitions">Those that go. No record of them follows.</param>
public sealed record PartitionsRevoked(IReadOnlyList<PartitionId> Partitions) : SourceMessage;

/// <summary>
/// Partitions are another process's already, which reads on from the last commit: nothing can be committed for them any more.
/// </summary>
/// <param name="Partitions">Those that went. No record of them follows.</param>
public sealed record PartitionsLost(IReadOnlyList<PartitionId> Partitions) : SourceMessage;
