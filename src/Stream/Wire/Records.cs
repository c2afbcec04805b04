namespace Esn.Streaming.Wire;

/// <summary>A record as it came from a topic.</summary>
/// <param name="Topic">Where it was.</param>
/// <param name="Partition">Where it was.</param>
/// <param name="Offset">Where it was.</param>
/// <param name="Timestamp">The record's own timestamp, UTC.</param>
/// <param name="Key">The stream's name, UTF-8; null where the producer gave none.</param>
/// <param name="Value">JSON; null for a tombstone.</param>
public sealed record FeedRecord(string Topic, int Partition, long Offset, DateTime Timestamp, byte[]? Key, byte[]? Value);

/// <summary>Records that travel together, in the order of their partitions.</summary>
/// <param name="Records">At most a batch's worth.</param>
/// <param name="Revoked">Partitions that went to another replica before these records: their streams are forgotten.</param>
public sealed record RecordBatch(IReadOnlyList<FeedRecord> Records, IReadOnlyList<(string Topic, int Partition)> Revoked);

/// <summary>A stream's name: the topic and the record's key.</summary>
public readonly record struct StreamId(string Topic, string Name);

/// <summary>Why a record could not be taken.</summary>
public enum Rejection
{
    /// <summary>The record has no key, so no stream.</summary>
    NoKey,

    /// <summary>The key is empty, too long or not UTF-8.</summary>
    BadKey,

    /// <summary>The record has no value.</summary>
    NoValue,

    /// <summary>The value is not a JSON object.</summary>
    NotJson,

    /// <summary>A field is missing or stands twice.</summary>
    BadFields,

    /// <summary>A field is of the wrong type.</summary>
    WrongType,

    /// <summary>A value is not a finite number.</summary>
    NotFinite,

    /// <summary>The timestamp can't be read.</summary>
    BadTimestamp,

    /// <summary>The frame has another number of values than the stream.</summary>
    WrongDimension,

    /// <summary>The frame is older than the stream's last one.</summary>
    Late,

    /// <summary>The frame is the stream's last one again.</summary>
    Duplicate,

    /// <summary>The process has as many streams as it may.</summary>
    TooManyStreams,
}

/// <summary>A record that could not be taken, and why.</summary>
/// <param name="Record">As it came.</param>
/// <param name="Reason">For the counter.</param>
/// <param name="Detail">For a person.</param>
public sealed record DeadLetter(FeedRecord Record, Rejection Reason, string Detail);

/// <summary>One timestep of a stream.</summary>
/// <param name="Record">Where it came from.</param>
/// <param name="Stream">Whose it is.</param>
/// <param name="Time">Feed time, UTC.</param>
/// <param name="Values">[channels], finite, units of the feed.</param>
public sealed record Frame(FeedRecord Record, StreamId Stream, DateTime Time, double[] Values);

/// <summary>A frame and what its step told.</summary>
public readonly record struct ScoredFrame(Frame Frame, StepResult Result);

/// <summary>What became of a batch.</summary>
/// <param name="Batch">As it came.</param>
/// <param name="Frames">Those that were scored, in the order of the batch; one with an alarm in its result is an event to be published.</param>
/// <param name="DeadLetters">Those that could not be, in the order of the batch; to be published.</param>
public sealed record ScoredBatch(RecordBatch Batch, IReadOnlyList<ScoredFrame> Frames, IReadOnlyList<DeadLetter> DeadLetters);
