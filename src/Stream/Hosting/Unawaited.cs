namespace Esn.Streaming.Hosting;

/// <summary>Work that nobody waits for: that it failed is told nevertheless.</summary>
static class Unawaited
{
    /// <summary>Does it on a thread of the pool.</summary>
    /// <param name="work">Whatever it throws does not get further.</param>
    /// <param name="failed">Told of that.</param>
    public static Task Told(Action work, Action<Exception> failed) => Task.Run(() =>
    {
        try
        {
            work();
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
        catch (Exception e)
        {
            failed(e);
        }
    }, CancellationToken.None);
}
