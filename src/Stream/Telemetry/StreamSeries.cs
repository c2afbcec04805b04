using Esn.Streaming.Streams;
using Prometheus;

namespace Esn.Streaming.Telemetry;

/// <summary>What is shown of one stream.</summary>
sealed class StreamSeries
{
    readonly Gauge.Child _score, _normality, _warmingUp, _alarm, _lastStep, _muted, _driftLead;
    readonly Gauge.Child[] _expected, _observed, _forecast;  // of the first channels
    readonly Action _remove;

    /// <summary>Children of the instruments of <see cref="StreamGauges"/>.</summary>
    public StreamSeries(
        Gauge.Child score, Gauge.Child normality, Gauge.Child warmingUp, Gauge.Child alarm, Gauge.Child lastStep, Gauge.Child muted,
            Gauge.Child driftLead,
        Gauge.Child[] expected, Gauge.Child[] observed, Gauge.Child[] forecast, Action remove)
    {
        (_score, _normality, _warmingUp, _alarm, _lastStep, _muted, _driftLead) =
            (score, normality, warmingUp, alarm, lastStep, muted, driftLead);
        (_expected, _observed, _forecast, _remove) = (expected, observed, forecast, remove);
        _driftLead.Set(double.NaN);
    }

    /// <summary>Shows the last of these steps.</summary>
    public void Show(StreamSteps steps)
    {
        foreach (ScoredFrame frame in steps.Frames)
            if (frame.Result.Alarm is { } alarm) _driftLead.Set(Lead(alarm));
        ScoredFrame last = steps.Frames[^1];
        _muted.Set(last.Muted ? 1 : 0);
        _score.Set(last.Result.Score);
        _normality.Set(last.Result.Normality);
        _warmingUp.Set(last.Result.WarmingUp ? 1 : 0);
        _alarm.Set(last.Result.AlarmOpen ? 1 : 0);
        _lastStep.Set((last.Frame.Time - DateTime.UnixEpoch).TotalSeconds);
        for (int c = 0; c < _expected.Length; c++)
        {
            _expected[c].Set(last.Expected.Span[c]);
            _observed[c].Set(last.Frame.Values[c]);
            _forecast[c].Set(steps.Forecast?[c] ?? double.NaN);
        }
    }

    /// <summary>The stream is another process's now.</summary>
    public void Remove() => _remove();

    static double Lead(AlarmEvent alarm) =>
        alarm.Change is AlarmChange.Closed or AlarmChange.Adapted ? double.NaN : alarm.Drift?.Lead?.TotalSeconds ?? double.NaN;
}
