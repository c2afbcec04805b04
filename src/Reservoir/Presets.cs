namespace Esn;

/// <summary>What a newcomer picks by one word; every constant can be overridden with <c>with</c>.</summary>
public static class Presets
{
    // One line a preset: the word, what feeds it is for, and the model.
    static readonly (string Name, string For, Func<ModelSpec> Make)[] All =
    [
        ("signal", "deterministic, physical or chaotic signals, sampled at their own scale", () => Signal()),
        ("sensors", "plant sensors of several channels, each judged by its own level and noise, and by the others", () => Sensors()),
        ("metric", "operational metrics: seasonal, bursty, of one or a few channels", Metric),
        ("field", "fields on a grid, such as a simulation emits: found in time and in space", Field),
    ];

    /// <summary>The words, the default first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(preset => preset.Name)];

    /// <summary>The model that a word stands for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such preset; it names those that are.</exception>
    public static ModelSpec Of(string name) => Find(name).Make();

    /// <summary>What feeds a preset is for, as a newcomer reads it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such preset; it names those that are.</exception>
    public static string For(string name) => Find(name).For;

    static (string Name, string For, Func<ModelSpec> Make) Find(string name)
    {
        int at = Names.ToList().IndexOf(name);
        return at >= 0 ? All[at]
            : throw new ArgumentOutOfRangeException(nameof(name), $"a preset must be one of {string.Join(", ", Names)}, was '{name}'");
    }

    /// <summary>The raw scores of <see cref="Signal"/>.</summary>
    public static IReadOnlyList<ScoreSpec> SignalScores => ErrorModelSpec.DefaultScores;

    /// <summary>Deterministic, physical or chaotic signals, sampled at their own scale.</summary>
    /// <param name="budget">Alarms a step that can be borne.</param>
    public static ErrorModelSpec Signal(double budget = 1e-4) =>
        new() { InputMap = new ByBaseLineSpec(), Calibrator = new BudgetSpec { AlarmsPerStep = budget } };

    /// <summary>
    /// The raw scores of <see cref="Sensors"/>: where a channel lies, how noisy it is, and what the others say of it. What the model
    /// scores find beside these costs more false alarms than it is worth, and an out-of-range score, whose peaks are many, makes the
    /// budget deaf to levels.
    /// </summary>
    public static IReadOnlyList<ScoreSpec> SensorScores { get; } =
    [
        new LevelSpec { PerChannel = true, Tail = TailPrior.Student, Widening = 1, Return = .5 },
        new SpreadSpec { PerChannel = true, Tail = TailPrior.Limited },
        new SpreadSpec { PerChannel = true, Tail = TailPrior.Limited, Vanished = true },
        new RelationSpec { PerChannel = true, Tail = TailPrior.Student },
    ];

    /// <summary>Beside the level, for plants whose levels wander: what the model expects, and each channel told from the others.</summary>
    public static IReadOnlyList<ScoreSpec> SensorModelScores { get; } =
    [
        .. SensorScores,
        new LimitedErrorSpec { PerChannel = true, Tail = TailPrior.Limited },
        new SoftSensorSpec { PerChannel = true, Tail = TailPrior.Limited },
    ];

    /// <summary>Plant data of several channels, one frame in some seconds.</summary>
    /// <param name="budget">Alarms a step that can be borne.</param>
    public static ErrorModelSpec Sensors(double budget = 4e-4) => new()
    {
        Reservoir = new ReservoirSpec { Units = 50, Degree = 8, SpectralRadius = .9, LeakRates = [1, .3, .1, .03] },
        Readout = new ReadoutSpec { Regularisation = 1000, Horizons = [1, 60] },
        Normality = new NormalitySpec { ShortWindow = 10, LongWindow = 300 },
        Scores = SensorScores,
        Calibrator = new BudgetSpec { AlarmsPerStep = budget, Floor = 4e-4, LevelMemory = 2000, Caution = .4, Reach = 1000 },
        // A mean over ten steps does not come back from one to the next, unless it only brushed the threshold.
        // A fault of a plant lasts for hours: adapted to before it ends, it would be told again when it goes on elsewhere.
        Alarm = new AlarmSpec { OpenAfter = 2, Breadth = .25, AdaptAfter = 1000 },
        Unprecedented = new UnprecedentedSpec { Hold = 2 },
        ScalingSteps = 400,
        FirstMoves = true,
        Washout = 10,
        ScoredFrom = 0,
        WarmUp = 400,
    };

    /// <summary>Operational metrics: seasonal, bursty, of one or a few channels.</summary>
    public static MetricModelSpec Metric() => new();

    /// <summary>Fields on a grid: found in time and in space.</summary>
    public static FieldModelSpec Field() => new();
}
