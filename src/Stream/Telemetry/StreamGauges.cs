using Esn.Streaming.Wire;
using Prometheus;

namespace Esn.Streaming.Telemetry;

/// <summary>The instruments that have a series for each stream.</summary>
sealed class StreamGauges
{
    static readonly string[] StreamLabels = ["topic", "partition", "stream"];
    static readonly string[] ChannelLabels = [.. StreamLabels, "channel"];

    readonly Gauge _score, _normality, _warmingUp, _alarm, _lastStep, _muted, _driftLead, _expected, _observed, _forecast;

    /// <summary>Makes them.</summary>
    public StreamGauges(MetricFactory metrics)
    {
        _score = metrics.CreateGauge("esn_anomaly_score", "Anomaly score s of the stream's last step, 0 or more; 1 = the alarm's threshold. At a budget of b alarms a step, s is reached once in b^-s steps of a feed in which nothing happens: with 1 alarm in 10000 steps, 2 is once in 10^8.", StreamLabels);
        _normality = metrics.CreateGauge("esn_normality", "Normality score of the last step, 0 to 1, low = anomalous: Q((mean of the short window - mean of the long one) / standard deviation of the long one).", StreamLabels);
        _warmingUp = metrics.CreateGauge("esn_warming_up", "1 while the stream's model is still learning what normal is and can't alarm.", StreamLabels);
        _alarm = metrics.CreateGauge("esn_alarm_active", "1 while an alarm of the stream is open.", StreamLabels);
        _lastStep = metrics.CreateGauge("esn_last_step_timestamp_seconds", "Feed time of the stream's last step, seconds since 1970.",
            StreamLabels);
        _muted = metrics.CreateGauge("esn_muted", "1 while the stream is in maintenance or muted, as of its last step: it is not judged, and nothing is learnt.", StreamLabels);
        _driftLead = metrics.CreateGauge("esn_drift_lead_seconds", "While an alarm that is due to a slow change is open: seconds of feed time, as of its last event, until at this pace the level leaves the range it kept to, or the errors alarm by themselves; else NaN.", StreamLabels);
        _expected = metrics.CreateGauge("esn_expected_value", "What the model expected at the last step, in units of the feed.",
            ChannelLabels);
        _observed = metrics.CreateGauge("esn_observed_value", "What came at the last step, in units of the feed.", ChannelLabels);
        _forecast = metrics.CreateGauge("esn_forecast_value", "While an alarm is open: what the forecast from before its onset foretold for the last step, in units of the feed; else NaN.", ChannelLabels);
    }

    /// <summary>The series of a stream.</summary>
    /// <param name="stream">Its labels.</param>
    /// <param name="channels">Names of the channels that are shown.</param>
    public StreamSeries Add(StreamId stream, IReadOnlyList<string> channels)
    {
        string[] labels = [stream.Topic, FormattableString.Invariant($"{stream.Partition}"), stream.Key];
        string[][] each = [.. channels.Select(channel => (string[])[.. labels, channel])];
        Gauge.Child Single(Gauge gauge) => gauge.WithLabels(labels);
        Gauge.Child[] Several(Gauge gauge) => [.. each.Select(gauge.WithLabels)];
        return new StreamSeries(
            Single(_score), Single(_normality), Single(_warmingUp), Single(_alarm), Single(_lastStep), Single(_muted), Single(_driftLead),
            Several(_expected), Several(_observed), Several(_forecast),
            remove: () =>
            {
                foreach (Gauge gauge in new[] { _score, _normality, _warmingUp, _alarm, _lastStep, _muted,
                    _driftLead }) gauge.RemoveLabelled(labels);
                foreach (Gauge gauge in new[] { _expected, _observed, _forecast })
                    foreach (string[] channel in each) gauge.RemoveLabelled(channel);
            });
    }
}
