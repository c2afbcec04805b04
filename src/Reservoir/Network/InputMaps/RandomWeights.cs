using System.Numerics.Tensors;
using MathNet.Numerics.Random;

namespace Esn;

/// <summary>Every channel drives every unit by a random weight, and the readout sees the frame as it is.</summary>
public sealed record RandomWeightsSpec : InputMapSpec
{
    /// <inheritdoc/>
    public override void Validate()
    {
    }

    internal override int Features(int channels) => channels;

    internal override InputMap Create(ReservoirSpec reservoir, int channels, Xoshiro256StarStar random) =>
        new RandomWeights(reservoir, channels, random);
}

/// <summary>f = u, W_in uniform in ± the input scale, b in ± the bias scale.</summary>
sealed class RandomWeights(ReservoirSpec reservoir, int channels, Xoshiro256StarStar random) : InputMap
{
    readonly double[] _weights = InputWeights(reservoir, channels, random);           // W_in  [N×channels]
    readonly double[] _bias = Uniform(random, reservoir.Units, reservoir.BiasScale);                 // b     [N]

    public override int Features => channels;

    public override void Map(DateTime time, ReadOnlySpan<double> frame, ReadOnlySpan<double> before, Span<double> features) =>
        frame.CopyTo(features);

    public override void Map(DateTime time, ReadOnlySpan<double> frames, ReadOnlySpan<double> before, Span<double> features, int runs) =>
        frames.CopyTo(features);

    public override void Drive(ReadOnlySpan<double> frame, ReadOnlySpan<double> before, ReadOnlySpan<double> features, Span<double> drive)
    {
        Require.Length(features.Length, Features, nameof(features));
        // A unit's sum begins with the bias; inputs follow in order.
        if (features.Length == 1) TensorPrimitives.FusedMultiplyAdd(_weights, features[0], _bias, drive);
        else DriveUnits(_bias, _weights, features, drive);
    }

    /// <summary>drive_i = bias_i + Σ_c weight_i,c input_c, c ascending, each term fused.</summary>
    public static void DriveUnits(ReadOnlySpan<double> bias, ReadOnlySpan<double> weights, ReadOnlySpan<double> inputs, Span<double> drive)
    {
        for (int i = 0; i < drive.Length; i++)
        {
            double sum = bias[i];
            ReadOnlySpan<double> row = weights.Slice(i * inputs.Length, inputs.Length);
            for (int c = 0; c < row.Length; c++) sum = Math.FusedMultiplyAdd(row[c], inputs[c], sum);
            drive[i] = sum;
        }
    }

    public override unsafe void Drive(
        ReadOnlySpan<double> frames, ReadOnlySpan<double> before, ReadOnlySpan<double> features, Span<double> drive, int runs)
    {
        Require.Length(features.Length, Features * runs, nameof(features));
        fixed (double* bias = _bias, weights = _weights, u = features, to = drive)
            Kernel.Best.DriveSideBySide(bias, weights, Features, u, to, drive.Length / runs, runs);
    }
}
