using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>Feeds that grow without bound: a counter that begins again at 0 and stalls, a ramp in noise with a hole.</summary>
public sealed class GrowingFeedTests
{
    const int Steps = 6000, Reset = 3000, Stall = 5000, StallEnd = 5060, Hole = 5500;

    static double[] Counter()
    {
        var random = new Xoshiro256StarStar(5, threadSafe: false);
        double total = 3e9;
        return [.. Enumerable.Range(0, Steps).Select(t =>
        {
            if (t == Reset) total = 0;
            if (t is < Stall or >= StallEnd) total += Math.Round(Normal.Sample(random, 1e6, 1e5));
            return total;
        })];
    }

    static double[] Ramp()
    {
        var random = new Xoshiro256StarStar(6, threadSafe: false);
        return [.. Enumerable.Range(0, Steps).Select(t => (t is >= Hole and < Hole + 10 ? 2000 : t) + Normal.Sample(random, 0, 3))];
    }

    public static TheoryData<string> Kinds => ["signal", "sensors", "metric"];

    static ModelSpec Model(string preset) => preset == "metric" ? Presets.Metric() : Feeds.Small((ErrorModelSpec)Presets.Of(preset));

    static (StepResult[] Results, double[] Expected, Detector Detector) Run(string preset, double[] feed)
    {
        var (results, expected, detector) = (new StepResult[Steps], new double[Steps], new Detector(Model(preset), 1));
        detector.StepMany(Feeds.Times(Steps), feed, results, expected);
        return (results, expected, detector);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_counter_warms_up_once_its_reset_is_no_alarm_and_that_it_stalls_is(string preset)
    {
        double[] feed = Counter();
        (StepResult[] results, double[] expected, Detector detector) = Run(preset, feed);
        StepResult told = Assert.Single(results, result => result.Model is not null);
        Assert.Equal(Model(preset).FramesBeforeScaling - 1, told.Position);
        Assert.Equal((ModelChangeKind.Growing, false), (told.Model!.Kind, told.Model.Restarted));
        Assert.Equal([0], told.Model.Channels);
        Assert.Equal(0, detector.Health.Rescalings);
        Assert.DoesNotContain(results.Skip(Model(preset).WarmUp), result => result.WarmingUp);
        AlarmEvent[] opened = [.. results.Events().Where(alarm => alarm.Change == AlarmChange.Opened)];
        Assert.DoesNotContain(opened, alarm => alarm.Position is >= Reset - 1 and < Reset + 50);
        Assert.Contains(opened, alarm => alarm.Position is >= Stall and < Stall + 5);
        // In units of the feed: the value before, and one growth.
        for (int t = 2000; t < Reset; t++) Assert.InRange(expected[t] - feed[t - 1], .5e6, 1.5e6);
        for (int t = Reset + 1; t < Reset + 500; t++) Assert.InRange(expected[t] - feed[t - 1], .5e6, 1.5e6);
    }

    [Theory]
    [InlineData("signal", .6, 0)]
    [InlineData("metric", .3, 0)]
    [InlineData("metric", .6, 0)]
    [InlineData("metric", .6, 2e9)]
    [InlineData("metric", 1.3, 0)]
    public void A_counter_that_began_anew_in_the_warm_up_is_known_for_one(string preset, double ofTheScaling, double start)
    {
        int reset = (int)(ofTheScaling * Model(preset).FramesBeforeScaling), stalls = 0, resets = 0;
        const int feeds = 10, again = 4000, stall = 4600, end = 4660;
        for (int seed = 0; seed < feeds; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double total = 3e9;
            double[] feed = [.. Enumerable.Range(0, Steps).Select(t => total = t == reset || t == again ? start
                : t is >= stall and < end ? total : total + Math.Round(Normal.Sample(random, 1e6, 1e5)))];
            StepResult[] results = Run(preset, feed).Results;
            Assert.Equal(ModelChangeKind.Growing, Assert.Single(results, result => result.Model is not null).Model!.Kind);
            AlarmEvent[] opened = [.. results.Events().Where(alarm => alarm.Change == AlarmChange.Opened)];
            if (opened.Any(alarm => alarm.Position is >= stall and < stall + 15)) stalls++;
            if (opened.Any(alarm => alarm.Position - again is >= 0 and < 20 || alarm.Position - reset is >= 0 and < 20)) resets++;
        }
        Assert.True(stalls == feeds && resets <= 1, $"{stalls} stalls and {resets} resets");
    }

    [Theory]
    [InlineData(40)]
    [InlineData(300)]
    public void What_normal_would_have_been_goes_on_growing_from_before_the_alarm(int later)
    {
        double[] feed = Counter();
        for (int t = Stall; t < Steps; t++) feed[t] = feed[Stall - 1];  // it never goes on
        var detector = new Detector(Model("signal"), 1);
        AlarmEvent? opened = null;
        double[] now = new double[1];
        for (int t = 0; t < Stall + later; t++)
        {
            AlarmEvent? told = detector.Step(DateTime.UnixEpoch.AddSeconds(t), feed.AsSpan(t, 1), new double[1]).Alarm;
            if (t >= Stall && told?.Change == AlarmChange.Opened) opened = told;
        }
        Forecast forecast = opened!.Forecast!;
        Assert.InRange(forecast.Start, Stall - 60, Stall + 5);
        for (int i = 0; i < forecast.Expected.Length; i++)
        {
            double before = feed[forecast.Start - 1], grown = (forecast.Expected[i] - before) / (i + 1);
            Assert.InRange(grown, .7e6, 1.3e6);
        }
        Assert.True(detector.TryForecast(now));
        Assert.InRange((now[0] - feed[Stall - 1]) / later, .97e6, 1.03e6);
        double[] free = new double[100];
        Assert.True(detector.TryRunFree(free));
        Assert.InRange((free[99] - feed[^1]) / 100, .1e6, 1.5e6);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_ramp_in_noise_is_told_when_it_shows_and_its_hole_is_an_alarm(string preset)
    {
        (StepResult[] results, _, Detector detector) = Run(preset, Ramp());
        StepResult told = Assert.Single(results, result => result.Model is not null);
        Assert.InRange(told.Position, 1199, 1800);
        Assert.True(told.Model is { Kind: ModelChangeKind.Growing, Restarted: true });
        Assert.Equal(1, detector.Health.Rescalings);
        Assert.Contains(results.Events(), alarm => alarm.Change == AlarmChange.Opened && alarm.Position is >= Hole and < Hole + 5);
        Assert.InRange(results.Events().Count(alarm => alarm.Change == AlarmChange.Opened), 1, 5);
    }

    // A thousand times the growth of a step, less than nothing, and then where it had been.
    [Theory]
    [InlineData("signal")]
    [InlineData("metric")]
    public void What_a_counter_reads_while_it_is_muted_is_neither_its_growth_nor_the_end_of_it(string preset)
    {
        const int begin = 2000, end = 2100;
        double[] feed = Counter();
        bool[] muted = [.. feed.Select((_, t) => t is >= begin and < end)];
        for (int t = begin; t < end; t++) feed[t] = t % 2 == 0 ? 1e12 : -1;
        for (int t = end + 100; t < end + 200; t++) feed[t] = double.NaN;  // continued by what it grew by
        var (results, expected) = (new StepResult[Steps], new double[Steps]);
        new Detector(Model(preset), 1).StepMany(Feeds.Times(Steps), feed, results, expected, muted);
        Assert.Single(results, result => result.Model is not null);
        Assert.InRange(expected[end] - feed[end], -1e6, 1e6);
        // The reservoir of preset signal saw it, and forgets it soon.
        for (int t = end + 1; t < Reset; t++)
            if (!double.IsNaN(feed[t - 1])) Assert.InRange(expected[t] - feed[t - 1], t < end + 100 ? 0 : .5e6, t < end + 100 ? 2e6 : 15e5);
        AlarmEvent[] opened = [.. results.Events().Where(alarm => alarm.Change == AlarmChange.Opened)];
        Assert.DoesNotContain(opened, alarm => alarm.Position is >= begin and < end + 200 or >= Reset - 1 and < Reset + 50);
        Assert.Contains(opened, alarm => alarm.Position is >= Stall and < Stall + 5);
    }

    // Beside maintenance in which the counter reads nonsense it is found as without it.
    [Fact]
    public void What_is_muted_hides_no_growth()
    {
        foreach (bool maintenance in (bool[])[false, true])
        {
            var random = new Xoshiro256StarStar(5, threadSafe: false);
            double total = 0;
            bool[] muted = [.. Enumerable.Range(0, Steps).Select(t => maintenance && t is >= 900 and < 960)];
            double[] feed = [.. Enumerable.Range(0, Steps).Select(t =>
            {
                total += Poisson.Sample(random, 100 * (1 + .7 * Math.Sin(2 * Math.PI * t / 1440)));
                return muted[t] ? -5 + t % 2 : total;
            })];
            StepResult[] results = Feeds.Run(Presets.Metric(), feed, 1, muted);
            Assert.Equal(ModelChangeKind.Growing, results.First(result => result.Model is not null).Model!.Kind);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Values_that_are_missing_share_their_growth(string preset)
    {
        double[] feed = Counter();
        for (int t = 2000; t < 2900; t++)
            if (t % 10 is 3 or 4) feed[t] = double.NaN;
        StepResult[] results = Run(preset, feed).Results;
        Assert.DoesNotContain(results.Events(), alarm => alarm.Position is >= 2000 and < 2900);
    }

    [Theory]
    [InlineData("signal", true)]
    [InlineData("sensors", true)]
    [InlineData("metric", true)]
    [InlineData("signal", false)]
    [InlineData("metric", false)]
    public void Batches_and_restarts_change_no_bit(string preset, bool counter)
    {
        double[] feed = counter ? Counter() : Ramp(), found = new double[Steps];
        for (int t = 2500; t < 2600; t += 7) feed[t] = double.NaN;
        (StepResult[] whole, double[] expected, Detector uninterrupted) = Run(preset, feed);
        var parts = new StepResult[Steps];
        var detector = new Detector(Model(preset), 1);
        DateTime[] times = Feeds.Times(Steps);
        for (int t = 0, count; t < Steps; t += count)
        {
            count = Math.Min(Steps - t, 1 + t % 23);
            detector.StepMany(times.AsSpan(t, count), feed.AsSpan(t, count), parts.AsSpan(t, count), found.AsSpan(t, count));
            if (t % 5 == 0) detector = Detector.Load(Model(preset), 1, Save(detector));
        }
        Assert.Equal(whole.Select(result => BitConverter.DoubleToInt64Bits(result.Score)),
            parts.Select(result => BitConverter.DoubleToInt64Bits(result.Score)));
        for (int t = 0; t < Steps; t++)
            Assert.Equal(JsonSerializer.Serialize(whole[t], Named), JsonSerializer.Serialize(parts[t], Named));
        Assert.Equal(expected, found);
        Assert.Equal(Save(uninterrupted), Save(detector));
    }

    // Growth is found while an alarm is open: the model is changed when that has ended, in the middle of a block.
    [Fact]
    public void Batches_change_no_event_where_growth_is_found_in_an_alarm()
    {
        ErrorModelSpec model = Feeds.Small() with { WarmUp = 1000 };
        double[] feed = Ramp();
        for (int t = 1185; t < 1215; t++) feed[t] += 60;
        string[][] told = [.. new[] { 1, 23, 64, Steps }.Select(block =>
        {
            var detector = new Detector(model, 1);
            var results = new StepResult[Steps];
            for (int t = 0, count; t < Steps; t += count)
            {
                count = Math.Min(Steps - t, block);
                detector.StepMany(Feeds.Times(Steps).AsSpan(t, count), feed.AsSpan(t, count), results.AsSpan(t, count), new double[count]);
            }
            Assert.True(results[1199].AlarmOpen);
            Assert.True(Array.FindIndex(results, result => result.Model is not null) > 1199);
            return results.Select(result => JsonSerializer.Serialize(result, Named)).ToArray();
        })];
        for (int i = 1; i < told.Length; i++) Assert.Equal(told[0], told[i]);
    }

    [Fact]
    public void A_channel_that_does_not_grow_is_judged_by_what_came_beside_one_that_does()
    {
        double[] counter = Counter(), level = Feeds.Sines(Steps), feed = new double[2 * Steps];
        for (int t = 0; t < Steps; t++)
            (feed[2 * t], feed[2 * t + 1]) = (counter[Math.Min(t, Stall - 1)] + 1e6 * Math.Max(0, t - Stall), level[t]);
        for (int t = 4000; t < 4400; t++) feed[2 * t + 1] = 1000 + level[t];  // far beyond the limit of its scaling, and moving
        StepResult[] results = Feeds.Run(Model("signal"), feed, 2);
        Assert.Equal([0], results.Single(result => result.Model is { Kind: ModelChangeKind.Growing }).Model!.Channels);
        AlarmEvent opened = results.Events().First(alarm => alarm.Change == AlarmChange.Opened && alarm.Position >= 4000);
        Assert.InRange(opened.Position, 4000, 4002);
        Assert.Equal(1, opened.Contributions[0].Channel);
        Assert.InRange(opened.Observed[1], 990, 1030);
    }

    [Fact]
    public void Every_field_is_what_it_was()
    {
        double[] feed = Counter();
        var detector = new Detector(Model("signal"), 1);
        int done = 0;
        foreach (int stop in (int[])[150, 250, Reset + 1, Stall + 20, Stall + 300])
        {
            Take(detector, stop);
            Detector restarted = Detector.Load(Model("signal"), 1, Save(detector));
            Take(detector, stop + 1);
            done = stop;
            Take(restarted, stop + 1);
            Assert.Empty(StateGraph.Differences(detector, restarted));
        }

        void Take(Detector taking, int to)
        {
            for (; done < to; done++) taking.Step(DateTime.UnixEpoch.AddSeconds(done), feed.AsSpan(done, 1), new double[1]);
        }
    }

    static readonly JsonSerializerOptions Named = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    static byte[] Save(Detector detector)
    {
        var snapshot = new ArrayBufferWriter<byte>();
        detector.Save(snapshot);
        return snapshot.WrittenSpan.ToArray();
    }
}
