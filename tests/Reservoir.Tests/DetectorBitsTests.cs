using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

public class DetectorBitsTests
{
    const int Steps = 3500;

    static readonly ErrorModelSpec Spec = new() { Reservoir = new ReservoirSpec { Units = 60 }, ScalingSteps = 100 };

    static double[] Frames(int channels, int seed)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        return [.. Enumerable.Range(0, Steps * channels).Select(i => Math.Sin(.05 * i) + .1 * random.NextDouble() + (i / channels is 2800 or 2801 ? 20 : 0))];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_detector_gives_the_same_bits_for_any_batching(int channels)
    {
        double[] frames = Frames(channels, 3);
        (StepResult[] results, double[] expected) = Run(_ => 1);
        Assert.Contains(results, result => result.Alarm is not null);  // learning stopped and began again
        var random = new Xoshiro256StarStar(2, threadSafe: false);
        foreach (Func<int, int> blocks in (Func<int, int>[])[_ => 7, _ => 512, _ => Steps, _ => 1 + random.Next(100)])
        {
            (StepResult[] again, double[] same) = Run(blocks);
            Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), same.Select(BitConverter.DoubleToInt64Bits));
            for (int t = 0; t < Steps; t++) Assert.Equal(results[t] with { Alarm = null }, again[t] with { Alarm = null });
        }

        (StepResult[], double[]) Run(Func<int, int> blockAt)
        {
            var detector = new Detector(Spec, channels);
            var results = new StepResult[Steps];
            var expected = new double[Steps * channels];
            for (int t = 0, n; t < Steps; t += n)
            {
                n = Math.Min(blockAt(t), Steps - t);
                detector.StepMany(new DateTime[n], frames.AsSpan(t * channels, n * channels), results.AsSpan(t, n), expected.AsSpan(t * channels, n * channels));
            }
            return (results, expected);
        }
    }

    [Fact]
    public void A_fleet_gives_every_stream_what_it_would_get_alone()
    {
        const int Streams = 8;
        StreamBlock[] fleet = [.. Enumerable.Range(0, Streams).Select(Block)], alone = [.. Enumerable.Range(0, Streams).Select(Block)];
        DetectorFleet.StepMany(fleet);
        for (int i = 0; i < Streams; i++)
        {
            StreamBlock one = alone[i];
            one.Detector.StepMany(one.Times.Span, one.Frames.Span, one.Results.Span, one.Expected.Span);
            Assert.Equal(one.Expected.ToArray(), fleet[i].Expected.ToArray());
            Assert.Equal(one.Results.ToArray().Select(r => r.Score), fleet[i].Results.ToArray().Select(r => r.Score));
        }

        StreamBlock Block(int stream) => new(new Detector(Spec, 1), new DateTime[Steps], Frames(1, stream), new StepResult[Steps], new double[Steps]);
    }

    [Fact]
    public void A_block_that_is_refused_does_not_keep_the_others_from_being_taken()
    {
        StreamBlock good = new(new Detector(Spec, 1), new DateTime[5], new double[5], new StepResult[5], new double[5]);
        StreamBlock bad = new(new Detector(Spec, 1), new DateTime[1], new[] { double.NaN }, new StepResult[1], new double[1]);
        AggregateException exception = Assert.Throws<AggregateException>(() => DetectorFleet.StepMany([bad, good]));
        Assert.IsType<ArgumentException>(Assert.Single(exception.InnerExceptions));
        Assert.Equal(5, good.Detector.Position);
        Assert.Equal(0, bad.Detector.Position);
        Assert.Throws<ArgumentException>(() => DetectorFleet.StepMany([good, good]));
    }

    [Fact]
    public void Ten_thousand_readouts_of_50_units_fit_in_a_gigabyte()
    {
        // P, its columns, W_out and the rings: all that a stream keeps of its readout.
        var readout = new Readout(52, 1, new ReadoutSpec());
        Assert.InRange(10_000 * readout.Bytes, 0, 300_000_000);
    }
}
