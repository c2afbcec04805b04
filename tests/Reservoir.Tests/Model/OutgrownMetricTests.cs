using System.Buffers;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;
using static Esn.Tests.OutgrownTests;

namespace Esn.Tests;

/// <summary>A metric that leaves the range of its scaling for good.</summary>
public sealed class OutgrownMetricTests
{
    const int Jump = 5000;

    // A metric by the minute whose level goes from 20 to another after 2000 frames.
    static double[] Gauge(double level, Func<double, double> noise)
    {
        var random = new Xoshiro256StarStar(5, threadSafe: false);
        return [.. Enumerable.Range(0, 7000).Select(t => t < 2000 ? 20 : level).Select((at, t) =>
            at + noise(at) * Normal.Sample(random, 0, 1) + (t is >= Jump and < Jump + 20 ? 30 * noise(at) : 0))];
    }

    [Theory]
    [InlineData(90)]
    [InlineData(-400)]
    public void A_metric_that_moved_far_and_kept_its_noise_begins_the_model_anew_which_has_seen_it_there(double level)
    {
        var results = new StepResult[7000];
        new Detector(new MetricModelSpec(), 1).StepMany(new DateTime[7000], Gauge(level, _ => .1), results, new double[7000]);
        int anew = Array.FindIndex(results, r => r.Model is { Kind: ModelChangeKind.Outgrown, Restarted: true });
        Assert.InRange(anew, 2740, 3000);
        Assert.All(results[750..], r => Assert.False(r.WarmingUp));
        Assert.Contains(results.Events(), e => e.Change == AlarmChange.Opened && e.Position is >= Jump and < Jump + 10);
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 1)]
    public void Rounded_values_and_missing_ones_do_not_hide_that_a_metric_moved_far(bool rounded, int missing)
    {
        double[] feed = [.. Gauge(rounded ? 4000 : 90, at => rounded ? .5 : .1)
            .Select((x, t) => t % missing == 1 ? double.NaN : rounded ? Math.Round(x) : x)];
        var results = new StepResult[7000];
        new Detector(new MetricModelSpec(), 1).StepMany(new DateTime[7000], feed, results, new double[7000]);
        Assert.Single(results, r => r.Model is { Kind: ModelChangeKind.Outgrown, Restarted: true });
    }

    [Fact]
    public void A_metric_that_grew_with_its_noise_keeps_its_model()
    {
        var results = new StepResult[7000];
        new Detector(new MetricModelSpec(), 1).StepMany(new DateTime[7000], Gauge(2000, at => at / 5), results, new double[7000]);
        Assert.All(results, r => Assert.Null(r.Model));
    }

    [Fact]
    public void Neither_batches_nor_a_restart_change_a_bit_of_a_metric_that_moved_far()
    {
        var spec = new MetricModelSpec();
        double[] feed = Gauge(90, _ => .1);
        (StepResult[] results, double[] expected) = Take(new Detector(spec, 1), feed, _ => 1);
        (StepResult[] blocks, double[] same) = Take(new Detector(spec, 1), feed, _ => 512);
        Assert.Equal(results.Select(Bare), blocks.Select(Bare));
        Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), same.Select(BitConverter.DoubleToInt64Bits));
        foreach (int at in (int[])[2001, 2400, 2749, 3100])
        {
            var detector = new Detector(spec, 1);
            Take(detector, feed[..at], _ => 100);
            var saved = new ArrayBufferWriter<byte>();
            detector.Save(saved);
            (StepResult[] rest, double[] again) = Take(Detector.Load(spec, 1, saved.WrittenSpan), feed[at..], _ => 64);
            Assert.Equal(results[at..].Select(Bare), rest.Select(Bare));
            Assert.Equal(expected[at..].Select(BitConverter.DoubleToInt64Bits), again.Select(BitConverter.DoubleToInt64Bits));
        }
    }
}
