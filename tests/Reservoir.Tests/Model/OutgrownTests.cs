using System.Buffers;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using MathNet.Numerics.Statistics;
using Xunit;

namespace Esn.Tests;

/// <summary>A feed that leaves the range of its scaling for good: a plant that was started after the model.</summary>
public sealed class OutgrownTests
{
    const int Steps = 9000, Start = 3000, Soon = 3700, Jump = 8000;

    static readonly ErrorModelSpec Spec = Feeds.Small();

    // At 100 standard deviations of what came before, and there six of what came since.
    static double[] Plant()
    {
        var random = new Xoshiro256StarStar(6, threadSafe: false);
        return [.. Enumerable.Range(0, Steps)
            .Select(t => Normal.Sample(random, 0, 1) + (t >= Start ? 100 : 0)
                + (t is (>= Jump and < Jump + 20) or (>= Soon and < Soon + 20) ? 9 : 0))];
    }

    static (StepResult[] Results, double[] Expected) Take(Detector detector, double[] feed, Func<int, int> block)
    {
        var results = new StepResult[feed.Length];
        double[] expected = new double[feed.Length];
        for (int t = 0, n; t < feed.Length; t += n)
        {
            n = Math.Min(block(t), feed.Length - t);
            detector.StepMany(new DateTime[n], feed.AsSpan(t, n), results.AsSpan(t, n), expected.AsSpan(t, n));
        }
        return (results, expected);
    }

    [Fact]
    public void It_is_told_and_then_what_was_learnt_holds_there_and_judging_goes_on()
    {
        var detector = new Detector(Spec, 1);
        (StepResult[] results, double[] expected) = Take(detector, Plant(), _ => 300);
        AlarmEvent[] events = [.. results.Events()];

        Assert.Equal(Start, events.First(e => e.Change == AlarmChange.Opened && e.Position >= Start).Position);
        AlarmEvent adapted = events.First(e => e.Change == AlarmChange.Adapted);
        Assert.InRange(adapted.Position, Start + 450, Start + 550);
        Assert.Equal(1, detector.Health.Rescalings);
        int moved = Array.FindIndex(results, r => r.Model is { Kind: ModelChangeKind.Outgrown, Restarted: false });
        Assert.InRange(moved, adapted.Position, adapted.Position + 20);
        Assert.All(results[Spec.WarmUp..], r => Assert.False(r.WarmingUp || r.Unjudged));
        Assert.All(results, (r, t) => Assert.Equal(t, r.Position));
        long[] opened = [.. events.Where(e => e.Change == AlarmChange.Opened && e.Position > Start).Select(e => e.Position)];
        Assert.Equal(2, opened.Length);
        Assert.InRange(opened[0], Soon, Soon + 5);
        Assert.InRange(opened[1], Jump, Jump + 5);
        Assert.All(expected[(moved + 1)..Soon], e => Assert.InRange(e, 98, 102));
    }

    static double[] Rhythm(int steps, Func<int, double, double> of)
    {
        double[] feed = Feeds.Sines(steps, noise: .02);
        return [.. feed.Select((x, t) => of(t, x - 20))];
    }

    static (int At, bool Restarted)[] Changes(StepResult[] results) =>
        [.. results.Select((r, t) => (t, r.Model)).Where(r => r.Model is not null).Select(r => (r.t, r.Model!.Restarted))];

    // Of a feed that shrank, faults of its new size are told; once it has grown again, it keeps that unit.
    [Fact]
    public void A_feed_that_shrank_for_good_is_judged_in_its_new_size_until_it_grows_again()
    {
        const int Shrinks = 3000, Grows = 9000;
        double[] feed = Rhythm(14000, (t, x) => x * (t is >= Shrinks and < Grows or >= 11500 ? .05 : 1)
            + (t is >= 6000 and < 6040 ? .015 * Math.Sin(1.3 * t) : 0));
        StepResult[] results = Feeds.Run(Spec, feed);
        (int At, bool Restarted)[] changes = Changes(results);
        Assert.Equal([false, false], changes.Select(change => change.Restarted));
        Assert.InRange(changes[0].At, Shrinks + 500, Shrinks + 1800);
        Assert.InRange(changes[1].At, Grows + 500, Grows + 1800);
        Assert.Contains(results.Events(), e => e.Change == AlarmChange.Opened && e.Position is >= 6000 and < 6045);
    }

    [Fact]
    public void A_machine_that_stands_still_with_a_little_noise_has_not_shrunk()
    {
        var random = new Xoshiro256StarStar(8, threadSafe: false);
        double[] feed = Rhythm(7000, (t, x) => t is >= 3000 and < 6000 ? .02 * Normal.Sample(random, 0, 1) : x);
        Assert.Empty(Changes(Feeds.Run(Spec, feed)));
    }

    // A seventh of the noise would be lost in a unit of before, and seven times as much alarm in it.
    [Theory]
    [InlineData(7)]
    [InlineData(1 / 7.0)]
    public void A_feed_in_other_units_is_judged_in_them(double unit)
    {
        double[] feed = Rhythm(8000, (t, x) => (t >= Start ? 1000 + unit * x : x)
            + (t is >= 4200 and < 4240 ? .3 * unit * Math.Sin(1.3 * t) : 0));
        StepResult[] results = Feeds.Run(Spec, feed);
        Assert.False(Assert.Single(Changes(results)).Restarted);
        AlarmEvent told = Assert.Single(results.Events(), e => e.Change == AlarmChange.Opened && e.Position > Start + 1);
        Assert.InRange(told.Position, 4200, 4215);
    }

    [Fact]
    public void A_fault_on_the_way_there_does_not_cost_what_was_learnt()
    {
        double[] feed = Rhythm(6000, (t, x) => x + (t >= Start ? 1000 : 0) + (t is >= 3250 and < 3260 ? 30 : 0));
        Assert.False(Assert.Single(Changes(Feeds.Run(Spec, feed))).Restarted);
    }

    [Fact]
    public void Where_nothing_tells_its_unit_a_new_model_begins_with_what_came_since()
    {
        StepResult[] results = Feeds.Run(Spec, Rhythm(7000, (t, x) => t >= Start ? 1000 : x));
        (int at, bool restarted) = Assert.Single(Changes(results));
        Assert.True(restarted);
        int blind = results.Skip(at + 1).TakeWhile(r => r.WarmingUp).Count();
        Assert.InRange(blind, Spec.WarmUp - 600, Spec.WarmUp - 500);
        Assert.All(results, (r, t) => Assert.Equal(t, r.Position));
    }

    [Fact]
    public void A_scaling_that_would_not_hold_what_came_since_is_not_moved()
    {
        double[] feed = Rhythm(4000, (t, x) => x + (t < Start ? 0 : t < Start + 250 ? 1000 : 2000));
        Assert.True(Changes(Feeds.Run(Spec, feed))[0].Restarted);
    }

    // Moved with each, what is usual of either would be forgotten each time.
    [Fact]
    public void A_level_that_comes_back_is_given_room()
    {
        double[] feed = Rhythm(20_000, (t, x) => x + (t / 2500 % 2 == 1 ? 100 : 0));
        Assert.Equal([false, true], Changes(Feeds.Run(Spec, feed)).Select(change => change.Restarted));
    }

    [Fact]
    public void One_that_goes_on_is_followed()
    {
        double[] feed = Rhythm(14_000, (t, x) => x + .01 * Math.Max(0, t - Start));
        (int At, bool Restarted)[] changes = Changes(Feeds.Run(Spec, feed));
        Assert.InRange(changes.Length, 4, 8);
        Assert.All(changes, change => Assert.False(change.Restarted));
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

    // A price: what the first frames fixed is soon a small part of it. Alone, and beside a counter.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_climbs_out_of_its_scaling_is_foretold_there_and_its_fall_is_told(int channels)
    {
        for (int seed = 1; seed <= 3; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double[] price = new double[4500], expected = new double[price.Length * channels];
            for (int t = 1; t < price.Length; t++)
                price[t] = (t < 1900 ? .99 : 1) * price[t - 1] + Normal.Sample(random, t < 1900 ? 0 : .1, .5);
            (double mean, double deviation) = price[..200].MeanStandardDeviation();
            int left = Array.FindIndex(price, 1800, x => x > mean + 20 * deviation + 10), fall = left + 100;
            Assert.InRange(left, 1900, price.Length - 200);
            for (int t = fall; t < price.Length; t++) price[t] -= 15;
            double[] feed = [.. price.SelectMany((x, t) => new[] { x, 5.0 * t }[..channels])];
            var results = new StepResult[price.Length];
            new Detector(Presets.Signal(), channels).StepMany(new DateTime[price.Length], feed, results, expected);

            Assert.All(Enumerable.Range(left + 50, 50), t => Assert.InRange(expected[t * channels], price[t] - 3, price[t] + 3));
            Assert.Contains(results.Events(), e => e.Announced && e.Position >= fall && e.Position < fall + 3);
        }
    }

    static (StepResult, ModelChangeKind?, string) Bare(StepResult result) =>
        (result with { Alarm = null, Model = null }, result.Model?.Kind, string.Join(",", result.Model?.Channels ?? []));

    [Fact]
    public void Neither_batches_nor_a_restart_change_a_bit_of_it()
    {
        double[] feed = Plant();
        (StepResult[] results, double[] expected) = Take(new Detector(Spec, 1), feed, _ => 1);
        foreach (int block in (int[])[7, 512, Steps])
        {
            (StepResult[] again, double[] same) = Take(new Detector(Spec, 1), feed, _ => block);
            Assert.Equal(results.Select(Bare), again.Select(Bare));
            Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), same.Select(BitConverter.DoubleToInt64Bits));
        }
        foreach (int at in (int[])[Start + 200, Start + 520, Start + 600, Start + 3000])
        {
            var detector = new Detector(Spec, 1);
            Take(detector, feed[..at], _ => 100);
            var saved = new ArrayBufferWriter<byte>();
            detector.Save(saved);
            var loaded = Detector.Load(Spec, 1, saved.WrittenSpan);
            Assert.Equal(detector.Health, loaded.Health);
            (StepResult[] rest, double[] same) = Take(loaded, feed[at..], _ => 64);
            Assert.Equal(results[at..].Select(Bare), rest.Select(Bare));
            Assert.Equal(expected[at..].Select(BitConverter.DoubleToInt64Bits), same.Select(BitConverter.DoubleToInt64Bits));
        }
    }

    // A metric by the minute whose level goes from 20 to another after 2000 frames.
    static double[] Gauge(double level, Func<double, double> noise)
    {
        var random = new Xoshiro256StarStar(5, threadSafe: false);
        return [.. Enumerable.Range(0, 7000).Select(t => t < 2000 ? 20 : level).Select((at, t) =>
            at + noise(at) * Normal.Sample(random, 0, 1) + (t is >= Jump - 3000 and < Jump - 2980 ? 30 * noise(at) : 0))];
    }

    [Theory]
    [InlineData(90)]
    [InlineData(-400)]
    public void A_metric_that_moved_far_and_kept_its_noise_begins_the_model_anew_which_has_seen_it_there(double level)
    {
        var results = new StepResult[7000];
        new Detector(new MetricModelSpec(), 1).StepMany(new DateTime[7000], Gauge(level, _ => .1), results, new double[7000]);
        int anew = Array.FindIndex(results, r => r.Model is { Kind: ModelChangeKind.Outgrown, Restarted: true });
        Assert.InRange(anew, 2740, 3000);
        Assert.All(results[750..], r => Assert.False(r.WarmingUp));
        Assert.Contains(results.Events(), e => e.Change == AlarmChange.Opened && e.Position is >= Jump - 3000 and < Jump - 2990);
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 1)]
    public void Rounded_values_and_missing_ones_do_not_hide_that_a_metric_moved_far(bool rounded, int missing)
    {
        double[] feed = [.. Gauge(rounded ? 4000 : 90, at => rounded ? .5 : .1)
            .Select((x, t) => t % missing == 1 ? double.NaN : rounded ? Math.Round(x) : x)];
        var results = new StepResult[7000];
        new Detector(new MetricModelSpec(), 1).StepMany(new DateTime[7000], feed, results, new double[7000]);
        Assert.Single(results, r => r.Model is { Kind: ModelChangeKind.Outgrown, Restarted: true });
    }

    [Fact]
    public void A_metric_that_grew_with_its_noise_keeps_its_model()
    {
        var results = new StepResult[7000];
        new Detector(new MetricModelSpec(), 1).StepMany(new DateTime[7000], Gauge(2000, at => at / 5), results, new double[7000]);
        Assert.All(results, r => Assert.Null(r.Model));
    }

    [Fact]
    public void Neither_batches_nor_a_restart_change_a_bit_of_a_metric_that_moved_far()
    {
        var spec = new MetricModelSpec();
        double[] feed = Gauge(90, _ => .1);
        (StepResult[] results, double[] expected) = Take(new Detector(spec, 1), feed, _ => 1);
        (StepResult[] blocks, double[] same) = Take(new Detector(spec, 1), feed, _ => 512);
        Assert.Equal(results.Select(Bare), blocks.Select(Bare));
        Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), same.Select(BitConverter.DoubleToInt64Bits));
        foreach (int at in (int[])[2001, 2400, 2749, 3100])
        {
            var detector = new Detector(spec, 1);
            Take(detector, feed[..at], _ => 100);
            var saved = new ArrayBufferWriter<byte>();
            detector.Save(saved);
            (StepResult[] rest, double[] again) = Take(Detector.Load(spec, 1, saved.WrittenSpan), feed[at..], _ => 64);
            Assert.Equal(results[at..].Select(Bare), rest.Select(Bare));
            Assert.Equal(expected[at..].Select(BitConverter.DoubleToInt64Bits), again.Select(BitConverter.DoubleToInt64Bits));
        }
    }

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

    [Fact]
    public void Spikes_far_out_and_a_mute_do_not_bring_it_about()
    {
        double[] feed = Plant();
        for (int t = Start; t < Steps; t++) feed[t] -= t % 3 == 0 ? 0 : 100;
        var detector = new Detector(Spec, 1);
        Take(detector, feed, _ => 300);
        Assert.Equal(0, detector.Health.Rescalings);

        var muted = new Detector(Spec, 1);
        muted.StepMany(new DateTime[Steps], Plant(), new StepResult[Steps], new double[Steps],
            [.. Enumerable.Range(0, Steps).Select(t => t >= Start)]);
        Assert.Equal(0, muted.Health.Rescalings);
    }
}
