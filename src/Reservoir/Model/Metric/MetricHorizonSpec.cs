namespace Esn;

/// <summary>How far ahead an error looks.</summary>
/// <param name="Ahead">In warm-ups, [0, 1]; at least one step.</param>
/// <param name="Weight">Of its errors in the evidence, [0, 1000].</param>
public readonly record struct MetricHorizonSpec(double Ahead, double Weight)
{
    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Ahead, 0, 1);
        Require.Range(Weight, 0, 1000);
    }
}
