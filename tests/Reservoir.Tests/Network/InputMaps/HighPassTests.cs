using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>Plain channels whose base line does not drive the units.</summary>
public sealed class HighPassTests
{
    const int Channels = 3;

    static readonly HighPassSpec Spec = new() { Memory = 20, Gain = 3 };

    static double[] Frame(int t) => t < 0 ? new double[Channels] : new Xoshiro256StarStar(t + 1, threadSafe: false).NextDoubles(Channels);

    static InputMap Map(HighPassSpec spec, ReservoirSpec? reservoir = null) =>
        spec.Create(reservoir ?? new ReservoirSpec { Units = 20 }, Channels, new Xoshiro256StarStar(1, threadSafe: false));

    // Against its meaning: the frame less the mean of those before it, with weights that fall.
    [Theory]
    [InlineData(1)]
    [InlineData(1.5)]
    [InlineData(20)]
    public void Features_are_the_frame_and_how_far_it_lies_from_the_mean_of_those_before(double memory)
    {
        InputMap map = Map(Spec with { Memory = memory });
        Assert.Equal(2 * Channels, map.Features);
        double[] before = new double[map.Features], mean = new double[Channels];
        for (int t = 0; t < 200; t++)
        {
            double[] features = new double[map.Features], frame = Frame(t);
            map.Map(DateTime.UnixEpoch, frame, before, features);
            for (int c = 0; c < Channels; c++)
            {
                Assert.Equal(frame[c], features[c]);
                Assert.Equal(3 * (frame[c] - mean[c]), features[Channels + c], 1e-12);
                mean[c] += (frame[c] - mean[c]) / memory;
            }
            before = features;
        }
    }

    [Fact]
    public void Units_are_driven_by_what_is_left_with_the_weights_that_the_frame_alone_would_have()
    {
        var reservoir = new ReservoirSpec { Units = 20, InputScale = .4, BiasScale = .1 };
        InputMap map = Map(Spec, reservoir), plain = new RandomWeightsSpec().Create(reservoir, Channels, new(1, threadSafe: false));
        double[] left = [.3, -.2, .7], driven = new double[20], expected = new double[20];
        map.Drive([], [], [5, 6, 7, .. left], driven);
        plain.Drive([], [], left, expected);
        Assert.Equal(expected, driven);
    }

    [Fact]
    public void Runs_side_by_side_have_the_bits_of_single_ones()
    {
        const int Runs = 9;
        var network = new EchoStateNetwork(new ReservoirSpec { Units = 20 }, Spec, Channels);
        int d = network.Regressors;
        double[] before = new double[d * Runs], z = new double[d * Runs];
        double[][] alone = [.. Enumerable.Range(0, Runs).Select(_ => new double[d])];
        for (int t = 0; t < 6; t++)
        {
            double[] frames = [.. Enumerable.Range(0, Channels * Runs).Select(i => Frame(t * Runs + i % Runs)[i / Runs])];
            network.Step(DateTime.UnixEpoch, frames, before, z, Runs, Runs);
            z.CopyTo(before, 0);
            for (int run = 0; run < Runs; run++)
            {
                var next = new double[d];
                network.Step(DateTime.UnixEpoch, Frame(t * Runs + run), alone[run], next);
                alone[run] = next;
                Assert.Equal(next, Enumerable.Range(0, d).Select(i => z[i * Runs + run]));
            }
        }
    }

    [Fact]
    public void Nothing_is_allocated_per_step()
    {
        var network = new EchoStateNetwork(new ReservoirSpec { Units = 20 }, Spec, Channels);
        double[] frame = Frame(1), before = new double[network.Regressors], z = new double[network.Regressors];
        for (int t = 0; t < 100; t++) network.Step(DateTime.UnixEpoch, frame, before, z);
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int t = 0; t < 100; t++) network.Step(DateTime.UnixEpoch, frame, before, z);
        }));
    }

    // Two pulses a beat, the second small; in one beat it is upside down. Beats come unevenly, so that no shape tells it.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void On_a_base_line_that_wanders_a_beat_is_told_far_more_clearly(int seed)
    {
        const int steps = 12_000, period = 100, fault = 9000;
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double[] feed = new double[steps];
        double level = 0, slow = 0;
        for (int t = 0; t < steps; t++)
        {
            level += (Normal.Sample(random, 0, 1) - level) / 250;
            slow += (level - slow) / 250;
            feed[t] = 10 * slow + .015 * Normal.Sample(random, 0, 1);
        }
        int at = -1;
        for (double beat = 0; beat < steps; beat += period * (1 + .03 * Normal.Sample(random, 0, 1)))
        {
            bool upset = at < 0 && beat >= fault;
            if (upset) at = (int)beat;
            for (int t = (int)beat; t < Math.Min(steps, beat + period); t++)
                feed[t] += Pulse(t - beat - 20, 2) + (upset ? -.25 : .3) * Pulse(t - beat - 48, 6);
        }
        ErrorModelSpec preset = Presets.Signal();
        double plain = Highest(preset with { InputMap = new RandomWeightsSpec() });
        double beside = Highest(preset with { InputMap = new HighPassSpec() });
        Assert.True(beside > 1 && beside > plain + .2, $"{beside} beside the base line, {plain} with it");

        double Highest(ErrorModelSpec spec)
        {
            StepResult[] results = Feeds.Run(spec, feed);
            return results[at..(at + period + 60)].Max(r => r.Score);
        }

        static double Pulse(double x, double width) => Math.Exp(-x * x / (2 * width * width));
    }

    [Fact]
    public void Its_constants_are_checked()
    {
        Spec.Validate();
        void Refused(HighPassSpec spec, string message) =>
            Assert.StartsWith(message, Assert.Throws<ArgumentOutOfRangeException>(spec.Validate).Message, StringComparison.Ordinal);
        Refused(Spec with { Memory = .5 }, "memory must be in [1, 1000000], was 0.5");
        Refused(Spec with { Gain = 0 }, "gain must be in (0, 1000000], was 0");
    }
}
