namespace Esn;

/// <summary>How free runs are launched.</summary>
public sealed record FreeRunSpec
{
    /// <summary>Steps from one launch to the next, 1 … 10,000.</summary>
    public int Every { get; init; } = 5;

    /// <summary>What is fed back is clipped at ± this, [1, 1e6], in units of the scaled feed.</summary>
    public double Limit { get; init; } = 6;

    /// <summary>Launches whose states are kept, so that a forecast can begin before the onset of an alarm, 1 … 1000.</summary>
    public int Kept { get; init; } = 8;

    /// <summary>Steps that an alarm's forecast reaches beyond the present, 0 … 10,000.</summary>
    public int Ahead { get; init; } = 25;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Every, 1, 10_000);
        Require.Range(Limit, 1, 1e6);
        Require.Range(Kept, 1, 1000);
        Require.Range(Ahead, 0, 10_000);
    }
}
