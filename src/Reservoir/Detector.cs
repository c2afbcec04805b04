using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// One stream's detector. A step goes from top to bottom: scale, errors before learning, raw scores, one calibrated score,
/// alarm, learn unless an alarm is open, launch a free run. The reservoir's states need no readout and are made first, for
/// all frames that wait.
/// </summary>
/// <remarks>
/// Not thread-safe; one detector a stream. The results depend on the specification, the number of channels and the
/// sequence of frames only: not on how frames are batched.
/// </remarks>
public sealed class Detector
{
    const int Chunk = 64;

    [ThreadStatic] static double[]? s_rows, s_inputs;  // z [chunk×D], u [chunk×channels]: scratch that streams share

    readonly DetectorSpec _spec;
    readonly Reservoir _reservoir;
    readonly Readout _readout;
    readonly Normality _normality;
    readonly FreeRuns? _runs;
    readonly Scoring _scoring;
    readonly Alarm _alarm;
    readonly AlarmReport _report;
    readonly int _regressors;
    readonly double[] _scaling;     // frames kept for the scaling [scalingSteps×channels]
    readonly double[] _state;       // x(t−1)  [N]
    readonly double[] _errors;      // [horizons×channels]
    Normaliser? _normaliser;
    long _position;
    long _settled = -1;             // step at which the echo of the last muted frame has faded
    long _step;                     // frames the model has taken; those muted before the scaling was fixed are none of its

    /// <param name="spec">Validated here.</param>
    /// <param name="channels">Length of every frame, ≥ 1.</param>
    /// <exception cref="ArgumentException">A value of the specification is out of its range.</exception>
    public Detector(DetectorSpec spec, int channels)
    {
        spec.Validate();
        Require.Range(channels, 1, 1_000_000);
        (_spec, Channels) = (spec, channels);
        _reservoir = Reservoir.Of(spec.Reservoir, channels);
        _regressors = 1 + channels + _reservoir.Units;
        _readout = new Readout(_regressors, channels, spec.Readout);
        _normality = new Normality(spec.Normality);
        int[] lengths = [.. spec.Scores.Select(score => score.FreeRunLength).Where(length => length > 0)];
        if (lengths.Length > 0) _runs = new FreeRuns(spec.FreeRuns, _reservoir, _readout, lengths);
        _scoring = new Scoring(spec, new ScoreContext(channels, spec.Readout.Horizons, _runs));
        _alarm = new Alarm(spec.Alarm, _scoring.Slow);
        _report = new AlarmReport(_alarm, _scoring, channels);
        _scaling = new double[spec.ScalingSteps * channels];
        _state = new double[_reservoir.Units];
        _errors = new double[spec.Readout.Horizons.Count * channels];
    }

    /// <summary>Length of every frame.</summary>
    public int Channels { get; }

    /// <summary>Steps taken so far.</summary>
    public long Position => _position;

    /// <summary>While an alarm is open: what the forecast from before its onset foretold for the last step.</summary>
    /// <param name="expected">[channels], overwritten, units of the feed.</param>
    /// <returns>Whether there is such a forecast.</returns>
    public bool TryForecast(Span<double> expected)
    {
        if (_runs is null || _normaliser is null || !_alarm.Open || _runs.Foretold.Count == 0) return false;
        _normaliser.Unscale(_runs.Point(_step - 1), expected);
        return true;
    }

    /// <summary>Takes one frame.</summary>
    /// <param name="time">Feed time of the frame; carried into events.</param>
    /// <param name="frame">[channels], finite, units of the feed.</param>
    /// <param name="expected">[channels], overwritten with what the model expected; NaN while the scaling is not fixed.</param>
    /// <param name="muted">The feed is not to be judged now: no alarm opens, an open one ends, nothing is learnt, for the washout after it neither.</param>
    /// <exception cref="ArgumentException">A wrong length, or a value that is not finite.</exception>
    public StepResult Step(DateTime time, ReadOnlySpan<double> frame, Span<double> expected, bool muted = false)
    {
        StepResult result = default;
        StepMany(new ReadOnlySpan<DateTime>(in time), frame, new Span<StepResult>(ref result), expected, new ReadOnlySpan<bool>(in muted));
        return result;
    }

    /// <summary>Takes n frames in order, with the same results as n single steps.</summary>
    /// <param name="times">Feed time of each frame, [n].</param>
    /// <param name="frames">[n×channels], frame by frame, finite, units of the feed.</param>
    /// <param name="results">[n], overwritten.</param>
    /// <param name="expected">[n×channels], overwritten.</param>
    /// <param name="muted">Which frames are not to be judged, as in <see cref="Step"/>, [n]; empty: none.</param>
    /// <exception cref="ArgumentException">A wrong length, or a value that is not finite. Nothing was taken then.</exception>
    public void StepMany(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected, ReadOnlySpan<bool> muted = default)
    {
        Require.Length(frames.Length, times.Length * Channels, nameof(frames));
        Require.Length(results.Length, times.Length, nameof(results));
        Require.Length(expected.Length, frames.Length, nameof(expected));
        if (!muted.IsEmpty) Require.Length(muted.Length, times.Length, nameof(muted));
        for (int i = 0; i < frames.Length; i++)
            if (!double.IsFinite(frames[i]))
                throw new ArgumentException(FormattableString.Invariant($"frame {i / Channels} must be finite, channel {i % Channels} was {frames[i]}"), nameof(frames));

        int done = 0;
        for (; done < times.Length && _normaliser is null; done++)
            results[done] = Keep(frames.Slice(done * Channels, Channels), expected.Slice(done * Channels, Channels), !muted.IsEmpty && muted[done]);
        for (int count; done < times.Length; done += count)
        {
            count = Math.Min(Chunk, times.Length - done);
            Take(_normaliser!, times.Slice(done, count), frames.Slice(done * Channels, count * Channels), results.Slice(done, count),
                expected.Slice(done * Channels, count * Channels), muted.IsEmpty ? default : muted.Slice(done, count));
        }
    }

    // Before the scaling is fixed.
    StepResult Keep(ReadOnlySpan<double> frame, Span<double> expected, bool muted)
    {
        expected.Fill(double.NaN);
        var result = new StepResult(_position++, WarmingUp: true, Score: 0, Normality: 1, AlarmOpen: false, Alarm: null);
        if (muted) return result;
        frame.CopyTo(_scaling.AsSpan((int)_step++ * Channels));
        if (_step == _spec.ScalingSteps) Replay();
        return result;
    }

    // The frames that fixed the scaling are the first that the model takes. The stream has heard of them already.
    void Replay()
    {
        _normaliser = new Normaliser(_scaling, Channels, _spec.Limit);
        long position = _position;
        (_position, _step) = (0, 0);
        Take(_normaliser, new DateTime[_spec.ScalingSteps], _scaling, new StepResult[_spec.ScalingSteps], new double[_scaling.Length], default);
        _position = position;
    }

    void Take(Normaliser normaliser, ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected, ReadOnlySpan<bool> muted)
    {
        int count = times.Length;
        Span<double> inputs = Scratch(ref s_inputs, count * Channels), rows = Scratch(ref s_rows, count * _regressors);
        ReadOnlySpan<double> previous = _state;
        for (int t = 0; t < count; t++)
        {
            Span<double> u = inputs.Slice(t * Channels, Channels), z = rows.Slice(t * _regressors, _regressors), x = z[(1 + Channels)..];
            normaliser.Scale(frames.Slice(t * Channels, Channels), u);
            z[0] = 1;
            u.CopyTo(z[1..]);
            _reservoir.Step(u, previous, x);
            previous = x;
        }
        previous.CopyTo(_state);
        _readout.Begin(rows, count);
        for (int t = 0; t < count; t++)
            results[t] = Advance(normaliser, times[t], frames.Slice(t * Channels, Channels), inputs.Slice(t * Channels, Channels),
                rows.Slice(t * _regressors, _regressors), expected.Slice(t * Channels, Channels), !muted.IsEmpty && muted[t]);
    }

    StepResult Advance(Normaliser normaliser, DateTime time, ReadOnlySpan<double> frame, ReadOnlySpan<double> u, ReadOnlySpan<double> z, Span<double> expected, bool muted)
    {
        long position = _position++, step = _step++;
        _readout.Settle(u, _errors);
        TensorPrimitives.Subtract(u, _errors.AsSpan(0, Channels), expected);
        normaliser.Unscale(expected, expected);
        _runs?.Settle(step, u);

        if (muted) _settled = step + _spec.Washout;
        muted |= step < _settled;
        bool frozen = muted || _alarm.Open;
        if (step > _spec.Washout) _normality.Step(TensorPrimitives.SumOfSquares<double>(_errors.AsSpan(0, Channels)) / Channels, frozen);
        bool warmingUp = step < _spec.WarmUp;
        AlarmChange? change = null;
        if (step >= _spec.ScoredFrom)
        {
            _scoring.Measure(u, _errors, _alarm, muted);
            change = _alarm.Step(position, _scoring.Calibrator, !warmingUp && _scoring.Deviates(normaliser), muted);
            if (change == AlarmChange.Opened) _runs?.BeginForecast(step - _scoring.TopSpan + 1, step);
            else if (_alarm.Open) _runs?.GoOn(step);
            _scoring.Learn(change, _alarm, muted);
        }
        AlarmEvent? alarm = _report.Step(change, position, time, _scoring.Calibrator.Score, _normality.Value, expected, frame);
        if (alarm is not null && _runs is { Foretold: { Count: > 0 } foretold })
            alarm = alarm with { Forecast = Foretell(normaliser, foretold, position - step) };

        if (muted || _alarm.Open || step <= _spec.Washout) _readout.Skip();
        else _readout.Learn();
        _readout.Push(z);
        if (step > _spec.Washout) _runs?.Launch(step, z);
        return new StepResult(position, warmingUp, warmingUp ? 0 : _scoring.Calibrator.Score, _normality.Value, _alarm.Open, alarm);
    }

    Forecast Foretell(Normaliser normaliser, (long First, int Count) foretold, long offset)
    {
        var points = new double[foretold.Count * Channels];
        for (int i = 0; i < foretold.Count; i++)
            normaliser.Unscale(_runs!.Point(foretold.First + i), points.AsSpan(i * Channels, Channels));
        return new Forecast(foretold.First + offset, points);
    }

    static Span<double> Scratch(ref double[]? scratch, int length)
    {
        if (scratch is null || scratch.Length < length) scratch = new double[length];
        return scratch.AsSpan(0, length);
    }
}
