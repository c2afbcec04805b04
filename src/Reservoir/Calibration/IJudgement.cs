namespace Esn;

/// <summary>What the life of alarms is decided by at a step.</summary>
interface IJudgement
{
    /// <summary>How far each raw score is out, ≥ 0, [scores]; for the budget −ln p.</summary>
    ReadOnlySpan<double> Margins { get; }

    /// <summary>The joint score of this step, ≥ 0, 1 = alarm.</summary>
    double Score { get; }

    /// <summary>The part of <see cref="Score"/> that no single sensor explains, in [0, <see cref="Score"/>]: it may be critical.</summary>
    double Widespread => Score;

    /// <summary>Whether this raw score is not yet back to normal.</summary>
    bool IsUnusual(int score);

    /// <summary>Whether this raw score alone would alarm at this step.</summary>
    bool Alarms(int score) => ScoreOf(score) >= 1;

    /// <summary>The score that this raw score alone would have at this step, ≥ 0.</summary>
    double ScoreOf(int score);

    /// <summary>The channel that this raw score is of at this step; −1: of all.</summary>
    int ChannelOf(int score) => -1;

    /// <summary>Whether what this raw score would alarm for is less than what may open an alarm.</summary>
    bool IsTrifle(int score) => false;

    /// <summary>
    /// Steps that passed without anything like what began the open alarm, before that began anew at this step; 0: it did not.
    /// </summary>
    int Away => 0;

    /// <summary>
    /// Whether a channel stands still inside of its range, or wherever it is if it has a part in the alarm, as a counter that stalls or
    /// what fell to 0: that does not become normal as soon as another level does.
    /// </summary>
    bool Stands => false;

    /// <summary>Of the channels of the open alarm; default: where they lie is not followed, or none is open.</summary>
    Whereabouts Whereabouts => default;

    /// <summary>
    /// The margin, the highest in the open alarm, with which a channel turns out at this step to be a part of it though nothing was told of
    /// it; 0: it does not.
    /// </summary>
    double Joins(int channel) => 0;

    /// <summary>Whether what alarms is of a channel that has no part in what was told: it need not wait for that.</summary>
    bool OfBystander => false;
}
