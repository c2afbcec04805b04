using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>What holds for every member of the family of models.</summary>
public sealed class PresetTests
{
    const int Steps = 5000, Spike = 4000;

    static ModelSpec Spec(string preset) => preset switch
    {
        "signal" => Feeds.Small(),
        "sensors" => Presets.Sensors(),
        "metric" => Presets.Metric(),
        _ => throw new ArgumentOutOfRangeException(nameof(preset)),
    };

    public static TheoryData<string, int> All =>
        new() { { "signal", 1 }, { "signal", 3 }, { "sensors", 1 }, { "sensors", 3 }, { "metric", 1 }, { "metric", 3 } };

    // A plant at rest with white noise: every model knows what to do with it.
    static double[] Feed(int channels)
    {
        double[] feed = Feeds.Sines(Steps, channels, noise: .3);
        for (int t = Spike; t < Spike + 30; t++) feed[t * channels] += 12;
        return feed;
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_results_do_not_depend_on_how_frames_are_batched(string preset, int channels)
    {
        double[] feed = Feed(channels), whole = new double[feed.Length], parts = new double[feed.Length];
        StepResult[] ones = new StepResult[Steps], others = new StepResult[Steps];
        DateTime[] times = Feeds.Times(Steps);
        new Detector(Spec(preset), channels).StepMany(times, feed, ones, whole);

        var random = new Xoshiro256StarStar(3, threadSafe: false);
        var detector = new Detector(Spec(preset), channels);
        for (int done = 0, count; done < Steps; done += count)
        {
            count = Math.Min(Steps - done, random.Next(130));
            detector.StepMany(times.AsSpan(done, count), feed.AsSpan(done * channels, count * channels), others.AsSpan(done, count),
                parts.AsSpan(done * channels, count * channels));
        }
        Assert.Equal(whole.Select(BitConverter.DoubleToInt64Bits), parts.Select(BitConverter.DoubleToInt64Bits));
        Assert.Equal(ones.Select(r =>
            (r.Position, BitConverter.DoubleToInt64Bits(r.Score), BitConverter.DoubleToInt64Bits(r.Normality), r.AlarmOpen)),
            others.Select(r =>
                (r.Position, BitConverter.DoubleToInt64Bits(r.Score), BitConverter.DoubleToInt64Bits(r.Normality), r.AlarmOpen)));
        Assert.NotEmpty(ones.Events());
        Assert.Equal(ones.Events().SelectMany(e => e.Forecast!.Expected).Select(BitConverter.DoubleToInt64Bits),
            others.Events().SelectMany(e => e.Forecast!.Expected).Select(BitConverter.DoubleToInt64Bits));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_large_deviation_alarms_in_its_channel_and_ends(string preset, int channels)
    {
        StepResult[] results = Feeds.Run(Spec(preset), Feed(channels), channels);
        AlarmEvent opened = results.Events().First(e => e.Change == AlarmChange.Opened && e.Position >= Spike);
        Assert.InRange(opened.Position, Spike, Spike + 15);
        Assert.Equal(0, opened.Contributions[0].Channel);
        Assert.Equal(channels, opened.Expected.Length);
        AlarmEvent last = results.Events().Last();
        Assert.Contains(last.Change, new[] { AlarmChange.Closed, AlarmChange.Adapted });
        Assert.Equal(opened.Start, results.Events()
            .First(e => e.Position > opened.Position && (e.Change is AlarmChange.Closed or AlarmChange.Adapted)).Start);
        Assert.False(results[^1].AlarmOpen);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void An_open_alarm_carries_what_normal_would_have_looked_like(string preset, int channels)
    {
        double[] feed = Feed(channels), normal = Feeds.Sines(Steps, channels, noise: .3);
        double[] expected = new double[channels], foretold = new double[channels];
        var detector = new Detector(Spec(preset), channels);
        var followed = new List<double>();
        AlarmEvent? opened = null;
        for (int t = 0; t < Spike + 15; t++)
        {
            StepResult result = detector.Step(Feeds.Times(Steps)[t], feed.AsSpan(t * channels, channels), expected);
            if (t < Spike) continue;
            if (result.Alarm is { Change: AlarmChange.Opened } alarm) opened = alarm;
            Assert.Equal(result.AlarmOpen, detector.TryForecast(foretold));
            if (result.AlarmOpen) followed.Add(Math.Abs(foretold[0] - normal[t * channels]));
        }
        Assert.NotNull(opened?.Forecast);
        Forecast forecast = opened.Forecast;
        Assert.InRange(forecast.Start, Spike - 50, opened.Start);
        int points = forecast.Expected.Length / channels, here = (int)(opened.Position - forecast.Start);
        Assert.InRange(points, here + 20, 200);
        Assert.True(followed.Average() < 2.5, $"off by {followed.Average()}");  // the anomaly is 12
        Assert.True(Enumerable.Range(here, points - here)
            .Average(i => Math.Abs(forecast.Expected[i * channels] - normal[(int)(forecast.Start + i) * channels])) < 2.5);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Muted_frames_alarm_nothing(string preset, int channels)
    {
        bool[] muted = [.. Enumerable.Range(0, Steps).Select(t => t is >= Spike - 5 and < Spike + 35)];
        StepResult[] results = Feeds.Run(Spec(preset), Feed(channels), channels, muted);
        Assert.DoesNotContain(results[(Spike - 5)..(Spike + 35)], r => r.AlarmOpen);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_deviation_below_the_minimum_opens_no_alarm(string preset, int channels)
    {
        ModelSpec spec = Spec(preset);
        StepResult[] results = Feeds.Run(spec with { Alarm = spec.Alarm with { MinimumDeviation = [50] } }, Feed(channels), channels);
        Assert.Empty(results.Events());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Nothing_is_allocated_per_step(string preset, int channels)
    {
        double[] feed = Feeds.Sines(Steps, channels, noise: .3), expected = new double[channels];
        var detector = new Detector(Spec(preset), channels);
        for (int t = 0; t < 3000; t++) detector.Step(DateTime.UnixEpoch, feed.AsSpan(t * channels, channels), expected);
        int next = 3000, events = 0;
        long bytes = Allocations.Least(() =>
        {
            for (int end = next + 200; next < end; next++)
                events += detector.Step(DateTime.UnixEpoch, feed.AsSpan(next * channels, channels), expected).Alarm is null ? 0 : 1;
        });
        Assert.True(bytes <= events * 20_000, $"{bytes} bytes with {events} events");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_daily_budget_is_that_of_the_steps_of_a_day(string preset, int channels)
    {
        // One frame a second, so 864 a day are 1 in 100 steps.
        double[] feed = Feed(channels);
        StepResult[] daily = Feeds.Run(Spec(preset).WithDailyBudget(864), feed, channels),
            steps = Feeds.Run(Spec(preset).WithBudget(.01), feed, channels);
        Assert.Equal(steps.Select(r => r.Score), daily.Select(r => r.Score));
        StepResult[] shared = Feeds.Run(Spec(preset).WithBudget(.02).SharedBy(2), feed, channels);
        Assert.Equal(steps.Select(r => r.Score), shared.Select(r => r.Score));
    }
}
