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

    internal static (StepResult[] Results, double[] Expected) Take(Detector detector, double[] feed, Func<int, int> block)
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

    internal static (int At, bool Restarted)[] Changes(StepResult[] results) =>
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

    internal static (StepResult, ModelChangeKind?, string) Bare(StepResult result) =>
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
