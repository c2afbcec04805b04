namespace Esn;

/// <summary>
/// A model of operational metrics: seasonal, bursty, of a few channels. Lengths are in warm-ups where not said otherwise.
/// </summary>
public sealed record MetricModelSpec : ModelSpec
{
    /// <summary>All defaults.</summary>
    public MetricModelSpec()
    {
        WarmUp = 750;
        InputMap = new CalendarWeightsSpec();
        // Half of the units are slow: they keep rhythms that no calendar tells of.
        Reservoir = new ReservoirSpec
        {
            Units = 100, Degree = 8, SpectralRadius = .95, LeakRates = [.5, .2, .08, .03, .01], InputScale = .5, BiasScale = .2,
        };
        Readout = new ReadoutSpec { ForgettingFactor = .9998, Regularisation = 1 };
        // Evidence is told once, and a model that is frozen for long tells of what has long become normal. Means of the error
        // remember a burst for a while: half of the peak's evidence is quiet. A burst some hours after another is an incident of its own.
        Alarm = new AlarmSpec { AdaptAfter = 20, NormalAfter = 750, QuietSteps = 5, Leave = .5, Merge = 5 };
    }

    /// <summary>How values are scaled.</summary>
    public AsinhScalerSpec Scaler { get; init; } = new();

    /// <summary>What is foretold is clipped at ± this, (0, 700], scaled.</summary>
    public double ForecastLimit { get; init; } = 5;

    /// <summary>How far ahead errors look, ascending, the next step first; those that are equal in steps are one.</summary>
    public IReadOnlyList<MetricHorizonSpec> Horizons { get; init; } = [new(0, 1), new(1 / 30.0, 2), new(1 / 8.0, 3)];

    /// <summary>How errors become evidence.</summary>
    public MetricCalibratorSpec Calibrator { get; init; } = new();

    /// <summary>
    /// What is told whatever was learnt. Values never seen before are evidence already, and metrics are bursty: one that stands
    /// still is left.
    /// </summary>
    [Policy]
    public UnprecedentedSpec Unprecedented { get; init; } = new() { Errors = false, Widths = false, Once = true };

    /// <summary>What is told of the enormous in the warm-up, and of a young model after it.</summary>
    [Policy]
    public EarlyEvidenceSpec Early { get; init; } = new();

    /// <summary>How evidence becomes a score.</summary>
    [Policy]
    public EmissionBudgetSpec Budget { get; init; } = new();

    /// <summary>Part of the threshold below which the evidence of a channel counts as back to normal, (0, 1].</summary>
    [Policy]
    public double Quiet { get; init; } = .5;

    /// <inheritdoc/>
    public override double? AlarmsAStep() =>
        Budget.AlarmsPerDay > 0 ? null : Budget.AlarmsPerStep > 0 ? Budget.AlarmsPerStep : Budget.AlarmsPerWarmUp / WarmUp;

    /// <inheritdoc/>
    public override ModelSpec WithBudget(double alarmsPerStep) =>
        this with { Budget = Budget with { AlarmsPerStep = alarmsPerStep, AlarmsPerDay = 0 } };

    /// <inheritdoc/>
    public override ModelSpec WithDailyBudget(double alarmsPerDay) => this with { Budget = Budget with { AlarmsPerDay = alarmsPerDay } };

    /// <inheritdoc/>
    public override ModelSpec SharedBy(int streams) => this with
    {
        Budget = Budget with
        {
            AlarmsPerWarmUp = Budget.AlarmsPerWarmUp / streams,
            AlarmsPerStep = Budget.AlarmsPerStep / streams,
            AlarmsPerDay = Budget.AlarmsPerDay / streams,
        },
    };

    /// <summary>
    /// The share of a file that warms a metric up at the most, as the Numenta Anomaly Benchmark allows: 15 %, but for a file of some rows.
    /// </summary>
    public override ModelSpec ForFeedOf(int frames) => this with { WarmUp = Math.Clamp((int)(.15 * frames), 20, WarmUp) };

    /// <inheritdoc/>
    public override long EstimatedBytes(int channels) =>
        base.EstimatedBytes(channels) + (long)channels
            * ((HorizonSteps.Count + 1) * 2 * sizeof(float) * (Calibrator.Tail.Reference + WarmUp / 10)
                + Recurrence.Bytes + HourRange.Bytes + FormerRange.Bytes(WarmUp / 25));

    internal override int FramesKept => WarmUp;

    internal override IReadOnlyList<int> HorizonSteps => [.. Horizons.Select(Steps).Distinct()];

    // Slow units remember for hundreds of steps what they saw, longer than any settling after a mute: nothing far from the forecast gets
    // there, and so judging need not wait for more than the units that forget at once. What a muted frame foretold tells nothing.
    internal override double MutedReach => 2;

    const double MostSettling = 1 / 15.0;  // warm-ups; what slow units remember for longer is less than the noise of a metric

    internal override StepSchedule Schedule =>
        new(WarmUp, LearnFrom: 0, NormalityFrom: WarmUp, JudgeFrom: 0, WarmUp, Settling: 3,
            MostSettling: MetricCalibrator.Steps(MostSettling, WarmUp, 3));

    internal override MultiStepForecast CreateForecast(Predictor predictor) =>
        new DirectForecast(((NetworkPredictor)predictor).Readout, HorizonSteps, ForecastLimit);

    internal override Scaler CreateScaler(int channels) => new AsinhScaler(channels, Scaler);

    internal override Scaler FitScaler(ReadOnlySpan<double> frames, ReadOnlySpan<DateTime> times, int channels) =>
        new AsinhScaler(frames, channels, Scaler);

    internal override Judge CreateJudge(int channels, MultiStepForecast? forecast, TimeSpan interval) =>
        new MetricJudge(Budget.AlarmsPerDay > 0 ? this with { Budget = Budget.At(interval) } : this, channels, interval,
            Budget.AlarmsPerDay);

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Scaler.Validate();
        Require.Above(ForecastLimit, 0, 700);
        Require.Range(Horizons.Count, 1, 100);
        foreach (MetricHorizonSpec horizon in Horizons) horizon.Validate();
        if (!Readout.Horizons.SequenceEqual([1]))
            throw new ArgumentOutOfRangeException(nameof(Readout),
                "readout.horizons must be left out: those of a metric are horizons, in warm-ups");
        Require.Above(Horizons.Sum(horizon => horizon.Weight), 0, 1e6);
        (Readout with { Horizons = HorizonSteps }).Validate();
        Calibrator.Validate();
        Budget.Validate();
        Unprecedented.Validate();
        Early.Validate();
        Require.Above(Quiet, 0, 1);
    }

    /// <summary>Of the errors of each horizon.</summary>
    internal double[] Weights() => [.. Horizons.GroupBy(Steps).Select(equal => equal.Sum(horizon => horizon.Weight))];

    int Steps(MetricHorizonSpec horizon) => MetricCalibrator.Steps(horizon.Ahead, WarmUp, 1);
}
