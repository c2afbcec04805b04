using System.Text;

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
    FeedRecord? _record = Record;
    double[]? _values = Values;
    double _one;  // where there is no array

    /// <summary>A frame of one channel whose record is usual. Neither of that nor of the values is an object made until somebody asks: it
    /// would be one more for each record.</summary>
    internal Frame(StreamId stream, DateTime time, double value, long offset, long milliseconds) : this(null!, stream, time, null!) =>
        (_one, Offset, Milliseconds) = (value, offset, milliseconds);

    /// <summary>Where it came from; without its value, if it was read where it came.</summary>
    public FeedRecord Record
    {
        get => _record ??= new FeedRecord(Stream.Topic, Stream.Partition, Offset, Milliseconds, Encoding.UTF8.GetBytes(Stream.Key), null);
        init => (_record, Offset, Milliseconds) = (value, value.Offset, value.Milliseconds);
    }

    /// <summary>[channels], units of the feed; finite, but for the land of a field, which is NaN until the stream's gate lets the frame
    /// through and 0 from then on.</summary>
    public double[] Values
    {
        get => _values ??= [_one];
        init => _values = value;
    }

    /// <summary>The same where they lie.</summary>
    internal Span<double> Span => _values ?? new Span<double>(ref _one);

    /// <summary>Of its record.</summary>
    internal long Offset { get; private init; } = Record?.Offset ?? 0;

    /// <summary>The record's own timestamp, milliseconds since 1970.</summary>
    internal long Milliseconds { get; private init; } = Record?.Milliseconds ?? 0;

    /// <summary>The same, UTC; null outside of the years 1 … 9999.</summary>
    internal DateTime? Sent => FeedTime.FromMilliseconds(Milliseconds);

    /// <summary>What a field says of its grid; null: the frame is no field.</summary>
    public FieldLayout? Field { get; init; }

    /// <summary>
    /// Whether its time was a number that can be the days of a spreadsheet as well as the seconds of a run, and nothing says which.
    /// </summary>
    public bool MayBeDays { get; init; }
}
