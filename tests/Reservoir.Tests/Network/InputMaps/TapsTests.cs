using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>Delay taps and differences of plain channels.</summary>
public sealed class TapsTests
{
    const int Channels = 3;

    static readonly TapsSpec Spec = new() { Taps = 2, Differences = 2, DifferenceGain = 10 };

    static double[] Frame(int t) => t < 0 ? new double[Channels] : new Xoshiro256StarStar(t + 1, threadSafe: false).NextDoubles(Channels);

    static InputMap Map(TapsSpec spec, ReservoirSpec? reservoir = null) =>
        spec.Create(reservoir ?? new ReservoirSpec { Units = 20 }, Channels, new Xoshiro256StarStar(1, threadSafe: false));

    [Fact]
    public void Features_are_the_frame_those_before_and_differences_of_each_order()
    {
        InputMap map = Map(Spec);
        Assert.Equal(5 * Channels, map.Features);
        double[] before = new double[map.Features];
        double[] D1(int t) => [.. Frame(t - 1).Zip(Frame(t), (a, b) => 10 * (a - b))];
        for (int t = 0; t < 6; t++)
        {
            double[] features = new double[map.Features],
                d2 = [.. (t == 0 ? new double[Channels] : D1(t - 1)).Zip(D1(t), (a, b) => 10 * (a - b))];
            map.Map(DateTime.UnixEpoch, Frame(t), before, features);
            Assert.Equal([.. Frame(t), .. Frame(t - 1), .. Frame(t - 2), .. D1(t), .. d2], features);
            before = features;
        }
    }

    [Fact]
    public void Units_are_driven_by_all_features_with_random_weights()
    {
        var reservoir = new ReservoirSpec { Units = 20, InputScale = .4, BiasScale = .1 };
        InputMap map = Map(Spec, reservoir);
        double[] Drive(double[] features)
        {
            var drive = new double[20];
            map.Drive([], [], features, drive);
            return drive;
        }
        double[] bias = Drive(new double[map.Features]), all = [.. Enumerable.Range(1, map.Features).Select(i => Math.Sin(i))],
            sum = [.. bias];
        Assert.All(bias, b => Assert.InRange(Math.Abs(b), 0, .1));
        for (int i = 0; i < map.Features; i++)
        {
            double[] unit = new double[map.Features];
            unit[i] = 1;
            double[] weights = [.. Drive(unit).Zip(bias, (a, b) => a - b)];
            Assert.All(weights, weight => Assert.InRange(Math.Abs(weight), 0, .4 + 1e-12));
            Assert.True(weights.Max() - weights.Min() > .3);
            for (int n = 0; n < 20; n++) sum[n] += weights[n] * all[i];
        }
        foreach ((double expected, double actual) in sum.Zip(Drive(all))) Assert.Equal(expected, actual, 1e-12);
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

    [Fact]
    public void With_differences_the_error_of_a_slow_oscillation_comes_down_to_its_noise()
    {
        // u(t+1) = 2 r cos ω u(t) − r² u(t−1) + noise: the frame alone can't tell up from down.
        double taps = Error(new TapsSpec { Differences = 1 }), frame = Error(new RandomWeightsSpec());
        Assert.InRange(taps, .9, 1.1);
        Assert.True(frame > 2 * taps, $"{frame} with the frame alone, {taps} with differences");

        // Mean squared one-step error over the variance of the noise.
        static double Error(InputMapSpec map)
        {
            var network = new EchoStateNetwork(new ReservoirSpec { Units = 2, Degree = 1, LeakRates = [1], InputScale = .01 }, map, 1);
            var readout = new Readout(network.Regressors, 1, new ReadoutSpec { Horizons = [1], Regularisation = 1e-6 });
            var predictor = new NetworkPredictor(network, readout);
            var noise = new Xoshiro256StarStar(5, threadSafe: false);
            double[] error = new double[1];
            double u = 0, last = 0, squares = 0, noises = 0;
            for (int t = 0; t < 6000; t++)
            {
                double push = noise.NextDouble() - .5;
                (u, last) = (2 * .99 * Math.Cos(.05) * u - .99 * .99 * last + push, u);
                predictor.Begin([DateTime.UnixEpoch], [u]);
                predictor.Settle([u], error);
                predictor.Learn();
                predictor.Predict();
                if (t < 1000) continue;
                (squares, noises) = (squares + error[0] * error[0], noises + push * push);
            }
            return squares / noises;
        }
    }

    [Fact]
    public void Its_constants_are_checked()
    {
        Spec.Validate();
        void Refused(TapsSpec spec, string message) =>
            Assert.StartsWith(message, Assert.Throws<ArgumentOutOfRangeException>(spec.Validate).Message, StringComparison.Ordinal);
        Refused(Spec with { Taps = -1 }, "taps must be in [0, 1000], was -1");
        Refused(Spec with { Differences = 11 }, "differences must be in [0, 10], was 11");
        Refused(Spec with { DifferenceGain = 0 }, "differenceGain must be in (0, 1000000], was 0");
    }
}
