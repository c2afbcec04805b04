using System.Buffers;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

public sealed class EarlyEvidenceTests
{
    const int WarmUp = 300;
    static readonly MetricModelSpec Small = new() { WarmUp = WarmUp, Reservoir = new MetricModelSpec().Reservoir with { Units = 20 } };
    static readonly DateTime Start = new(2026, 1, 5, 0, 0, 0, DateTimeKind.Utc);

    static double Daily(int t, Xoshiro256StarStar random) => 60 + 20 * Math.Sin(2 * Math.PI * t / 24) + Normal.Sample(random, 0, 2);

    static StepResult[] Run(Func<int, double> feed, TimeSpan interval, ModelSpec? spec = null, int steps = WarmUp + 20, int channels = 1)
    {
        var detector = new Detector(spec ?? Small, channels);
        double[] frame = new double[channels], expected = new double[channels];
        var results = new StepResult[steps];
        for (int t = 0; t < steps; t++)
        {
            double x = feed(t);
            for (int c = 0; c < channels; c++) frame[c] = c == 0 || t < 10 ? x : frame[c];
            results[t] = detector.Step(Start + t * interval, frame, expected);
        }
        return results;
    }

    static int[] Told(StepResult[] results) =>
        [.. results.Take(WarmUp).Where(r => r.Alarm is { Announced: true }).Select(r => (int)r.Position)];

    [Fact]
    public void An_outage_is_told_in_the_warm_up_once_and_closed_when_it_is_over()
    {
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        StepResult[] results = Run(t => t is >= 100 and < 103 ? 0 : Daily(t, random), TimeSpan.FromHours(1));
        Assert.Equal([100], Told(results));
        Assert.True(results[100].WarmingUp && results[100].Score >= 1);
        AlarmEvent opened = results[100].Alarm!;
        Assert.Equal((AlarmChange.Opened, 100L, 0.0), (opened.Change, opened.Start, opened.Observed[0]));
        Assert.True(opened.Early && results[107].Alarm!.Early);
        Assert.InRange(opened.Expected[0], 55, 65);
        Assert.Equal("evidence", Assert.Single(opened.Scores).Name);
        Assert.All(results[100..107], r => Assert.True(r.AlarmOpen, $"not open at {r.Position}"));
        Assert.Equal(AlarmChange.Closed, results[107].Alarm!.Change);
        Assert.DoesNotContain(results[108..], r => r.AlarmOpen || r.Alarm is not null);
    }

    [Fact]
    public void Until_a_day_has_passed_and_twenty_frames_have_come_nothing_is_told()
    {
        int[] At(TimeSpan interval, int outage)
        {
            var random = new Xoshiro256StarStar(1, threadSafe: false);
            return Told(Run(t => t == outage ? -500 : Daily(t, random), interval));
        }
        Assert.Empty(At(TimeSpan.FromHours(1), 23));
        Assert.Equal([27], At(TimeSpan.FromHours(1), 27));
        Assert.Empty(At(TimeSpan.FromMinutes(5), 287));
        Assert.Equal([288], At(TimeSpan.FromMinutes(5), 288));
        Assert.Empty(At(TimeSpan.FromMinutes(1), 290));
        Assert.Empty(At(TimeSpan.FromDays(1), 19));
        Assert.Equal([20], At(TimeSpan.FromDays(1), 20));
    }

    [Fact]
    public void An_alarm_of_the_warm_up_ends_with_it_and_what_goes_on_is_the_model_s_to_tell()
    {
        var random = new Xoshiro256StarStar(2, threadSafe: false);
        StepResult[] results = Run(t => t >= 290 ? 1000 : Daily(t, random), TimeSpan.FromHours(1));
        Assert.Equal([290], Told(results));
        Assert.Equal(AlarmChange.Closed, results[WarmUp - 1].Alarm!.Change);
        Assert.All(results[290..(WarmUp - 1)], r => Assert.True(r.AlarmOpen));
        Assert.False(results[WarmUp - 1].AlarmOpen);
        Assert.All(results[WarmUp..], r => Assert.True(r.Alarm is null or { Start: >= WarmUp }));
    }

    [Fact]
    public void A_counter_that_begins_anew_and_a_first_change_are_nothing()
    {
        double total = 1000;
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        Assert.Empty(Told(Run(t => total = t == 150 ? 0 : total + Poisson.Sample(random, 10), TimeSpan.FromHours(1))));
        Assert.Empty(Told(Run(t => t < 150 ? 42 : 43, TimeSpan.FromHours(1))));
    }

    [Fact]
    public void A_smaller_budget_more_channels_and_fewer_frames_ask_for_more()
    {
        var spec = new EarlyEvidenceSpec();
        Assert.Equal(1, spec.Score(1.2, frames: 100, strictness: 1), 12);
        Assert.Equal(1, spec.Score(1.2, frames: 700, strictness: .01), 12);
        Assert.Equal(Math.Log(2.2) / (Math.Log(2.2) + Math.Log(8) / 3), spec.Score(1.2, frames: 100, strictness: 8), 12);
        Assert.Equal(1, spec.Score(2 * 2.2 - 1, frames: 100, strictness: 8), 12);
        Assert.Equal(1, spec.Score(2 * 2.2 - 1, frames: 25, strictness: 2), 12);
        // Of a model that knows little critical is what is ten times as far out as all before.
        Assert.InRange(spec.Score(3.2, frames: 100, strictness: 1), 1.5, 1.65);
        Assert.InRange(spec.Score(9, frames: 100, strictness: 1), 1.9, 2);
        Assert.InRange(spec.Score(10, frames: 100, strictness: 1), 2, 2.1);
        int[] With(ModelSpec of, int channels)
        {
            var random = new Xoshiro256StarStar(4, threadSafe: false);
            return Told(Run(t => t == 100 ? 150 : Daily(t, random), TimeSpan.FromHours(1), of, channels: channels));
        }
        Assert.Equal([100], With(Small, 1));
        Assert.Empty(With(Small, 12));
        Assert.Empty(With(Small.WithBudget(1e-5), 1));
        Assert.Equal([100], With(Small.WithDailyBudget(2 * 24.0 / WarmUp), 1));
        Assert.Empty(With(Small with { Early = new EarlyEvidenceSpec { Distance = 0 } }, 1));
    }

    // The budget allows 200.
    [Theory]
    [InlineData("normal", 0)]
    [InlineData("daily", 0)]
    [InlineData("lognormal", 9)]
    [InlineData("wanders", 1)]
    public void In_warm_ups_in_which_nothing_happens_hardly_anything_is_told(string kind, int mostOf100)
    {
        int told = 0;
        for (int seed = 100; seed < 200; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double level = 0;
            told += Told(Run(t => kind switch
            {
                "normal" => Normal.Sample(random, 100, 1),
                "daily" => Daily(t, random),
                "lognormal" => Math.Exp(Normal.Sample(random, 0, .5)),
                _ => level += Normal.Sample(random, 0, 1),
            }, TimeSpan.FromHours(1), steps: WarmUp - 1)).Length;
        }
        Assert.True(told <= mostOf100, $"{told}");
    }

    [Fact]
    public void A_snapshot_in_an_alarm_of_the_warm_up_goes_on_with_it()
    {
        var random = new Xoshiro256StarStar(5, threadSafe: false);
        double[] feed = [.. Enumerable.Range(0, WarmUp + 20).Select(t => t is >= 100 and < 110 ? 0 : Daily(t, random))];
        StepResult[] whole = Run(t => feed[t], TimeSpan.FromHours(1));
        var detector = new Detector(Small, 1);
        for (int t = 0; t < feed.Length; t++)
        {
            if (t is 104 or 250)
            {
                var snapshot = new ArrayBufferWriter<byte>();
                detector.Save(snapshot);
                detector = Detector.Load(Small, 1, new ReadOnlySequence<byte>(snapshot.WrittenMemory));
            }
            StepResult result = detector.Step(Start.AddHours(t), [feed[t]], new double[1]);
            Assert.Equal(whole[t] with { Alarm = null }, result with { Alarm = null });
            Assert.Equal(whole[t].Alarm?.Change, result.Alarm?.Change);
            Assert.Equal(whole[t].Alarm?.PeakTime, result.Alarm?.PeakTime);
        }
    }

    [Fact]
    public void Whether_it_tells_early_may_change_in_the_warm_up()
    {
        MetricModelSpec silent = Small with { Early = Small.Early with { Distance = 0 } };
        foreach ((MetricModelSpec before, MetricModelSpec after, int[] told) in new[]
            { (Small, silent, Array.Empty<int>()), (silent, Small, [100]) })
        {
            var random = new Xoshiro256StarStar(6, threadSafe: false);
            var detector = new Detector(before, 1);
            var results = new List<StepResult>();
            for (int t = 0; t < WarmUp + 5; t++)
            {
                if (t == 50)
                {
                    var snapshot = new ArrayBufferWriter<byte>();
                    detector.Save(snapshot);
                    detector = Detector.Load(after, 1, new ReadOnlySequence<byte>(snapshot.WrittenMemory));
                }
                results.Add(detector.Step(Start.AddHours(t), [t == 100 ? 1000 : Daily(t, random)], new double[1]));
            }
            Assert.Equal(told, Told([.. results]));
        }
    }

    [Fact]
    public void What_is_too_small_to_matter_is_told_of_by_nobody()
    {
        int[] With(double least)
        {
            var random = new Xoshiro256StarStar(1, threadSafe: false);
            ModelSpec spec = Small with { Alarm = Small.Alarm with { MinimumDeviation = [least] } };
            return Told(Run(t => t is >= 100 and < 103 ? 0 : Daily(t, random), TimeSpan.FromHours(1), spec));
        }
        Assert.Equal([100], With(40));
        Assert.Empty(With(1000));
    }

    [Fact]
    public void A_muted_frame_is_not_told_of_and_ends_what_is_open()
    {
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        var detector = new Detector(Small, 1);
        StepResult[] results = [.. Enumerable.Range(0, WarmUp).Select(t => detector.Step(Start.AddHours(t),
            [t is >= 100 and < 110 ? 0 : Daily(t, random)], new double[1], muted: t is >= 90 and < 102 or >= 105 and < 107))];
        Assert.Equal([102], Told(results));
        Assert.Equal((AlarmChange.Closed, false), (results[105].Alarm!.Change, results[106].AlarmOpen));
        Assert.DoesNotContain(results[107..], result => result.AlarmOpen);  // what was told is known then
    }

    [Fact]
    public void A_gap_goes_on_with_what_was_told_and_one_that_is_muted_ends_it()
    {
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        var detector = new Detector(Small, 1);
        StepResult[] results = [.. Enumerable.Range(0, WarmUp).Select(t => detector.Step(Start.AddHours(t),
            [t is >= 103 and < 106 ? double.NaN : t is >= 100 and < 110 ? 0 : Daily(t, random)], new double[1], muted: t == 105))];
        Assert.Equal([100], Told(results[..106]));
        Assert.Equal([1.0, 1.0], results[103..105].Select(result => Math.Min(1, result.Score)));
        Assert.Equal((AlarmChange.Closed, 0.0), (results[105].Alarm!.Change, results[105].Score));
    }

    [Fact]
    public void A_channel_without_a_value_that_seldom_moved_has_no_part_in_what_is_told_beside_it()
    {
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        var detector = new Detector(Small, 2);
        AlarmEvent? told = null;
        for (int t = 0; t <= 250; t++)
            told = detector.Step(Start.AddHours(t), [t == 250 ? double.NaN : t < 100 ? 7 : 8, t == 250 ? 1000 : Daily(t, random)],
                new double[2]).Alarm;
        Assert.Equal([(1, 1.0), (0, 0.0)], told!.Contributions.Select(each => (each.Channel, each.Share)));
    }

    [Fact]
    public void A_channel_is_judged_by_its_own_values_however_late_it_begins()
    {
        int told = 0;
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            var detector = new Detector(Small, 2);
            for (int t = 0; t < WarmUp; t++)
            {
                double late = t >= 150 && t % 10 == 0 ? Math.Exp(Normal.Sample(random, 0, 1)) : double.NaN;
                if (detector.Step(Start.AddHours(t), [Daily(t, random), late], new double[2]).Alarm is { Announced: true }) told++;
            }
        }
        Assert.Equal(0, told);
    }

    [Fact]
    public void However_enormous_a_value_is_its_score_is_a_number()
    {
        foreach (int at in (int[])[100, WarmUp + 10])
        {
            var random = new Xoshiro256StarStar(8, threadSafe: false);
            StepResult[] results = Run(t => t == at ? double.MaxValue : .5 + Normal.Sample(random, 0, .02), TimeSpan.FromHours(1));
            Assert.InRange(results[at].Score, 1, 1e6);
            Assert.Equal(AlarmChange.Opened, results[at].Alarm!.Change);
        }
    }

    // Few errors, and now and then some more: nothing to get up for by night.
    [Fact]
    public void A_burst_of_a_counter_of_errors_is_not_critical_in_the_warm_up_and_a_thousand_are()
    {
        int bursts = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            StepResult[] results = Run(t => t == 280 ? 1000 : t % 90 == 80 ? 4 + random.Next(6) : Poisson.Sample(random, .1),
                TimeSpan.FromHours(1), steps: WarmUp);
            AlarmEvent[] told = [.. results.Events().Where(alarm => alarm.Change == AlarmChange.Opened)];
            bursts += told.Count(alarm => alarm.Position < 280);
            Assert.DoesNotContain(told, alarm => alarm.Position < 280 && alarm.Severity == Severity.Critical);
            Assert.Equal(Severity.Critical, told.Single(alarm => alarm.Position == 280).Severity);
        }
        Assert.True(bursts >= 20, $"{bursts}: the feed shows nothing");
    }

    [Fact]
    public void What_was_told_is_no_part_of_what_is_learnt()
    {
        double[] With(double spike)
        {
            var random = new Xoshiro256StarStar(9, threadSafe: false);
            StepResult[] results = Run(t => t switch
            {
                120 => spike,
                >= 2 * WarmUp and < 2 * WarmUp + 8 => 0,
                _ => Daily(t, random),
            }, TimeSpan.FromHours(1), steps: 2 * WarmUp + 20);
            Assert.Equal(spike < 1000 ? [] : [120], Told(results));
            return [.. results[(2 * WarmUp)..].Select(result => result.Score)];
        }
        double[] without = With(80), with = With(100_000);
        Assert.True(with.Max() > .9 * without.Max() && without.Max() >= 1, $"{with.Max()} after it was told, {without.Max()} without");
    }

    // By the minute nothing is told in the warm-up; noise is so wide that quartiles do not show the code.
    [Theory]
    [InlineData(-999)]
    [InlineData(9999)]
    public void A_code_of_a_fault_that_stands_for_a_while_costs_no_alarm_later(double code)
    {
        int with = 0, without = 0, plain = 0;
        for (int seed = 0; seed < 10; seed++)
        {
            StepResult[] Of(double value)
            {
                var random = new Xoshiro256StarStar(seed, threadSafe: false);
                return Run(t =>
                {
                    double noise = Normal.Sample(random, 60, 10);
                    return t is >= 70 and < 100 && !double.IsNaN(value) ? value : noise + (t is >= 1500 and < 1520 ? 80 : 0);
                }, TimeSpan.FromMinutes(1), steps: 1530);
            }
            bool Tells(StepResult[] results) => results[1500..].Any(result => result.Alarm is { Announced: true });
            if (Tells(Of(code))) with++;
            if (Tells(Of(double.NaN))) without++;
            plain += Told(Of(code)).Length;
        }
        Assert.Equal(0, plain);
        Assert.Equal((10, 10), (with, without));
    }
}
