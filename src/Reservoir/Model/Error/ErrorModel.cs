using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// A stream judged by its model's errors. A step goes from top to bottom: scale, errors before learning, raw scores, one
/// calibrated score, alarm, learn unless an alarm is open, launch a free run. The reservoir's states need no readout and
/// are made first, for all frames that wait.
/// </summary>
sealed class ErrorModel
{
    const int Chunk = 64;
    const int Attempt = 64;  // steps between attempts to date the slow change that an open alarm is due to

    [ThreadStatic] static double[]? s_rows, s_inputs;  // z [chunk×D], u [chunk×channels]: scratch that streams share

    readonly ErrorModelSpec _spec;
    readonly int _channels;
    readonly Reservoir _reservoir;
    readonly Readout _readout;
    readonly Normality _normality;
    readonly FreeRuns? _runs;
    readonly DirectForecast? _forecast;  // where there are no free runs
    readonly int _regressors;
    readonly double[] _state;       // x(t−1)  [N]
    readonly double[] _errors;      // [horizons×channels]
    Scoring _scoring;
    Alarm _alarm;
    AlarmReport _report;
    Normaliser? _normaliser;
    double[] _scaling;              // frames kept for the scaling [scalingSteps×channels], then empty
    DateTime[] _times;              // of those frames [scalingSteps], then empty
    TimeSpan _interval;             // between these
    bool _dated;                    // whether the alarm's slow change was told
    long _position;
    int _clipped;                   // clipped frames, less those that were not, ≥ 0
    long _settled = -1;             // step at which the echo of the last muted frame has faded
    long _step;                     // frames the model has taken; those muted before the scaling was fixed are none of its

    /// <param name="spec">Valid.</param>
    /// <param name="channels">Length of every frame, ≥ 1.</param>
    /// <param name="position">Frames that the stream had taken before.</param>
    public ErrorModel(ErrorModelSpec spec, int channels, long position)
    {
        (_spec, _channels, _position) = (spec, channels, position);
        _reservoir = Reservoir.Of(spec.Reservoir, channels);
        _regressors = 1 + channels + _reservoir.Units;
        _readout = new Readout(_regressors, channels, spec.Readout);
        _normality = new Normality(spec.Normality);
        int[] lengths = [.. spec.Scores.Select(score => score.FreeRunLength).Where(length => length > 0)];
        if (lengths.Length > 0) _runs = new FreeRuns(spec.FreeRuns, _reservoir, _readout, lengths);
        else if (spec.Readout.Horizons[^1] > 1) _forecast = new DirectForecast(_readout, spec.Readout.Horizons, spec.FreeRuns.Limit);
        (_scoring, _alarm, _report) = Judge(spec);
        _scaling = new double[spec.ScalingSteps * channels];
        _times = new DateTime[spec.ScalingSteps];
        _state = new double[_reservoir.Units];
        _errors = new double[spec.Readout.Horizons.Count * channels];
    }

    /// <summary>Steps that the stream has taken so far.</summary>
    public long Position => _position;

    /// <summary>What learns.</summary>
    public Readout Readout => _readout;

    /// <summary>Most of the feed has been beyond the limit of the scaling for as long as an alarm may be open, and none is: no more frames are taken.</summary>
    public bool Outgrown => _clipped >= MostClipped && !_alarm.Open;

    int MostClipped => Math.Max(_spec.Alarm.AdaptAfter, _spec.ScalingSteps);

    /// <inheritdoc cref="StreamModel.TryForecast"/>
    public bool TryForecast(Span<double> expected)
    {
        if (_normaliser is null || !_alarm.Open) return false;
        ReadOnlySpan<double> point = Foretold.Count == 0 ? [] : Point(_step - 1);
        if (point.IsEmpty) return false;
        _normaliser.Unscale(point, expected);
        return true;
    }

    (long First, int Count) Foretold => _runs?.Foretold ?? (_forecast is { First: >= 0 } forecast ? (forecast.First, forecast.Count) : (0, 0));

    ReadOnlySpan<double> Point(long step) => _runs is not null ? _runs.Point(step) : _forecast!.Point(step);

    /// <summary>As <see cref="StreamModel.Take"/>, until the feed has outgrown the model.</summary>
    /// <returns>Frames that were taken.</returns>
    public int Take(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected, ReadOnlySpan<bool> muted)
    {
        int done = 0;
        for (; done < times.Length && _normaliser is null; done++)
            results[done] = Keep(times[done], frames.Slice(done * _channels, _channels), expected.Slice(done * _channels, _channels), !muted.IsEmpty && muted[done]);
        for (int count; done < times.Length && !Outgrown; done += count)
        {
            count = _clipped + Chunk < MostClipped ? Math.Min(Chunk, times.Length - done) : 1;
            Advance(_normaliser!, times.Slice(done, count), frames.Slice(done * _channels, count * _channels), results.Slice(done, count),
                expected.Slice(done * _channels, count * _channels), muted.IsEmpty ? default : muted.Slice(done, count));
        }
        return done;
    }

    /// <inheritdoc cref="StreamModel.Carry"/>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(ref _position);
        bool begun = state.Carried(_normaliser is not null);
        if (!begun)
        {
            int kept = (int)_step;
            state.Carry(ref kept, 0, _spec.ScalingSteps - 1);
            state.Carry(_scaling.AsSpan(0, kept * _channels));
            state.Carry(_times.AsSpan(0, kept));
            _step = kept;
            return;
        }
        state.Carry(ref _interval);
        if (state.Loading) Begin(new Normaliser(_channels, _spec.Limit), _interval);
        _normaliser!.Carry(ref state);
        _readout.Carry(ref state);
        _normality.Carry(ref state);
        _runs?.Carry(ref state);
        _forecast?.Carry(ref state);
        _scoring.Carry(ref state);
        _alarm.Carry(ref state);
        _report.Carry(ref state);
        state.Carry(_state);
        state.Carry(ref _clipped);
        state.Carry(ref _settled);
        state.Carry(ref _dated);
        state.Carry(ref _step);
    }

    (Scoring, Alarm, AlarmReport) Judge(ErrorModelSpec spec)
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
        double[] frames = _scaling;
        Begin(new Normaliser(frames, _channels, _spec.Limit), Sampling.Interval(_times));
        long position = _position;
        (_position, _step) = (0, 0);
        Advance(_normaliser!, new DateTime[_spec.ScalingSteps], frames, new StepResult[_spec.ScalingSteps], new double[frames.Length], default);
        _position = position;
    }

    // The scaling is fixed: its frames need not be kept any longer, and how dense they came is known.
    void Begin(Normaliser normaliser, TimeSpan interval)
    {
        (_normaliser, _interval, _scaling, _times) = (normaliser, interval, [], []);
        if (_spec.Calibrator is BudgetSpec { AlarmsPerDay: > 0 } budget)
            (_scoring, _alarm, _report) = Judge(_spec with { Calibrator = budget.At(interval) });
    }

    void Advance(Normaliser normaliser, ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected, ReadOnlySpan<bool> muted)
    {
        int count = times.Length;
        Span<double> inputs = Scratch(ref s_inputs, count * _channels), rows = Scratch(ref s_rows, count * _regressors);
        ReadOnlySpan<double> previous = _state;
        for (int t = 0; t < count; t++)
        {
            Span<double> u = inputs.Slice(t * _channels, _channels), z = rows.Slice(t * _regressors, _regressors), x = z[(1 + _channels)..];
            bool clipped = normaliser.Scale(frames.Slice(t * _channels, _channels), u);
            if (muted.IsEmpty || !muted[t]) _clipped = Math.Max(0, _clipped + (clipped ? 1 : -1));
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
            if (change == AlarmChange.Opened)
            {
                _runs?.BeginForecast(step - _scoring.TopSpan + 1, step);
                _forecast?.Begin(step);
            }
            else if (_alarm.Open) _runs?.GoOn(step);
            _scoring.Learn(change, _alarm, muted);
        }
        Drift? drift = Date(change, normaliser, position, time);
        if (drift is not null) change ??= AlarmChange.Updated;
        AlarmEvent? alarm = _report.Step(change, position, time, _scoring.Calibrator.Score, _normality.Value, expected, frame);
        if (alarm is not null && Foretold is { Count: > 0 } foretold)
            alarm = alarm with { Forecast = Foretell(normaliser, foretold, position - step) };
        if (alarm is not null && drift is not null) alarm = alarm with { Drift = drift };

        if (muted || _alarm.Open || step <= _spec.Washout) _readout.Skip();
        else _readout.Learn();
        _readout.Push(z);
        if (step > _spec.Washout) _runs?.Launch(step, z);
        return new StepResult(position, warmingUp, warmingUp ? 0 : _scoring.Calibrator.Score, _normality.Value, _alarm.Open, alarm);
    }

    // With every event of an alarm that goes on; what could not be dated when it opened is told as soon as it can be.
    Drift? Date(AlarmChange? change, Normaliser normaliser, long position, DateTime time)
    {
        if (change == AlarmChange.Opened) _dated = false;
        bool due = change is null ? _alarm.Open && !_dated && (position - _alarm.Start) % Attempt == 0 : change != AlarmChange.Closed;
        Drift? drift = due ? _scoring.Drift(_alarm, normaliser, position, time, _interval) : null;
        _dated |= drift is not null;
        return drift;
    }

    Forecast Foretell(Normaliser normaliser, (long First, int Count) foretold, long offset)
    {
        var points = new double[foretold.Count * _channels];
        for (int i = 0; i < foretold.Count; i++)
            normaliser.Unscale(Point(foretold.First + i), points.AsSpan(i * _channels, _channels));
        return new Forecast(foretold.First + offset, points);
    }

    static Span<double> Scratch(ref double[]? scratch, int length)
    {
        if (scratch is null || scratch.Length < length) scratch = new double[length];
        return scratch.AsSpan(0, length);
    }
}
