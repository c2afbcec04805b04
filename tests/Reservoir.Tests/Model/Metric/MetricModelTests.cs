using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

public sealed class MetricModelTests
{
    static readonly MetricModelSpec Small = new() { WarmUp = 300, Reservoir = new MetricModelSpec().Reservoir with { Units = 40 } };
    static readonly DateTime Start = new(2026, 1, 5);

    // Frames every half an hour: a day and a weekend in it, a little noise.
    static double Daily(int t, Xoshiro256StarStar random) =>
        100 + 40 * Math.Sin(2 * Math.PI * t / 48) + (t / 48 % 7 >= 5 ? -20 : 0) + 4 * (random.NextDouble() + random.NextDouble() - 1);

    static StepResult[] Run(Detector model, Func<int, double> feed, int steps, double[]? expectations = null)
    {
        var results = new StepResult[steps];
        double[] frame = new double[model.Channels], expected = new double[model.Channels];
        for (int t = 0; t < steps; t++)
        {
            Array.Fill(frame, feed(t));
            results[t] = model.Step(Start.AddMinutes(30 * t), frame, expected);
            if (expectations is not null) expectations[t] = expected[0];
        }
        return results;
    }

    [Fact]
    public void Nothing_is_scored_in_the_warm_up_and_everything_after()
    {
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        double[] expectations = new double[600];
        StepResult[] results = Run(new Detector(Small, 1), t => Daily(t, random), 600, expectations);
        Assert.All(results[..300], result => Assert.True(result is { WarmingUp: true, Score: 0, Alarm: null }));
        Assert.All(results[300..], result => Assert.False(result.WarmingUp));
        Assert.All(expectations[..300], expected => Assert.True(double.IsNaN(expected)));
        Assert.All(expectations[300..], expected => Assert.InRange(expected, 0, 250));
    }

    [Fact]
    public void A_day_and_a_week_are_learnt()
    {
        var random = new Xoshiro256StarStar(2, threadSafe: false);
        double[] feed = [.. Enumerable.Range(0, 3000).Select(t => Daily(t, random))];
        double[] expectations = new double[3000];
        Run(new Detector(Small, 1), t => feed[t], 3000, expectations);
        double error = Enumerable.Range(1500, 1500).Average(t => Math.Abs(feed[t] - expectations[t]));
        Assert.True(error < 3.5, $"mean error {error}");  // the noise alone 1.3, the last value 2.9
    }

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public void A_step_is_told_at_once_and_by_the_level_that_stays(double step)
    {
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        StepResult[] results = Run(new Detector(Small, 1), t => Daily(t, random) + (t >= 2000 ? step : 0), 2100);
        Assert.Contains(results[2000..2010], result => result.Score >= 1);
        Assert.True(results[1000..2000].Count(result => result.Score >= 1) <= 3);
    }

    [Fact]
    public void A_flat_line_is_normal_and_its_end_is_not()
    {
        StepResult[] results = Run(new Detector(Small, 1), t => t < 1500 ? 42 : 43, 1501);
        Assert.DoesNotContain(results[..1500], result => result.Score >= 1);
        Assert.True(results[1500].Score >= 1);
    }

    [Fact]
    public void Equal_seeds_give_equal_bits_and_another_seed_others()
    {
        StepResult[] Twin(int seed)
        {
            var random = new Xoshiro256StarStar(4, threadSafe: false);
            return Run(new Detector(Small with { Reservoir = Small.Reservoir with { Seed = seed } }, 1), t => Daily(t, random), 1200);
        }
        Assert.Equal(Twin(1), Twin(1));
        Assert.NotEqual(Twin(1), Twin(2));
    }

    [Fact]
    public void Of_several_channels_the_one_that_moved_is_named()
    {
        var random = new Xoshiro256StarStar(5, threadSafe: false);
        var model = new Detector(Small, 3);
        double[] expected = new double[3];
        StepResult last = default;
        for (int t = 0; t <= 1500; t++)
            last = model.Step(Start.AddMinutes(30 * t),
                [Daily(t, random), Daily(t, random) / 1000, t == 1500 ? 1e6 : 50 + Daily(t, random)], expected);
        Assert.True(last.Score >= 1);
        Assert.Equal(2, last.Alarm!.Contributions[0].Channel);
    }

    [Fact]
    public void A_new_level_is_learnt_once_the_alarm_was_open_for_as_long_as_is_allowed_and_open_nonetheless()
    {
        var random = new Xoshiro256StarStar(9, threadSafe: false);
        double[] feed = [.. Enumerable.Range(0, 2300).Select(t => Daily(t, random) + (t >= 2000 ? 400 : 0))];
        (double Error, AlarmEvent[] Events) After(int adaptAfter)
        {
            var detector = new Detector(Small with { Alarm = Small.Alarm with { AdaptAfter = adaptAfter } }, 1);
            double[] expected = [0];
            var events = new List<AlarmEvent>();
            double error = 0;
            for (int t = 0; t < feed.Length; t++)
            {
                if (detector.Step(Start.AddMinutes(30 * t), feed.AsSpan(t, 1), expected).Alarm is { } alarm && t >= 2000) events.Add(alarm);
                if (t >= 2200) error += Math.Abs(feed[t] - expected[0]) / 100;
            }
            return (error, [.. events]);
        }
        (double soon, AlarmEvent[] events) = After(20);
        (double never, AlarmEvent[] open) = After(100_000);
        Assert.Single(events, e => e.Change == AlarmChange.Opened);
        Assert.DoesNotContain(events, e => e.Change is AlarmChange.Adapted or AlarmChange.Closed);
        Assert.DoesNotContain(open, e => e.Change is AlarmChange.Adapted or AlarmChange.Closed);
        Assert.True(never > 2 * soon, $"{never} frozen, {soon} learnt");
    }

    [Fact]
    public void Whatever_comes_nothing_is_ever_other_than_finite()
    {
        double[] values = [0, 1, -1, double.MaxValue, double.MinValue, double.Epsilon, 1e-300, 1e300, 5, 5, 5];
        var random = new Xoshiro256StarStar(7, threadSafe: false);
        StepResult[] results = Run(new Detector(Small with { WarmUp = 100 }, 2), t => values[random.Next(values.Length)], 5000);
        Assert.All(results, result => Assert.True(double.IsFinite(result.Score)));
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        var random = new Xoshiro256StarStar(8, threadSafe: false);
        var model = new Detector(Small, 1);
        Run(model, t => Daily(t, random), 400);
        double[] frame = [100], expected = [0];
        int next = 400;
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int end = next + 100; next < end; next++)
            {
                frame[0] = 100 + next % 2;  // a feed that stands still is an event, which allocates
                model.Step(Start.AddMinutes(30 * next), frame, expected);
            }
        }));
    }

    [Fact]
    public void A_value_that_is_infinite_is_refused_and_nothing_is_taken()
    {
        var model = new Detector(Small, 2);
        double[] expected = new double[2];
        Assert.Throws<ArgumentException>(() => model.Step(Start, [1, double.NegativeInfinity], expected));
        Assert.Throws<ArgumentException>(() => model.Step(Start, [1], expected));
        for (int t = 0; t < 300; t++) Assert.True(model.Step(Start, [1, 2], expected).WarmingUp);
        Assert.False(model.Step(Start, [1, 2], expected).WarmingUp);
    }

    [Fact]
    public void The_frames_that_fix_the_scaling_are_learnt_with_the_times_that_they_came_at()
    {
        const int warmUp = 120, steps = 200;
        double[] Scores(TimeSpan warmUpShifted)
        {
            var detector = new Detector(new MetricModelSpec { WarmUp = warmUp }, 1);
            var noise = new MathNet.Numerics.Random.Xoshiro256StarStar(5);
            var monday = new DateTime(2026, 1, 5, 0, 0, 0, DateTimeKind.Utc);
            DateTime TimeOf(int t) => monday.AddHours(t) - (t < warmUp ? warmUpShifted : default);
            double Value(int t) => Math.Sin(t * Math.Tau / 24) + .1 * noise.NextDouble();
            return [.. Enumerable.Range(0, steps).Select(t => detector.Step(TimeOf(t), [Value(t)], new double[1]).Score)];
        }
        double[] scores = Scores(TimeSpan.Zero);
        Assert.Equal(scores, Scores(TimeSpan.FromDays(7)));  // the calendar is that of a week
        Assert.NotEqual(scores, Scores(TimeSpan.FromHours(60)));
    }

    [Fact]
    public void Horizons_grow_with_the_warm_up_and_equal_ones_are_one()
    {
        Assert.Equal([1, 25, 94], new MetricModelSpec().HorizonSteps);
        Assert.Equal([1, 3], new MetricModelSpec { WarmUp = 20 }.HorizonSteps);
    }

    [Fact]
    public void A_specification_out_of_range_names_the_key_and_the_range()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Detector(new MetricModelSpec { WarmUp = 3 }, 1));
        Assert.Contains("warmUp must be in [20, 10000000], was 3", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Detector(new MetricModelSpec { Horizons = [new(.1, 1), new(.05, 1)] }, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new Detector(new MetricModelSpec { Budget = new EmissionBudgetSpec { Threshold = 0 } }, 1));
    }

    [Fact]
    public void A_spike_in_a_file_of_few_rows_is_told_at_once_and_nothing_else_in_it_scores_as_high()
    {
        int others = 0;
        for (int seed = 20; seed < 40; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            var model = new Detector((MetricModelSpec)new MetricModelSpec().ForFeedOf(250), 1);
            StepResult[] results = [.. Enumerable.Range(0, 250).Select(t =>
                model.Step(Start.AddDays(t), [t == 51 ? 60_000 : random.Next(20_000, 30_001)], new double[1]))];
            Assert.True(results[51].Alarm is { Announced: true }, $"seed {seed}: {results[51].Score}");
            Assert.All(results.Where(r => r.Position != 51), r => Assert.True(r.Score < results[51].Score, $"seed {seed}: {r.Position}"));
            others += results.Count(r => r.Alarm is { Announced: true }) - 1;
        }
        Assert.True(others <= 4, $"{others} other alarms");
    }

    [Fact]
    public void Bursts_some_frames_apart_are_alarms_of_their_own()
    {
        var random = new Xoshiro256StarStar(8, threadSafe: false);
        StepResult[] results = Run(new Detector((MetricModelSpec)new MetricModelSpec().ForFeedOf(700), 1),
            t => 30 + 3 * random.NextDouble() + (t is (>= 300 and < 304) or (>= 340 and < 344) ? 1000 : 0), 400);
        int[] told = [.. results.Where(r => r.Alarm is { Announced: true }).Select(r => (int)r.Position)];
        Assert.Contains(300, told);
        Assert.Contains(told, t => t is >= 340 and < 344);
    }

    // Requests by five minutes: an hour of three times as many, and an outage two to twelve hours later.
    [Fact]
    public void An_outage_is_told_after_another_incident_and_after_a_week_of_them()
    {
        int soon = 0, last = 0, others = 0;
        const int feeds = 12;
        Parallel.For(0, feeds, i =>
        {
            var random = new Xoshiro256StarStar(70 + i, threadSafe: false);
            int outage = 2012 + 24 + 10 * i;
            double Factor(int t) => t is >= 2000 and < 2012 ? 3
                : t >= outage && t < outage + 12 ? .04
                : t >= 2600 && t < 6000 && t % 600 < 24 ? .35      // a dip of two hours, each at another time of the day
                : t is >= 6500 and < 6512 ? .04 : 1;
            var detector = new Detector(new MetricModelSpec(), 1);
            bool[] told = new bool[7000];
            for (int t = 0; t < told.Length; t++)
                told[t] = detector.Step(Start.AddMinutes(5 * t), [500 * (1 + .6 * Math.Sin(2 * Math.PI * t / 288)) * Factor(t)
                    * Math.Exp(Normal.Sample(random, 0, .06))], new double[1]).Alarm is { Announced: true };
            Interlocked.Add(ref soon, told.AsSpan(outage, 12).Contains(true) ? 1 : 0);
            Interlocked.Add(ref last, told.AsSpan(6500, 12).Contains(true) ? 1 : 0);
            Interlocked.Add(ref others, told.AsSpan(1000, 1000).Count(true) + told.AsSpan(6540).Count(true));
        });
        Assert.True(soon >= 8 && last >= 10 && others <= 6, $"soon {soon}, last {last}, others {others} of {feeds}");
    }

    // A top of the day that is a little higher than all before is no anomaly, nor is a level that has drifted further than ever.
    [Theory]
    [InlineData("wanders", 3, .5, 4)]
    [InlineData("day", 1.2, .5, 1.4)]
    [InlineData("counts", 1.4, .7, 1.4)]
    public void Of_feeds_in_which_nothing_happens_there_are_few_alarms(
        string kind, double mostPer10000, double ofRecordsInFull, double leastInFull)
    {
        double PerTenThousand(MetricModelSpec spec)
        {
            int told = 0;
            const int feeds = 8, steps = 8000;
            Parallel.For(0, feeds, i =>
            {
                var random = new Xoshiro256StarStar(40 + i, threadSafe: false);
                double level = 1000;
                double Feed(int t) => kind switch
                {
                    "wanders" => level += -.001 * (level - 1000) + Normal.Sample(random, 0, 1),
                    "day" => 50 + 40 * Math.Sin(2 * Math.PI * t / 48) + Normal.Sample(random, 0, 2),
                    _ => Poisson.Sample(random, 20 * (1 + .8 * Math.Sin(2 * Math.PI * t / 48))),
                };
                Interlocked.Add(ref told, Run(new Detector(spec, 1), Feed, steps).Count(r => r.Alarm is { Announced: true }));
            });
            return 1e4 * told / (feeds * steps);
        }
        var metric = new MetricModelSpec();
        double few = PerTenThousand(metric), inFull = PerTenThousand(metric with
        {
            Budget = metric.Budget with { Foretold = 1 },
            Calibrator = metric.Calibrator with { Extremes = metric.Calibrator.Extremes with { Clear = 0 } },
        });
        Assert.True(inFull > leastInFull, $"{inFull} where records count in full by their rank: the feed shows nothing");
        Assert.True(few <= mostPer10000 && few <= ofRecordsInFull * inFull, $"{few} and {inFull}");
    }

    [Fact]
    public void A_counter_that_stalls_is_an_open_alarm_until_it_goes_on()
    {
        var random = new Xoshiro256StarStar(9, threadSafe: false);
        double sum = 0;
        StepResult[] results = Run(new Detector(Small, 1), t => sum += t is >= 4000 and < 4060 ? 0 : 1 + Poisson.Sample(random, 10), 4100);
        AlarmEvent opened = Assert.Single(results[3990..4015], r => r.Alarm?.Change == AlarmChange.Opened).Alarm!;
        Assert.InRange(opened.Position, 4000, 4012);
        Assert.All(results[4015..4060], r => Assert.True(r.AlarmOpen, $"not open at {r.Position}"));
        Assert.Contains(results[4060..4080], r => r.Alarm?.Change == AlarmChange.Closed);
    }

    [Fact]
    public void A_machine_that_stood_still_through_the_warm_up_is_scaled_anew_once_it_runs()
    {
        for (int seed = 50; seed < 55; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            StepResult[] results = Run(new Detector(Small, 1), t => t < 1000 ? 0
                : 50 + 5 * Math.Sin(2 * Math.PI * t / 48) + Normal.Sample(random, 0, .3) + (t is >= 3000 and < 3004 ? 12 : 0), 3050);
            Assert.True(results[1000].Score >= 1);
            StepResult anew = Assert.Single(results, r => r.Model is { Restarted: true });
            Assert.InRange(anew.Position, 1250, 1400);
            Assert.Contains(results[3000..3004], r => r.Score >= 1);
        }
    }
}
