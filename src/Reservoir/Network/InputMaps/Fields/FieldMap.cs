using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// What a field is turned into before it reaches the units or the readout: a member of the family of field maps. Equal
/// specifications are the same map.
/// </summary>
public abstract record FieldMapSpec
{
    /// <summary>All that the map gives is multiplied by this, (0, 1e6].</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public virtual void Validate() => Require.Above(Scale, 0, 1e6);

    /// <summary>Whether what goes into it one step before is needed.</summary>
    internal virtual bool NeedsInputBefore => false;

    /// <summary>Whether what it gave one step before is needed.</summary>
    internal virtual bool NeedsOutputBefore => false;

    /// <summary>The maps of which it consists, in the order in which they are applied.</summary>
    internal virtual IEnumerable<FieldMapSpec> Chain => [this];

    /// <summary>What it makes of a shape.</summary>
    /// <exception cref="ArgumentException">It can't be applied to such a field.</exception>
    internal abstract FieldShape Output(FieldShape input);

    /// <summary>The map of such a field.</summary>
    /// <param name="input">One that <see cref="Output"/> takes.</param>
    /// <param name="seed">The reservoir's: random weights follow from it and from the specification.</param>
    internal abstract FieldMap Create(FieldShape input, int seed);
}

/// <summary>From a field to another one or to a vector.</summary>
/// <remarks>
/// Immutable: one map serves any number of streams. Land is 0 in what comes and in what it gives. Beyond a border the field goes
/// on as its mirror image (b a | a b), and a neighbour that is land counts as if it had the cell's own value: neither a border nor
/// a coast makes a gradient.
/// </remarks>
/// <param name="input">Shape of what comes.</param>
/// <param name="output">Shape of what it gives.</param>
/// <param name="scale">Of all that it gives.</param>
abstract class FieldMap(FieldShape input, FieldShape output, double scale)
{
    /// <summary>Shape of what comes.</summary>
    public FieldShape Input => input;

    /// <summary>Shape of what it gives.</summary>
    public FieldShape Output => output;

    /// <summary>Doubles of scratch that it takes.</summary>
    public virtual int Scratch => 0;

    /// <summary>The map of one step.</summary>
    /// <param name="now">The field at t, [input].</param>
    /// <param name="before">The field at t−1, [input]; empty where the specification does not ask for it.</param>
    /// <param name="mapped">What the map gave at t−1, [output]; empty where the specification does not ask for it.</param>
    /// <param name="result">[output], overwritten; overlaps nothing else.</param>
    /// <param name="scratch">Of at least <see cref="Scratch"/> elements, not cleared.</param>
    public void Map(
        ReadOnlySpan<double> now, ReadOnlySpan<double> before, ReadOnlySpan<double> mapped, Span<double> result, Span<double> scratch)
    {
        Require.Length(now.Length, input.Length, nameof(now));
        Require.Length(result.Length, output.Length, nameof(result));
        Compute(now, before, mapped, result, scratch);
        if (scale != 1) TensorPrimitives.Multiply(result, scale, result);
    }

    /// <summary>The map, not scaled yet.</summary>
    protected abstract void Compute(
        ReadOnlySpan<double> now, ReadOnlySpan<double> before, ReadOnlySpan<double> mapped, Span<double> result, Span<double> scratch);
}

/// <summary>A map that does the same to every field, whatever the others are.</summary>
abstract class MapOfEachField(FieldShape input, FieldShape output, double scale) : FieldMap(input, output, scale)
{
    /// <inheritdoc/>
    protected sealed override void Compute(
        ReadOnlySpan<double> now, ReadOnlySpan<double> before, ReadOnlySpan<double> mapped, Span<double> result, Span<double> scratch)
    {
        int from = Input.Cells, to = Output.Length / Input.Fields;
        for (int field = 0; field < Input.Fields; field++) Compute(now.Slice(field * from, from), result.Slice(field * to, to), scratch);
    }

    /// <summary>The map of one field.</summary>
    /// <param name="field">[cells].</param>
    /// <param name="result">Its part of the output, overwritten.</param>
    /// <param name="scratch">Of at least <see cref="FieldMap.Scratch"/> elements, not cleared.</param>
    protected abstract void Compute(ReadOnlySpan<double> field, Span<double> result, Span<double> scratch);
}
