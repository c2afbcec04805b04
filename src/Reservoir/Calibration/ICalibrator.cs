namespace Esn;

/// <summary>State of a calibrator for one stream. Each step: <see cref="Measure"/>, the alarm's decision, <see cref="Learn"/>.</summary>
interface ICalibrator : IJudgement
{
    /// <summary>Takes the raw scores of a step, each ≥ 0, [scores], and judges them by what was learnt before.</summary>
    void Measure(ReadOnlySpan<double> scores);

    /// <summary>The raw score at which this one alone would alarm; +∞: at none.</summary>
    double Height(int score);

    /// <summary>Ends the step.</summary>
    /// <param name="learning">What happened at it.</param>
    /// <param name="alarm">Opening step of the alarm that is open.</param>
    void Learn(Learning learning, long alarm = 0);

    /// <summary>An alarm was announced (opened, or rose well above what was told): it counts against the budget.</summary>
    /// <param name="alarm">Its opening step.</param>
    void Announce(long alarm = 0);

    /// <summary>A person says what an alarm was: what was learnt of it is put right.</summary>
    /// <param name="alarm">Its opening step.</param>
    /// <param name="verdict">What was said.</param>
    /// <returns>False: it is none of the last alarms.</returns>
    bool Say(long alarm, Verdict verdict);

    /// <summary>What these raw scores show now is usual of them.</summary>
    /// <param name="held">[scores].</param>
    void Adapt(ReadOnlySpan<bool> held);

    /// <summary>What was followed of a raw score is in other units from now on.</summary>
    /// <param name="score">Which.</param>
    /// <param name="by">Added to the logarithm of each of its values, finite.</param>
    void Move(int score, double by);

    /// <summary>Out into a snapshot or back, between two steps.</summary>
    void Carry(ref StateCarrier state);
}
