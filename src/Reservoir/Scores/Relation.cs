namespace Esn;

/// <summary>
/// What the channels say of each other: each is foretold from all others, now and some steps ago, by ridge regression, and the residual,
/// as a mean over τ steps with limited increments, is judged in units of its own noise. A sensor that fails alone stands out, however much
/// the plant moves as a whole.
/// </summary>
/// <remarks>
/// With P = (Σ z zᵀ + β² I)⁻¹, z = [1; u(t); u(t − lag)], the ridge regression of every channel on all others is in one matrix: with B
/// the two places of channel c in z, its residual now is the first of P_BB⁻¹ (P z)_B. Its own past is left out as well: a sensor that is
/// off is foretold well from where it was. What one part of a plant tells another takes its time; without the past of the others that is
/// left in the residual, and wanders in it. The channel whose residual is largest in units of its noise explains a part of the residuals
/// of the others, which is taken from these: so the fault is named where it is. What is left of the channel after the next, beyond its
/// usual, divides all: that is the plant, and no sensor. A channel that the others do not foretell is not judged.
/// </remarks>
public sealed record RelationSpec : ScoreSpec
{
    /// <summary>τ, steps of the mean, 1 … 100,000.</summary>
    public int Window { get; init; } = 12;

    /// <summary>
    /// Steps ago, at which the others are looked at beside now, 0 … 1000; 0 = only now. Of a feed of more than 128 channels only now, as
    /// a step costs the square of what is looked at.
    /// </summary>
    [Later(0)]
    public int Lag { get; init; } = 3;

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

    // Of z, beside the constant.
    internal bool LooksBack(int channels) => Lag > 0 && channels <= MostLagged;

    const int MostLagged = 128;

    // S and P, and the frames that wait.
    internal override long EstimatedBytes(int channels)
    {
        long order = 1 + (LooksBack(channels) ? 2L : 1) * channels;
        return sizeof(double) * (order * (2 * order + Wait) + (LooksBack(channels) ? (long)Lag * channels : 0));
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Window, 1, 100_000);
        Require.Range(Lag, 0, 1000);
        Require.Above(Regularisation, 0, 1e12);
        Require.Range(Memory, 100, 1e8);
        Require.Range(Wait, 1, 100_000);
        Require.Range(Foretold, 0, .999);
        Require.Range(NoiseMemory, 100, 1e8);
    }

    internal override Score Create(ScoreContext context) => new RelationScore(this, context);
}
