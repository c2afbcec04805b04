using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// A stream judged by its model's errors. A step goes from top to bottom: scale, errors before learning, raw scores, one
/// calibrated score, alarm, learn unless an alarm is open, launch a free run. The reservoir's states need no readout and
/// are made first, for all frames that wait.
/// </summary>
sealed class ErrorModel : StreamModel
{
    const int Chunk = 64;

    [ThreadStatic] static double[]? s_rows, s_inputs;  // z [chunk×D], u [chunk×channels]: scratch that streams share

    readonly DetectorSpec _spec;
    readonly int _channels;
    readonly Reservoir _reservoir;
    readonly Readout _readout;
    readonly Normality _normality;
    readonly FreeRuns? _runs;
    readonly int _regressors;
    readonly double[] _scaling;     // frames kept for the scaling [scalingSteps×channels]
    readonly double[] _state;       // x(t−1)  [N]
    readonly double[] _errors;      // [horizons×channels]
    readonly DateTime[] _times;     // of those frames [scalingSteps]
    Scoring _scoring;
    Alarm _alarm;
    AlarmReport _report;
    Normaliser? _normaliser;
    long _position;
    long _settled = -1;             // step at which the echo of the last muted frame has faded
    long _step;                     // frames the model has taken; those muted before the scaling was fixed are none of its

    /// <param name="spec">Valid.</param>
    /// <param name="channels">Length of every frame, ≥ 1.</param>
    public ErrorModel(DetectorSpec spec, int channels)
    {
        (_spec, _channels) = (spec, channels);
        _reservoir = Reservoir.Of(spec.Reservoir, channels);
        _regressors = 1 + channels + _reservoir.Units;
        _readout = new Readout(_regressors, channels, spec.Readout);
        _normality = new Normality(spec.Normality);
        int[] lengths = [.. spec.Scores.Select(score => score.FreeRunLength).Where(length => length > 0)];
        if (lengths.Length > 0) _runs = new FreeRuns(spec.FreeRuns, _reservoir, _readout, lengths);
        (_scoring, _alarm, _report) = Judge(spec);
        _scaling = new double[spec.ScalingSteps * channels];
        _times = new DateTime[spec.ScalingSteps];
        _state = new double[_reservoir.Units];
        _errors = new double[spec.Readout.Horizons.Count * channels];
    }

    /// <inheritdoc/>
    public override long Position => _position;

    /// <inheritdoc/>
    public override bool TryForecast(Span<double> expected)
    {
        if (_runs is null || _normaliser is null || !_alarm.Open || _runs.Foretold.Count == 0) return false;
        _normaliser.Unscale(_runs.Point(_step - 1), expected);
        return true;
    }

    /// <inheritdoc/>
    public override void Take(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected, ReadOnlySpan<bool> muted)
    {
        int done = 0;
        for (; done < times.Length && _normaliser is null; done++)
            results[done] = Keep(times[done], frames.Slice(done * _channels, _channels), expected.Slice(done * _channels, _channels), !muted.IsEmpty && muted[done]);
        for (int count; done < times.Length; done += count)
        {
            count = Math.Min(Chunk, times.Length - done);
            Advance(_normaliser!, times.Slice(done, count), frames.Slice(done * _channels, count * _channels), results.Slice(done, count),
                expected.Slice(done * _channels, count * _channels), muted.IsEmpty ? default : muted.Slice(done, count));
        }
    }

    (Scoring, Alarm, AlarmReport) Judge(DetectorSpec spec)
    {
        var scoring = new Scoring(spec, new ScoreContext(_channels, spec.Readout.Horizons, _runs));
        var alarm = new Alarm(spec.Alarm, scoring.Slow);
        return (scoring, alarm, new AlarmReport(alarm, scoring.Names, scoring.Attribute, _channels));
    }

    // Before the scaling is fixed.
    StepResult Keep(DateTime time, ReadOnlySpan<double> frame, Span<double> expected, bool muted)
    {
        expected.Fill(double.NaN);
        var result = new StepResult(_position++, WarmingUp: true, Score: 0, Normality: 1, AlarmOpen: false, Alarm: null);
        if (muted) return result;
        _times[_step] = time;
        frame.CopyTo(_scaling.AsSpan((int)_step++ * _channels));
        if (_step == _spec.ScalingSteps) Replay();
        return result;
    }

    // The frames that fixed the scaling are the first that the model takes. The stream has heard of them already.
    void Replay()
    {
        _normaliser = new Normaliser(_scaling, _channels, _spec.Limit);
        if (_spec.Calibrator is BudgetSpec { AlarmsPerDay: > 0 } budget)
            (_scoring, _alarm, _report) = Judge(_spec with { Calibrator = budget.At(Sampling.Interval(_times)) });
        long position = _position;
        (_position, _step) = (0, 0);
        Advance(_normaliser, new DateTime[_spec.ScalingSteps], _scaling, new StepResult[_spec.ScalingSteps], new double[_scaling.Length], default);
        _position = position;
    }

    void Advance(Normaliser normaliser, ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected, ReadOnlySpan<bool> muted)
    {
        int count = times.Length;
        Span<double> inputs = Scratch(ref s_inputs, count * _channels), rows = Scratch(ref s_rows, count * _regressors);
        ReadOnlySpan<double> previous = _state;
        for (int t = 0; t < count; t++)
        {
            Span<double> u = inputs.Slice(t * _channels, _channels), z = rows.Slice(t * _regressors, _regressors), x = z[(1 + _channels)..];
            normaliser.Scale(frames.Slice(t * _channels, _channels), u);
            z[0] = 1;
            u.CopyTo(z[1..]);
            _reservoir.Step(u, previous, x);
            previous = x;
        }
        previous.CopyTo(_state);
        _readout.Begin(rows, count);
        for (int t = 0; t < count; t++)
            results[t] = Advance(normaliser, times[t], frames.Slice(t * _channels, _channels), inputs.Slice(t * _channels, _channels),
                rows.Slice(t * _regressors, _regressors), expected.Slice(t * _channels, _channels), !muted.IsEmpty && muted[t]);
    }

    StepResult Advance(Normaliser normaliser, DateTime time, ReadOnlySpan<double> frame, ReadOnlySpan<double> u, ReadOnlySpan<double> z, Span<double> expected, bool muted)
    {
        long position = _position++, step = _step++;
        _readout.Settle(u, _errors);
        TensorPrimitives.Subtract(u, _errors.AsSpan(0, _channels), expected);
        normaliser.Unscale(expected, expected);
        _runs?.Settle(step, u);

        if (muted) _settled = step + _spec.Washout;
        muted |= step < _settled;
        bool frozen = muted || _alarm.Open;
        if (step > _spec.Washout) _normality.Step(TensorPrimitives.SumOfSquares<double>(_errors.AsSpan(0, _channels)) / _channels, frozen);
        bool warmingUp = step < _spec.WarmUp;
        AlarmChange? change = null;
        if (step >= _spec.ScoredFrom)
        {
            _scoring.Measure(u, _errors, _alarm, muted);
            change = _alarm.Step(position, _scoring.Calibrator, !warmingUp && _scoring.Deviates(normaliser), muted, _scoring.Returned);
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
        var points = new double[foretold.Count * _channels];
        for (int i = 0; i < foretold.Count; i++)
            normaliser.Unscale(_runs!.Point(foretold.First + i), points.AsSpan(i * _channels, _channels));
        return new Forecast(foretold.First + offset, points);
    }

    static Span<double> Scratch(ref double[]? scratch, int length)
    {
        if (scratch is null || scratch.Length < length) scratch = new double[length];
        return scratch.AsSpan(0, length);
    }
}
