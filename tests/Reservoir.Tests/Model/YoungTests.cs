using System.Buffers;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>What presets signal and sensors tell in their warm-up.</summary>
public sealed class YoungTests
{
    static ErrorModelSpec Spec(bool signal) => signal ? Presets.Signal() : Presets.Sensors();

    // Rhythms, or levels with noise; of the channel 0 a fault.
    static double[] Feed(bool signal, int channels, int steps, Func<int, double, double, double> channel0)
    {
        var random = new Xoshiro256StarStar(4, threadSafe: false);
        double[] feed = new double[steps * channels];
        double last = 0;
        for (int t = 0; t < steps; t++)
            for (int c = 0; c < channels; c++)
            {
                double x = Normal.Sample(random, 0, signal ? .02 : 1) + (signal ? Math.Sin(.2 * t + c) : 50);
                if (c == 0) last = x = channel0(t, x, last);
                feed[t * channels + c] = x;
            }
        return feed;
    }

    static List<AlarmEvent> Early(bool signal, int channels, Func<int, double, double, double> channel0, int steps = 2200) =>
        [.. Feeds.Run(Spec(signal), Feed(signal, channels, steps, channel0), channels).Events()
            .Where(e => e.Position < Spec(signal).WarmUp && e.Change == AlarmChange.Opened)];

    [Theory]
    [InlineData(true, 1, 130)]
    [InlineData(true, 1, 900)]
    [InlineData(true, 3, 190)]
    [InlineData(true, 3, 1700)]
    [InlineData(false, 1, 150)]
    [InlineData(false, 6, 330)]
    public void A_code_of_a_fault_that_is_over_and_a_channel_that_stands_still_are_told(bool signal, int channels, int at)
    {
        AlarmEvent code = Assert.Single(Early(signal, channels, (t, x, _) => t == at ? -999 : x));
        Assert.InRange(code.Position, at + 1, at + 12);
        Assert.True(code.Early);
        Assert.True(code.Severity < Severity.Critical);
        Assert.Equal((0, -999.0), (code.Contributions[0].Channel, code.Observed[0]));
        Assert.InRange(code.Expected[0], signal ? -1.1 : 45, signal ? 1.1 : 55);

        AlarmEvent still = Assert.Single(Early(signal, channels, (t, x, last) => t > at && t <= at + 45 ? last : x));
        Assert.InRange(still.Position, at + 8, at + 45);
        Assert.True(still.Early);
        Assert.Equal(0, still.Contributions[0].Channel);
    }

    // A machine that is switched on, and on and off, a load that goes from level to level, and noise alone.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_machine_that_starts_is_not_told(bool signal)
    {
        foreach (int at in (int[])[60, 110, 170, 250, 340])
        {
            Assert.Empty(Early(signal, 2, (t, x, _) => t < at ? x : x + 80));
            Assert.Empty(Early(signal, 2, (t, x, _) => t < at ? 0 : x + 80));
            Assert.Empty(Early(signal, 2,
                (t, x, _) => x + 20 * Math.Clamp((t - at) / 8.0, 0, 1) * (1 + Math.Exp(-Math.Max(0, t - at) / 5.0))));
            Assert.Empty(Early(signal, 2, (t, x, _) => t / at % 2 == 0 ? x : x + 80));
            Assert.Empty(Early(signal, 2, (t, x, _) => t / at % 2 == 0 ? 3 : 7));
        }
    }

    // Nor is it told of what was told before: what goes on when the warm-up ends is another alarm.
    [Theory]
    [InlineData(true, 150, false)]
    [InlineData(false, 150, false)]
    [InlineData(true, 1770, false)]
    [InlineData(false, 370, false)]
    [InlineData(true, 1770, true)]
    [InlineData(false, 370, true)]
    public void What_is_learnt_does_not_know_of_it(bool signal, int from, bool gap)
    {
        Func<int, double, double, double> frozen = (t, x, last) => t > from && t <= from + 60 ? last : x;
        ErrorModelSpec spec = Spec(signal), deaf = spec with { Alarm = spec.Alarm with { OpenAfter = 60 } };
        double[] feed = Feed(signal, 2, 2600, frozen);
        if (gap) feed.AsSpan(2 * (spec.WarmUp - 1), 2).Fill(double.NaN);
        StepResult[] told = Feeds.Run(spec, feed, 2), untold = Feeds.Run(deaf, feed, 2);
        AlarmEvent[] early = [.. told.Events().Where(e => e.Early)];
        Assert.Equal((AlarmChange.Opened, AlarmChange.Closed), (early[0].Change, early[^1].Change));
        Assert.All(told.Events().Where(e => !e.Early), e => Assert.True(e.Start >= spec.WarmUp));
        Assert.DoesNotContain(untold.Events(), e => e.Early);
        // Until the one opens an alarm that the other, which takes longer, does not.
        int opens = Array.FindIndex(told, spec.WarmUp, r => r.AlarmOpen);
        int until = opens < 0 ? spec.WarmUp + 60 : Math.Min(spec.WarmUp + 60, opens + 1);
        Assert.Equal(untold[spec.WarmUp..until].Select(r => (r.Score, r.Normality)),
            told[spec.WarmUp..until].Select(r => (r.Score, r.Normality)));
    }

    // What stands still for so long that it is adapted to early, and a fault after the warm-up: another one.
    [Fact]
    public void An_alarm_after_the_warm_up_is_not_part_of_one_in_it()
    {
        var random = new Xoshiro256StarStar(5, threadSafe: false);
        double[] feed = new double[2 * 2100];
        for (int t = 0; t < 2100; t++)
        {
            feed[2 * t] = t is > 1150 and < 1795 ? feed[2 * t - 2] : Math.Sin(.2 * t) + .02 * random.NextDouble();
            feed[2 * t + 1] = Math.Sin(.2 * t + 1) + .02 * random.NextDouble() + (t is >= 1825 and < 1828 ? 40 : 0);
        }
        List<AlarmEvent> events = Feeds.Run(Spec(signal: true), feed, 2).Events();
        Assert.Contains(events, e => e.Early && e.Change == AlarmChange.Adapted);
        AlarmEvent told = events.First(e => e.Position >= 1825);
        Assert.True(told is { Announced: true, Early: false, Start: >= 1800 });
        Assert.Equal(1, told.Contributions[0].Channel);
    }

    [Theory]
    [InlineData(120)]
    [InlineData(300)]
    public void What_is_muted_is_not_told_afterwards(int at)
    {
        double[] feed = Feed(signal: true, 1, 500, (t, x, _) => t >= at && t < at + 4 ? -999 : x);
        bool[] muted = [.. Enumerable.Range(0, 500).Select(t => t >= at && t < at + 4)];
        Assert.Contains(Feeds.Run(Spec(signal: true), feed).Events(), e => e.Early);
        Assert.Empty(Feeds.Run(Spec(signal: true), feed, muted: muted).Events());
    }

    // A state without it: there was none when it was saved.
    [Fact]
    public void A_model_that_an_older_program_saved_in_its_warm_up_tells_early()
    {
        ErrorModelSpec spec = Presets.Sensors() with { Scores = [new MeanErrorSpec()] };
        var judge = new ErrorJudge(spec, new ScoreContext(1, [1], null));
        StateCarrier saved = StateCarrier.From(new ReadOnlySequence<byte>(new byte[1 << 20]), version: 5);
        judge.Carry(ref saved);
        double[] feed = Feed(signal: false, 1, 200, (t, x, _) => t == 150 ? -999 : x), usual = [0];
        int[] told = [.. Enumerable.Range(0, 200).Where(t => judge.StepEarly(feed.AsSpan(t, 1), muted: false, usual))];
        Assert.InRange(Assert.Single(told[..1]), 151, 162);
        Assert.InRange(usual[0], 0, 55);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Neither_batches_nor_a_restart_change_a_bit_of_it(bool signal)
    {
        double[] feed = Feed(signal, 2, 600, (t, x, last) => t is > 250 and <= 290 ? last : t is 125 ? -999 : x);
        (long, double, AlarmChange?, double?)[] Run(params int[] blocks)
        {
            var detector = new Detector(Spec(signal), 2);
            var results = new StepResult[600];
            for (int t = 0, i = 0, n; t < 600; t += n, i++)
            {
                n = Math.Min(blocks[i % blocks.Length], 600 - t);
                detector.StepMany(new DateTime[n], feed.AsSpan(t * 2, n * 2), results.AsSpan(t, n), new double[n * 2]);
                if (blocks.Length < 2) continue;
                var saved = new ArrayBufferWriter<byte>();
                detector.Save(saved);
                detector = Detector.Load(Spec(signal), 2, saved.WrittenSpan);
            }
            return [.. results.Select(r => (r.Position, r.Score, r.Alarm?.Change, r.Alarm?.Observed[0]))];
        }
        (long, double, AlarmChange?, double?)[] one = Run(1);
        Assert.True(one.Count(r => r.Item3 == AlarmChange.Opened) >= 2);
        Assert.Equal(one, Run(600));
        Assert.Equal(one, Run(126, 41, 2, 90, 11));
    }
}
