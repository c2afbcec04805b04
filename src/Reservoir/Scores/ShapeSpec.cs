namespace Esn;

/// <summary>
/// How far the shape of the last period lies from the nearest shape in the past: the mean square of their difference, levels apart. A
/// beat that is too wide and smooth shows in no window of errors. A feed without a steady rhythm has no such score.
/// </summary>
/// <remarks>
/// The left discord of Yeh et al., "Matrix Profile I" (2016), doi:10.1109/ICDM.2016.0179, over a bounded past. The period is measured
/// once. Long ones are taken in samples, each a mean over some steps; between two samples the last value stands.
/// </remarks>
public sealed record ShapeSpec : ScoreSpec
{
    /// <summary>Samples that are kept and searched, 100 … 100,000: what is older is forgotten.</summary>
    public int Past { get; init; } = 1280;

    /// <summary>Samples of a shape at the most, 4 … a quarter of the past.</summary>
    public int Points { get; init; } = 64;

    /// <summary>Longest period that is measured, in steps, 4 … <see cref="Measured"/>/4.</summary>
    public int Longest { get; init; } = 250;

    /// <summary>Steps that the period is measured on, at once, 20 … <see cref="Past"/>, at most 20,000.</summary>
    public int Measured { get; init; } = 1000;

    /// <summary>Part of the variance that comes again after a period, and after two, from which there is a rhythm, (0, 1).</summary>
    public double Periodic { get; init; } = .5;

    /// <summary>
    /// Factor, (1, 100], within which the mean squares to the nearest shapes of the nearer and of the farther half of the past must be,
    /// in the geometric mean and by a standard error. Then the feed has shown its shapes, and one that lies far is news. A chaotic feed
    /// finds new ones for as long as it runs: what is near in one half is far in the other, and its score is silent.
    /// </summary>
    public double Recurrent { get; init; } = 2;

    /// <summary>
    /// Where that is not so, a mean square is told that is larger than any before by this power of that geometric mean, [1, 100], those
    /// apart that an alarm was told of; by as many times more as fewer than forty lengths were compared. A clean feed whose every cycle is
    /// a little longer or higher than the last finds new shapes as a chaotic one does, and no news are but those that are far further out.
    /// </summary>
    public double Clear { get; init; } = 1.5;

    /// <summary>
    /// Memory of how far shapes usually lie apart, in steps, 50 … 1e8: a level that follows the rhythm of the feed would hide what
    /// breaks it.
    /// </summary>
    public double Memory { get; init; } = 20_000;

    internal override double LevelMemory => Memory;

    internal override long EstimatedBytes(int channels) => PerChannel ? sizeof(float) * channels * (3L * Past + 2L * Points)
        : sizeof(float) * (Past + 2L * channels * (Past + Points));

    internal override Voice? Voice => Esn.Voice.Shape;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Past, 100, 100_000);
        Require.Range(Points, 4, Past / 4);
        Require.Range(Measured, 20, Math.Min(Past, 20_000));
        Require.Range(Longest, 4, Measured / 4);
        Require.Above(Periodic, 0, 1);
        Require.Above(Recurrent, 1, 100);
        Require.Range(Clear, 1, 100);
        Require.Range(Memory, 50, 1e8);
    }

    internal override Score Create(ScoreContext context) =>
        PerChannel && context.Channels > 1 ? new ShapeScores(this, context) : new ShapeScore(this, context);
}
