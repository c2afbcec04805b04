namespace Esn;

/// <summary>A stream judged by its model's errors, from the scaling to the alarm. Every part has a default: the preset <see cref="Presets.Signal"/>.</summary>
public sealed record ErrorModelSpec : ModelSpec
{
    /// <summary>The reservoir.</summary>
    public ReservoirSpec Reservoir { get; init; } = new();

    /// <summary>The readout's learning.</summary>
    public ReadoutSpec Readout { get; init; } = new();

    /// <summary>The windows of the normality Σ.</summary>
    public NormalitySpec Normality { get; init; } = new();

    /// <summary>The raw scores; at least one.</summary>
    public IReadOnlyList<ScoreSpec> Scores { get; init; } = Presets.SignalScores;

    /// <summary>How free runs are launched, for the scores that need them.</summary>
    public FreeRunSpec FreeRuns { get; init; } = new();

    /// <summary>What makes one score of the raw ones: 1 = alarm.</summary>
    public CalibratorSpec Calibrator { get; init; } = new BudgetSpec();

    /// <summary>Frames that fix the scaling, 10 … 100,000. They are kept, then run through the model in order.</summary>
    public int ScalingSteps { get; init; } = 200;

    /// <summary>Steps during which the reservoir forgets its start and nothing is learnt, 0 … 100,000.</summary>
    public int Washout { get; init; } = 50;

    /// <summary>Steps before which no error is scored, 0 … 1,000,000: those of a model that has just begun tell nothing.</summary>
    public int ScoredFrom { get; init; } = 300;

    /// <summary>Steps from the first frame of the feed before which no alarm opens, 20 … 10,000,000.</summary>
    public int WarmUp { get; init; } = 1800;

    /// <summary>
    /// Scaled values are clipped at ± this, [1, 1e6], in standard deviations of the scaling steps. A feed that lies beyond for
    /// most of as many steps as an alarm may be open gets a new model, which warms up.
    /// </summary>
    public double Limit { get; init; } = 20;

    /// <inheritdoc/>
    public override ModelSpec WithBudget(double alarmsPerStep) => Budgeted(budget => budget with { AlarmsPerStep = alarmsPerStep, AlarmsPerDay = 0 });

    /// <inheritdoc/>
    public override ModelSpec WithDailyBudget(double alarmsPerDay) => Budgeted(budget => budget with { AlarmsPerDay = alarmsPerDay });

    /// <inheritdoc/>
    public override ModelSpec SharedBy(int streams) =>
        Budgeted(budget => budget with { AlarmsPerStep = budget.AlarmsPerStep / streams, AlarmsPerDay = budget.AlarmsPerDay / streams });

    ErrorModelSpec Budgeted(Func<BudgetSpec, BudgetSpec> change) =>
        Calibrator is BudgetSpec budget ? this with { Calibrator = change(budget) } : this;

    /// <inheritdoc/>
    public override int Regressors(int channels) => 1 + channels + Reservoir.Units;

    internal override StreamModel Create(int channels) => new ErrorStream(this, channels);

    /// <inheritdoc/>
    public override void Validate()
    {
        Reservoir.Validate();
        Readout.Validate();
        Normality.Validate();
        FreeRuns.Validate();
        Require.Range(Scores.Count, 1, 1000);
        if (Readout.Horizons[0] != 1)
            throw new ArgumentOutOfRangeException(nameof(Readout), FormattableString.Invariant($"readout.horizons must begin with 1, the next step, was {string.Join(", ", Readout.Horizons)}"));
        foreach (ScoreSpec score in Scores)
        {
            score.Validate();
            if (!Readout.Horizons.Contains(score.ReadoutHorizon))
                throw new ArgumentOutOfRangeException(nameof(Scores), FormattableString.Invariant($"scores: one looks {score.ReadoutHorizon} steps ahead, which readout.horizons must hold, was {string.Join(", ", Readout.Horizons)}"));
        }
        Calibrator.Validate();
        Alarm.Validate();
        Require.Range(ScalingSteps, 10, 100_000);
        Require.Range(Washout, 0, 100_000);
        Require.Range(ScoredFrom, 0, 1_000_000);
        Require.Range(WarmUp, 20, 10_000_000);
        Require.Range(Limit, 1, 1e6);
    }
}
