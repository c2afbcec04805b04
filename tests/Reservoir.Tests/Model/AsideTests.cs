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

    int[] _muted = [];

    (StepResult[] Results, double[] Expected) Take(Detector detector, double[] feed, int block, int from = 0)
    {
        int steps = feed.Length / Channels;
        var results = new StepResult[steps];
        double[] expected = new double[feed.Length];
        for (int t = 0, n; t < steps; t += n)
        {
            n = Math.Min(block, steps - t);
            detector.StepMany(new DateTime[n], feed.AsSpan(t * Channels, n * Channels), results.AsSpan(t, n),
                expected.AsSpan(t * Channels, n * Channels), [.. Enumerable.Range(from + t, n).Select(_muted.Contains)]);
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
        // Who is set aside, until when, and what the new model found, as a first one tells it.
        StepResult[] changes = [.. results.Where(r => r.Model is not null)];
        Assert.Equal([ModelChangeKind.Outgrown, ModelChangeKind.Succeeded], changes.Select(r => r.Model!.Kind));
        (ModelChange anew, ModelChange judges) = (changes[0].Model!, changes[1].Model!);
        Assert.True(anew is { Restarted: true, SetsAside: true, Found: [] } && judges is { Restarted: false, SetsAside: false });
        Assert.Equal((int[])[0], anew.Channels);
        Assert.Equal((int[])[0], judges.Channels);
        Assert.InRange(changes[1].Position - changes[0].Position, anew.WarmUp, anew.WarmUp + 100);
        if (rail) Assert.Equal((ModelChangeKind.Apart, 0), Told(Assert.Single(judges.Found)));
        else Assert.Empty(judges.Found);
    }

    static (ModelChangeKind, int) Told(ModelChange found) => (found.Kind, Assert.Single(found.Channels));

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

    // 0: they give nothing any more.
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    public void Where_the_others_seldom_give_values_its_alarm_ends_all_the_same(int every)
    {
        double[] feed = Plant(rail: true, faults: false);
        for (int t = Leaves - 500; t < Steps; t++)
            if (every == 0 || t % every != 0) feed.AsSpan(t * Channels + 1, Channels - 1).Fill(double.NaN);
        StepResult[] results = Feeds.Run(Spec, feed, Channels);
        Assert.Equal(AlarmChange.Adapted, End(results.Events()).Change);
        Assert.Single(results, r => r.Model is { Kind: ModelChangeKind.Outgrown });
        Assert.False(results[^1].AlarmOpen);
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

    // A channel that often has no value, or is asked in turn with the others.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_missing_in_between_does_not_bring_it_back(bool itself)
    {
        double[] feed = Plant(rail: true);
        for (int t = 0; t < Steps; t++)
        {
            if (itself && t % 5 == 0) feed[t * Channels] = double.NaN;
            if (!itself && t % 2 == 1) feed.AsSpan(t * Channels + 1, 2).Fill(double.NaN);
        }
        List<AlarmEvent> events = Feeds.Run(Spec, feed, Channels).Events();
        foreach (int at in Faults[..2])
            Assert.Contains(events, e => e.Announced && e.Position >= at && e.Position < at + 40
                && (e.LaterChannels.Contains(2) || e.Contributions[0].Channel == 2));
        Assert.DoesNotContain(events, e => e.Announced && e.Position is > Leaves + 40 and < Leaves + 1000
            && !Faults.Any(at => e.Position >= at && e.Position < at + 80));
    }

    // What comes back while another model warms up is known to the old one, and not to that.
    [Fact]
    public void The_old_model_goes_on_where_the_channel_comes_back()
    {
        const int Back = Leaves + 700, Long = 7000;
        int[] faults = [Back + 1000, Back + 1900, Back + 2800];
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        double[] feed = new double[Long * Channels];
        for (int t = 0; t < Long; t++)
        {
            for (int c = 0; c < Channels; c++)
                feed[t * Channels + c] = Math.Sin(.2 * t + c) + .5 * Math.Sin(.4 * t + 2 * c) + Normal.Sample(random, 0, .02);
            if (t is >= Leaves and < Back) feed[t * Channels] = 60;
            foreach (int at in faults)
                if (t >= at && t < at + 30) feed[t * Channels + at / 100 % 2 * 2] += .8 * Math.Sin(1.1 * t);
        }
        (StepResult[] results, double[] expected) = Take(new Detector(Spec, Channels), feed, 1);
        List<AlarmEvent> events = results.Events();
        foreach (int at in faults)
            Assert.Contains(events, e => e.Change == AlarmChange.Opened && e.Position >= at && e.Position < at + 40
                && e.Contributions[0].Channel == at / 100 % 2 * 2);
        Assert.Equal([ModelChangeKind.Outgrown, ModelChangeKind.Kept], results.Select(r => r.Model?.Kind).OfType<ModelChangeKind>());
        Assert.All(results.Select(r => r.Model).OfType<ModelChange>(), change => Assert.Equal((int[])[0], change.Channels));
        foreach (int at in (int[])[Back + 600, Back + 710])
        {
            var detector = new Detector(Spec, Channels);
            Take(detector, feed[..(at * Channels)], 100);
            var saved = new ArrayBufferWriter<byte>();
            detector.Save(saved);
            var loaded = Detector.Load(Spec, Channels, saved.WrittenSpan);
            // The new one has met the way back.
            Assert.Equal((2, 2), (detector.Health.Rescalings, loaded.Health.Rescalings));
            (StepResult[] rest, double[] same) = Take(loaded, feed[(at * Channels)..], 64);
            Assert.Equal(results[at..].Select(Bare), rest.Select(Bare));
            Assert.Equal(expected[(at * Channels)..].Select(BitConverter.DoubleToInt64Bits), same.Select(BitConverter.DoubleToInt64Bits));
            if (at >= Back + 700) continue;
            Assert.Equal((int[])[0], Assert.Single(rest, r => r.Model is not null).Model!.Channels);
        }
    }

    static (StepResult, ModelChangeKind?, AlarmChange?) Bare(StepResult result) =>
        (result with { Alarm = null, Model = null }, result.Model?.Kind, result.Alarm?.Change);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Neither_batches_nor_a_restart_change_a_bit_of_it(bool holes)
    {
        double[] feed = Plant(rail: true);
        for (int t = Leaves; holes && t < Steps; t++)
        {
            if (t % 5 == 0) feed[t * Channels] = double.NaN;
            if (t % 7 < 3) feed.AsSpan(t * Channels + 1, 2).Fill(double.NaN);
        }
        _muted = holes ? [Leaves + 12, Leaves + 299, Leaves + 301, Leaves + 1789] : [];
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
            (StepResult[] rest, same) = Take(loaded, feed[(at * Channels)..], 64, at);
            Assert.Equal(results[at..].Select(Bare), rest.Select(Bare));
            Assert.Equal(expected[(at * Channels)..].Select(BitConverter.DoubleToInt64Bits), same.Select(BitConverter.DoubleToInt64Bits));
        }
    }
}
