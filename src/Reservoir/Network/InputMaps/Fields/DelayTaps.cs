using System.Numerics.Tensors;

namespace Esn;

/// <summary>The fields of the steps before: u(t−1), u(t−2), … u(t−count); 0 before the first frame.</summary>
/// <remarks>
/// There is no memory but z: what is looked back at must be among its features. More than one step before, the taps themselves
/// must be.
/// </remarks>
public sealed record DelayTapsSpec : FieldMapSpec
{
    /// <summary>Steps before, 1 … 1000.</summary>
    public int Count { get; init; } = 1;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Count, 1, 1000);
    }

    internal override bool NeedsInputBefore => true;

    internal override bool NeedsOutputBefore => Count > 1;

    internal override FieldShape Output(FieldShape input) => input.WithFields(Count * input.Fields);

    internal override FieldMap Create(FieldShape input, int seed) => new DelayTaps(this, input, Output(input));
}

// What it gave before is scaled already, hence the base scales nothing.
sealed class DelayTaps(DelayTapsSpec spec, FieldShape input, FieldShape output) : FieldMap(input, output, 1)
{
    protected override void Compute(
        ReadOnlySpan<double> now, ReadOnlySpan<double> before, ReadOnlySpan<double> mapped, Span<double> result, Span<double> scratch)
    {
        TensorPrimitives.Multiply(before, spec.Scale, result[..before.Length]);
        if (spec.Count > 1) mapped[..^before.Length].CopyTo(result[before.Length..]);
    }
}
