using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

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

/// <summary>Where a partition begins, and what is known of it.</summary>
/// <param name="Partition">Which.</param>
/// <param name="Snapshot">Of its streams, whose next offset the source reads on from; null: there is none, it reads on from
/// the group's own.</param>
/// <param name="Told">
/// The group's committed offset: what came of the records before it was stored already, and is not stored again while they are
/// replayed; −1 where the group has none.
/// </param>
public sealed record PartitionStart(PartitionId Partition, PartitionSnapshot? Snapshot, long Told);

/// <summary>Partitions came to this process: records of them may follow.</summary>
/// <param name="Partitions">Those that came, beside those that are here.</param>
public sealed record PartitionsAssigned(IReadOnlyList<PartitionId> Partitions) : SourceMessage
{
    /// <summary>Those of them that begin where a snapshot ends, or of which something was told already.</summary>
    public IReadOnlyList<PartitionStart> Starts { get; init; } = [];

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
/// Partitions are another process's already, which reads on from the last commit: nothing can be committed for them any more,
/// and no snapshot is taken.
/// </summary>
/// <param name="Partitions">Those that went. No record of them follows.</param>
public sealed record PartitionsLost(IReadOnlyList<PartitionId> Partitions) : SourceMessage;

/// <summary>People asked something of streams, or other processes told from which record on they do as asked.</summary>
/// <param name="Commands">In their order.</param>
public sealed record CommandsGiven(IReadOnlyList<ControlCommand> Commands) : SourceMessage;

/// <summary>The source ends: no message follows, and what is known is to be stored.</summary>
public sealed record SourceEnded : SourceMessage;

/// <summary>Streams were told to be silent before this process, and nothing has told since that they speak again.</summary>
/// <param name="Silences">One of a stream at the most.</param>
public sealed record SilencesTold(IReadOnlyList<SilenceTold> Silences) : SourceMessage;

/// <summary>A silence of a stream that was told.</summary>
/// <param name="Stream">Which.</param>
/// <param name="Since">Feed time of the last that it gave.</param>
/// <param name="SinceAt">Offset of the record that it gave last, which is the identity of the silence.</param>
public sealed record SilenceTold(StreamId Stream, DateTime Since, long SinceAt);

/// <summary>Nothing came, but time has passed: streams may be silent by now.</summary>
public sealed record TimePassed : SourceMessage;

/// <summary>What is to hold from now on: a configuration that differs from the one before in what can be changed while running.</summary>
/// <param name="Config">Validated.</param>
public sealed record ConfigChanged(EsnConfig Config) : SourceMessage;
