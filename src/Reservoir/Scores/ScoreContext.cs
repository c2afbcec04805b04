namespace Esn;

/// <summary>What a score is made from.</summary>
/// <param name="Channels">Of the feed.</param>
/// <param name="Horizons">Of the readout, in steps.</param>
/// <param name="Runs">The stream's free runs; null if no score asked for them.</param>
sealed record ScoreContext(int Channels, IReadOnlyList<int> Horizons, FreeRuns? Runs)
{
    /// <summary>Where a horizon stands among the readout's.</summary>
    /// <exception cref="ArgumentException">The readout has no such horizon.</exception>
    public int IndexOf(int horizon)
    {
        for (int i = 0; i < Horizons.Count; i++)
            if (Horizons[i] == horizon) return i;
        throw new ArgumentException(FormattableString.Invariant(
            $"a score asks for horizon {horizon}, the readout has {string.Join(", ", Horizons)}"));
    }
}
