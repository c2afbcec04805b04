using Esn.Streaming.Wire;
using Prometheus;

namespace Esn.Streaming.Telemetry;

/// <summary>The instruments that have a series for each stream.</summary>
sealed class StreamInstruments
{
    static readonly string[] StreamLabels = ["topic", "partition", "stream"];
    static readonly string[] ChannelLabels = [.. StreamLabels, "channel"];

    readonly Counter _deadLetters;

    /// <summary>Makes them.</summary>
    public StreamInstruments(MetricFactory metrics)
    {
        Score = metrics.CreateGauge("esn_anomaly_score",
            "Anomaly score s of the stream's last step, 0 or more; 1 = the alarm's threshold. At a budget of b alarms a step, s is "
            + "reached once in b^-s steps of a feed in which nothing happens: with 1 alarm in 10000 steps, 2 is once in 10^8.",
            StreamLabels);
        HighestScore = metrics.CreateGauge("esn_anomaly_score_max",
            "Highest anomaly score of the stream's steps of the last 60 seconds: what happens between two scrapes is in it.", StreamLabels);
        Normality = metrics.CreateGauge("esn_normality",
            "Normality score of the last step, 0 to 1, low = anomalous: Q((mean of the short window - mean of the long one) / standard "
            + "deviation of the long one).", StreamLabels);
        WarmingUp = metrics.CreateGauge("esn_warming_up",
            "1 while the stream's model is still learning what normal is: nothing alarms, but for what is told early.",
            StreamLabels);
        Alarm = metrics.CreateGauge("esn_alarm_active", "1 while an alarm of the stream is open.", StreamLabels);
        AlarmSeverity = metrics.CreateGauge("esn_alarm_severity",
            "Severity of the stream's alarm that is open, or was within the last 60 seconds: 1 minor, 2 major, 3 critical; 0: there is "
            + "none.", StreamLabels);
        AlarmPeak = metrics.CreateGauge("esn_alarm_peak_score",
            "Highest score of the stream's alarm that is open, or was within the last 60 seconds; else NaN.", StreamLabels);
        AlarmChannel = metrics.CreateGauge("esn_alarm_channel_share",
            "Part of a channel in the peak of the stream's alarm that is open, or was within the last 60 seconds, 0 to 1; shown from a "
            + "fifth on, of streams of several channels that are no field.", ChannelLabels,
            new GaugeConfiguration { SuppressInitialValue = true });
        AlarmsOpened = metrics.CreateCounter("esn_stream_alarms_opened_total", "Alarms of the stream that opened.", StreamLabels);
        Steps = metrics.CreateCounter("esn_stream_steps_total", "Timesteps of the stream that were scored.", StreamLabels);
        LastStep = metrics.CreateGauge("esn_last_step_timestamp_seconds", "Feed time of the stream's last step, seconds since 1970.",
            StreamLabels);
        Silence = metrics.CreateGauge("esn_silence_seconds", "Time since the stream's last step was scored.", StreamLabels);
        Interval = metrics.CreateGauge("esn_interval_seconds",
            "Mean time between records of the stream, by their own timestamps, over the last 256 to 511; NaN: not known yet.",
            StreamLabels);
        LongestGap = metrics.CreateGauge("esn_longest_gap_seconds",
            "Longest time between two records of the stream, by their own timestamps, over the last 256 to 511; NaN: not known yet.",
            StreamLabels);
        Muted = metrics.CreateGauge("esn_muted",
            "1 while the stream is in maintenance or muted, as of its last step: it is not judged, and nothing is learnt.", StreamLabels);
        DriftLead = metrics.CreateGauge("esn_drift_lead_seconds",
            "While an alarm that is due to a slow change is open: seconds of feed time, as of its last event, until at this pace the "
            + "level leaves the range it kept to, or the errors alarm by themselves; else NaN.", StreamLabels);
        Rescalings = metrics.CreateCounter("esn_stream_rescalings_total",
            "Times that the stream's feed had left the range that its scaling was fixed for: it was moved, or the model began anew.",
            StreamLabels);
        Expected = metrics.CreateGauge("esn_expected_value", "What the model expected at the last step, in units of the feed.",
            ChannelLabels);
        Observed = metrics.CreateGauge("esn_observed_value", "What came at the last step, in units of the feed.", ChannelLabels);
        Forecast = metrics.CreateGauge("esn_forecast_value",
            "While an alarm is open: what the forecast from before its onset foretold for the last step, in units of the feed; else NaN.",
            ChannelLabels);
        Silent = metrics.CreateGauge("esn_stream_silent",
            "1 while the stream has given nothing for far longer than its own interval: what esn.feed.silent tells.", StreamLabels);
        ChannelSilent = metrics.CreateGauge("esn_channel_silent",
            "1 while a channel of the stream has had no value for many frames in a row, which the others had; it is imputed by the "
            + "forecast and not judged.", ChannelLabels);
        Bridged = metrics.CreateCounter("esn_stream_bridged_steps_total",
            "Timesteps of the stream that did not come and were bridged by the model's own forecast.", StreamLabels);
        _deadLetters = metrics.CreateCounter("esn_stream_dead_letters_total",
            "Records of the stream that could not be taken, by reason; a name that never became a stream is counted too.",
            [.. StreamLabels, "reason"]);
    }

    public Gauge Score { get; }
    public Gauge HighestScore { get; }
    public Gauge Normality { get; }
    public Gauge WarmingUp { get; }
    public Gauge Alarm { get; }
    public Gauge AlarmSeverity { get; }
    public Gauge AlarmPeak { get; }
    public Gauge AlarmChannel { get; }
    public Counter AlarmsOpened { get; }
    public Counter Steps { get; }
    public Gauge LastStep { get; }
    public Gauge Silence { get; }
    public Gauge Interval { get; }
    public Gauge LongestGap { get; }
    public Gauge Muted { get; }
    public Gauge DriftLead { get; }
    public Counter Rescalings { get; }
    public Gauge Expected { get; }
    public Gauge Observed { get; }
    public Gauge Forecast { get; }
    public Gauge Silent { get; }
    public Gauge ChannelSilent { get; }
    public Counter Bridged { get; }

    /// <summary>What the labels of a stream say.</summary>
    public static string[] Labels(StreamId stream) => [stream.Topic, FormattableString.Invariant($"{stream.Partition}"), stream.Key];

    /// <summary>A record of the stream could not be taken.</summary>
    public void Count(StreamId stream, Rejection reason) => _deadLetters.WithLabels([.. Labels(stream), Words.Of(reason)]).Inc();

    /// <summary>The stream's dead letters are another process's now.</summary>
    public void RemoveDeadLetters(StreamId stream)
    {
        foreach (Rejection reason in Enum.GetValues<Rejection>()) _deadLetters.RemoveLabelled([.. Labels(stream), Words.Of(reason)]);
    }
}
