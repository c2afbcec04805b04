using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

public class DriftTests
{
    static readonly ErrorModelSpec LevelSpec = Feeds.Small()
        with { Scores = [new MeanErrorSpec(), new SlowLevelSpec { Delay = 8000, Tail = TailPrior.Central }] };

    static readonly MeanErrorSpec Error = new() { Window = 25 };
    static readonly ErrorModelSpec ErrorSpec = Feeds.Small()
        with { Scores = [Error, new SlowRiseSpec { Of = Error, Delay = 1500, Tail = TailPrior.Logarithmic }] };

    // Channel by channel: level, then σ times Gauss.
    static double[] Noise(int seed, int steps, int channels, Func<int, int, double> level, Func<int, double> deviation)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        return [.. Enumerable.Range(0, steps * channels)
            .Select(i => level(i / channels, i % channels) + deviation(i / channels) * Normal.Sample(random, 0, 1))];
    }

    static Trend? Fit(int steps, Func<int, double> course, bool logarithm = false)
    {
        var kept = new BlockHistory(1, 16, ranges: true);
        for (int t = 0; t < steps; t++) kept.Add([course(t)], frozen: false, muted: false);
        return kept.Fit(0, logarithm);
    }

    [Theory]
    [InlineData(.002)]
    [InlineData(-.002)]
    public void A_course_without_noise_gives_its_onset_pace_and_range(double slope)
    {
        // Until the onset ±.1 around 4.
        Trend trend = Fit(2006, t => 4 + slope * Math.Max(0, t - 1399) + (t < 1399 ? t % 2 == 0 ? .1 : -.1 : 0))!.Value;
        Assert.InRange(trend.Age, 2005 - 1399 - 16, 2005 - 1399 + 16);
        Assert.Equal(slope, trend.Slope, 2e-2 * Math.Abs(slope));
        Assert.Equal(4 + slope * (2005 - 1399), trend.Now, 2e-2);
        Assert.Equal(3.9, trend.Low, 1e-2);
        Assert.Equal(4.1, trend.High, 1e-2);
    }

    [Fact]
    public void A_step_under_noise_is_no_trend()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            Assert.Null(Fit(4000, t => (t < 3000 ? 0 : 1) + Normal.Sample(random, 0, 1)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_lead_of_a_ramp_is_right_within_a_factor_of_two(int seed)
    {
        // Channel 1 falls by 10 σ in 12,000 steps, its σ is 3.
        const int onset = 9000, steps = 15_000, seconds = 10;
        const double slope = -30.0 / 12_000;
        double[] feed = Noise(seed, steps, 2, (t, c) => c == 0 ? 0 : 50 + slope * Math.Max(0, t - onset), _ => 3);
        var results = new StepResult[steps];
        new Detector(LevelSpec, 2).StepMany([.. Enumerable.Range(0, steps).Select(t => DateTime.UnixEpoch.AddSeconds(seconds * t))],
            feed, results, new double[feed.Length]);
        AlarmEvent told = results.Events().First(e => e.Drift is not null && e.Position >= onset && e.Change == AlarmChange.Adapted);
        Drift drift = told.Drift!;
        Assert.Equal((DriftKind.Level, 1), (drift.Kind, drift.Channel));
        Assert.InRange(drift.Since, onset - 500, onset + 500);
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(seconds * drift.Since), drift.SinceTime, TimeSpan.FromSeconds(seconds));
        Assert.InRange(drift.PerStep / slope, .5, 2);

        double lowest = Enumerable.Range(300, onset - 300).Min(t => feed[2 * t + 1]), leaves = onset + (lowest - 50) / slope;
        Assert.InRange(drift.LeadSteps!.Value / (leaves - told.Position), .5, 2);
        Assert.Equal(drift.LeadSteps.Value * seconds, drift.Lead!.Value.TotalSeconds, 1);
    }

    [Fact]
    public void It_does_not_depend_on_how_frames_were_batched()
    {
        const int steps = 11_500;
        double[] feed = Noise(4, steps, 1, (t, _) => Math.Max(0, t - 9000) / 1200.0, _ => 1), expected = new double[1];
        var detector = new Detector(LevelSpec, 1);
        Drift?[] one = [.. Enumerable.Range(0, steps)
            .Select(t => detector.Step(Feeds.Times(1)[0].AddSeconds(t), feed.AsSpan(t, 1), expected)).Events().Select(e => e.Drift)];
        Assert.Equal(Feeds.Run(LevelSpec, feed).Events().Select(e => e.Drift), one);
        Assert.Contains(one, drift => drift is not null);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(1)]
    public void A_sudden_step_has_none(double size)
    {
        List<AlarmEvent> events = Feeds.Run(LevelSpec, Noise(1, 14_000, 1, (t, _) => t < 12_000 ? 0 : size, _ => 1)).Events();
        Assert.Contains(events, e => e.Position is >= 12_000 and < 13_000);
        Assert.DoesNotContain(events, e => e.Drift is not null);
    }

    [Fact]
    public void Errors_that_grow_have_a_pace_and_a_lead()
    {
        // σ grows by a factor e in 4000 steps: ln of its square by 2.
        const int onset = 8000;
        AlarmEvent told = Feeds.Run(ErrorSpec, Noise(1, 12_000, 1, (_, _) => 0, t => Math.Exp(Math.Max(0, t - onset) / 4000.0))).Events()
            .First(e => e.Drift is not null && e.Position >= onset && e.Change == AlarmChange.Adapted);
        Assert.Equal(DriftKind.Error, told.Drift!.Kind);
        Assert.InRange(told.Drift.Since, onset - 500, onset + 500);
        Assert.InRange(told.Drift.PerStep * 2000, .5, 2);
        Assert.InRange(told.Drift.LeadSteps!.Value, 1, 4000);
        Assert.NotNull(told.Drift.Lead);
    }

    [Fact]
    public void Once_the_feed_behaves_again_there_is_none()
    {
        ErrorModelSpec patient = LevelSpec with { Alarm = LevelSpec.Alarm with { AdaptAfter = 3000, Escalation = .2 } };
        List<AlarmEvent> events =
            Feeds.Run(patient, Noise(3, 14_000, 1, (t, _) => t is > 10_000 and < 11_500 ? (t - 10_000) / 1000.0 : 0, _ => 1)).Events();
        Assert.Contains(events, e => e.Drift is not null);
        Assert.All(events.Where(e => e.Change == AlarmChange.Closed), e => Assert.Null(e.Drift));
        Assert.Contains(events, e => e.Change == AlarmChange.Closed);
    }
}
