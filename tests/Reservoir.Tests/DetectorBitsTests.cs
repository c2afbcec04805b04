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
        return [.. Enumerable.Range(0, Steps * channels)
            .Select(i => Math.Sin(.05 * i) + .1 * random.NextDouble() + (i / channels is 2800 or 2801 ? 20 : 0))];
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
                detector.StepMany(new DateTime[n], frames.AsSpan(t * channels, n * channels), results.AsSpan(t, n),
                    expected.AsSpan(t * channels, n * channels));
            }
            return (results, expected);
        }
    }

    [Fact]
    public void Streams_on_many_threads_get_what_each_would_get_alone()
    {
        const int Streams = 8;
        var (together, alone) = (new (StepResult[], double[])[Streams], new (StepResult[], double[])[Streams]);
        Parallel.For(0, Streams, stream => together[stream] = Run(stream));
        for (int stream = 0; stream < Streams; stream++) alone[stream] = Run(stream);
        for (int stream = 0; stream < Streams; stream++)
        {
            Assert.Equal(alone[stream].Item2.Select(BitConverter.DoubleToInt64Bits),
                together[stream].Item2.Select(BitConverter.DoubleToInt64Bits));
            Assert.Equal(alone[stream].Item1.Select(result => result.Score), together[stream].Item1.Select(result => result.Score));
        }

        static (StepResult[], double[]) Run(int stream)
        {
            var (results, expected) = (new StepResult[Steps], new double[Steps]);
            new Detector(Spec, 1).StepMany(new DateTime[Steps], Frames(1, stream), results, expected);
            return (results, expected);
        }
    }

    [Fact]
    public void Ten_thousand_readouts_of_50_units_fit_in_a_gigabyte()
    {
        // P, its columns, W_out and the rings: all that a stream keeps of its readout.
        var readout = new Readout(52, 1, new ReadoutSpec());
        Assert.InRange(10_000 * readout.Bytes, 0, 300_000_000);
    }
}
