namespace Esn;

/// <summary>Several maps, one after the other: each is applied to what the one before it gave.</summary>
public sealed record CompositionSpec : FieldMapSpec
{
    /// <summary>The maps, 1 … 20, in the order in which they are applied.</summary>
    public IReadOnlyList<FieldMapSpec> Maps { get; init; } = [];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Maps.Count, 1, 20, nameof(Maps));
        foreach (FieldMapSpec map in Maps) map.Validate();
    }

    // All maps scale what they give, so the scale of the whole is one of the last.
    internal override IEnumerable<FieldMapSpec> Chain
    {
        get
        {
            FieldMapSpec[] chain = [.. Maps.SelectMany(map => map.Chain)];
            chain[^1] = chain[^1] with { Scale = chain[^1].Scale * Scale };
            return chain;
        }
    }

    internal override FieldShape Output(FieldShape input) => Chain.Aggregate(input, (shape, map) => map.Output(shape));

    internal override FieldMap Create(FieldShape input, int seed) =>
        throw new NotSupportedException("a composition is made of the maps of its chain");

    /// <summary>Equal maps in equal order.</summary>
    public bool Equals(CompositionSpec? other) => base.Equals(other) && Maps.SequenceEqual(other.Maps);

    /// <inheritdoc/>
    public override int GetHashCode() => Maps.Aggregate(base.GetHashCode(), HashCode.Combine);
}
