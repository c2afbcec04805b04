using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// A stream judged as an operational metric. While an alarm is open neither the readout nor the reference of its errors
/// learns; records of the value itself go on, as each is news once. Learning starts again when the alarm is closed or
/// adapted to, soon: on the Numenta benchmark (75.9 standard, 70.7 low-FP with no freezing) a limit of 20 steps costs .1 and
/// .6 points, one of 500 steps 1.5 and 3.3.
/// </summary>
sealed class MetricStream : StreamModel, IJudgement
{
    readonly MetricModelSpec _spec;
    readonly MetricModel _model;
    readonly Normality _normality;
    readonly Alarm _alarm;
    readonly AlarmReport _report;
    readonly double[] _margins;  // S over the threshold [channels]
    MetricResult _result;
    long _position;

    /// <param name="spec">Valid.</param>
    /// <param name="channels">Length of every frame, ≥ 1.</param>
    public MetricStream(MetricModelSpec spec, int channels)
    {
        _spec = spec;
        _model = new MetricModel(spec, channels);
        _normality = new Normality(spec.Normality);
        _alarm = new Alarm(spec.Alarm, slow: new bool[channels]);
        _margins = new double[channels];
        string[] names = [.. Enumerable.Range(0, channels).Select(channel => channels == 1 ? "evidence" : FormattableString.Invariant($"evidence[{channel}]"))];
        _report = new AlarmReport(_alarm, names, parts => _margins.CopyTo(parts), channels);
        if (spec.Alarm.MinimumDeviation.Count > 1) Require.Length(spec.Alarm.MinimumDeviation.Count, channels, "minimumDeviation");
    }

    /// <inheritdoc/>
    public override long Position => _position;

    /// <inheritdoc/>
    public override ModelHealth Health => new(_model.Readout.Recoveries, _model.Readout.Refusals, Rescalings: 0);

    /// <inheritdoc/>
    public ReadOnlySpan<double> Margins => _margins;

    /// <inheritdoc/>
    public double Score => _result.Score;

    /// <inheritdoc/>
    public bool IsUnusual(int score) => _margins[score] >= _spec.Quiet;

    /// <inheritdoc/>
    public bool Alarms(int score) => _result.Score >= 1 && score == _result.Channel;

    /// <inheritdoc/>
    public override bool TryForecast(Span<double> expected) => _alarm.Open && _model.TryForecast(_position - 1, expected);

    /// <inheritdoc/>
    public override void Take(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected, ReadOnlySpan<bool> muted)
    {
        int channels = _margins.Length;
        for (int t = 0; t < times.Length; t++)
            results[t] = Take(times[t], frames.Slice(t * channels, channels), expected.Slice(t * channels, channels), !muted.IsEmpty && muted[t]);
    }

    StepResult Take(DateTime time, ReadOnlySpan<double> frame, Span<double> expected, bool muted)
    {
        long position = _position++;
        _result = _model.Judge(time, frame, expected, frozen: _alarm.Open, muted);
        if (_result.WarmingUp) return new StepResult(position, WarmingUp: true, Score: 0, Normality: 1, AlarmOpen: false, Alarm: null);

        _normality.Step(TensorPrimitives.SumOfSquares(_model.Errors[.._margins.Length]) / _margins.Length, muted || _alarm.Open);
        TensorPrimitives.Divide(_model.Evidence, _spec.Budget.Threshold, _margins);
        AlarmChange? change = _alarm.Step(position, this, Deviates(frame, expected), muted);
        if (change == AlarmChange.Opened) _model.BeginForecast(position);
        _model.Learn(learn: !(muted || _alarm.Open));
        AlarmEvent? alarm = _report.Step(change, position, time, _result.Score, _normality.Value, expected, frame);
        if (alarm is not null && _model.Foretold.Count > 0) alarm = alarm with { Forecast = Foretell() };
        return new StepResult(position, WarmingUp: false, _result.Score, _normality.Value, _alarm.Open, alarm);
    }

    Forecast Foretell()
    {
        int channels = _margins.Length;
        (long first, int count) = _model.Foretold;
        var points = new double[count * channels];
        for (int i = 0; i < count; i++) _model.TryForecast(first + i, points.AsSpan(i * channels, channels));
        return new Forecast(first, points);
    }

    bool Deviates(ReadOnlySpan<double> frame, ReadOnlySpan<double> expected)
    {
        IReadOnlyList<double> minimum = _spec.Alarm.MinimumDeviation;
        if (minimum.Count == 0) return true;
        int channel = _result.Channel;
        return Math.Abs(frame[channel] - expected[channel]) >= minimum[minimum.Count == 1 ? 0 : channel];
    }

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        state.Carry(ref _position);
        _model.Carry(ref state);
        _normality.Carry(ref state);
        _alarm.Carry(ref state);
        _report.Carry(ref state);
    }
}
