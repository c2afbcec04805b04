namespace Esn;

/// <summary>A field, such as a simulation emits: an anomaly is found in time and in space.</summary>
public sealed record FieldModelSpec : ModelSpec
{
    /// <summary>All defaults.</summary>
    public FieldModelSpec()
    {
        Readout = new ReadoutSpec { Regularisation = 1e-2 };
        // A mean square over a block comes back within some frames, or not at all.
        Alarm = new AlarmSpec { QuietSteps = 10 };
    }

    /// <summary>The geometry of a frame; a feed of fields brings it with its first record.</summary>
    public GridSpec Grid { get; init; } = new();

    /// <summary>How a field is cut into tiles; null: one network sees it as a whole, by its input map.</summary>
    public TileSpec? Tiles { get; init; } = new() { Coarse = new CoarseSpec() };

    /// <summary>
    /// How errors are taken together; the most unusual of all counts. Sharp ones tell what is plain, wide and long ones what hides
    /// in noise.
    /// </summary>
    public IReadOnlyList<FieldErrorSpec> Errors { get; init; } = [new() { Sigma = 2 }, new() { Sigma = 4, Frames = 4 }];

    /// <summary>Rows of a block whose errors are judged together, 1 … 10,000.</summary>
    public int BlockRows { get; init; } = 8;

    /// <summary>Columns of such a block, 1 … 10,000.</summary>
    public int BlockColumns { get; init; } = 8;

    /// <summary>Frames over which the usual spread of a block's errors, and of a cell's, is taken, 10 … 1,000,000.</summary>
    public int SpreadMemory { get; init; } = 500;

    /// <summary>σ of the smoothing of heat maps, in cells, [0, 100].</summary>
    public double HeatSigma { get; init; } = .7;

    /// <summary>Frames after the onset that tell where an alarm began, 1 … 1000.</summary>
    public int OnsetFrames { get; init; } = 2;

    /// <summary>What makes one score: 1 = alarm.</summary>
    public CalibratorSpec Calibrator { get; init; } = new BudgetSpec { AlarmsPerStep = 2e-4 };

    /// <summary>Frames that fix the scaling, 10 … 100,000. They are kept, then run through the model in order.</summary>
    public int ScalingSteps { get; init; } = 200;

    /// <summary>Frames after which errors are learnt from, 0 … 100,000.</summary>
    public int Washout { get; init; } = 10;

    /// <summary>
    /// Frames before which no score is calibrated, 0 … 10,000,000: those of steep learning would teach it that much is usual.
    /// </summary>
    public int CalibrateFrom { get; init; } = 1500;

    /// <summary>
    /// What a field's usual state goes by: with month or hour the running mean of each month of the year, or hour of the day, in UTC,
    /// is subtracted; else one mean map, of the frames that fix the scaling.
    /// </summary>
    public FieldSeason Season { get; init; } = FieldSeason.None;

    /// <summary>Frames of a month, or hour, that its mean is taken over, about, 0 … 1,000,000; 0: all that came.</summary>
    public int SeasonMemory { get; init; }

    /// <summary>Scaled values are clipped at ± this, [1, 1e6].</summary>
    public double Limit { get; init; } = 20;

    /// <inheritdoc/>
    public override double? AlarmsAStep() => Calibrator is BudgetSpec { AlarmsPerDay: 0 } budget ? budget.AlarmsPerStep : null;

    /// <inheritdoc/>
    public override ModelSpec WithBudget(double alarmsPerStep) =>
        this with { Calibrator = Calibrator is BudgetSpec budget ? budget with { AlarmsPerStep = alarmsPerStep, AlarmsPerDay = 0 }
            : Calibrator };

    /// <inheritdoc/>
    public override ModelSpec WithDailyBudget(double alarmsPerDay) =>
        this with { Calibrator = Calibrator is BudgetSpec budget ? budget with { AlarmsPerDay = alarmsPerDay } : Calibrator };

    /// <inheritdoc/>
    public override ModelSpec SharedBy(int streams) => this with
    {
        Calibrator = Calibrator is BudgetSpec budget
            ? budget with { AlarmsPerStep = budget.AlarmsPerStep / streams, AlarmsPerDay = budget.AlarmsPerDay / streams }
            : Calibrator,
    };

    /// <inheritdoc/>
    public override bool TakesFields => true;

    /// <inheritdoc/>
    public override ModelSpec WithoutGrid() => this with { Grid = new GridSpec() };

    /// <inheritdoc/>
    public override ModelSpec ForGrid(GridSpec grid) => this with { Grid = grid, InputMap = InputMap.ForGrid(grid) };

    /// <summary>
    /// Where less than a third of a file would be left to judge, a third of it warms up, and half of that fixes the scaling.
    /// </summary>
    public override ModelSpec ForFeedOf(int frames)
    {
        if (2L * frames > 3L * WarmUp) return this;
        int warmUp = Math.Max(20, frames / 3);
        return this with
        {
            WarmUp = warmUp, CalibrateFrom = (int)((double)CalibrateFrom * warmUp / WarmUp),
                ScalingSteps = Math.Min(ScalingSteps, warmUp / 2),
        };
    }

    /// <inheritdoc/>
    public override int Regressors(int channels) =>
        Tiles is null ? base.Regressors(channels) : TilePredictor.Sizes(Grid, Tiles).Max(tile => tile.Regressors);

    /// <inheritdoc/>
    public override long EstimatedBytes(int channels)
    {
        long maps = sizeof(double) * (20L + Climatology.PartsOf(Season)) * channels;
        if (Tiles is null) return maps + base.EstimatedBytes(channels);
        long late = (Readout.Delay > 0 ? Readout.Delay : Decorrelation.Most / 4) + Tiles.Turns - 1;
        return maps + TilePredictor.Sizes(Grid, Tiles).Sum(tile =>
            Esn.Readout.EstimatedBytes(tile.Regressors, tile.Outputs, HorizonSteps)
                + sizeof(double) * late * (tile.Regressors + tile.Outputs));
    }

    internal override StepSchedule Schedule =>
        new(ScalingSteps, LearnFrom: Washout + 1, NormalityFrom: Washout + 1, JudgeFrom: 0, WarmUp, Settling: Washout,
            MostSettling: Washout);

    internal override Predictor CreatePredictor(int channels)
    {
        Require.Length(channels, Grid.Channels, "a frame");
        return Tiles is null ? base.CreatePredictor(channels) : new TilePredictor(Grid, Tiles, Readout);
    }

    internal override MultiStepForecast? CreateForecast(Predictor predictor) => null;

    internal override Scaler CreateScaler(int channels) => new FieldScaler(Grid, Limit, Season, SeasonMemory);

    internal override Scaler FitScaler(ReadOnlySpan<double> frames, ReadOnlySpan<DateTime> times, int channels) =>
        new FieldScaler(frames, times, Grid, Limit, Season, SeasonMemory);

    internal override Judge CreateJudge(int channels, MultiStepForecast? forecast, TimeSpan interval) =>
        new FieldJudge(Calibrator is BudgetSpec { AlarmsPerDay: > 0 } budget ? this with { Calibrator = budget.At(interval) } : this);

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Grid.Validate();
        Tiles?.Validate();
        if (!Readout.Horizons.SequenceEqual([1])) throw new ArgumentOutOfRangeException(nameof(Readout),
            "readout.horizons must be left out: a field is predicted one frame ahead");
        Require.Range(Readout.Delay, 0, Decorrelation.Most);
        Require.Range(Errors.Count, 1, 100);
        foreach (FieldErrorSpec error in Errors) error.Validate();
        Require.Range(BlockRows, 1, 10_000);
        Require.Range(BlockColumns, 1, 10_000);
        Require.Range(SpreadMemory, 10, 1_000_000);
        Require.Range(HeatSigma, 0, 100);
        Require.Range(OnsetFrames, 1, 1000);
        Calibrator.Validate();
        Require.Range(ScalingSteps, 10, 100_000);
        if (ScalingSteps > WarmUp)
            throw new ArgumentOutOfRangeException(nameof(ScalingSteps),
                FormattableString.Invariant($"scalingSteps must be at most warmUp, {WarmUp}, was {ScalingSteps}"));
        Require.Range(Washout, 0, 100_000);
        Require.Range(CalibrateFrom, 0, 10_000_000);
        Require.Range(SeasonMemory, 0, 1_000_000);
        Require.Range(Limit, 1, 1e6);
    }
}
