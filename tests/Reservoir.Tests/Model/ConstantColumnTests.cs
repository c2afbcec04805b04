using System.Buffers;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;
using static Esn.Tests.OutgrownTests;

namespace Esn.Tests;

/// <summary>A column beside five sensors that stands still, or steps now and then: a setpoint, or a level that is measured.</summary>
public sealed class ConstantColumnTests
{
    // Five sensors, and a column that steps every thousand frames: a setpoint, or a level that is measured.
    static double[] Stepping(int steps, double noise, double from = 50, double step = 2)
    {
        var random = new Xoshiro256StarStar(8, threadSafe: false);
        double[] levels = [from, from + step, from - step, from + 2 * step, from, from - 2 * step];
        return [.. Enumerable.Range(0, steps).SelectMany(t => Enumerable.Range(0, 6).Select(c => Normal.Sample(random, 0, 1)
            + (c == 0 && t % 6000 is >= 5700 and < 5720 ? 8 : 0)).Take(5)
            .Append(levels[t / 1000 % levels.Length] + noise * Normal.Sample(random, 0, 1)))];
    }

    static (int Restarts, string Left, int Told) Watch(ErrorModelSpec spec, double[] feed)
    {
        int steps = feed.Length / 6;
        var results = new StepResult[steps];
        new Detector(spec, 6).StepMany(new DateTime[steps], feed, results, new double[feed.Length]);
        ModelChange[] changes = [.. results.Where(r => r.Model is not null).Select(r => r.Model!)];
        int told = results.Events().Count(e => e.Change == AlarmChange.Opened && e.Position % 6000 is >= 5700 and < 5740);
        return (changes.Length, string.Join(" ", changes.SelectMany(change => change.Channels)), told);
    }

    [Theory]
    [InlineData(50, 2)]
    [InlineData(1, 1)]
    [InlineData(3.7, .1)]
    [InlineData(0, -1)]
    public void A_column_that_was_constant_takes_its_first_step_for_its_unit_and_no_model_begins_anew(double from, double step)
    {
        Assert.Equal((0, "", 2), Watch(Presets.Sensors(), Stepping(12_000, 0, from, step)));
        Assert.InRange(Watch(Feeds.Small(), Stepping(12_000, 0, from, step)).Restarts, 0, 2);
    }

    // Of a column that is reported when it changes the rest is missing: that it changed once is no reason to begin anew.
    [Fact]
    public void A_column_that_is_missing_between_its_steps_rests()
    {
        double[] feed = Stepping(12_000, 0);
        for (int t = 500; t < 12_000; t++)
            if (t % 1000 > 1) feed[6 * t + 5] = double.NaN;
        Assert.Equal((0, ""), Watch(Presets.Sensors(), feed) is var (restarts, left, _) ? (restarts, left) : default);
    }

    // Nor is one wrong value its unit.
    [Fact]
    public void A_glitch_of_a_constant_column_does_not_hide_its_leak()
    {
        double[] feed = Stepping(6000, 0);
        for (int t = 0; t < 6000; t++) feed[6 * t + 5] = t == 1000 ? -999 : t < 4000 ? 20 : 20 - .002 * (t - 4000);
        var results = new StepResult[6000];
        double[] expected = new double[feed.Length];
        new Detector(Presets.Sensors(), 6).StepMany(new DateTime[6000], feed, results, expected);
        Assert.Contains(results.Events(), e => e.Change == AlarmChange.Opened && e.Position is >= 4000 and < 4600
            && e.Contributions[0].Channel == 5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Steps_of_a_constant_column_have_the_same_bits_in_blocks_and_after_a_restart(bool glitch)
    {
        double[] feed = Stepping(3000, 0);
        if (glitch) feed[6 * 700 + 5] = 1e4;
        Detector one = new(Presets.Sensors(), 6), many = new(Presets.Sensors(), 6);
        double[] expected = new double[feed.Length], same = new double[feed.Length];
        for (int t = 0; t < 3000; t++) one.Step(default, feed.AsSpan(6 * t, 6), expected.AsSpan(6 * t, 6));
        for (int t = 0, n; t < 3000; t += n)
        {
            n = Math.Min(97, 3000 - t);
            many.StepMany(new DateTime[n], feed.AsSpan(6 * t, 6 * n), new StepResult[n], same.AsSpan(6 * t, 6 * n));
            var saved = new ArrayBufferWriter<byte>();
            many.Save(saved);
            many = Detector.Load(Presets.Sensors(), 6, saved.WrittenSpan);
        }
        Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), same.Select(BitConverter.DoubleToInt64Bits));
    }

    // A machine that was started moves on: another model is to learn how.
    [Fact]
    public void What_rested_and_moves_from_then_on_begins_the_model_anew()
    {
        double[] feed = Stepping(6000, 0);
        for (int t = 2000; t < 6000; t++) feed[6 * t + 5] += Math.Sin(t);
        Assert.Equal((1, "5"), Watch(Presets.Sensors(), feed) is var (restarts, left, _) ? (restarts, left) : default);
    }

    // Codes of a fault come for some frames. They are no unit either.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(15)]
    public void Wrong_values_of_a_constant_column_leave_its_unit_as_it_was(int wrong)
    {
        double[] feed = Stepping(6000, 0);
        for (int t = 0; t < 6000; t++) feed[6 * t + 5] = t >= 1000 && t < 1000 + wrong ? -999 : t is >= 4000 and < 4300 ? 18 : 20;
        var results = new StepResult[6000];
        new Detector(Presets.Sensors(), 6).StepMany(new DateTime[6000], feed, results, new double[feed.Length]);
        Assert.Contains(results.Events(), e => e.Change == AlarmChange.Opened && e.Position is >= 4000 and < 4150
            && e.Contributions[0].Channel == 5);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(60)]
    public void A_setpoint_that_is_moved_by_a_ramp_is_no_counter_and_begins_nothing_anew(int ramp)
    {
        double[] feed = Stepping(12_000, 0);
        for (int t = 0; t < 12_000; t++)
            feed[6 * t + 5] = t < 1500 ? 20 : 15 + 5 * (t / 1500) + 5 * Math.Min(1, t % 1500 / (double)ramp);
        Assert.Equal((0, "", 2), Watch(Presets.Sensors(), feed));
    }

    // Where values are rounded, most are those of the frame before: that is no rest.
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void A_machine_of_rounded_values_or_repeated_ones_that_was_started_begins_the_model_anew(int each)
    {
        double[] feed = Stepping(6000, 0);
        double level = 0;
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        for (int t = 0; t < 6000; t++)
        {
            if (t % each == 0) level = .97 * level + .25 * Normal.Sample(random, 0, 1);
            feed[6 * t + 5] = t < 2000 ? 0 : Math.Round(50 + level);
        }
        Assert.Equal((1, "5"), Watch(Presets.Sensors(), feed) is var (restarts, left, _) ? (restarts, left) : default);
    }

    [Fact]
    public void A_plant_one_of_whose_sensors_was_replaced_is_judged_at_once()
    {
        double[] feed = Stepping(5000, 1, step: 0);
        for (int t = 2000; t < 5000; t++) feed[6 * t + 5] += 400;
        for (int t = 3050; t < 3150; t++) feed[6 * t] += 8;
        StepResult[] results = Feeds.Run(Presets.Sensors(), feed, 6);
        (int at, bool restarted) = Assert.Single(Changes(results));
        Assert.True(restarted);
        Assert.InRange(at, 2990, 3040);
        Assert.All(results[400..], r => Assert.False(r.WarmingUp));
        Assert.Contains(results.Events(), e => e.Change == AlarmChange.Opened && e.Position is >= 3050 and < 3100);
    }

    [Fact]
    public void Values_at_the_end_of_what_doubles_hold_are_bounded()
    {
        double[] feed = Stepping(4000, 0), expected = new double[feed.Length];
        for (int t = 0; t < 4000; t++) feed[6 * t + 5] = t < 1000 ? -1.7e308 : 1.7e308;
        new Detector(Presets.Sensors(), 6).StepMany(new DateTime[4000], feed, new StepResult[4000], expected);
        for (int t = 3500; t < 4000; t++)
            for (int c = 0; c < 5; c++) Assert.InRange(expected[6 * t + c], -10, 10);
    }

    // Two sensors that are asked in turn, or one that is asked at every other time.
    [Theory]
    [InlineData(true, "4 5")]
    [InlineData(false, "5")]
    public void What_is_missing_in_between_is_no_return_to_the_scaling(bool both, string left)
    {
        double[] feed = Stepping(9000, 1);
        for (int t = 3000; t < 9000; t++)
        {
            for (int c = both ? 4 : 5; c < 6; c++) feed[6 * t + c] = (c == 5) == (t % 2 == 0) ? feed[6 * t + c] + 400 : double.NaN;
        }
        (int restarts, string which, _) = Watch(Presets.Sensors(), feed);
        Assert.Equal((1, left), (restarts, which));
    }

    [Fact]
    public void A_level_that_goes_from_step_to_step_begins_the_model_anew_twice_and_is_named()
    {
        (int restarts, string left, int told) = Watch(Presets.Sensors(), Stepping(30_000, .05));
        Assert.Equal((2, "5 5"), (restarts, left));
        Assert.InRange(told, 4, 5);
    }
}
