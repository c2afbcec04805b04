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

    [Theory]
    [InlineData(4)]
    [InlineData(10)]
    public void What_goes_on_is_open_until_it_is_adapted_to(double factor)
    {
        (int Rows, AlarmChange How)[] ends = Ends(20, _ => factor);
        Assert.Equal(20, ends.Count(end => end == (20, AlarmChange.Adapted)));
    }
}
