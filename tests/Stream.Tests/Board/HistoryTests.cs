using Esn.Streaming.Board;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class HistoryTests
{
    const int Room = 32;

    static History Filled(int steps, Func<long, double> value, int channels = 1)
    {
        var history = new History(Room, channels);
        for (long t = 0; t < steps; t++)
        {
            double[] observed = [.. Enumerable.Range(0, channels).Select(c => 1e6 * c + value(t))];
            history.Add(1000.0 * t, t, .001 * t, StepMarks.None, observed, observed, new double[channels], []);
        }
        return history;
    }

    [Theory]
    [InlineData(10)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(5000)]
    public void The_last_steps_are_kept_one_by_one(int steps)
    {
        HistoryPoints last = Filled(steps, t => t).Last(Room, 1000);
        Assert.Equal(Enumerable.Range(Math.Max(0, steps - Room), Math.Min(Room, steps)).Select(t => (long)t), last.Position);
        Assert.Equal(last.Position.Select(t => (double)t), last.Channels[0].Low);
        Assert.Equal(1, last.Stride);
    }

    [Fact]
    public void Further_back_no_step_is_lost_from_the_extremes()
    {
        HistoryPoints past = Filled(10_000, t => t == 7777 ? 9 : t == 6666 ? -9 : 0).Between(0, 1e12, 100_000);
        Assert.Equal(512, past.Stride);
        Assert.Equal((-9, 9), (past.Channels[0].Low.Min(), past.Channels[0].High.Max()));
        Assert.Equal(9.999, past.Score[^1], 1e-5);
        Assert.True(past.Time.Zip(past.Time.Skip(1)).All(pair => pair.First < pair.Second));
    }

    [Fact]
    public void It_takes_as_much_as_was_said_however_long_it_goes_on()
    {
        HistoryPoints past = Filled(200_000, t => t % 7).Between(0, 1e12, 7);
        Assert.InRange(past.Time.Length, 1, 7);
        Assert.Equal((0, 6), (past.Channels[0].Low.Min(), past.Channels[0].High.Max()));
    }

    [Fact]
    public void A_small_change_of_a_large_level_is_seen()
    {
        HistoryPoints last = Filled(20, t => 1e-3 * t, channels: 2).Last(Room, 1000);
        for (int t = 0; t < 20; t++) Assert.Equal(1e6 + 1e-3 * t, last.Channels[1].Low[t], 1e-6);
    }

    [Fact]
    public void What_is_asked_for_by_time_is_of_that_time()
    {
        History history = Filled(100, t => t);
        Assert.Equal([80L, 81, 82], history.Between(80_000, 82_000, 1000).Position);
        Assert.Empty(history.Between(200_000, 300_000, 1000).Position);
        Assert.Equal([98L, 99], history.After(97, 10).Position);
    }

    [Fact]
    public void The_width_is_that_of_99_of_100_errors()
    {
        var width = new ErrorWidth();
        var random = new Random(7);
        int above = 0;
        for (int i = 0; i < 60_000; i++)
        {
            double error = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            if (i >= 10_000 && Math.Abs(error) > width.Value) above++;
            width.Add(error);
        }
        Assert.InRange(above / 50_000.0, .006, .014);
    }
}
