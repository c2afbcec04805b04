using System.Numerics.Tensors;
using MathNet.Numerics.Random;

namespace Esn;

/// <summary>
/// Plain channels and what they were before: the readout sees the frame, frames before it and differences, and all of these drive
/// every unit by a random weight. For counters and slow signals, of which the step tells more than the level.
/// </summary>
public sealed record TapsSpec : InputMapSpec
{
    /// <summary>Frames before that are features, u(t−1) … u(t−taps), 0 … 1000.</summary>
    public int Taps { get; init; }

    /// <summary>Orders of differences that are features: u(t−1) − u(t), the same of these, and so on, 0 … 10.</summary>
    public int Differences { get; init; } = 1;

    /// <summary>Each difference is multiplied by this, so one of order k by its k-th power, (0, 1e6].</summary>
    public double DifferenceGain { get; init; } = 1;

    /// <inheritdoc/>
    public override void Validate()
    {
        Require.Range(Taps, 0, 1000);
        Require.Range(Differences, 0, 10);
        Require.Above(DifferenceGain, 0, 1e6);
    }

    internal override int Features(int channels) => checked((1 + Taps + Differences) * channels);

    internal override InputMap Create(ReservoirSpec reservoir, int channels, Xoshiro256StarStar random) =>
        new Taps(this, reservoir, channels, random);
}

/// <summary>f = [u(t); u(t−1); … u(t−taps); d_1; d_2; …], d_k = gain·(d_k−1(t−1) − d_k−1(t)), d_0 = u; 0 before the first frame.</summary>
sealed class Taps(TapsSpec spec, ReservoirSpec reservoir, int channels, Xoshiro256StarStar random) : InputMap
{
    readonly double[] _weights = Uniform(random, reservoir.Units * spec.Features(channels), reservoir.InputScale);  // W_in  [N×K]
    readonly double[] _bias = Uniform(random, reservoir.Units, reservoir.BiasScale);                                // b     [N]

    public override int Features => spec.Features(channels);

    public override void Map(DateTime time, ReadOnlySpan<double> frame, ReadOnlySpan<double> before, Span<double> features)
    {
        Require.Length(frame.Length, channels, nameof(frame));
        Shift(frame, before, features);
    }

    // What is one frame alone is a block of frames side by side: nothing here mixes channels.
    public override void Map(DateTime time, ReadOnlySpan<double> frames, ReadOnlySpan<double> before, Span<double> features, int runs)
    {
        Require.Length(frames.Length, channels * runs, nameof(frames));
        Shift(frames, before, features);
    }

    void Shift(ReadOnlySpan<double> frame, ReadOnlySpan<double> before, Span<double> features)
    {
        int length = frame.Length, taps = spec.Taps * length;
        frame.CopyTo(features);
        before[..taps].CopyTo(features[length..]);
        for (int order = 0, from = 0, to = length + taps; order < spec.Differences; order++, from = to, to += length)
        {
            Span<double> difference = features.Slice(to, length);
            TensorPrimitives.Subtract(before.Slice(from, length), features.Slice(from, length), difference);
            if (spec.DifferenceGain != 1) TensorPrimitives.Multiply(difference, spec.DifferenceGain, difference);
        }
    }

    public override void Drive(ReadOnlySpan<double> frame, ReadOnlySpan<double> before, ReadOnlySpan<double> features, Span<double> drive)
    {
        Require.Length(features.Length, Features, nameof(features));
        RandomWeights.DriveUnits(_bias, _weights, features, drive);
    }

    public override unsafe void Drive(
        ReadOnlySpan<double> frames, ReadOnlySpan<double> before, ReadOnlySpan<double> features, Span<double> drive, int runs)
    {
        Require.Length(features.Length, Features * runs, nameof(features));
        fixed (double* bias = _bias, weights = _weights, f = features, to = drive)
            Kernel.Best.DriveSideBySide(bias, weights, Features, f, to, drive.Length / runs, runs);
    }
}
