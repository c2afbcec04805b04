using System.Numerics.Tensors;
using MathNet.Numerics.Random;

namespace Esn;

/// <summary>Random weights for the frame, clipped, and for the rhythms of the calendar that the model is told.</summary>
public sealed record CalendarWeightsSpec : InputMapSpec
{
    /// <summary>Harmonics of the day, 0 … 24.</summary>
    public int DailyHarmonics { get; init; } = 2;

    /// <summary>Harmonics of the week, Monday 00:00 first, 0 … 24.</summary>
    public int WeeklyHarmonics { get; init; } = 1;

    /// <summary>The reservoir's weights for these inputs are uniform in ± this, (0, 100].</summary>
    public double InputScale { get; init; } = .3;

    /// <summary>Scaled values are clipped at ± this, (0, 700].</summary>
    public double Limit { get; init; } = 5;

    /// <summary>Length of τ.</summary>
    internal int Rhythms => 2 * (DailyHarmonics + WeeklyHarmonics);

    /// <inheritdoc/>
    public override void Validate()
    {
        Require.Range(DailyHarmonics, 0, 24);
        Require.Range(WeeklyHarmonics, 0, 24);
        Require.Above(InputScale, 0, 100);
        Require.Above(Limit, 0, 700);
    }

    internal override int Features(int channels) => Rhythms + channels;

    internal override InputMap Create(ReservoirSpec reservoir, int channels, Xoshiro256StarStar random) =>
        new CalendarWeights(this, reservoir, channels, random);
}

/// <summary>f = [τ; u]: u the clipped frame, τ the calendar, at the weight it has beside u.</summary>
sealed class CalendarWeights(CalendarWeightsSpec spec, ReservoirSpec reservoir, int channels, Xoshiro256StarStar random) : InputMap
{
    readonly double[] _weights = Uniform(random, reservoir.Units * (channels + spec.Rhythms), reservoir.InputScale);  // [N×(channels+τ)]
    readonly double[] _bias = Uniform(random, reservoir.Units, reservoir.BiasScale);                                   // b [N]
    readonly Calendar _calendar = new(spec);
    readonly double _scale = spec.InputScale / reservoir.InputScale;

    public override int Features => spec.Rhythms + channels;

    public override void Map(DateTime time, ReadOnlySpan<double> frame, ReadOnlySpan<double> before, Span<double> features)
    {
        _calendar.At(time, features[..spec.Rhythms]);
        TensorPrimitives.Clamp(frame, -spec.Limit, spec.Limit, features[spec.Rhythms..]);
    }

    public override void Drive(ReadOnlySpan<double> frame, ReadOnlySpan<double> before, ReadOnlySpan<double> features, Span<double> drive)
    {
        double[]? rented = features.Length > 256 ? System.Buffers.ArrayPool<double>.Shared.Rent(features.Length) : null;
        Span<double> inputs = rented is null ? stackalloc double[features.Length] : rented.AsSpan(0, features.Length);  // [u; τ]
        features[spec.Rhythms..].CopyTo(inputs);
        TensorPrimitives.Multiply(features[..spec.Rhythms], _scale, inputs[channels..]);
        RandomWeights.DriveUnits(_bias, _weights, inputs, drive);
        if (rented is not null) System.Buffers.ArrayPool<double>.Shared.Return(rented);
    }
}
