namespace Esn.Streaming.Kafka;

/// <summary>
/// What may be said once in a while, lest a feed that turned to garbage or a broker that is away fill the disk with log lines.
/// </summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="time">The clock.</param>
/// <param name="period">Between two that are said.</param>
sealed class RateLimit(TimeProvider time, TimeSpan period)
{
    readonly Lock _lock = new();
    DateTimeOffset _said = DateTimeOffset.MinValue;
    int _unsaid;

    /// <summary>Whether this one may be said.</summary>
    /// <param name="suppressed">How many since the last one may not.</param>
    public bool Allows(out int suppressed)
    {
        lock (_lock)
        {
            DateTimeOffset now = time.GetUtcNow();
            suppressed = _unsaid;
            if (now - _said < period)
            {
                _unsaid++;
                return false;
            }
            (_said, _unsaid) = (now, 0);
            return true;
        }
    }
}
