namespace Esn;

/// <summary>Turns the raw scores of a step into one score on which 1 = alarm. A preset names which member of the family does it.</summary>
public abstract record CalibratorSpec
{
    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public abstract void Validate();

    /// <summary>The calibrator of one stream.</summary>
    /// <param name="shapes">What is known beforehand of each raw score, in their order.</param>
    internal abstract ICalibrator Create(IReadOnlyList<ScoreShape> shapes);
}

/// <summary>What a calibrator is told of a raw score beforehand.</summary>
/// <param name="Name">As in events.</param>
/// <param name="Span">Steps that one value looks back over, ≥ 1.</param>
/// <param name="Tail">Which tails are likely.</param>
/// <param name="Delay">Steps that a value waits before anything is learnt from it; 0 = the level follows at once.</param>
readonly record struct ScoreShape(string Name, int Span, TailPrior Tail, int Delay);

/// <summary>What happened at a step, as far as learning is concerned.</summary>
enum Learning
{
    /// <summary>An ordinary step.</summary>
    Normal,

    /// <summary>An alarm opened at this step.</summary>
    Opening,

    /// <summary>An alarm is open.</summary>
    Frozen,

    /// <summary>The feed is not to be judged now.</summary>
    Muted,
}

/// <summary>What the life of alarms is decided by at a step.</summary>
interface IJudgement
{
    /// <summary>How far each raw score is out, ≥ 0, [scores]; for the budget −ln p.</summary>
    ReadOnlySpan<double> Margins { get; }

    /// <summary>The joint score of this step, ≥ 0, 1 = alarm.</summary>
    double Score { get; }

    /// <summary>Whether this raw score is not yet back to normal.</summary>
    bool IsUnusual(int score);

    /// <summary>Whether this raw score alone would alarm at this step.</summary>
    bool Alarms(int score);
}

/// <summary>State of a calibrator for one stream. Each step: <see cref="Measure"/>, the alarm's decision, <see cref="Learn"/>.</summary>
interface ICalibrator : IJudgement
{
    /// <summary>Takes the raw scores of a step, each ≥ 0, [scores], and judges them by what was learnt before.</summary>
    void Measure(ReadOnlySpan<double> scores);

    /// <summary>The raw score at which this one alone would alarm; +∞: at none.</summary>
    double Height(int score);

    /// <summary>Ends the step.</summary>
    void Learn(Learning learning);

    /// <summary>An alarm was announced (opened, or escalated): it counts against the budget.</summary>
    void Announce();

    /// <summary>What these raw scores show now is usual of them.</summary>
    /// <param name="held">[scores].</param>
    void Adapt(ReadOnlySpan<bool> held);

    /// <summary>Out into a snapshot or back, between two steps.</summary>
    void Carry(ref StateCarrier state);
}
