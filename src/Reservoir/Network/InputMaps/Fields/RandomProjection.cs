using System.Numerics.Tensors;
using MathNet.Numerics.Random;

namespace Esn;

/// <summary>Random weights: every output is a weighted sum of all values of all fields. Gives a flat vector.</summary>
/// <remarks>Weights are uniform in ± √(3/values): white noise of unit variance keeps it.</remarks>
public sealed record RandomProjectionSpec : FieldMapSpec
{
    const double MostWeights = 100_000_000;

    /// <summary>Length of the vector, 1 … 100,000; outputs times values of the field up to 1e8, as each weight takes 8 bytes.</summary>
    public int Outputs { get; init; } = 100;

    /// <summary>Seed of the weights, beside the reservoir's.</summary>
    public int Seed { get; init; } = 1;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Outputs, 1, 100_000);
    }

    internal override FieldShape Output(FieldShape input)
    {
        Require.Range(Outputs, 1, Math.Floor(MostWeights / input.Length));
        return FieldShape.Flat(Outputs);
    }

    internal override FieldMap Create(FieldShape input, int seed) => new RandomProjection(this, input, Output(input), seed);
}

sealed class RandomProjection : FieldMap
{
    readonly double[] _weights;  // [values×outputs]: whole rows at once, and each output's sum in the order of the values

    public RandomProjection(RandomProjectionSpec spec, FieldShape input, FieldShape output, int seed) : base(input, output, spec.Scale)
    {
        var random = new Xoshiro256StarStar(unchecked(seed * 1_000_003 + spec.Seed), threadSafe: false);
        _weights = random.NextDoubles(input.Length * output.Length);
        double scale = Math.Sqrt(3.0 / input.Length);
        for (int i = 0; i < _weights.Length; i++) _weights[i] = scale * (2 * _weights[i] - 1);
    }

    /// <summary>[values×outputs].</summary>
    public ReadOnlySpan<double> Weights => _weights;

    protected override void Compute(
        ReadOnlySpan<double> now, ReadOnlySpan<double> before, ReadOnlySpan<double> mapped, Span<double> result, Span<double> scratch)
    {
        result.Clear();
        for (int i = 0; i < now.Length; i++)
            TensorPrimitives.FusedMultiplyAdd(_weights.AsSpan(i * result.Length, result.Length), now[i], result, result);
    }
}
