namespace Esn.Streaming.Configuration;

/// <summary>What times of frames are believed, what order they are put in, and what becomes of those that do not come.</summary>
public sealed record TimesConfig
{
    /// <summary>
    /// Seconds that a frame may be ahead of both the stream's last one and its record's own timestamp, 1 … 1e9; beyond it, it
    /// is refused, so that one wrong clock does not make all that follows late.
    /// </summary>
    public double MaxAheadSeconds { get; init; } = 86_400;

    /// <summary>
    /// A stream of which so many frames in a row were refused as late or far ahead, each following the one before, begins a new
    /// run with the next one: a simulation that was started again, a clock that was set. 0 … 1,000,000; 0: never.
    /// </summary>
    public int NewRunAfter { get; init; } = 20;

    /// <summary>
    /// Seconds of feed time for which frames wait for others that come out of order, 0 … 86,400; 0: what is out of order is late.
    /// A frame is scored once one that is so much later has come.
    /// </summary>
    public double DelaySeconds { get; init; }

    /// <summary>
    /// Seconds from frame to frame, 0 … 1e9; 0: learnt from each stream. It says what a gap is, and when a stream is silent.
    /// </summary>
    public double IntervalSeconds { get; init; }

    /// <summary>
    /// Frames in a row that may be missing and are bridged by the model's own forecast, 0 … 1000. After a gap that is longer the reservoir
    /// is washed out, and nothing is judged meanwhile; preset metric knows pauses that end at that hour each day. 0: gaps are not looked
    /// for.
    /// </summary>
    public int BridgeSteps { get; init; } = 10;

    /// <summary>
    /// Intervals after which a stream that gives nothing is told of as silent, and frames in a row after which a channel without
    /// values is, 0 … 1,000,000; 0: never. Longer where the feed itself has had such gaps.
    /// </summary>
    public double SilentAfter { get; init; } = 10;

    /// <summary>Seconds by the wall clock before which no stream is told of as silent, 1 … 1e9: records travel in batches.</summary>
    public double SilentSeconds { get; init; } = 60;

    internal TimeSpan MaxAhead => TimeSpan.FromSeconds(MaxAheadSeconds);

    internal TimeSpan Delay => TimeSpan.FromSeconds(DelaySeconds);

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        Check.Range(MaxAheadSeconds, 1, 1e9);
        Check.Range(NewRunAfter, 0, 1_000_000);
        Check.Range(DelaySeconds, 0, 86_400);
        Check.Range(IntervalSeconds, 0, 1e9);
        Check.Range(BridgeSteps, 0, 1000);
        Check.Range(SilentAfter, 0, 1_000_000);
        Check.Range(SilentSeconds, 1, 1e9);
    }
}
