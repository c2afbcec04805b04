namespace Esn;

/// <summary>
/// What a tile's readout sees around it and of earlier frames: u and J smoothed a little, at some of the cells. Noise averages out, more
/// frames have room, and P is the smaller.
/// </summary>
public sealed record CoarseSpec
{
    /// <summary>σ of the smoothing, in cells, [0, 100].</summary>
    public double Sigma { get; init; } = 1.2;

    /// <summary>Of how many cells one is seen, in each direction, 0 … 100; 0: each cell by itself, and none of this.</summary>
    public int Every { get; init; } = 2;

    /// <summary>Cells around a tile that it sees one by one nevertheless, as its own, 0 … 100.</summary>
    public int Near { get; init; }

    /// <summary>Frames ago from which the change of u is seen, each 1 … 100.</summary>
    public IReadOnlyList<int> Changes { get; init; } = [1, 2, 4, 6];

    /// <summary>The same of J.</summary>
    public IReadOnlyList<int> AdvectionChanges { get; init; } = [1, 3];

    internal bool On => Every > 0;

    /// <summary>Lists are equal where what they hold is: a fingerprint asks whether this is as it was before there was any of it.</summary>
    /// <param name="other">Another.</param>
    public bool Equals(CoarseSpec? other) => other is not null && (Sigma, Every, Near) == (other.Sigma, other.Every, other.Near)
        && Changes.SequenceEqual(other.Changes) && AdvectionChanges.SequenceEqual(other.AdvectionChanges);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Sigma, Every, Near, Changes.Count, AdvectionChanges.Count);

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Sigma, 0, 100);
        Require.Range(Every, 0, 100);
        Require.Range(Near, 0, 100);
        Require.Range(Changes.Count, 0, 100);
        foreach (int frames in Changes) Require.Range(frames, 1, 100, nameof(Changes));
        Require.Range(AdvectionChanges.Count, 0, 100);
        foreach (int frames in AdvectionChanges) Require.Range(frames, 1, 100, nameof(AdvectionChanges));
    }
}
