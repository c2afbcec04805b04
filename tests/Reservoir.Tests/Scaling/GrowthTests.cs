using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

public sealed class GrowthTests
{
    static (bool Grows, bool Counts) First(Func<int, double> value)
    {
        bool[] grows = new bool[2], counts = new bool[2];
        double[] frames = new double[400];
        for (int t = 0; t < 200; t++) (frames[2 * t], frames[2 * t + 1]) = (Math.Sin(t), value(t));
        Growth.FindEarly(frames, 2, grows, counts);
        Assert.False(grows[0] || counts[0]);
        return (grows[1], counts[1]);
    }

    // The step at which it is told; −1: never.
    static (int At, bool Counts) Later(Func<int, double> value, int steps)
    {
        var growth = new Growth(1);
        bool[] grows = new bool[1], counts = new bool[1];
        for (int t = 0; t < steps; t++)
        {
            int until = growth.UntilFull;
            bool full = growth.Step([value(t)]);
            Assert.Equal(until == 1, full);
            if (full && growth.Find(grows, counts)) return (t, counts[0]);
        }
        return (-1, false);
    }

    [Fact]
    public void Counters_and_ramps_are_told_by_the_first_frames()
    {
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        double total = 5e9;
        Assert.Equal((true, true), First(_ => total += Math.Round(Normal.Sample(random, 1e6, 1e5))));
        Assert.Equal((true, true), First(t => t + 1));
        Assert.Equal((true, true), First(t => 1000 * t + Math.Sin(.3 * t) + 1));
        Assert.Equal((true, false), First(t => -1000 + .1 * t));
        Assert.Equal((true, false), First(t => 1000 - .1 * t));
    }

    [Fact]
    public void What_turns_rests_or_jumps_is_not()
    {
        var random = new Xoshiro256StarStar(2, threadSafe: false);
        Assert.False(First(t => 7).Grows);
        Assert.False(First(t => t < 100 ? 1 : 2).Grows);
        Assert.False(First(t => t / 10).Grows);                          // a thermometer of coarse steps that warms up
        Assert.False(First(t => t + 3 * Normal.Sample(random, 0, 1)).Grows);  // not yet
        Assert.False(First(t => Math.Exp(.05 * t)).Grows);               // of no one rate
        Assert.False(First(t => t % 3).Grows);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(600)]
    [InlineData(800)]
    [InlineData(1200)]
    [InlineData(2000)]
    [InlineData(4000)]
    public void No_part_of_a_clean_cycle_is(double period)
    {
        for (int phase = 0; phase < 32; phase++)
            Assert.False(First(t => 20 + 10 * Math.Sin(2 * Math.PI * (t / period + phase / 32.0))).Grows, $"phase {phase}");
    }

    [Fact]
    public void A_ramp_in_noise_is_told_once_it_is_long_enough()
    {
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        Assert.Equal((1199, false), Later(t => t + Normal.Sample(random, 0, 3), 5000));
        Assert.Equal((1199, false), Later(t => -.01 * t + 50 * (t % 5 == 0 ? .001 : 0), 5000));
        double total = 0;
        Assert.Equal((1199, true), Later(t => total += t % 3 == 0 ? 5 : 0, 5000));  // a counter that mostly rests
    }

    [Fact]
    public void A_counter_may_rise_as_it_likes()
    {
        var random = new Xoshiro256StarStar(8, threadSafe: false);
        double total = 0;
        // By day and by night.
        Assert.Equal((1199, true), Later(t => total += Poisson.Sample(random, 100 * (1 + .7 * Math.Sin(2 * Math.PI * t / 1440))), 5000));
        // Once in twenty steps.
        total = 0;
        Assert.InRange(Later(t => total += random.NextDouble() < .05 ? 1 : 0, 10_000).At, 1199, 6000);
        Assert.Equal(-1, Later(t => 20 - 19 * Math.Cos(Math.PI * t / 3000), 3000).At);  // half a cycle of no whole numbers
    }

    [Fact]
    public void What_has_left_its_scaling_and_never_fell_is_a_counter()
    {
        bool[] grows = new bool[4], counts = new bool[4];
        var growth = new Growth(4);
        for (int t = 0; t < 700; t++) growth.Step([t / 30 * 2.5, t < 600 ? 0 : 100, t % 50 == 49 ? 0 : t, -700 + t]);
        Assert.True(growth.FindRisen(grows, counts));
        Assert.Equal([true, false, false, false], grows);  // a level that shifted; one that falls; one below 0
        Assert.Equal([true, false, false, false], counts);
        Assert.False(growth.FindRisen(grows, counts));
    }

    [Theory]
    [InlineData(0, 60)]
    [InlineData(0, 150)]
    [InlineData(1_000_000, 120)]     // restored, it begins where it began before
    public void A_counter_that_began_anew_among_the_first_frames_is_one(double start, int reset)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double total = 5e9;
            Assert.Equal((true, true), First(t => total = t == reset ? start : total + Math.Round(Normal.Sample(random, 1e3, 1e2))));
        }
        // Again and again in a short time, as what crashes as it starts.
        double crashing = 400;
        Assert.Equal((true, true), First(t => crashing = t is 60 or 63 or 70 ? 0 : crashing + 2));
    }

    [Theory]
    [InlineData(false, 250, 250)]    // it loses half, as a disk that is cleared up
    [InlineData(true, 250, 300)]     // restored twice
    [InlineData(true, 150, 150)]     // as the scaling is not fixed yet
    public void Where_it_began_anew_shows_by_the_second_time(bool counts, int once, int again)
    {
        bool[] grows = new bool[1], counted = new bool[1];
        var growth = new Growth(1);
        double value = 1000;
        for (int t = 0; t < 900; t++) growth.Step([value = t == once || t == again ? 500 : value + 5]);
        Assert.Equal(counts, growth.FindRisen(grows, counted));
        Assert.Equal(counts, counted[0]);
    }

    // What it rose by meanwhile is no rise of a step, within eight of which it would be near 0.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_ramp_that_loses_a_part_is_no_counter_after_a_pause_either(bool muted)
    {
        bool[] grows = new bool[1], counts = new bool[1];
        var growth = new Growth(1);
        double value = 1000;
        for (int t = 0; t < 2500; t++)
        {
            value = t == 1500 ? value - 3000 : value + 5 + t % 3;
            growth.Step(t is < 800 or >= 1000 ? [value] : muted ? [] : [double.NaN]);
        }
        Assert.False(growth.Find(grows, counts));
        Assert.False(growth.FindRisen(grows, counts));
    }

    [Fact]
    public void Nor_among_the_first_frames()
    {
        double value = 1000;
        double[] came = [.. Enumerable.Range(0, 400).Select(t => (t is >= 100 and < 150 ? double.NaN : 1, value =
            t == 300 ? value / 2 : value + 5)).Select(pair => double.IsNaN(pair.Item1) ? double.NaN : pair.Item2)];
        bool[] grows = new bool[1], counts = new bool[1];
        Growth.FindEarly(MissingValues.Filled(came, 1), 1, grows, counts, came);
        Assert.False(grows[0] && counts[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_counter_that_began_anew_is_told_later_however_it_rises(bool noisy)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double total = 1e6;
            double Next(int t) => total = t is 300 or 320 ? 0 : total + (noisy ? Normal.Sample(random, 10, 1)
                : Poisson.Sample(random, 100 * (1 + .7 * Math.Sin(2 * Math.PI * t / 1440))));
            Assert.Equal((1199, true), Later(Next, 5000));
        }
    }

    [Fact]
    public void A_saw_a_burst_and_a_level_that_fell_are_no_counters_that_began_anew()
    {
        var random = new Xoshiro256StarStar(9, threadSafe: false);
        for (int phase = 0; phase < 40; phase++)
        {
            Assert.False(First(t => (t + phase) % 40).Grows);
            Assert.Equal(-1, Later(t => (t + 10 * phase) % 400, 5000).At);
        }
        Assert.False(First(t => t < 100 ? 1000 + 5 * t : 300).Grows);              // it fell, and rests
        Assert.False(First(t => t < 100 ? 1000 + 5 * t : 1500 - 5 * t).Grows);     // it turned
        Assert.Equal(-1, Later(t => Poisson.Sample(random, 3), 5000).At);
        Assert.Equal(-1, Later(t => t % 700 < 20 ? t % 700 * 50 : 0, 20_000).At);  // jobs
        bool[] grows = new bool[1], counts = new bool[1];
        var bursts = new Growth(1);
        for (int t = 0; t < 2000; t++) bursts.Step([t % 200 < 15 ? 10 + t % 200 : 0]);
        Assert.False(bursts.FindRisen(grows, counts));
    }

    [Fact]
    public void A_hole_in_the_feed_does_not_hide_it()
    {
        var random = new Xoshiro256StarStar(7, threadSafe: false);
        Assert.InRange(Later(t => t is >= 110 and < 160 ? double.NaN : t + Normal.Sample(random, 0, 3), 5000).At, 1199, 2000);
    }

    [Theory]
    [InlineData(288)]
    [InlineData(2016)]
    [InlineData(4400)]
    public void No_part_of_a_cycle_is(double period)
    {
        var random = new Xoshiro256StarStar(4, threadSafe: false);
        for (int phase = 0; phase < 16; phase++)
            Assert.Equal(-1, Later(t => 10 * Math.Sin(2 * Math.PI * (t / period + phase / 16.0)) + Normal.Sample(random, 0, .05), 8000).At);
    }

    [Fact]
    public void Neither_a_walk_nor_a_level_that_shifts_nor_values_that_are_missing_is()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double walk = 0;
            Assert.Equal(-1, Later(_ => walk += Normal.Sample(random, 0, 1), 10_000).At);
        }
        Assert.Equal(-1, Later(t => t < 700 ? 0 : 100, 5000).At);
        Assert.Equal(-1, Later(t => double.NaN, 5000).At);
    }
}
