namespace Esn;

/// <summary>What a step told.</summary>
/// <param name="Position">Index of the step in its stream, from 0.</param>
/// <param name="WarmingUp">
/// The model is still learning what normal is; nothing alarms, but for what is told early: what lies far outside of all before.
/// </param>
/// <param name="Score">Anomaly score ≥ 0, 1 = alarm; under a budget of b alarms a step, s is once in b⁻ˢ steps.</param>
/// <param name="Normality">Σ in [0, 1], low = anomalous.</param>
/// <param name="AlarmOpen">Whether an alarm is open after this step.</param>
/// <param name="Alarm">What became of an alarm at this step; null on almost all.</param>
public readonly record struct StepResult(
    long Position, bool WarmingUp, double Score, double Normality, bool AlarmOpen, AlarmEvent? Alarm)
{
    /// <summary>What became of the model itself at this step; null on almost all.</summary>
    public ModelChange? Model { get; init; }

    /// <summary>
    /// The frame was muted or had no value, or what the reservoir holds of such a one had not died away: it is not judged.
    /// </summary>
    public bool Unjudged { get; init; }
}
