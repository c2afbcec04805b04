namespace Esn;

/// <summary>How the readout learns.</summary>
public sealed record ReadoutSpec
{
    /// <summary>λ in (0, 1]; 1 = nothing is forgotten. The memory is 1/(1−λ) steps.</summary>
    public double ForgettingFactor { get; init; } = 1;

    /// <summary>β² > 0, of ‖W Z − D‖² + β²‖W‖²; P₀ = I/β².</summary>
    public double Regularisation { get; init; } = 1e-4;

    /// <summary>Nothing is forgotten while trace(P) is above this many times D/β², [1e-6, 1e6].</summary>
    public double TraceLimit { get; init; } = 1;

    /// <summary>How many steps ahead each block of rows predicts, ascending, each ≥ 1.</summary>
    public IReadOnlyList<int> Horizons { get; init; } = [1];

    /// <summary>G ≥ 0, steps: a frame is learnt this long after it came.</summary>
    public int Delay { get; init; }

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Above(ForgettingFactor, 0, 1);
        Require.Above(Regularisation, 0, 1e12);
        Require.Range(TraceLimit, 1e-6, 1e6);
        Require.Range(Horizons.Count, 1, 1000);
        for (int i = 0, previous = 0; i < Horizons.Count; previous = Horizons[i++]) Require.Range(Horizons[i], previous + 1, 1_000_000);
        Require.Range(Delay, 0, 1_000_000);
    }
}
