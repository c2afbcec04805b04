namespace Esn.Streaming.Wire;

/// <summary>Why a record could not be taken.</summary>
public enum Rejection
{
    /// <summary>The record has no key, so no stream.</summary>
    NoKey,

    /// <summary>The key is empty, too long, not UTF-8, or has characters that no text may have.</summary>
    BadKey,

    /// <summary>The record has no value.</summary>
    NoValue,

    /// <summary>The value is not a JSON object, and no header says that it is a field.</summary>
    NotJson,

    /// <summary>A field is missing or stands twice.</summary>
    BadFields,

    /// <summary>A field is of the wrong type.</summary>
    WrongType,

    /// <summary>A value is not a finite number.</summary>
    NotFinite,

    /// <summary>The timestamp can't be read, or is of no year from 1 to 9999.</summary>
    BadTimestamp,

    /// <summary>The frame has another number of values than the stream.</summary>
    WrongDimension,

    /// <summary>The frame is older than the stream's last one.</summary>
    Late,

    /// <summary>The frame is ahead of the stream's last one by far more than its record says: a wrong clock.</summary>
    FarAhead,

    /// <summary>The frame is the stream's last one again.</summary>
    Duplicate,

    /// <summary>The process has as many streams as it may.</summary>
    TooManyStreams,

    /// <summary>The frame has more values than the process takes.</summary>
    TooManyChannels,

    /// <summary>A model of the stream would take more memory than all streams together may.</summary>
    NoMemory,

    /// <summary>A model of the stream can't be made.</summary>
    NoModel,

    /// <summary>A header of a field is missing or can't be read.</summary>
    BadHeader,

    /// <summary>The value of a field has another length than its headers say.</summary>
    WrongLength,

    /// <summary>A field has no value where the stream's first frame has one, or one on its land.</summary>
    MaskChanged,
}

/// <summary>A record that could not be taken, and why.</summary>
/// <param name="Record">As it came.</param>
/// <param name="Reason">For the counter.</param>
/// <param name="Detail">For a person.</param>
public sealed record DeadLetter(FeedRecord Record, Rejection Reason, string Detail)
{
    /// <summary>Whose record it was; null where that can't be read.</summary>
    public StreamId? Stream { get; init; }
}
