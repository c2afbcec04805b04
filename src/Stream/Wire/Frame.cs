namespace Esn.Streaming.Wire;

/// <summary>One timestep of a stream.</summary>
/// <param name="Record">Where it came from.</param>
/// <param name="Stream">Whose it is.</param>
/// <param name="Time">Feed time, UTC.</param>
/// <param name="Values">
/// [channels], units of the feed; finite, but for the land of a field, which is NaN until the stream's gate lets the frame
/// through and 0 from then on.
/// </param>
public sealed record Frame(FeedRecord Record, StreamId Stream, DateTime Time, double[] Values)
{
    /// <summary>The record's own timestamp, milliseconds since 1970: here too, as the record itself is no longer in the processor's caches
    /// when many frames are looked at.</summary>
    internal long Milliseconds { get; } = Record.Milliseconds;

    /// <summary>What a field says of its grid; null: the frame is no field.</summary>
    public FieldLayout? Field { get; init; }

    /// <summary>
    /// Whether its time was a number that can be the days of a spreadsheet as well as the seconds of a run, and nothing says which.
    /// </summary>
    public bool MayBeDays { get; init; }
}
