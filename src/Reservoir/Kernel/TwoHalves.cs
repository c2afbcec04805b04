namespace Esn;

/// <summary>Two halves of one piece of work, the second on another thread if one is free.</summary>
/// <remarks>Allocates nothing per run. The caller takes the second half itself if no other thread has begun it in time.</remarks>
sealed class TwoHalves(Action<int> half) : IThreadPoolWorkItem
{
    const int Open = 1, Taken = 2, Done = 3;

    int _state;
    int _queued;  // whether an item of an earlier run still waits: it serves this one, and the pool's queue does not grow

    /// <summary>Runs half 0 and half 1.</summary>
    public void Run()
    {
        Volatile.Write(ref _state, Open);
        if (Interlocked.Exchange(ref _queued, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        half(0);
        if (Interlocked.CompareExchange(ref _state, Taken, Open) == Open)
        {
            half(1);
            return;
        }
        var spin = new SpinWait();
        while (Volatile.Read(ref _state) != Done) spin.SpinOnce(sleep1Threshold: -1);
    }

    void IThreadPoolWorkItem.Execute()
    {
        Volatile.Write(ref _queued, 0);
        // An item that comes late finds nothing open, or the next run's second half: both are right.
        if (Interlocked.CompareExchange(ref _state, Taken, Open) != Open) return;
        half(1);
        Volatile.Write(ref _state, Done);
    }
}
