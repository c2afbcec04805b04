using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

public class DetectorTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    public void Results_do_not_depend_on_how_frames_were_batched(int channels, int seed)
    {
        const int steps = 3000;
        double[] feed = Feeds.Sines(steps, channels);
        for (int t = 2400; t < 2430; t++) feed[t * channels] += .4;
        DateTime[] times = Feeds.Times(steps);
        bool[] muted = [.. Enumerable.Range(0, steps).Select(t => t is > 2100 and < 2150)];
        var whole = new StepResult[steps];
        double[] expected = new double[feed.Length];
        new Detector(Feeds.Small(), channels).StepMany(times, feed, whole, expected, muted);
        Assert.Contains(whole, r => r.Alarm is not null);

        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        var detector = new Detector(Feeds.Small(), channels);
        for (int t = 0; t < steps;)
        {
            int count = Math.Min(steps - t, 1 + random.Next(random.Next(4) == 0 ? 200 : 9));
            var results = new StepResult[count];
            double[] foreseen = new double[count * channels];
            detector.StepMany(times.AsSpan(t, count), feed.AsSpan(t * channels, count * channels), results, foreseen,
                muted.AsSpan(t, count));
            for (int i = 0; i < count; i++)
            {
                StepResult one = results[i], same = whole[t + i];
                Assert.Equal(BitConverter.DoubleToInt64Bits(same.Score), BitConverter.DoubleToInt64Bits(one.Score));
                Assert.Equal(BitConverter.DoubleToInt64Bits(same.Normality), BitConverter.DoubleToInt64Bits(one.Normality));
                Assert.Equal((same.Position, same.WarmingUp, same.AlarmOpen, same.Alarm?.Change),
                    (one.Position, one.WarmingUp, one.AlarmOpen, one.Alarm?.Change));
                Assert.Equal(same.Alarm?.Forecast?.Expected, one.Alarm?.Forecast?.Expected);
                Assert.Equal(same.Alarm?.Contributions, one.Alarm?.Contributions);
            }
            Assert.Equal(expected[(t * channels)..((t + count) * channels)], foreseen);
            t += count;
        }
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        const int steps = 4000;
        double[] feed = Feeds.Sines(steps), expected = new double[steps];
        DateTime[] times = Feeds.Times(steps);
        var results = new StepResult[steps];
        var detector = new Detector(Feeds.Small(Presets.Signal(1e-6)), 1);
        detector.StepMany(times.AsSpan(0, 2500), feed.AsSpan(0, 2500), results.AsSpan(0, 2500), expected.AsSpan(0, 2500));

        int next = 2500;
        long allocated = Allocations.Least(() =>
        {
            detector.StepMany(times.AsSpan(next, 200), feed.AsSpan(next, 200), results.AsSpan(next, 200), expected.AsSpan(next, 200));
            next += 200;
            for (int end = next + 100; next < end; next++)
                results[next] = detector.Step(times[next], feed.AsSpan(next, 1), expected.AsSpan(next, 1));
        });

        Assert.DoesNotContain(results, r => r.Alarm is not null);
        Assert.Equal(0, allocated);
    }

    [Fact]
    public void A_fault_is_told_once_with_one_identity_from_its_opening_to_its_end()
    {
        double[] feed = Feeds.Sines(4000);
        for (int t = 3000; t < 3040; t++) feed[t] += 1;
        List<AlarmEvent> events = Feeds.Run(Feeds.Small(), feed).Events();

        Assert.Equal(AlarmChange.Opened, events[0].Change);
        Assert.Equal(AlarmChange.Closed, events[^1].Change);
        Assert.InRange(events[0].Position, 3000, 3003);
        Assert.InRange(events[^1].Position, 3040, 3200);
        Assert.All(events, e => Assert.Equal(events[0].Start, e.Start));
        Assert.All(events, e => Assert.Equal(DateTime.UnixEpoch.AddSeconds(e.Position), e.Time));
        Assert.All(events, e => Assert.Equal(DateTime.UnixEpoch.AddSeconds(e.Start), e.StartTime));
        Assert.All(events, e => Assert.Equal(DateTime.UnixEpoch.AddSeconds(e.Peak), e.PeakTime));
        Assert.NotEmpty(events[0].Scores);
    }

    [Fact]
    public void The_forecast_of_an_alarm_is_what_the_feed_would_have_been()
    {
        double[] normal = Feeds.Sines(4000, noise: .01), feed = [.. normal];
        for (int t = 3000; t < 3040; t++) feed[t] += 1;
        AlarmEvent opened = Feeds.Run(Feeds.Small(), feed).Events()[0];

        Forecast forecast = Assert.IsType<Forecast>(opened.Forecast);
        Assert.True(forecast.Start <= opened.Start);
        Assert.InRange(forecast.Expected.Length, 25, 65);
        for (int i = 0; i < forecast.Expected.Length; i++)
            Assert.InRange(forecast.Expected[i] - normal[forecast.Start + i], -.2, .2);
    }

    [Fact]
    public void The_forecast_goes_on_while_the_alarm_is_open()
    {
        double[] normal = Feeds.Sines(4000, noise: .01), feed = [.. normal];
        for (int t = 3000; t < 3040; t++) feed[t] += 1;
        var detector = new Detector(Feeds.Small(), 1);
        double[] expected = new double[1], foretold = new double[1];
        int told = 0;
        for (int t = 0; t < 3040; t++)
        {
            StepResult result = detector.Step(default, feed.AsSpan(t, 1), expected);
            bool any = detector.TryForecast(foretold);
            Assert.Equal(result.AlarmOpen, any);
            if (!any) continue;
            told++;
            Assert.InRange(foretold[0] - normal[t], -.3, .3);
        }
        Assert.True(told > 30);
    }

    [Fact]
    public void A_lasting_change_is_adapted_to()
    {
        double[] feed = Feeds.Sines(12_000);
        for (int t = 6000; t < feed.Length; t++) feed[t] += 1;
        StepResult[] results = Feeds.Run(Feeds.Small(), feed);
        List<AlarmEvent> events = results.Events();

        Assert.InRange(events[0].Position, 6000, 6005);
        Assert.True(events.Count(e => e.Change == AlarmChange.Opened) <= 3);
        Assert.DoesNotContain(results[9000..], r => r.AlarmOpen);
    }

    [Fact]
    public void A_muted_feed_neither_alarms_nor_teaches()
    {
        double[] feed = Feeds.Sines(6000), calm = [.. feed];
        bool[] muted = [.. Enumerable.Range(0, feed.Length).Select(t => t is >= 3000 and < 3500)];
        for (int t = 3000; t < 3400; t++) feed[t] += 2;
        StepResult[] results = Feeds.Run(Feeds.Small(), feed, muted: muted), undisturbed = Feeds.Run(Feeds.Small(), calm, muted: muted);

        Assert.DoesNotContain(results[..6000], r => r.AlarmOpen);
        // The echo of what came fades, and nothing else stays of it.
        for (int t = 4500; t < 6000; t++) Assert.Equal(undisturbed[t].Score, results[t].Score, .02);
    }

    [Fact]
    public void Muting_ends_an_open_alarm()
    {
        double[] feed = Feeds.Sines(4000);
        for (int t = 3000; t < 3100; t++) feed[t] += 1;
        bool[] muted = [.. Enumerable.Range(0, feed.Length).Select(t => t is >= 3030 and < 3200)];
        List<AlarmEvent> events = Feeds.Run(Feeds.Small(), feed, muted: muted).Events();
        Assert.Equal((AlarmChange.Closed, 3030), (events[^1].Change, events[^1].Position));
    }

    [Fact]
    public void No_alarm_opens_below_the_minimum_deviation()
    {
        double[] feed = Feeds.Sines(4000);
        for (int t = 3000; t < 3040; t++) feed[t] += .5;
        ErrorModelSpec spec = Feeds.Small();
        Assert.NotEmpty(Feeds.Run(spec, feed).Events());
        Assert.NotEmpty(Feeds.Run(spec with { Alarm = spec.Alarm with { MinimumDeviation = [.3] } }, feed).Events());
        Assert.Empty(Feeds.Run(spec with { Alarm = spec.Alarm with { MinimumDeviation = [1] } }, feed).Events());
    }

    [Fact]
    public void Nothing_alarms_during_warm_up()
    {
        double[] feed = Feeds.Sines(3000);
        for (int t = 1000; t < 1040; t++) feed[t] += 3;
        StepResult[] results = Feeds.Run(Feeds.Small(), feed);
        Assert.All(results[..1800], r => Assert.True(r.WarmingUp && r.Score == 0 && !r.AlarmOpen));
        Assert.All(results[1800..], r => Assert.False(r.WarmingUp));
    }

    [Fact]
    public void The_channel_at_fault_is_named()
    {
        double[] feed = Feeds.Sines(4000, channels: 4);
        for (int t = 3000; t < 3040; t++) feed[4 * t + 2] += .6;
        AlarmEvent opened = Feeds.Run(Feeds.Small(), feed, 4).Events()[0];
        Assert.Equal(2, opened.Contributions[0].Channel);
        Assert.True(opened.Contributions[0].Share > .5);
    }

    [Fact]
    public void A_frame_that_is_infinite_changes_nothing()
    {
        double[] feed = Feeds.Sines(2500), expected = new double[2];
        var one = new Detector(Feeds.Small(), 1);
        var other = new Detector(Feeds.Small(), 1);
        for (int t = 0; t < feed.Length; t++)
        {
            if (t % 500 == 250)
                Assert.Throws<ArgumentException>(() =>
                    one.StepMany(new DateTime[2], [feed[t], double.PositiveInfinity], new StepResult[2], new double[2]));
            Assert.Equal(other.Step(default, feed.AsSpan(t, 1), expected.AsSpan(0, 1)),
                one.Step(default, feed.AsSpan(t, 1), expected.AsSpan(1, 1)));
        }
    }
}
