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
    double[]? _values = Values;
    double _one;  // where there is no array

    /// <summary>A frame of one channel, of which no array is made until somebody asks: it would be an object a record more.</summary>
    internal Frame(FeedRecord record, StreamId stream, DateTime time, double value) : this(record, stream, time, null!) => _one = value;

    /// <summary>[channels], units of the feed; finite, but for the land of a field, which is NaN until the stream's gate lets the frame
    /// through and 0 from then on.</summary>
    public double[] Values
    {
        get => _values ??= [_one];
        init => _values = value;
    }

    /// <summary>The same where they lie.</summary>
    internal Span<double> Span => _values ?? new Span<double>(ref _one);

    /// <summary>What a field says of its grid; null: the frame is no field.</summary>
    public FieldLayout? Field { get; init; }

    /// <summary>
    /// Whether its time was a number that can be the days of a spreadsheet as well as the seconds of a run, and nothing says which.
    /// </summary>
    public bool MayBeDays { get; init; }
}
