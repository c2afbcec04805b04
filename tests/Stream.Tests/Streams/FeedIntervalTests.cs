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

    [Fact]
    public void What_was_saved_of_pauses_is_a_habit_as_before_and_what_older_snapshots_did_not_hold_is_none()
    {
        var interval = new FeedInterval(TimeSpan.TicksPerMinute);
        DateTime morning = new(2026, 3, 2, 8, 0, 0, DateTimeKind.Utc);
        long night = TimeSpan.FromHours(14).Ticks;
        for (int day = 0; day < 3; day++) interval.Take(night, morning.AddDays(day));
        FeedInterval whole = Copy(ends: true), older = Copy(ends: false);
        Assert.True(interval.IsHabit(night, morning.AddDays(3)));
        Assert.True(whole.IsHabit(night, morning.AddDays(3)));
        Assert.False(whole.IsHabit(night, morning.AddDays(3).AddHours(5)));
        Assert.False(older.IsHabit(night, morning.AddDays(3)));
        Assert.False(older.IsHabit(night, morning.AddDays(3).Date));

        FeedInterval Copy(bool ends)
        {
            using var bytes = new MemoryStream();
            using var to = new BinaryWriter(bytes);
            interval.Save(to);
            interval.SaveEnds(to);
            to.Flush();
            bytes.Position = 0;
            var copy = new FeedInterval(TimeSpan.TicksPerMinute);
            using var from = new BinaryReader(bytes);
            copy.Load(from);
            if (ends) copy.LoadEnds(from);
            return copy;
        }
    }
}
