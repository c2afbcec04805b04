namespace Esn;

/// <summary>How far one increment moves a mean.</summary>
public sealed record IncrementLimitSpec
{
    /// <summary>The limit, in usual sizes of an increment, (0, 1e6].</summary>
    public double Widths { get; init; } = 5;

    /// <summary>Added to the limit, in units of the scaled feed, [0, 1e6].</summary>
    public double Floor { get; init; } = .02;

    /// <summary>Memory of the usual size, in steps, [1, 1e8].</summary>
    public double Memory { get; init; } = 400;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Above(Widths, 0, 1e6);
        Require.Range(Floor, 0, 1e6);
        Require.Range(Memory, 1, 1e8);
    }
}
