namespace Esn.Streaming.Kafka;

/// <summary>
/// How many records travel together: in a backlog as many as are through within about <see cref="Aim"/>. Several frames of a stream
/// are then stepped together, which takes its model through the processor's caches once; and what is on its way when partitions go
/// is soon done, however long a step takes.
/// </summary>
/// <remarks>Thread-safe. Where no records wait, a batch is what there is.</remarks>
/// <param name="most">That it ever is.</param>
/// <param name="time">The clock.</param>
sealed class BatchSize(int most, TimeProvider time)
{
    /// <summary>Time that a batch takes, about.</summary>
    public static readonly TimeSpan Aim = TimeSpan.FromMilliseconds(200);

    const int First = 500;

    readonly Lock _lock = new();
    readonly Queue<(long Begun, int Records, bool Bounded)> _onTheWay = new();
    long _done = long.MinValue;  // when the last batch was through
    int _most = Math.Min(First, most);

    /// <summary>Most records of the next batch.</summary>
    public int Most => Volatile.Read(ref _most);

    /// <summary>A batch sets out.</summary>
    /// <param name="records">In it.</param>
    /// <param name="bounded">By their bytes: more may wait, though it is not full.</param>
    public void Begin(int records, bool bounded = false)
    {
        lock (_lock) _onTheWay.Enqueue((time.GetTimestamp(), records, bounded));
    }

    /// <summary>The oldest batch that is on its way is through.</summary>
    public void End()
    {
        lock (_lock)
        {
            (long begun, int records, bool bounded) = _onTheWay.Dequeue();
            long now = time.GetTimestamp();
            TimeSpan took = time.GetElapsedTime(Math.Max(begun, _done), now);
            _done = now;
            // No more were there, or it was begun with another size: what it took may be a broker's, which no size would shorten.
            if (records < _most && !bounded) return;
            if (took > Aim) _most = Math.Max(1, Math.Min(_most, records) / 2);
            else if (records >= _most && took < Aim / 2) _most = Math.Min(most, 2 * _most);
        }
    }
}
