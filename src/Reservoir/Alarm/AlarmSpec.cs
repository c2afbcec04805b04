namespace Esn;

/// <summary>When an alarm opens and ends.</summary>
public sealed record AlarmSpec
{
    /// <summary>Most of <see cref="OpenAfter"/>.</summary>
    internal const int MostOpenAfter = 100_000;

    /// <summary>Steps in a row with a score ≥ 1 that open an alarm, 1 … 100,000.</summary>
    public int OpenAfter { get; init; } = 1;

    /// <summary>Steps in a row with every contributing score back to normal that close it, 1 … 100,000.</summary>
    public int QuietSteps { get; init; } = 10;

    /// <summary>
    /// Part of its highest margin in this alarm below which a contributing score counts as back to normal, though it still
    /// is out of the ordinary (but would not alarm), [0, 1]: a fault that ended may leave the feed at another level.
    /// </summary>
    public double Leave { get; init; }

    /// <summary>
    /// Steps after which what goes on is learnt, 1 … 10,000,000, and the alarm ended, unless <see cref="NormalAfter"/> says more.
    /// </summary>
    public int AdaptAfter { get; init; } = 500;

    /// <summary>
    /// Steps for which an alarm is open, 0 … 10,000,000, as long as a channel of it lies where it did not before, though the model learns
    /// that meanwhile: after them it is the new normal. 0: what is learnt is. Preset metric alone knows where a channel was.
    /// </summary>
    [Later(0)]
    public int NormalAfter { get; init; }

    /// <summary>An alarm that opens again within this many steps is the same one, 0 … 1,000,000.</summary>
    public int Merge { get; init; } = 50;

    /// <summary>Steps after an alarm in which no other opens, 0 … 10,000,000.</summary>
    public int Refractory { get; init; }

    /// <summary>Steps after an announcement in which a higher score, or another raw score, belongs to it, 1 … 100,000.</summary>
    public int Rise { get; init; } = 25;

    /// <summary>By how much a later score must pass those to be announced again, (0, 1000].</summary>
    public double Escalation { get; init; } = .5;

    /// <summary>Score of <see cref="Severity.Major"/>, [1, 1000].</summary>
    public double Major { get; init; } = 1.5;

    /// <summary>Score of <see cref="Severity.Critical"/>, [1, 1000].</summary>
    public double Critical { get; init; } = 2;

    /// <summary>
    /// Part of the channels that move, [0, 1): what more of them tell, two at the least and each by itself, is major at the least, and
    /// nothing else is critical, as one sensor among many is no plant. 0, or where one channel moves: the score alone decides.
    /// </summary>
    [Later(0.0)]
    public double Breadth { get; init; }

    /// <summary>
    /// Steps in which the bar that a person has raised, by saying that an alarm was none, falls to 1/e of what it was raised by,
    /// 1 … 1,000,000,000.
    /// </summary>
    public int DeniedMemory { get; init; } = 100_000;

    /// <summary>Highest bar that can be raised to so, as a score, [1, 1000]: what is above it is always told.</summary>
    public double MostBar { get; init; } = 10;

    /// <summary>
    /// Deviation of a channel, in units of the feed, below which it opens no alarm: none, one for all channels, or one
    /// for each. At least one channel must deviate by as much.
    /// </summary>
    public IReadOnlyList<double> MinimumDeviation { get; init; } = [];

    /// <summary>Of a channel, where there are any.</summary>
    internal double MinimumOf(int channel) => MinimumDeviation[MinimumDeviation.Count == 1 ? 0 : channel];

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(OpenAfter, 1, MostOpenAfter);
        Require.Range(Leave, 0, 1);
        Require.Range(QuietSteps, 1, 100_000);
        Require.Range(AdaptAfter, 1, 10_000_000);
        Require.Range(NormalAfter, 0, 10_000_000);
        Require.Range(Merge, 0, 1_000_000);
        Require.Range(Refractory, 0, 10_000_000);
        Require.Range(Rise, 1, 100_000);
        Require.Above(Escalation, 0, 1000);
        Require.Range(Major, 1, 1000);
        Require.Range(Critical, Major, 1000);
        Require.Range(Breadth, 0, .999);
        Require.Range(DeniedMemory, 1, 1_000_000_000);
        Require.Range(MostBar, 1, 1000);
        foreach (double minimumDeviation in MinimumDeviation) Require.Range(minimumDeviation, 0, double.MaxValue);
    }
}
