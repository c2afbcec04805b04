using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

/// <summary>When an alarm of a metric ends: once it is over, and not before.</summary>
public sealed class AlarmEndTests
{
    const int Begin = 2000;

    // Rows for which the alarm of what begins at Begin was open, and how it ended: counts by day, times a factor.
    static (int Rows, AlarmChange How)[] Ends(int feeds, Func<int, double> factor)
    {
        var ends = new (int, AlarmChange)[feeds];
        Parallel.For(0, feeds, seed =>
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double[] feed = [.. Enumerable.Range(0, Begin + 60).Select(t => (t >= Begin ? factor(t - Begin) : 1)
                * Poisson.Sample(random, 20 * (1 + .6 * Math.Sin(2 * Math.PI * t / 288))))];
            AlarmEvent end = Feeds.Run(Presets.Metric(), feed).Events().First(alarm => alarm.Start is >= Begin and < Begin + 8
                && alarm.Change is AlarmChange.Closed or AlarmChange.Adapted && alarm.Start >= Begin);
            ends[seed] = ((int)(end.Position - end.Start), end.Change);
        });
        return ends;
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(4, 4)]
    [InlineData(8, 3)]
    public void What_is_over_is_closed_though_means_of_the_error_remember_it(int rows, double factor)
    {
        (int Rows, AlarmChange How)[] ends = Ends(20, since => since < rows ? factor : 1);
        string each = string.Join(" ", ends.Select(end => end.Rows));
        Assert.True(ends.Count(end => end.How == AlarmChange.Closed) >= 19 && ends.Average(end => end.Rows) <= rows + 8, each);
    }

    // The latest errors alone fall below half of their mean in one frame of five by chance.
    [Fact]
    public void What_a_slow_shift_of_about_the_noise_tells_goes_on_as_long_as_it_does()
    {
        var ends = new List<(int Rows, AlarmChange How)>();
        Parallel.For(0, 60, seed =>
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double[] feed = [.. Enumerable.Range(0, Begin + 100).Select(t => 20 + Normal.Sample(random, 0, 1) + (t >= Begin ? 1 : 0))];
            List<AlarmEvent> events = Feeds.Run(Presets.Metric(), feed).Events();
            AlarmEvent? opened = events.Find(alarm => alarm is { Change: AlarmChange.Opened, Start: >= Begin + 5 and < Begin + 60 });
            if (opened is null) return;
            AlarmEvent end = events.Find(alarm => alarm.Start == opened.Start && alarm.Change is AlarmChange.Closed or AlarmChange.Adapted
                && alarm.Position > opened.Position)!;
            lock (ends) ends.Add(((int)(end.Position - end.Start), end.Change));
        });
        string each = string.Join(" ", ends.Select(end => $"{end.Rows}{(end.How == AlarmChange.Adapted ? "a" : "")}"));
        Assert.True(ends.Count >= 10 && ends.Count(end => end.How == AlarmChange.Adapted) >= .9 * ends.Count, each);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(10)]
    public void What_goes_on_is_open_until_it_is_adapted_to(double factor)
    {
        (int Rows, AlarmChange How)[] ends = Ends(20, _ => factor);
        Assert.Equal(20, ends.Count(end => end == (20, AlarmChange.Adapted)));
    }

    // A flag that never moves beside a sensor that stands still for forty frames: what holds the alarm is the sensor.
    [Fact]
    public void A_freeze_ends_when_the_channel_moves_though_another_never_does()
    {
        var ends = new List<long>();
        Parallel.For(0, 40, seed =>
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double kept = 20 + .3 * Normal.Sample(random, 0, 1);
            double[][] frames = [.. Enumerable.Range(0, Begin + 640).Select(t =>
                (double[])[1, t is >= Begin and < Begin + 40 ? kept : 20 + Normal.Sample(random, 0, 1)])];
            var detector = new Detector(new MetricModelSpec { WarmUp = 300 }, 2);
            long start = -1;
            for (int t = 0; t < frames.Length; t++)
            {
                AlarmEvent? alarm = detector.Step(DateTime.UnixEpoch.AddMinutes(5 * t), frames[t], new double[2]).Alarm;
                if (start < 0 && alarm is { Change: AlarmChange.Opened, Position: >= Begin and < Begin + 40 }) start = alarm.Start;
                if (alarm is { Change: AlarmChange.Closed or AlarmChange.Adapted } && alarm.Start == start)
                    lock (ends) ends.Add(alarm.Position - Begin - 40);
            }
        });
        string each = string.Join(" ", ends);
        Assert.True(ends.Count >= 35 && ends.Count(end => end > 60) <= 2, each);
    }
}
