using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// J(u, ∇²u) of each field, as <see cref="AdvectionSpec"/> has it, at an rms of .3 over the frames that fixed the scaling.
/// </summary>
/// <param name="grid">Valid.</param>
sealed class Advection(GridSpec grid)
{
    const double Rms = .3;

    readonly AdvectionMap _map = new(FieldShape.Of(grid), scale: 1);
    readonly double[] _scratch = new double[3 * grid.Cells];
    double _gain = 1;

    /// <summary>J of a frame.</summary>
    /// <param name="frame">u, [channels].</param>
    /// <param name="product">J, [channels], overwritten; 0 on land.</param>
    public void Of(ReadOnlySpan<double> frame, Span<double> product)
    {
        _map.Map(frame, [], [], product, _scratch);
        TensorPrimitives.Multiply(product, _gain, product);
    }

    /// <summary>Fixes the scale.</summary>
    /// <param name="frames">[count×channels], scaled.</param>
    public void Fit(ReadOnlySpan<double> frames)
    {
        double square = 0;
        var product = new double[grid.Channels];
        for (int first = 0; first < frames.Length; first += product.Length)
        {
            Of(frames.Slice(first, product.Length), product);
            square += TensorPrimitives.SumOfSquares<double>(product) / frames.Length;
        }
        if (square > 0 && double.IsFinite(square)) _gain *= Rms / Math.Sqrt(square);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state) => state.Carry(ref _gain);
}
