using System.Numerics.Tensors;

namespace Esn;

/// <summary>One stream's model, from the scaling to the alarm. Every part has a default.</summary>
public sealed record DetectorSpec
{
    /// <summary>The reservoir.</summary>
    public ReservoirSpec Reservoir { get; init; } = new();

    /// <summary>The readout's learning.</summary>
    public ReadoutSpec Readout { get; init; } = new();

    /// <summary>The windows of the normality score.</summary>
    public NormalitySpec Normality { get; init; } = new();

    /// <summary>When an alarm opens and ends.</summary>
    public AlarmSpec Alarm { get; init; } = new();

    /// <summary>Frames that fix the scaling, 10 … 100,000. They are kept, then run through the model in order.</summary>
    public int ScalingSteps { get; init; } = 200;

    /// <summary>Steps after the scaling during which the reservoir forgets its start and nothing is learnt, 0 … 100,000.</summary>
    public int Washout { get; init; } = 50;

    /// <summary>Steps from the first frame of the feed before which no alarm opens, 20 … 10,000,000.</summary>
    public int WarmUp { get; init; } = 1500;

    /// <summary>Scaled values are clipped at ± this, [1, 1e6], in standard deviations of the scaling steps.</summary>
    public double Limit { get; init; } = 20;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Reservoir.Validate();
        Readout.Validate();
        Normality.Validate();
        Alarm.Validate();
        Require.Range(ScalingSteps, 10, 100_000);
        Require.Range(Washout, 0, 100_000);
        Require.Range(WarmUp, 20, 10_000_000);
        Require.Range(Limit, 1, 1e6);
    }
}

/// <summary>What a step told.</summary>
/// <param name="Position">Index of the step in its stream, from 0.</param>
/// <param name="WarmingUp">The model is still learning what normal is; nothing alarms.</param>
/// <param name="Score">Anomaly score ≥ 0, 1 = alarm.</param>
/// <param name="Normality">Σ in [0, 1], low = anomalous.</param>
/// <param name="AlarmOpen">Whether an alarm is open after this step.</param>
/// <param name="Alarm">What became of an alarm at this step; null on almost all.</param>
public readonly record struct StepResult(
    long Position, bool WarmingUp, double Score, double Normality, bool AlarmOpen, AlarmEvent? Alarm);

/// <summary>Part of a channel in the squared error of a step.</summary>
/// <param name="Channel">Index.</param>
/// <param name="Share">In [0, 1].</param>
public readonly record struct Contribution(int Channel, double Share);

/// <summary>A change in the life of an alarm, as on-call hears of it. Positions are steps of the stream.</summary>
public sealed record AlarmEvent
{
    /// <summary>What happened.</summary>
    public required AlarmChange Change { get; init; }

    /// <summary>Step of this change.</summary>
    public required long Position { get; init; }

    /// <summary>Step at which the alarm opened: with the stream's name, the identity of the alarm.</summary>
    public required long Start { get; init; }

    /// <summary>Step of the highest score so far, and its time and score.</summary>
    public required long Peak { get; init; }

    /// <summary>Feed time of <see cref="Position"/>.</summary>
    public required DateTime Time { get; init; }

    /// <summary>Feed time of <see cref="Start"/>.</summary>
    public required DateTime StartTime { get; init; }

    /// <summary>Feed time of <see cref="Peak"/>.</summary>
    public required DateTime PeakTime { get; init; }

    /// <summary>Score of this step, 1 = threshold.</summary>
    public required double Score { get; init; }

    /// <summary>Highest score so far.</summary>
    public required double PeakScore { get; init; }

    /// <summary>Σ of this step.</summary>
    public required double Normality { get; init; }

    /// <summary>What the model expected at this step, [channels], units of the feed.</summary>
    public required double[] Expected { get; init; }

    /// <summary>What came, [channels], units of the feed.</summary>
    public required double[] Observed { get; init; }

    /// <summary>The channels with the largest part in the error of the peak, largest first.</summary>
    public required IReadOnlyList<Contribution> Contributions { get; init; }
}

/// <summary>
/// One stream's detector. A step goes from top to bottom: scale, error before learning, score, alarm, learn unless an
/// alarm is open, advance the reservoir, predict the next frame.
/// </summary>
/// <remarks>
/// Not thread-safe; one detector a stream. The results depend on the specification, the number of channels and the
/// sequence of frames only: not on how frames are batched.
/// </remarks>
public sealed class Detector
{
    const int MostContributions = 5;

    readonly DetectorSpec _spec;
    readonly Reservoir _reservoir;
    readonly Readout _readout;
    readonly double[] _errors;
    readonly Normality _normality;
    readonly Alarm _alarm;
    readonly double[] _scaling;     // frames kept for the scaling [scalingSteps×channels]; empty once it is fixed
    readonly double[] _regressor;   // z = [1; u; x]  [D]
    readonly double[] _previous;    // x(t−1)  [N]
    readonly double[] _u;           // [channels]
    readonly double[] _prediction;  // ŷ(t|t−1)  [channels], scaled
    readonly double[] _peakError;   // e² by channel at the peak of the alarm  [channels]
    Normaliser? _normaliser;
    long _position;
    DateTime _startTime, _peakTime;

    /// <param name="spec">Validated here.</param>
    /// <param name="channels">Length of every frame, ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value of the specification is out of its range.</exception>
    public Detector(DetectorSpec spec, int channels)
    {
        spec.Validate();
        Require.Range(channels, 1, 1_000_000);
        (_spec, Channels) = (spec, channels);
        _reservoir = Reservoir.Of(spec.Reservoir, channels);
        int regressors = 1 + channels + _reservoir.Units;
        _readout = new Readout(regressors, channels, spec.Readout);
        _errors = new double[spec.Readout.Horizons.Count * channels];
        _normality = new Normality(spec.Normality);
        _alarm = new Alarm(spec.Alarm);
        _scaling = new double[spec.ScalingSteps * channels];
        _regressor = new double[regressors];
        _regressor[0] = 1;
        _previous = new double[_reservoir.Units];
        (_u, _prediction, _peakError) = (new double[channels], new double[channels], new double[channels]);
    }

    /// <summary>Length of every frame.</summary>
    public int Channels { get; }

    /// <summary>Steps taken so far.</summary>
    public long Position => _position;

    /// <summary>Takes one frame.</summary>
    /// <param name="time">Feed time of the frame; carried into events.</param>
    /// <param name="frame">[channels], finite, units of the feed.</param>
    /// <param name="expected">[channels], overwritten with what the model expected; NaN while the scaling is not fixed.</param>
    /// <exception cref="ArgumentException">A wrong length, or a value that is not finite.</exception>
    public StepResult Step(DateTime time, ReadOnlySpan<double> frame, Span<double> expected)
    {
        StepResult result = default;
        StepMany(new ReadOnlySpan<DateTime>(in time), frame, new Span<StepResult>(ref result), expected);
        return result;
    }

    /// <summary>Takes n frames in order, with the same results as n single steps.</summary>
    /// <param name="times">Feed time of each frame, [n].</param>
    /// <param name="frames">[n×channels], frame by frame, finite, units of the feed.</param>
    /// <param name="results">[n], overwritten.</param>
    /// <param name="expected">[n×channels], overwritten.</param>
    /// <exception cref="ArgumentException">A wrong length, or a value that is not finite. Nothing was taken then.</exception>
    public void StepMany(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected)
    {
        Require.Length(frames.Length, times.Length * Channels, nameof(frames));
        Require.Length(results.Length, times.Length, nameof(results));
        Require.Length(expected.Length, frames.Length, nameof(expected));
        for (int i = 0; i < frames.Length; i++)
            if (!double.IsFinite(frames[i]))
                throw new ArgumentException(FormattableString.Invariant($"frame {i / Channels} must be finite, channel {i % Channels} was {frames[i]}"), nameof(frames));

        for (int t = 0; t < times.Length; t++)
            results[t] = Take(times[t], frames.Slice(t * Channels, Channels), expected.Slice(t * Channels, Channels));
    }

    StepResult Take(DateTime time, ReadOnlySpan<double> frame, Span<double> expected)
    {
        long position = _position++;
        if (_normaliser is null)
        {
            frame.CopyTo(_scaling.AsSpan((int)position * Channels));
            expected.Fill(double.NaN);
            if (_position == _spec.ScalingSteps) FixScaling();
            return new StepResult(position, WarmingUp: true, Score: 0, Normality: 1, AlarmOpen: false, Alarm: null);
        }
        return Advance(_normaliser, position, time, frame, expected);
    }

    void FixScaling()
    {
        _normaliser = new Normaliser(_scaling, Channels, _spec.Limit);
        double[] expected = new double[Channels];
        for (int t = 0; t < _spec.ScalingSteps; t++)
            Advance(_normaliser, t, default, _scaling.AsSpan(t * Channels, Channels), expected);
    }

    StepResult Advance(Normaliser normaliser, long position, DateTime time, ReadOnlySpan<double> frame, Span<double> expected)
    {
        normaliser.Scale(frame, _u);
        normaliser.Unscale(_prediction, expected);

        double squaredError = 0;  // before learning from u(t): the only one fit to be scored
        for (int c = 0; c < _u.Length; c++) squaredError += Square(_u[c] - _prediction[c]) / _u.Length;

        bool warmingUp = position < _spec.WarmUp || !_normality.Ready;
        if (position > _spec.Washout) _normality.Step(squaredError, _alarm.Open);
        double score = warmingUp ? 0 : Math.Max(0, _normality.Deviation / _spec.Alarm.Enter);
        AlarmEvent? change = warmingUp ? null : Decide(position, time, score, frame, expected);

        _readout.Settle(_u, _errors);
        if (!_alarm.Open && position > _spec.Washout) _readout.Learn(); else _readout.Skip();

        Span<double> x = _regressor.AsSpan(1 + Channels);
        x.CopyTo(_previous);
        _reservoir.Step(_u, _previous, x);
        _u.CopyTo(_regressor.AsSpan(1));
        _readout.Push(_regressor);
        _readout.Predict(_regressor, _prediction);
        return new StepResult(position, warmingUp, score, _normality.Value, _alarm.Open, change);
    }

    AlarmEvent? Decide(long position, DateTime time, double score, ReadOnlySpan<double> frame, ReadOnlySpan<double> expected)
    {
        AlarmChange? change = _alarm.Step(position, score);
        if (change == AlarmChange.Opened) _startTime = time;
        if (_alarm.Peak == position)
        {
            _peakTime = time;
            for (int c = 0; c < _u.Length; c++) _peakError[c] = Square(_u[c] - _prediction[c]);
        }
        if (change is null) return null;
        return new AlarmEvent
        {
            Change = change.Value,
            Position = position,
            Time = time,
            Start = _alarm.Start,
            StartTime = _startTime,
            Peak = _alarm.Peak,
            PeakTime = _peakTime,
            Score = score,
            PeakScore = _alarm.PeakScore,
            Normality = _normality.Value,
            Expected = expected.ToArray(),
            Observed = frame.ToArray(),
            Contributions = Contributions(),
        };
    }

    Contribution[] Contributions()
    {
        double total = TensorPrimitives.Sum<double>(_peakError);
        return [.. _peakError
            .Select((error, channel) => new Contribution(channel, total > 0 ? error / total : 0))
            .OrderByDescending(contribution => contribution.Share)
            .Take(MostContributions)];
    }

    static double Square(double x) => x * x;
}
