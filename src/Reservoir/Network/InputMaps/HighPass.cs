using MathNet.Numerics.Random;

namespace Esn;

/// <summary>
/// What a channel does beside its base line drives the units, and the readout sees that and the frame. For a rhythm on a base line
/// that wanders: driven by the frame, units are elsewhere on their tanh with each beat, and no echo is like the last.
/// </summary>
/// <remarks>
/// Units do not know the level, but the readout does: what is foretold is the frame still, and scores of levels see the frame.
/// </remarks>
public sealed record HighPassSpec : InputMapSpec
{
    /// <summary>
    /// Memory of the base line, in steps, [1, 1e6]: about a part of the period; 1 = what drives the units is u(t) − u(t−1).
    /// </summary>
    public double Memory { get; init; } = 50;

    /// <summary>What is left is multiplied by this, (0, 1e6]: it is smaller than the frame, which has unit variance.</summary>
    public double Gain { get; init; } = 2;

    /// <inheritdoc/>
    public override void Validate()
    {
        Require.Range(Memory, 1, 1e6);
        Require.Above(Gain, 0, 1e6);
    }

    internal override int Features(int channels) => checked(2 * channels);

    internal override InputMap Create(ReservoirSpec reservoir, int channels, Xoshiro256StarStar random) =>
        new HighPass(this, reservoir, channels, random);
}

/// <summary>f = [u; v], v(t) = (1 − 1/memory) v(t−1) + gain (u(t) − u(t−1)); u and v are 0 before the first frame.</summary>
/// <remarks>v is gain times u(t) less the mean of u before it, whose weights fall by 1 − 1/memory each step.</remarks>
sealed class HighPass(HighPassSpec spec, ReservoirSpec reservoir, int channels, Xoshiro256StarStar random) : InputMap
{
    readonly double[] _weights = InputWeights(reservoir, channels, random);           // W_in  [N×channels]
    readonly double[] _bias = Uniform(random, reservoir.Units, reservoir.BiasScale);                 // b     [N]

    public override int Features => spec.Features(channels);

    public override void Map(DateTime time, ReadOnlySpan<double> frame, ReadOnlySpan<double> before, Span<double> features)
    {
        Require.Length(frame.Length, channels, nameof(frame));
        Filter(frame, before, features);
    }

    // What is one frame alone is a block of frames side by side: nothing here mixes channels.
    public override void Map(DateTime time, ReadOnlySpan<double> frames, ReadOnlySpan<double> before, Span<double> features, int runs)
    {
        Require.Length(frames.Length, channels * runs, nameof(frames));
        Filter(frames, before, features);
    }

    void Filter(ReadOnlySpan<double> frame, ReadOnlySpan<double> before, Span<double> features)
    {
        frame.CopyTo(features);
        double kept = 1 - 1 / spec.Memory;
        for (int i = 0; i < frame.Length; i++)
            features[frame.Length + i] = kept * before[frame.Length + i] + spec.Gain * (frame[i] - before[i]);
    }

    public override void Drive(ReadOnlySpan<double> frame, ReadOnlySpan<double> before, ReadOnlySpan<double> features, Span<double> drive)
    {
        Require.Length(features.Length, Features, nameof(features));
        RandomWeights.DriveUnits(_bias, _weights, features[channels..], drive);
    }

    public override unsafe void Drive(
        ReadOnlySpan<double> frames, ReadOnlySpan<double> before, ReadOnlySpan<double> features, Span<double> drive, int runs)
    {
        Require.Length(features.Length, Features * runs, nameof(features));
        fixed (double* bias = _bias, weights = _weights, v = features[(channels * runs)..], to = drive)
            Kernel.Best.DriveSideBySide(bias, weights, channels, v, to, drive.Length / runs, runs);
    }
}
