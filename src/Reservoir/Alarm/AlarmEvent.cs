namespace Esn;

/// <summary>A change in the life of an alarm, as on-call hears of it. Positions are steps of the stream.</summary>
public sealed record AlarmEvent
{
    /// <summary>What happened.</summary>
    public required AlarmChange Change { get; init; }

    /// <summary>Whether it counts against the budget: it opened, or rose well above what was told.</summary>
    public bool Announced { get; init; }

    /// <summary>
    /// It was told in the warm-up, by the values before it alone: no model expected anything, and Σ and the forecast say nothing. Such an
    /// alarm ends with the warm-up at the latest.
    /// </summary>
    public bool Early { get; init; }

    /// <summary>Step of this change.</summary>
    public required long Position { get; init; }

    /// <summary>Step at which the alarm opened: with the stream's name, the identity of the alarm.</summary>
    public required long Start { get; init; }

    /// <summary>Step of the highest score so far.</summary>
    public required long Peak { get; init; }

    /// <summary>Feed time of <see cref="Position"/>.</summary>
    public required DateTime Time { get; init; }

    /// <summary>Feed time of <see cref="Start"/>.</summary>
    public required DateTime StartTime { get; init; }

    /// <summary>Feed time of <see cref="Peak"/>.</summary>
    public required DateTime PeakTime { get; init; }

    /// <summary>Score of this step, 1 = threshold; when an alarm closes, without what looks back on it.</summary>
    public required double Score { get; init; }

    /// <summary>Highest score so far.</summary>
    public required double PeakScore { get; init; }

    /// <summary>By the highest score so far.</summary>
    public required Severity Severity { get; init; }

    /// <summary>Σ of this step.</summary>
    public required double Normality { get; init; }

    /// <summary>
    /// What the model expected at this step, [channels], units of the feed; when an alarm opens that takes several steps in a row, at that
    /// of them with the highest score.
    /// </summary>
    public required double[] Expected { get; init; }

    /// <summary>What came at the same step, [channels], units of the feed.</summary>
    public required double[] Observed { get; init; }

    /// <summary>The channels with the largest part in the peak, largest first; when it opens, in that of <see cref="Observed"/>.</summary>
    public required IReadOnlyList<Contribution> Contributions { get; init; }

    /// <summary>Channels that began to alarm once it had been told of others: another fault, or the same one that spreads.</summary>
    public IReadOnlyList<int> LaterChannels { get; init; } = [];

    /// <summary>
    /// Incidents in this alarm, ≥ 1: one more each time the feed alarms anew that is not back yet, at what the model has learnt to live
    /// with. Preset metric alone.
    /// </summary>
    public int Incidents { get; init; } = 1;

    /// <summary>The raw scores that reached the threshold in this alarm, largest first.</summary>
    public required IReadOnlyList<ScoreContribution> Scores { get; init; }

    /// <summary>What normal would have looked like; null where the model makes no forecast beyond the next step.</summary>
    public required Forecast? Forecast { get; init; }

    /// <summary>The slow change that the alarm is due to; null where none can be dated, and once the feed behaves again.</summary>
    public required Drift? Drift { get; init; }

    /// <summary>Where in a field the alarm lies; null: the feed is no field.</summary>
    public FieldEvidence? Field { get; init; }
}
