namespace Esn;

/// <summary>What a piece of code allocates on its thread.</summary>
static class Allocations
{
    const int Tries = 5;

    /// <summary>
    /// The least of several runs: where another thread collects meanwhile, what is left of this thread's buffer, up to 8 kB, counts as
    /// allocated. What allocates does so every time.
    /// </summary>
    /// <param name="run">Warm already.</param>
    public static long Least(Action run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Tries && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
