namespace Esn;

/// <summary>How the errors of a block are taken together: of neighbouring cells, and of consecutive frames.</summary>
public sealed record FieldErrorSpec
{
    /// <summary>Of neighbouring cells.</summary>
    public ErrorMeasure Measure { get; init; } = ErrorMeasure.Imed;

    /// <summary>σ of the image Euclidean distance, in cells, [0, 100].</summary>
    public double Sigma { get; init; } = 2;

    /// <summary>
    /// Frames whose signed errors are averaged, cell by cell, 1 … 1000: noise averages out, and what goes on being wrong does not.
    /// </summary>
    public int Frames { get; init; } = 1;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Sigma, 0, 100);
        Require.Range(Frames, 1, 1000);
    }
}
