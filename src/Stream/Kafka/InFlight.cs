namespace Esn.Streaming.Kafka;

/// <summary>
/// Messages between the consumer and the end of the pipeline: whether there is room for more, and whether all are through.
/// </summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="most">At the same time.</param>
sealed class InFlight(int most) : IDisposable
{
    readonly Lock _lock = new();
    readonly ManualResetEventSlim _room = new(initialState: true), _drained = new(initialState: true);
    int _count;

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _count;
        }
    }

    /// <summary>Whether another one may begin.</summary>
    public bool HasRoom => _room.IsSet;

    /// <summary>A message sets out.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _count++;
            _drained.Reset();
            if (_count >= most) _room.Reset();
        }
    }

    /// <summary>A message went the whole way.</summary>
    public void End()
    {
        lock (_lock)
        {
            _count--;
            if (_count < most) _room.Set();
            if (_count == 0) _drained.Set();
        }
    }

    /// <summary>Whether there is room, waiting for it for a while.</summary>
    public bool WaitForRoom(TimeSpan within) => _room.Wait(within);

    /// <summary>Waits until none is on its way.</summary>
    /// <exception cref="OperationCanceledException">Not waited for any more.</exception>
    public void WaitUntilDrained(CancellationToken cancel) => _drained.Wait(cancel);

    /// <summary>Whether none is on its way, waiting for it for a while.</summary>
    /// <exception cref="OperationCanceledException">Not waited for any more.</exception>
    public bool WaitUntilDrained(TimeSpan within, CancellationToken cancel) => _drained.Wait(within, cancel);

    /// <inheritdoc/>
    public void Dispose()
    {
        _room.Dispose();
        _drained.Dispose();
    }
}
