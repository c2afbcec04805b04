namespace Esn;

/// <summary>
/// A stream judged by its model's errors, from the scaling to the alarm. Every part has a default: the preset
/// <see cref="Presets.Signal"/>.
/// </summary>
public sealed record ErrorModelSpec : ModelSpec
{
    internal static IReadOnlyList<ScoreSpec> DefaultScores { get; } =
    [
        new MeanErrorSpec { Average = 1, Window = 1 },
        new MeanErrorSpec { Average = 1, Window = 10 },
        new MeanErrorSpec { Average = 4, Window = 20 },
        new MeanErrorSpec { Average = 8, Window = 24 },
        new MeanErrorSpec { Average = 16, Window = 32 },
        new MedianErrorSpec { Tail = TailPrior.Limited },
        new FreeRunErrorSpec { Length = 10, Tail = TailPrior.Diverging },
        new FreeRunErrorSpec { Length = 25, Tail = TailPrior.Diverging },
        new SlowLevelSpec { Delay = 8000, Tail = TailPrior.Central },
        new SlowRiseSpec { Delay = 1500, Tail = TailPrior.Logarithmic },
        new ShapeSpec { Tail = TailPrior.Novel },
    ];

    const int MostKept = 1000;    // frames beyond the scaling: by as many a model is known to hold there or not
    const int MostWashouts = 10;  // after a gap: errors of a feed without noise need as many to fade by ten orders of magnitude

    /// <summary>The raw scores; at least one.</summary>
    public IReadOnlyList<ScoreSpec> Scores { get; init; } = DefaultScores;

    /// <summary>How free runs are launched, for the scores that need them.</summary>
    public FreeRunSpec FreeRuns { get; init; } = new();

    /// <summary>What makes one score of the raw ones: 1 = alarm.</summary>
    public CalibratorSpec Calibrator { get; init; } = new BudgetSpec();

    /// <summary>What is told whatever the calibrator has learnt.</summary>
    [Policy]
    public UnprecedentedSpec Unprecedented { get; init; } = new();

    /// <summary>Frames that fix the scaling, 10 … 100,000. They are kept, then run through the model in order.</summary>
    public int ScalingSteps { get; init; } = 200;

    /// <summary>
    /// Steps during which the reservoir forgets its start and nothing is learnt, 0 … 100,000. After a gap as many at the least, and ten
    /// times as many at the most.
    /// </summary>
    public int Washout { get; init; } = 50;

    /// <summary>Steps before which no error is scored, 0 … 1,000,000: those of a model that has just begun tell nothing.</summary>
    public int ScoredFrom { get; init; } = 300;

    /// <summary>
    /// Scaled values are clipped at ± this, [1, 1e6], in standard deviations of the scaling steps. A feed that lies beyond for
    /// most of as many steps as an alarm may be open gets its scaling moved to where it is, or a new model, which warms up.
    /// </summary>
    public double Limit { get; init; } = 20;

    /// <summary>
    /// Whether a channel that rested while the scaling was fixed takes its first move for its unit, so that no model begins anew for a
    /// setpoint. Preset sensors has it, and so has any feed of 2 to 32 channels that are looked at by <see cref="ByBaseLineSpec"/>,
    /// whatever this says, as a setpoint is not to begin the model anew before it is known for one. Where errors of a ten-thousandth
    /// count, the echo of such a step in the reservoir is an error without precedent for hundreds of frames.
    /// </summary>
    [Later]
    public bool FirstMoves { get; init; }

    /// <inheritdoc/>
    public override double? AlarmsAStep() => Calibrator is BudgetSpec { AlarmsPerDay: 0 } budget ? budget.AlarmsPerStep : null;

    /// <inheritdoc/>
    public override ModelSpec WithBudget(double alarmsPerStep) =>
        Budgeted(budget => budget with { AlarmsPerStep = alarmsPerStep, AlarmsPerDay = 0 });

    /// <inheritdoc/>
    public override ModelSpec WithDailyBudget(double alarmsPerDay) => Budgeted(budget => budget with { AlarmsPerDay = alarmsPerDay });

    /// <inheritdoc/>
    public override ModelSpec SharedBy(int streams) =>
        Budgeted(budget => budget with { AlarmsPerStep = budget.AlarmsPerStep / streams, AlarmsPerDay = budget.AlarmsPerDay / streams });

    ErrorModelSpec Budgeted(Func<BudgetSpec, BudgetSpec> change) =>
        Calibrator is BudgetSpec budget ? this with { Calibrator = change(budget) } : this;

    /// <inheritdoc/>
    public override ModelSpec WithoutAlarms() =>
        (ErrorModelSpec)base.WithoutAlarms() with { Scores = [new MeanErrorSpec()], Readout = Readout with { Horizons = [1] } };

    /// <inheritdoc/>
    public override long EstimatedBytes(int channels) =>
        base.EstimatedBytes(channels) + FreeRunBytes(channels)
            + (FirstLook.MayBeApart(this, channels) ? Scores.Select(score => score with { PerChannel = true }) : Scores)
                .Sum(score => (score.PerChannel ? 4000L * channels : 4200L + 1000L * channels) + score.EstimatedBytes(channels));

    long FreeRunBytes(int channels)
    {
        int longest = Scores.Max(score => score.FreeRunLength), regressors = MostRegressors(channels);
        long slots = (longest + FreeRuns.Every - 1) / FreeRuns.Every;
        long runs = Esn.Readout.UpdatesWait(channels) ? slots * longest * channels : (slots + 7) / 8 * 8 * (channels + 1) * regressors;
        return longest == 0 ? 0 : sizeof(double) * (runs + 3L * regressors + (FreeRuns.Kept * FreeRuns.Every + FreeRuns.Ahead) * channels)
            + sizeof(float) * (long)FreeRuns.Kept * regressors;
    }

    // Each is judged by itself then.
    internal override ModelSpec Apart(ChannelGroups groups) =>
        (ErrorModelSpec)base.Apart(groups) with
        {
            Scores = [.. Scores.Select(score => score with { PerChannel = true })],
        };

    internal override ModelSpec ForFirstMoves(int channels) => this with { FirstMoves = TakesFirstMoves(channels) };

    bool TakesFirstMoves(int channels) => FirstMoves || FirstLook.MayBeApart(this, channels);

    internal override StepSchedule Schedule =>
        new(ScalingSteps, LearnFrom: Washout + 1, NormalityFrom: Washout + 1, ScoredFrom, WarmUp, Settling: Washout,
            Scores.Any(score => score.JudgesErrors) ? MostWashouts * Washout : Washout);

    internal override int FramesKept => Math.Min(WarmUp, MostKept);

    internal override MultiStepForecast? CreateForecast(Predictor predictor)
    {
        var network = (NetworkPredictor)predictor;
        int[] lengths = [.. Scores.Select(score => score.FreeRunLength).Where(length => length > 0)];
        if (lengths.Length > 0) return new FreeRuns(FreeRuns, network, lengths);
        return HorizonSteps[^1] > 1 ? new DirectForecast(network.Readout, HorizonSteps, FreeRuns.Limit) : null;
    }

    internal override Scaler CreateScaler(int channels) => new StandardScaler(channels, Limit);

    internal override Scaler FitScaler(ReadOnlySpan<double> frames, ReadOnlySpan<DateTime> times, int channels) =>
        // Of several channels that may tell nothing of each other a setpoint is not to begin the model anew before that is known.
        new StandardScaler(frames, channels, Limit, TakesFirstMoves(channels));

    internal override Judge CreateJudge(int channels, MultiStepForecast? forecast, TimeSpan interval) =>
        new ErrorJudge(Calibrator is BudgetSpec { AlarmsPerDay: > 0 } budget ? this with { Calibrator = budget.At(interval) } : this,
            new ScoreContext(channels, HorizonSteps, forecast as FreeRuns));

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        FreeRuns.Validate();
        Require.Range(Scores.Count, 1, 1000);
        if (Readout.Horizons[0] != 1)
            throw new ArgumentOutOfRangeException(nameof(Readout),
                FormattableString.Invariant(
                    $"readout.horizons must begin with 1, the next step, was {string.Join(", ", Readout.Horizons)}"));
        foreach (ScoreSpec score in Scores)
        {
            score.Validate();
            if (!Readout.Horizons.Contains(score.ReadoutHorizon))
                throw new ArgumentOutOfRangeException(nameof(Scores), FormattableString.Invariant(
                    $"scores: one looks {score.ReadoutHorizon} steps ahead, which readout.horizons must hold, was {
                        string.Join(", ", Readout.Horizons)}"));
        }
        Calibrator.Validate();
        Unprecedented.Validate();
        Require.Range(ScalingSteps, 10, 100_000);
        if (ScalingSteps > WarmUp)
            throw new ArgumentOutOfRangeException(nameof(ScalingSteps), FormattableString.Invariant(
                $"scalingSteps must be at most warmUp, {WarmUp}, was {ScalingSteps}: no alarm opens before the scaling is fixed"));
        Require.Range(Washout, 0, 100_000);
        Require.Range(ScoredFrom, 0, 1_000_000);
        Require.Range(Limit, 1, 1e6);
    }
}
