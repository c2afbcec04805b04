using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;
using Prometheus;

namespace Esn.Streaming.Telemetry;

/// <summary>All instruments, each defined once. Prefix esn_, base units.</summary>
public sealed class EsnMetrics
{
    static readonly string[] StreamLabels = ["topic", "stream"];
    static readonly string[] ChannelLabels = ["topic", "stream", "channel"];

    readonly HttpConfig _config;
    readonly Gauge _score, _normality, _warmingUp, _alarm, _lastStep, _muted, _driftLead, _expected, _observed, _forecast;
    readonly Counter _steps, _events, _recoveries, _refusals, _rescalings, _late, _deadLetters, _hidden;
    readonly Histogram _stepDuration;
    readonly HashSet<StreamId> _hiddenStreams = [];
    int _exported;

    /// <param name="config">Caps on the number of series.</param>
    public EsnMetrics(HttpConfig config)
    {
        _config = config;
        Registry = Prometheus.Metrics.NewCustomRegistry();
        MetricFactory metrics = Prometheus.Metrics.WithCustomRegistry(Registry);

        _score = metrics.CreateGauge("esn_anomaly_score", "Anomaly score s of the stream's last step, 0 or more; 1 = the alarm's threshold. At a budget of b alarms a step, s is reached once in b^-s steps of a feed in which nothing happens: with 1 alarm in 10000 steps, 2 is once in 10^8.", StreamLabels);
        _normality = metrics.CreateGauge("esn_normality", "Normality score of the last step, 0 to 1, low = anomalous: Q((mean of the short window - mean of the long one) / standard deviation of the long one).", StreamLabels);
        _warmingUp = metrics.CreateGauge("esn_warming_up", "1 while the stream's model is still learning what normal is and can't alarm.", StreamLabels);
        _alarm = metrics.CreateGauge("esn_alarm_active", "1 while an alarm of the stream is open.", StreamLabels);
        _lastStep = metrics.CreateGauge("esn_last_step_timestamp_seconds", "Feed time of the stream's last step, seconds since 1970.", StreamLabels);
        _expected = metrics.CreateGauge("esn_expected_value", "What the model expected at the last step, in units of the feed.", ChannelLabels);
        _observed = metrics.CreateGauge("esn_observed_value", "What came at the last step, in units of the feed.", ChannelLabels);

        _forecast = metrics.CreateGauge("esn_forecast_value", "While an alarm is open: what the forecast from before its onset foretold for the last step, in units of the feed; else NaN.", ChannelLabels);
        _driftLead = metrics.CreateGauge("esn_drift_lead_seconds", "While an alarm that is due to a slow change is open: seconds of feed time, as of its last event, until at this pace the level leaves the range it kept to, or the errors alarm by themselves; else NaN.", StreamLabels);
        _muted = metrics.CreateGauge("esn_muted", "1 while the stream is in maintenance or muted, as of its last step: it is not judged, and nothing is learnt.", StreamLabels);

        _steps = metrics.CreateCounter("esn_steps_total", "Timesteps scored.");
        _events = metrics.CreateCounter("esn_events_total", "Changes in the life of alarms, by change.", "change");
        _recoveries = metrics.CreateCounter("esn_readout_recoveries_total", "Times that a readout's learning began anew, its weights as they were, as rounding had cost the positive definiteness of its inverse covariance.");
        _refusals = metrics.CreateCounter("esn_readout_refusals_total", "Frames that were scored but not learnt, as a number in them was too large to be squared.");
        _rescalings = metrics.CreateCounter("esn_rescalings_total", "Times that a stream's feed had left the range that its scaling was fixed for, and its model began anew: it warms up.");
        _late = metrics.CreateCounter("esn_late_total", "Frames refused because the stream was past their time already.");
        _deadLetters = metrics.CreateCounter("esn_dead_letters_total", "Records that could not be taken, by reason; each is in the dead-letter topic as it came.", "reason");
        _hidden = metrics.CreateCounter("esn_hidden_streams_total", "Streams that are scored but have no series of their own here, beyond http.maxStreams.");
        _stepDuration = metrics.CreateHistogram("esn_step_duration_seconds", "Time to score one timestep.",
            new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(1e-6, 2, 20) });
        Latency = metrics.CreateHistogram("esn_end_to_end_latency_seconds", "From the record's timestamp to its score.",
            new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(.001, 2, 20) });
        Streams = metrics.CreateGauge("esn_streams", "Streams with a model in this process.");
        Lag = metrics.CreateGauge("esn_consumer_lag_records", "Records that wait in the assigned partitions, as the client last counted them.");
        Ready = metrics.CreateGauge("esn_ready", "1 while records are consumed or the topic is idle; as /health/ready.");

        foreach (AlarmChange change in Enum.GetValues<AlarmChange>()) _events.WithLabels(Words.Of(change));
        foreach (Rejection reason in Enum.GetValues<Rejection>()) _deadLetters.WithLabels(Words.Of(reason));
        metrics.CreateGauge("esn_build_info", "Always 1; the version is in the labels.", "version", "runtime")
            .WithLabels(Build.Version, Environment.Version.ToString()).Set(1);
    }

    /// <summary>What /metrics serves.</summary>
    public CollectorRegistry Registry { get; }

    /// <summary>From the record's timestamp to its score, seconds.</summary>
    public Histogram Latency { get; }

    /// <summary>Streams in this process.</summary>
    public Gauge Streams { get; }

    /// <summary>Records that wait.</summary>
    public Gauge Lag { get; }

    /// <summary>As /health/ready.</summary>
    public Gauge Ready { get; }

    /// <summary>Timesteps scored so far.</summary>
    public double StepCount => _steps.Value;

    /// <summary>Takes a block of steps of one stream.</summary>
    public void Stepped(TimeSpan elapsed, int steps)
    {
        _stepDuration.Observe(elapsed.TotalSeconds / steps, steps);
        _steps.Inc(steps);
    }

    /// <summary>Takes what went wrong with a model itself.</summary>
    public void Suffered(ModelHealth before, ModelHealth now)
    {
        _recoveries.Inc(now.Recoveries - before.Recoveries);
        _refusals.Inc(now.Refusals - before.Refusals);
        _rescalings.Inc(now.Rescalings - before.Rescalings);
    }

    /// <summary>Takes a change in an alarm's life.</summary>
    public void Changed(AlarmChange change) => _events.WithLabels(Words.Of(change)).Inc();

    /// <summary>Takes a record that could not be taken.</summary>
    public void Rejected(Rejection reason)
    {
        _deadLetters.WithLabels(Words.Of(reason)).Inc();
        if (reason == Rejection.Late) _late.Inc();
    }

    /// <summary>The series of a stream, or null beyond the cap; counted then.</summary>
    /// <param name="stream">Its labels.</param>
    /// <param name="channels">Number of channels.</param>
    /// <param name="names">Names of the channels; empty: their indices.</param>
    public StreamSeries? Export(StreamId stream, int channels, IReadOnlyList<string> names)
    {
        if (_exported >= _config.MaxStreams)
        {
            // A stream that goes and comes back with its partition is hidden once.
            if (_hiddenStreams.Count < 1_000_000 && _hiddenStreams.Add(stream)) _hidden.Inc();
            return null;
        }
        _exported++;
        return new StreamSeries(this, stream, [.. Enumerable.Range(0, Math.Min(channels, _config.MaxChannels)).Select(c => names.Count > 0 ? names[c] : $"{c}")]);
    }


    /// <summary>The series of one stream.</summary>
    public sealed class StreamSeries
    {
        readonly EsnMetrics _metrics;
        readonly string[] _stream;
        readonly string[][] _channels;
        readonly Gauge.Child _score, _normality, _warmingUp, _alarm, _lastStep, _muted, _driftLead;
        readonly Gauge.Child[] _expected, _observed, _forecast;

        internal StreamSeries(EsnMetrics metrics, StreamId stream, string[] channels)
        {
            _metrics = metrics;
            _stream = [stream.Topic, stream.Name];
            _channels = [.. channels.Select(channel => new[] { stream.Topic, stream.Name, channel })];
            _score = metrics._score.WithLabels(_stream);
            _normality = metrics._normality.WithLabels(_stream);
            _warmingUp = metrics._warmingUp.WithLabels(_stream);
            _alarm = metrics._alarm.WithLabels(_stream);
            _lastStep = metrics._lastStep.WithLabels(_stream);
            _muted = metrics._muted.WithLabels(_stream);
            _driftLead = metrics._driftLead.WithLabels(_stream);
            _driftLead.Set(double.NaN);
            _expected = [.. _channels.Select(metrics._expected.WithLabels)];
            _forecast = [.. _channels.Select(metrics._forecast.WithLabels)];
            _observed = [.. _channels.Select(metrics._observed.WithLabels)];
        }

        /// <summary>Shows a step.</summary>
        public void Set(in StepResult result, DateTime time, ReadOnlySpan<double> observed, ReadOnlySpan<double> expected, bool muted)
        {
            _muted.Set(muted ? 1 : 0);
            _score.Set(result.Score);
            _normality.Set(result.Normality);
            _warmingUp.Set(result.WarmingUp ? 1 : 0);
            _alarm.Set(result.AlarmOpen ? 1 : 0);
            _lastStep.Set((time - DateTime.UnixEpoch).TotalSeconds);
            for (int c = 0; c < _channels.Length; c++)
            {
                _expected[c].Set(expected[c]);
                _observed[c].Set(observed[c]);
            }
        }

        /// <summary>Takes a change in an alarm's life.</summary>
        public void Changed(AlarmEvent alarm) =>
            _driftLead.Set(alarm.Change is AlarmChange.Closed or AlarmChange.Adapted ? double.NaN : alarm.Drift?.Lead?.TotalSeconds ?? double.NaN);

        /// <summary>Shows what the forecast from before an open alarm foretold; empty: there is none.</summary>
        public void SetForecast(ReadOnlySpan<double> forecast)
        {
            for (int c = 0; c < _channels.Length; c++) _forecast[c].Set(forecast.IsEmpty ? double.NaN : forecast[c]);
        }

        /// <summary>The stream is another replica's now.</summary>
        public void Remove()
        {
            foreach (Gauge gauge in new[] { _metrics._score, _metrics._normality, _metrics._warmingUp, _metrics._alarm, _metrics._lastStep, _metrics._muted, _metrics._driftLead })
                gauge.RemoveLabelled(_stream);
            foreach (string[] channel in _channels)
            {
                _metrics._expected.RemoveLabelled(channel);
                _metrics._observed.RemoveLabelled(channel);
                _metrics._forecast.RemoveLabelled(channel);
            }
            _metrics._exported--;
        }
    }
}
