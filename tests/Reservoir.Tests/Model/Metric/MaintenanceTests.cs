using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

/// <summary>What a stream does while it is muted is neither learnt nor remembered.</summary>
public sealed class MaintenanceTests
{
    static readonly MetricModelSpec Small = new() { WarmUp = 300, Reservoir = new MetricModelSpec().Reservoir with { Units = 40 } };
    static readonly DateTime Start = new(2026, 1, 5);

    // Frames every half an hour: a day and a weekend in it, a little noise.
    static double Daily(int t, Xoshiro256StarStar random) =>
        100 + 40 * Math.Sin(2 * Math.PI * t / 48) + (t / 48 % 7 >= 5 ? -20 : 0) + 4 * (random.NextDouble() + random.NextDouble() - 1);

    [Fact]
    public void What_is_muted_is_neither_learnt_nor_kept_for_comparison()
    {
        var random = new Xoshiro256StarStar(6, threadSafe: false);
        double[] feed = [.. Enumerable.Range(0, 1400).Select(t => Daily(t, random))];
        double[] noise = [.. feed.Select(_ => 300 * random.NextDouble())];
        double[] Expect(bool learn)
        {
            var model = new Detector(Small, 1);
            double[] expectations = new double[feed.Length];
            for (int t = 0; t < feed.Length; t++)
            {
                bool upkeep = t is >= 800 and < 1200;
                model.Step(Start.AddMinutes(30 * t), [upkeep ? noise[t] : feed[t]], expectations.AsSpan(t, 1), muted: upkeep && !learn);
            }
            return expectations;
        }
        double Error(double[] expectations) => Enumerable.Range(1210, 40).Average(t => Math.Abs(expectations[t] - feed[t]));
        (double muted, double learnt) = (Error(Expect(learn: false)), Error(Expect(learn: true)));
        Assert.True(muted < .8 * learnt, $"{muted} and {learnt}");
    }

    // Slow units would remember for hundreds of steps what was wrong.
    [Theory]
    [InlineData(900)]
    [InlineData(-900)]
    [InlineData(1e6)]
    public void After_maintenance_in_which_everything_was_wrong_there_are_no_more_alarms_than_without(double wrong)
    {
        int Opened(double wrong)
        {
            int opened = 0;
            for (int seed = 10; seed < 70; seed++)
            {
                var random = new Xoshiro256StarStar(seed, threadSafe: false);
                var detector = new Detector(Small, 1);
                double[] expected = [0];
                for (int t = 0; t < 1380; t++)
                {
                    bool muted = t is >= 1200 and < 1260;
                    StepResult result = detector.Step(Start.AddMinutes(30 * t), [Daily(t, random) + (muted ? wrong : 0)], expected, muted);
                    if (t >= 1200 && result.Alarm is { Change: AlarmChange.Opened }) opened++;
                }
            }
            return opened;
        }
        (int after, int without) = (Opened(wrong), Opened(0));
        Assert.True(after <= without + 1, $"{after} after maintenance, {without} without");
    }

    // A month of maintenance: the model runs on its own forecasts where the feed is wild, and on the feed where it is not.
    [Theory]
    [InlineData(900, 2)]
    [InlineData(1e9, 2)]
    [InlineData(0, 1.1)]
    public void However_long_it_takes_what_is_expected_after_it_is_right_again(double wrong, double atMost)
    {
        double Error(bool maintenance)
        {
            var random = new Xoshiro256StarStar(12, threadSafe: false);
            var detector = new Detector(Small, 1);
            double[] expected = [0];
            double sum = 0;
            for (int t = 0; t < 2740; t++)
            {
                bool muted = maintenance && t is >= 1200 and < 2640;
                double x = Daily(t, random);
                detector.Step(Start.AddMinutes(30 * t), [x + (muted ? wrong * (1 + t % 3) : 0)], expected, muted);
                if (t >= 2660) sum += Math.Abs(expected[0] - x) / 80;
            }
            return sum;
        }
        (double with, double without) = (Error(true), Error(false));
        Assert.True(with <= atMost * without, $"{with} after it, {without} without");
    }

    // Errors of what the reservoir was spared are spared too, of all channels.
    [Fact]
    public void A_channel_without_a_value_does_not_let_the_others_nonsense_in()
    {
        double[][] expectations = [new double[200], new double[200]];
        double[] normality = [0, 0];
        foreach (int run in (int[])[0, 1])
        {
            var random = new Xoshiro256StarStar(13, threadSafe: false);
            var detector = new Detector(Small with { Normality = new NormalitySpec { ShortWindow = 10, LongWindow = 200 } }, 2);
            double[] expected = [0, 0];
            for (int t = 0; t < 1400; t++)
            {
                bool muted = t is >= 1200 and < 1240;
                (double one, double other) = (Daily(t, random), Daily(t, random));
                double[] frame = muted ? [run == 0 ? 1e6 : 1000, double.NaN] : [one, other];
                StepResult result = detector.Step(Start.AddMinutes(30 * t), frame, expected, muted);
                if (t >= 1200) expectations[run][t - 1200] = expected[0];
                if (muted) normality[run] += result.Normality;
            }
        }
        Assert.Equal(expectations[0], expectations[1]);
        Assert.Equal(normality[0], normality[1]);
        Assert.True(normality[0] > .01 * 40 && normality[0] < 40, $"{normality[0]}");
    }

    [Fact]
    public void What_is_muted_in_the_warm_up_is_not_learnt()
    {
        double[][] expectations = new double[2][];
        for (int run = 0; run < 2; run++)
        {
            var random = new Xoshiro256StarStar(7, threadSafe: false);
            var detector = new Detector(Small, 1);
            expectations[run] = new double[200];
            // The second run has 40 frames of nonsense in its warm-up, muted: it is what the first is, 40 frames later.
            for (int t = 0, late = 0; t < 500; t++)
            {
                if (run == 1 && t == 100)
                    for (; late < 40; late++) detector.Step(Start.AddMinutes(30 * t), [1e6 + late], new double[1], muted: true);
                double[] expected = [0];
                detector.Step(Start.AddMinutes(30 * t), [Daily(t, random)], expected);
                if (t >= 300) expectations[run][t - 300] = expected[0];
            }
        }
        Assert.Equal(expectations[0], expectations[1]);
    }

    // As many frames after a mute as its schedule says; the first that is judged tells.
    [Theory]
    [InlineData("metric", 3)]
    [InlineData("sensors", 10)]
    [InlineData("signal", 50)]
    public void After_a_mute_it_is_judged_again_as_soon_as_it_is_said(string preset, int settling)
    {
        double Score(int after)
        {
            var random = new Xoshiro256StarStar(9, threadSafe: false);
            var detector = new Detector(Presets.Of(preset), 1);
            StepResult result = default;
            for (int t = 0; t < 4000 + after; t++)
            {
                double x = t % 7 + random.NextDouble() + (t == 4000 + after - 1 ? 1000 : 0);
                result = detector.Step(Start.AddMinutes(t), [x], new double[1], muted: t is >= 3990 and < 4000);
            }
            return result.Score;
        }
        Assert.Equal(0, Score(settling));
        Assert.True(Score(settling + 1) >= 1);
    }

    // A window each night on rows by the hour: what the longer horizons foretold from before it still counts, and the rest has its share.
    [Fact]
    public void With_maintenance_each_night_faults_by_day_are_told_and_health_is_not()
    {
        (int told, int without, int healthy) = (0, 0, 0);
        for (int seed = 20; seed < 30; seed++)
        {
            told += Alarms(seed, nightly: true, fault: 80, from: 1400, to: 1410);
            without += Alarms(seed, nightly: false, fault: 80, from: 1400, to: 1410);
            healthy += Alarms(seed, nightly: true, fault: 0, from: 300, to: 1800);
        }
        Assert.True(told >= 9 && told >= without - 1 && healthy <= 4, $"{told} told, {without} without maintenance, {healthy} of health");
    }

    static int Alarms(int seed, bool nightly, double fault, int from, int to)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        var detector = new Detector(new MetricModelSpec(), 1);
        int opened = 0;
        for (int t = 0; t < 1800; t++)
        {
            double x = 200 + 8 * MathNet.Numerics.Distributions.Normal.Sample(random, 0, 1) + (t is >= 1400 and < 1410 ? fault : 0);
            StepResult result = detector.Step(Start.AddHours(t), [x], new double[1], muted: nightly && t % 24 is 2 or 3);
            if (result.Alarm is { Change: AlarmChange.Opened } && t >= from && t < to) opened++;
        }
        return opened;
    }
}
