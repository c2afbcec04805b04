namespace Esn;

/// <summary>The windows of the normality score.</summary>
public sealed record NormalitySpec
{
    /// <summary>Steps of the short window, 1 … 10,000.</summary>
    public int ShortWindow { get; init; } = 1;

    /// <summary>Steps of the long window, 20 … 1,000,000; it ends where the short one begins.</summary>
    public int LongWindow { get; init; } = 1000;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(ShortWindow, 1, 10_000);
        Require.Range(LongWindow, 20, 1_000_000);
    }
}
