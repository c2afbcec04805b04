using System.Numerics.Tensors;

namespace Esn;

/// <summary>A model of operational metrics: seasonal, bursty, of a few channels. Lengths are in warm-ups where not said otherwise.</summary>
public sealed record MetricModelSpec : ModelSpec
{
    // Evidence is told once, and a model that is frozen for long tells of what has long become normal. Means of the error
    // remember a burst for a while: half of the peak's evidence is quiet.
    /// <summary>All defaults.</summary>
    public MetricModelSpec() => Alarm = new AlarmSpec { AdaptAfter = 20, QuietSteps = 5, Leave = .5 };

    /// <summary>n0, frames that fix the scaling and teach the model before anything is scored, 20 … 1,000,000. The unit of every length.</summary>
    public int WarmUp { get; init; } = 750;

    /// <summary>How values are scaled.</summary>
    public AsinhScalerSpec Scaler { get; init; } = new();

    /// <summary>Scaled values enter the reservoir clipped at ± this, (0, 700].</summary>
    public double InputLimit { get; init; } = 5;

    /// <summary>What the model is told of the calendar.</summary>
    public CalendarSpec Calendar { get; init; } = new();

    /// <summary>The reservoir. Half of its units are slow: they keep rhythms that no calendar tells of.</summary>
    public ReservoirSpec Reservoir { get; init; } = new()
    {
        Units = 100, Degree = 8, SpectralRadius = .95, LeakRates = [.5, .2, .08, .03, .01], InputScale = .5, BiasScale = .2,
    };

    /// <summary>The readout's learning; its horizons are those below.</summary>
    public ReadoutSpec Readout { get; init; } = new() { ForgettingFactor = .9998, Regularisation = 1 };

    /// <summary>How far ahead errors look, ascending, the next step first; those that are equal in steps are one.</summary>
    public IReadOnlyList<MetricHorizonSpec> Horizons { get; init; } = [new(0, 1), new(1 / 30.0, 2), new(1 / 8.0, 3)];

    /// <summary>How errors become evidence.</summary>
    public MetricCalibratorSpec Calibrator { get; init; } = new();

    /// <summary>How evidence becomes a score.</summary>
    public EmissionBudgetSpec Budget { get; init; } = new();

    /// <summary>Part of the threshold below which the evidence of a channel counts as back to normal, (0, 1].</summary>
    public double Quiet { get; init; } = .5;

    /// <summary>The windows of the normality Σ, which is exported beside the score.</summary>
    public NormalitySpec Normality { get; init; } = new();

    /// <inheritdoc/>
    public override ModelSpec WithBudget(double alarmsPerStep) => this with { Budget = Budget with { AlarmsPerStep = alarmsPerStep, AlarmsPerDay = 0 } };

    /// <inheritdoc/>
    public override ModelSpec WithDailyBudget(double alarmsPerDay) => this with { Budget = Budget with { AlarmsPerDay = alarmsPerDay } };

    /// <inheritdoc/>
    public override ModelSpec SharedBy(int streams) => this with
    {
        Budget = Budget with { AlarmsPerWarmUp = Budget.AlarmsPerWarmUp / streams, AlarmsPerStep = Budget.AlarmsPerStep / streams, AlarmsPerDay = Budget.AlarmsPerDay / streams },
    };

    /// <inheritdoc/>
    public override int Regressors(int channels) => 1 + Calendar.Inputs + channels + Reservoir.Units;

    internal override StreamModel Create(int channels) => new MetricStream(this, channels);

    /// <inheritdoc/>
    public override void Validate()
    {
        Alarm.Validate();
        Require.Range(WarmUp, 20, 1_000_000);
        Scaler.Validate();
        Require.Above(InputLimit, 0, 700);
        Calendar.Validate();
        Reservoir.Validate();
        Require.Range(Horizons.Count, 1, 100);
        foreach (MetricHorizonSpec horizon in Horizons) horizon.Validate();
        if (!Readout.Horizons.SequenceEqual([1]))
            throw new ArgumentOutOfRangeException(nameof(Readout), "readout.horizons must be left out: those of a metric are horizons, in warm-ups");
        Require.Above(Horizons.Sum(horizon => horizon.Weight), 0, 1e6);
        (Readout with { Horizons = Steps() }).Validate();
        Calibrator.Validate();
        Budget.Validate();
        Require.Above(Quiet, 0, 1);
        Normality.Validate();
    }

    internal int[] Steps() => [.. Horizons.Select(Steps).Distinct()];

    internal double[] Weights() => [.. Horizons.GroupBy(Steps).Select(equal => equal.Sum(horizon => horizon.Weight))];

    int Steps(MetricHorizonSpec horizon) => MetricCalibrator.Steps(horizon.Ahead, WarmUp, 1);
}

/// <summary>How far ahead an error looks.</summary>
/// <param name="Ahead">In warm-ups, [0, 1]; at least one step.</param>
/// <param name="Weight">Of its errors in the evidence, [0, 1000].</param>
public readonly record struct MetricHorizonSpec(double Ahead, double Weight)
{
    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Ahead, 0, 1);
        Require.Range(Weight, 0, 1000);
    }
}

/// <summary>One frame of an operational metric, judged.</summary>
/// <param name="WarmingUp">Nothing is scored yet.</param>
/// <param name="Score">1 and above alarms; 0 where nothing is emitted. An alarm is one step, or a few of growing score.</param>
/// <param name="Level">The score without refractory time: what hysteresis and plots want.</param>
/// <param name="Channel">The channel with the strongest evidence.</param>
readonly record struct MetricResult(bool WarmingUp, double Score, double Level, int Channel);

/// <summary>
/// Frame in, score out: robust scaling, a reservoir that also feels the calendar, one readout for several horizons,
/// evidence for each channel, and a budget of alarms on the strongest of them.
/// </summary>
/// <remarks>
/// The frames of the warm-up are kept until the scaling is fixed and then taken once, in order, with score 0.
/// Memory is bounded and nothing is allocated per step but when the warm-up ends. Not thread-safe.
/// </remarks>
sealed class MetricModel
{
    readonly MetricModelSpec _spec;
    readonly Calendar _calendar;
    readonly Reservoir _reservoir;
    readonly Readout _readout;
    readonly DirectForecast _forecast;
    readonly MetricCalibrator[] _calibrators;  // [channels]
    readonly AsinhScaler[] _scalers;  // [channels]; empty until the warm-up ends
    readonly int _horizons;
    readonly double[] _target;        // y(t) [channels]
    readonly double[] _input;         // [u; τ], τ at the weight it has beside u [channels+calendar]
    readonly double[] _regressor;     // z = [1; τ; u; x] [D]
    readonly double[] _previous;      // x(t−1) [N]
    readonly double[] _errors;        // [horizons×channels]
    readonly double[] _channelErrors; // [horizons]
    readonly double[] _prediction;    // ŷ(t+1|t) [channels]
    readonly double[] _evidence;      // S of each channel [channels]
    EmissionBudget _budget;
    double[] _frames;                 // of the warm-up [n0×channels], then empty
    DateTime[] _times;                // of the warm-up [n0], then empty
    TimeSpan _interval;               // between these
    bool _warm;
    DateTime _time;                   // of the last frame
    int _held;                        // frames of the warm-up kept

    /// <param name="spec">Validated here.</param>
    /// <param name="channels">Length of a frame, ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value of the specification is out of its range.</exception>
    public MetricModel(MetricModelSpec spec, int channels)
    {
        spec.Validate();
        Require.Range(channels, 1, 10_000);
        (_spec, Channels) = (spec, channels);
        _calendar = new Calendar(spec.Calendar);
        _reservoir = Reservoir.Of(spec.Reservoir, channels + _calendar.Inputs);
        int[] horizons = spec.Steps();
        double[] weights = spec.Weights();
        _horizons = horizons.Length;
        int regressors = 1 + _calendar.Inputs + channels + _reservoir.Units;
        _readout = new Readout(regressors, channels, spec.Readout with { Horizons = horizons });
        _forecast = new DirectForecast(_readout, horizons, spec.InputLimit);
        _calibrators = [.. Enumerable.Range(0, channels).Select(_ => new MetricCalibrator(spec.Calibrator, spec.WarmUp, weights, regressors))];
        _budget = new EmissionBudget(spec.Budget, spec.WarmUp);
        _scalers = new AsinhScaler[channels];
        (_target, _prediction) = (new double[channels], new double[channels]);
        _evidence = new double[channels];
        _input = new double[channels + _calendar.Inputs];
        _regressor = new double[regressors];
        _regressor[0] = 1;
        _previous = new double[_reservoir.Units];
        (_errors, _channelErrors) = (new double[_horizons * channels], new double[_horizons]);
        (_frames, _times) = (new double[spec.WarmUp * channels], new DateTime[spec.WarmUp]);
    }

    /// <summary>Length of every frame.</summary>
    public int Channels { get; }

    /// <summary>What learns.</summary>
    public Readout Readout => _readout;

    /// <summary>How many steps ahead each error looks.</summary>
    public IReadOnlyList<int> Horizons => _spec.Steps();

    /// <summary>e_h(t) of the last step in scaled units, [horizons×channels]; valid until the next step.</summary>
    public ReadOnlySpan<double> Errors => _errors;

    /// <summary>S of each channel at the last step, [channels]; valid until the next step.</summary>
    public ReadOnlySpan<double> Evidence => _evidence;

    /// <summary>Takes one frame: <see cref="Judge"/>, then <see cref="Learn"/>.</summary>
    internal MetricResult Step(DateTime time, ReadOnlySpan<double> frame, Span<double> expected, bool learn = true)
    {
        MetricResult result = Judge(time, frame, expected, frozen: false, muted: !learn);
        if (!result.WarmingUp) Learn(learn);
        return result;
    }

    /// <summary>Judges one frame by what was learnt before; <see cref="Learn"/> follows unless the model is warming up.</summary>
    /// <param name="time">Of the frame; its hour and weekday are told to the model as they stand.</param>
    /// <param name="frame">[channels], finite, units of the feed.</param>
    /// <param name="expected">[channels], overwritten with what the model expected; NaN in the warm-up.</param>
    /// <param name="frozen">An alarm is open: the errors are not kept for comparison.</param>
    /// <param name="muted">Maintenance, a mute: nothing of the frame is kept, and it costs no budget.</param>
    /// <exception cref="ArgumentException">A wrong length, or a value that is not finite. Nothing was taken then.</exception>
    public MetricResult Judge(DateTime time, ReadOnlySpan<double> frame, Span<double> expected, bool frozen, bool muted)
    {
        Require.Length(frame.Length, Channels, nameof(frame));
        Require.Length(expected.Length, Channels, nameof(expected));
        for (int c = 0; c < frame.Length; c++)
            if (!double.IsFinite(frame[c]))
                throw new ArgumentException(FormattableString.Invariant($"a frame must be finite, channel {c} was {frame[c]}"), nameof(frame));
        if (!_warm)
        {
            expected.Fill(double.NaN);
            WarmUp(time, frame);
            return new MetricResult(WarmingUp: true, 0, 0, 0);
        }
        double evidence = Measure(time, frame, expected, frozen, muted, out int channel);
        return muted ? new MetricResult(WarmingUp: false, 0, 0, channel) : new MetricResult(WarmingUp: false, _budget.Step(evidence), _budget.Level, channel);
    }

    void WarmUp(DateTime time, ReadOnlySpan<double> frame)
    {
        frame.CopyTo(_frames.AsSpan(_held * Channels));
        _times[_held++] = time;
        if (_held < _spec.WarmUp) return;

        TimeSpan interval = Sampling.Interval(_times);
        double[] values = new double[_held];
        for (int c = 0; c < Channels; c++)
        {
            for (int t = 0; t < _held; t++) values[t] = _frames[t * Channels + c];
            _scalers[c] = new AsinhScaler(values, _spec.Scaler);
        }
        (double[] frames, DateTime[] times) = (_frames, _times);
        var expected = new double[Channels];
        BeginScoring(interval);
        for (int t = 0; t < times.Length; t++)
        {
            Measure(times[t], frames.AsSpan(t * Channels, Channels), expected, frozen: false, muted: false, out _);
            Learn(learn: true);
        }
    }

    // The warm-up is over: its frames need not be kept any longer, and how dense they came is known.
    void BeginScoring(TimeSpan interval)
    {
        (_interval, _warm, _frames, _times, _held) = (interval, true, [], [], 0);
        if (_spec.Budget.AlarmsPerDay > 0) _budget = new EmissionBudget(_spec.Budget.At(interval), _spec.WarmUp);
    }

    double Measure(DateTime time, ReadOnlySpan<double> frame, Span<double> expected, bool frozen, bool muted, out int channel)
    {
        _time = time;
        for (int c = 0; c < Channels; c++)
        {
            _target[c] = _scalers[c].Scale(frame[c]);
            expected[c] = _scalers[c].Unscale(_prediction[c]);
        }
        _readout.Settle(_target, _errors);  // before learning from this frame: the only errors fit to be scored
        double strongest = double.NegativeInfinity;
        channel = 0;
        for (int c = 0; c < Channels; c++)
        {
            for (int h = 0; h < _horizons; h++) _channelErrors[h] = _errors[h * Channels + c];
            double evidence = _evidence[c] = _calibrators[c].Step(_channelErrors, frame[c], learn: !(frozen || muted), keep: !muted);
            if (evidence > strongest) (strongest, channel) = (evidence, c);
        }
        return strongest;
    }

    /// <summary>An alarm opened at the frame that was judged last: foretells what is to come, from before it.</summary>
    /// <param name="step">Index of the frame.</param>
    public void BeginForecast(long step) => _forecast.Begin(step);

    /// <summary>Step of the first point of the forecast, and how many points there are; 0: none.</summary>
    public (long First, int Count) Foretold => _forecast.First < 0 ? (0, 0) : (_forecast.First, _forecast.Count);

    /// <summary>What was foretold for a step.</summary>
    /// <param name="step">Index of a frame.</param>
    /// <param name="expected">[channels], overwritten, units of the feed.</param>
    /// <returns>False: the forecast does not reach there.</returns>
    public bool TryForecast(long step, Span<double> expected)
    {
        ReadOnlySpan<double> point = _forecast.Point(step);
        for (int c = 0; c < point.Length; c++) expected[c] = _scalers[c].Unscale(point[c]);
        return point.Length > 0;
    }

    /// <summary>Ends the step of the frame that was judged last.</summary>
    /// <param name="learn">False while an alarm is open or the feed is muted: the readout stays as it is.</param>
    public void Learn(bool learn)
    {
        if (learn) _readout.Learn();
        else _readout.Skip();

        int calendar = _calendar.Inputs;
        Span<double> told = _regressor.AsSpan(1, calendar), u = _regressor.AsSpan(1 + calendar, Channels), x = _regressor.AsSpan(1 + calendar + Channels);
        _calendar.At(_time, told);
        TensorPrimitives.Clamp(_target, -_spec.InputLimit, _spec.InputLimit, u);
        u.CopyTo(_input);
        TensorPrimitives.Multiply(told, _spec.Calendar.InputScale / _spec.Reservoir.InputScale, _input.AsSpan(Channels));
        x.CopyTo(_previous);
        _reservoir.Step(_input, _previous, x);
        _readout.Push(_regressor);
        _readout.Predict(_regressor, _prediction);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(ref _warm);
        if (!_warm)
        {
            state.Carry(ref _held, 0, _spec.WarmUp - 1);
            state.Carry(_frames.AsSpan(0, _held * Channels));
            state.Carry(_times.AsSpan(0, _held));
            return;
        }
        state.Carry(ref _interval);
        if (state.Loading) BeginScoring(_interval);
        for (int c = 0; c < Channels; c++)
        {
            if (state.Loading) _scalers[c] = new AsinhScaler(_spec.Scaler);
            _scalers[c].Carry(ref state);
        }
        _readout.Carry(ref state);
        _forecast.Carry(ref state);
        foreach (MetricCalibrator calibrator in _calibrators) calibrator.Carry(ref state);
        _budget.Carry(ref state);
        state.Carry(_regressor);  // x(t) with it
        state.Carry(_prediction);
    }
}
