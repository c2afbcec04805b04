using Esn.Streaming.Streams;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class FeedIntervalTests
{
    // What is read of the steps is the median of the last 64, at every sixteenth of them: as sorting them says.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(40)]
    [InlineData(1_000_000)]
    public void The_interval_is_the_median_of_the_last_steps_whatever_it_was_before(int spread)
    {
        var random = new Xoshiro256StarStar(spread, threadSafe: false);
        var interval = new FeedInterval(0);
        var steps = new List<long>();
        for (int i = 1; i <= 2000; i++)
        {
            long step = 1_000_000 + random.Next(spread) + (i > 700 ? 10 * spread : 0) - (i > 1400 ? 20 * spread : 0);
            steps.Add(Math.Max(1, step));
            interval.Take(steps[^1], DateTime.UnixEpoch);
            if (i % 16 != 0) continue;
            long[] last = [.. steps.TakeLast(64).Order()];
            Assert.Equal(TimeSpan.FromTicks(last[last.Length / 2]), interval.Interval);
        }
    }
}
