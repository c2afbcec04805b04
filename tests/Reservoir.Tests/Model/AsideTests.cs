using System.Buffers;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>One of several channels leaves its scaling for good: the others are judged meanwhile.</summary>
public sealed class AsideTests
{
    const int Channels = 3, Steps = 5400, Leaves = 3000;
    static readonly int[] Faults = [Leaves + 250, Leaves + 450, Leaves + 1300];

    static readonly ErrorModelSpec Spec = Presets.Signal();

    // Three views of one rhythm; the first goes to its rail, or twenty times its range up, and may come back.
    static double[] Plant(bool rail, int back = Steps, bool faults = true)
    {
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        double[] feed = new double[Steps * Channels];
        for (int t = 0; t < Steps; t++)
        {
            for (int c = 0; c < Channels; c++)
                feed[t * Channels + c] = Math.Sin(.2 * t + c) + .5 * Math.Sin(.4 * t + 2 * c) + Normal.Sample(random, 0, .02);
            if (t >= Leaves && t < back) feed[t * Channels] = rail ? 60 : feed[t * Channels] + 40;
            foreach (int at in faults ? Faults : [])
                if (t >= at && t < at + 30) feed[t * Channels + 2] += .8 * Math.Sin(1.1 * t);
        }
        return feed;
    }

    static (StepResult[] Results, double[] Expected) Take(Detector detector, double[] feed, int block)
    {
        int steps = feed.Length / Channels;
        var results = new StepResult[steps];
        double[] expected = new double[feed.Length];
        for (int t = 0, n; t < steps; t += n)
        {
            n = Math.Min(block, steps - t);
            detector.StepMany(new DateTime[n], feed.AsSpan(t * Channels, n * Channels), results.AsSpan(t, n),
                expected.AsSpan(t * Channels, n * Channels));
        }
        return (results, expected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Faults_of_the_others_are_told_while_it_is_told_of_and_while_a_new_model_warms_up(bool rail)
    {
        StepResult[] results = Feeds.Run(Spec, Plant(rail), Channels);
        List<AlarmEvent> events = results.Events();
        Assert.InRange(events.First(e => e.Change == AlarmChange.Opened && e.Position >= Leaves).Position, Leaves, Leaves + 2);
        foreach (int at in Faults)
            Assert.Contains(events, e => e.Announced && e.Position >= at && e.Position < at + 40
                && (e.LaterChannels.Contains(2) || e.Contributions[0].Channel == 2));
        Assert.All(results[Spec.WarmUp..], r => Assert.False(r.WarmingUp));
        Assert.Single(results, r => r.Model is { Kind: ModelChangeKind.Outgrown });
    }

    [Fact]
    public void The_alarm_that_told_of_it_is_open_until_it_is_adapted_to_or_comes_back()
    {
        List<AlarmEvent> stays = Feeds.Run(Spec, Plant(rail: true, faults: false), Channels).Events();
        Assert.Equal(AlarmChange.Adapted, End(stays).Change);
        StepResult[] back = Feeds.Run(Spec, Plant(rail: true, back: Leaves + 200, faults: false), Channels);
        AlarmEvent end = End(back.Events());
        Assert.Equal(AlarmChange.Closed, end.Change);
        Assert.InRange(end.Position, Leaves + 200, Leaves + 400);
        Assert.DoesNotContain(back, r => r.Model is not null);
    }

    static AlarmEvent End(List<AlarmEvent> events) =>
        events.First(e => e.Change is AlarmChange.Adapted or AlarmChange.Closed && e.Position > Leaves);

    // What comes back is judged as before.
    [Fact]
    public void A_channel_that_came_back_is_judged_again()
    {
        double[] feed = Plant(rail: true, back: Leaves + 200, faults: false);
        for (int t = Leaves + 1000; t < Leaves + 1030; t++) feed[t * Channels] += .8 * Math.Sin(1.1 * t);
        Assert.Contains(Feeds.Run(Spec, feed, Channels).Events(),
            e => e.Change == AlarmChange.Opened && e.Position >= Leaves + 1000 && e.Position < Leaves + 1040
                && e.Contributions[0].Channel == 0);
    }

    static (StepResult, ModelChangeKind?, AlarmChange?) Bare(StepResult result) =>
        (result with { Alarm = null, Model = null }, result.Model?.Kind, result.Alarm?.Change);

    [Fact]
    public void Neither_batches_nor_a_restart_change_a_bit_of_it()
    {
        double[] feed = Plant(rail: true);
        (StepResult[] results, double[] expected) = Take(new Detector(Spec, Channels), feed, 1);
        (StepResult[] many, double[] same) = Take(new Detector(Spec, Channels), feed, 300);
        Assert.Equal(results.Select(Bare), many.Select(Bare));
        Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), same.Select(BitConverter.DoubleToInt64Bits));
        foreach (int at in (int[])[Leaves + 15, Leaves + 300, Leaves + 700, Leaves + 1790, Leaves + 2000])
        {
            var detector = new Detector(Spec, Channels);
            Take(detector, feed[..(at * Channels)], 100);
            var saved = new ArrayBufferWriter<byte>();
            detector.Save(saved);
            var loaded = Detector.Load(Spec, Channels, saved.WrittenSpan);
            Assert.Equal(detector.Health, loaded.Health);
            (StepResult[] rest, same) = Take(loaded, feed[(at * Channels)..], 64);
            Assert.Equal(results[at..].Select(Bare), rest.Select(Bare));
            Assert.Equal(expected[(at * Channels)..].Select(BitConverter.DoubleToInt64Bits), same.Select(BitConverter.DoubleToInt64Bits));
        }
    }
}
