namespace Esn;

/// <summary>
/// What the channels say of each other: each is foretold from all others at the same step by ridge regression, and the residual, as a
/// mean over τ steps with limited increments, is judged in units of its own noise. A sensor that fails alone stands out, however much
/// the plant moves as a whole.
/// </summary>
/// <remarks>
/// With P = (Σ z zᵀ + β² I)⁻¹, z = [1; u], the ridge regression of every channel on all others is in one matrix: its residual is
/// (P z)_c / P_cc. The channel whose residual is largest in units of its noise explains a part of the residuals of the others, which is
/// taken from these: so the fault is named where it is. What is left of the channel after the next, beyond its usual, divides all: that is
/// the plant, and no sensor. A channel that the others do not foretell is not judged.
/// </remarks>
public sealed record RelationSpec : ScoreSpec
{
    /// <summary>τ, steps of the mean, 1 … 100,000.</summary>
    public int Window { get; init; } = 12;

    /// <summary>β², in squared units of the scaled feed, (0, 1e12].</summary>
    public double Regularisation { get; init; } = 3;

    /// <summary>Memory of the regression, in steps, 100 … 1e8.</summary>
    public double Memory { get; init; } = 20_000;

    /// <summary>
    /// Steps that a frame waits before it is learnt, 1 … 100,000: what waits when an alarm opens is dropped, so that the onset of a
    /// fault teaches nothing.
    /// </summary>
    public int Wait { get; init; } = 60;

    /// <summary>Part of a channel's variance that the others foretell, of frames not learnt yet, from which it is judged, [0, 1).</summary>
    public double Foretold { get; init; } = .3;

    /// <summary>Memory of the noise and of that part, in steps, 100 … 1e8.</summary>
    public double NoiseMemory { get; init; } = 2000;

    internal override Voice? Voice => Esn.Voice.Relation;

    // S and P, and the frames that wait.
    internal override long EstimatedBytes(int channels) => sizeof(double) * (1L + channels) * (2L * (1 + channels) + Wait);

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Window, 1, 100_000);
        Require.Above(Regularisation, 0, 1e12);
        Require.Range(Memory, 100, 1e8);
        Require.Range(Wait, 1, 100_000);
        Require.Range(Foretold, 0, .999);
        Require.Range(NoiseMemory, 100, 1e8);
    }

    internal override Score Create(ScoreContext context) => new RelationScore(this, context);
}
