namespace Esn;

/// <summary>What is told before a model has learnt much, from the warm-up on: a value far outside of all before it.</summary>
public sealed record EarlyEvidenceSpec
{
    const double Sure = 1.5, Doubt = 3;  // score from which on it grows by a part only: what would be critical is major

    /// <summary>
    /// How far beyond all values before, in distances of the furthest of them on that side from their mean, a value alarms at the usual
    /// budget, [0, 1000]; 0: nothing is told so.
    /// </summary>
    public double Distance { get; init; } = 1.2;

    /// <summary>Frames before the first value is told in the warm-up, 3 … 1e6.</summary>
    public int LeastFrames { get; init; } = 20;

    /// <summary>
    /// Hours before the first value is told in the warm-up, by the time of the feed, [0, 1e6]: until a day has passed, most that is new is
    /// the hour's.
    /// </summary>
    public double LeastHours { get; init; } = 24;

    /// <summary>
    /// Frames from which on <see cref="Distance"/> is enough, 1 … 1e6: of n values the last is a record with a chance of 1/n, so fewer ask
    /// for more.
    /// </summary>
    public int Frames { get; init; } = 100;

    /// <summary>Frames from which on nothing is told so, [0, 1e9]: by then records are worth enough as evidence.</summary>
    public int Until { get; init; } = 1000;

    /// <summary>
    /// α: the chance of a record R times as far out is R^−α of it, (0, 100]. So much more is asked for by a smaller budget, and by few
    /// frames.
    /// </summary>
    public double TailExponent { get; init; } = 3;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Distance, 0, 1000);
        Require.Range(LeastFrames, 3, 1_000_000);
        Require.Range(LeastHours, 0, 1e6);
        Require.Range(Frames, 1, 1_000_000);
        Require.Range(Until, 0, 1_000_000_000);
        Require.Above(TailExponent, 0, 100);
    }

    /// <summary>Whether a value that comes after so many of its channel is told of in the warm-up.</summary>
    internal bool Enough(int values, TimeSpan since) =>
        Distance > 0 && values >= LeastFrames && values < Until && since.TotalHours >= LeastHours;

    /// <summary>Score of a distance, 1 = alarm. Who knows little does not call critical what is not enormous.</summary>
    /// <param name="distance">As <see cref="RecordMargin"/> says, ≥ 0.</param>
    /// <param name="frames">Before it.</param>
    /// <param name="strictness">By how much the budget of a channel is less than the usual one; what is below 1 counts as 1.</param>
    internal double Score(double distance, int frames, double strictness)
    {
        double more = Math.Log(Math.Max(1, strictness)) + Math.Log(Math.Max(1, (double)Frames / frames));
        double score = Math.Log(1 + distance) / (Math.Log(1 + Distance) + more / TailExponent);
        return Math.Min(score, Sure + (score - Sure) / Doubt);
    }
}
