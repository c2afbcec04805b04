namespace Esn;

/// <summary>What a reservoir is made of. Equal specifications, input maps and channels give equal bits.</summary>
public sealed record ReservoirSpec
{
    /// <summary>N, units of the reservoir, 2 … 20,000.</summary>
    public int Units { get; init; } = 300;

    /// <summary>Inputs each unit has from other units, 1 … N−1.</summary>
    public int Degree { get; init; } = 10;

    /// <summary>ρ(W), (0, 5]. Around 1: an echo fades slowly.</summary>
    public double SpectralRadius { get; init; } = 1.1;

    /// <summary>a of unit i is element i mod length, each in (0, 1]; 1 = no memory but through W.</summary>
    public IReadOnlyList<double> LeakRates { get; init; } = [.5];

    /// <summary>W_in is uniform in ± this, (0, 100]. Inputs have unit variance.</summary>
    public double InputScale { get; init; } = .3;

    /// <summary>b is uniform in ± this, [0, 10].</summary>
    public double BiasScale { get; init; } = .2;

    /// <summary>Seed of all random weights.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Channels that drive units of their own, as found of a feed; null: every channel drives every unit.</summary>
    internal ChannelGroups? Groups { get; init; }

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Units, 2, 20_000);
        Require.Range(Degree, 1, Units - 1);
        Require.Above(SpectralRadius, 0, 5);
        Require.Range(LeakRates.Count, 1, Units);
        foreach (double leakRate in LeakRates) Require.Above(leakRate, 0, 1);
        Require.Above(InputScale, 0, 100);
        Require.Range(BiasScale, 0, 10);
    }
}
