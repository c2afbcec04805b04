namespace Esn.Streaming.Configuration;

/// <summary>What times of frames are believed.</summary>
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

    internal TimeSpan MaxAhead => TimeSpan.FromSeconds(MaxAheadSeconds);

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        Check.Range(MaxAheadSeconds, 1, 1e9);
        Check.Range(NewRunAfter, 0, 1_000_000);
    }
}
