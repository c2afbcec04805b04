using System.Diagnostics.Metrics;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Prometheus;

namespace Esn.Streaming.Telemetry;

/// <summary>All instruments, each defined once. Prefix esn_, base units.</summary>
public sealed class EsnMetrics
{
    readonly HttpConfig _config;
    readonly IReadOnlyList<string> _channelNames;
    readonly TimeProvider _time;
    readonly Lock _lock = new();  // steps come from the pipeline, scrapes from HTTP
    readonly StreamInstruments _instruments;
    readonly Dictionary<StreamId, StreamSeries?> _series = [];  // of every stream that was seen; null: beyond the cap
    readonly Gauge _streams, _modelBytes, _lag, _groupLag, _partitionLag, _ready;
    readonly Gauge _unheld, _reloaded, _reloadedAt, _restart;
    readonly SnapshotInstruments _kept;
    readonly HashSet<PartitionId> _groupPartitions = [];
    readonly HashSet<StreamId> _refused = [];  // names with dead letters of their own
    readonly HashSet<PartitionId> _lagging = [];  // partitions with a series
    readonly Counter _steps, _events, _recoveries, _refusals, _rescalings, _late, _deadLetters, _hidden, _webhooks;
    readonly DurationHistogram _stepDuration, _latency, _pause;
    readonly Counter _snapshots, _restored, _replayed, _newRuns, _bridged, _gaps, _silences, _blank, _modelChanges;
    readonly HashSet<StreamId> _hiddenStreams = [];
    int _exported;

    /// <param name="config">Caps on the number of series.</param>
    /// <param name="channelNames">Names of the channels; empty: their indices.</param>
    /// <param name="time">For how long a stream has been silent; null: the system's.</param>
    public EsnMetrics(HttpConfig config, IReadOnlyList<string> channelNames, TimeProvider? time = null)
    {
        (_config, _channelNames, _time) = (config, channelNames, time ?? TimeProvider.System);
        Registry = Prometheus.Metrics.NewCustomRegistry();
        MetricFactory metrics = Prometheus.Metrics.WithCustomRegistry(Registry);
        DotNetStats.Register(Registry);  // process_* and dotnet_*
        _instruments = new StreamInstruments(metrics);
        _kept = new SnapshotInstruments(metrics, _time);
        _unheld = metrics.CreateGauge("esn_group_unheld_partitions",
            "Partitions of the topics that no member of the group has: nobody watches their streams.");
        _reloaded = metrics.CreateGauge("esn_config_last_reload_successful",
            "1 while the configuration that runs is the one that was asked for last; 0: a reload was refused, the one before it runs on.");
        _reloaded.Set(1);
        _steps = metrics.CreateCounter("esn_steps_total", "Timesteps scored.");
        _events = metrics.CreateCounter("esn_events_total", "Changes in the life of alarms, by change.", "change");
        _recoveries = metrics.CreateCounter("esn_readout_recoveries_total",
            "Times that a readout's learning began anew, its weights as they were, as rounding had cost the positive definiteness of its "
            + "inverse covariance.");
        _refusals = metrics.CreateCounter("esn_readout_refusals_total",
            "Frames that were scored but not learnt, as a number in them was too large to be squared.");
        _rescalings = metrics.CreateCounter("esn_rescalings_total",
            "Times that a stream's feed had left the range that its scaling was fixed for: it was moved, or the model began anew.");
        _late = metrics.CreateCounter("esn_late_total", "Frames refused because the stream was past their time already.");
        _deadLetters = metrics.CreateCounter("esn_dead_letters_total",
            "Records that could not be taken, by reason; each is in the dead-letter topic as it came.", "reason");
        _hidden = metrics.CreateCounter("esn_hidden_streams_total",
            "Streams that are scored but have no series of their own here, beyond http.maxStreams.");
        _webhooks = metrics.CreateCounter("esn_webhook_posts_total",
            "What became of posts to webhooks: delivered, retried, or failed and kept as dead letters.", "result");
        _stepDuration = new DurationHistogram(metrics, Meter, "esn_step_duration_seconds",
            "Time to score one timestep.", first: 1e-6, buckets: 20);
        _latency = new DurationHistogram(metrics, Meter, "esn_end_to_end_latency_seconds",
            "From the record's timestamp to its score.", first: .001, buckets: 20);
        _pause = new DurationHistogram(metrics, Meter, "esn_snapshot_pause_seconds",
            "Time that scoring stood still to copy the states of a partition.", first: 1e-4, buckets: 16);
        _snapshots = metrics.CreateCounter("esn_snapshots_total", "Snapshots of partitions that were taken.");
        _newRuns = metrics.CreateCounter("esn_new_runs_total",
            "Times that a stream began a new run, as its clock had gone back, or far ahead, for good: it is washed out and goes on with "
            + "what it had learnt.");
        _bridged = metrics.CreateCounter("esn_bridged_steps_total",
            "Timesteps that did not come by the interval of their stream, and were bridged by the model's own forecast.");
        _gaps = metrics.CreateCounter("esn_long_gaps_total",
            "Gaps that were too long to be bridged: the reservoir is washed out after each, and nothing is judged meanwhile.");
        _silences = metrics.CreateCounter("esn_silences_total",
            "Times that a stream, or a channel of one, was silent for far longer than its interval.", "of");
        _modelChanges = metrics.CreateCounter("esn_model_changes_total",
            "Models that found something of their feed, such as that it grows or has left its scaling for good, or took the place of "
            + "another, by which it was.",
            "why");
        foreach (ModelChangeKind kind in Enum.GetValues<ModelChangeKind>()) _modelChanges.WithLabels(Words.Of(kind));
        _blank = metrics.CreateCounter("esn_blank_frames_total", "Frames that had no value in any channel: a gap.");
        foreach (string of in new[] { "stream", "channel" }) _silences.WithLabels(of);
        _restored = metrics.CreateCounter("esn_restored_streams_total", "Streams that went on from a snapshot.");
        _replayed = metrics.CreateCounter("esn_replayed_total", "Timesteps taken again after a restart, which had been told of before.");
        _streams = metrics.CreateGauge("esn_streams", "Streams with a model in this process.");
        _modelBytes = metrics.CreateGauge("esn_models_bytes",
            "About how much memory the models of all streams take; a stream whose first model would take it beyond source.maxMemory "
            + "becomes dead letters.");
        _lag = metrics.CreateGauge("esn_consumer_lag_records",
            "Records that wait in the assigned partitions, as the client last counted them; absent while that is not known.");
        _groupLag = metrics.CreateGauge("esn_group_lag_records",
            "Records of a partition that the group has not done with, by what the brokers say; every replica tells the same of all "
            + "partitions, whoever reads them.", "topic", "partition");
        _partitionLag = metrics.CreateGauge("esn_partition_lag_records",
            "Records of an assigned partition that are not stored as done yet, as the client last counted them.", "topic", "partition");
        _reloadedAt = metrics.CreateGauge("esn_config_last_reload_success_timestamp_seconds",
            "When a configuration that could be used was read last, seconds since 1970.");
        _restart = metrics.CreateGauge("esn_config_needs_restart",
            "1 where the configuration's file says something that is taken only with a restart; the log says which keys.");
        _reloadedAt.Set((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds);
        _ready = metrics.CreateGauge("esn_ready", "1 while records are consumed or the topic is idle; as /health/ready.");

        foreach (string result in new[] { "delivered", "retried", "failed" }) _webhooks.WithLabels(result);
        foreach (AlarmChange change in Enum.GetValues<AlarmChange>()) _events.WithLabels(Words.Of(change));
        foreach (Rejection reason in Enum.GetValues<Rejection>()) _deadLetters.WithLabels(Words.Of(reason));
        metrics.CreateGauge("esn_build_info", "Always 1; the version is in the labels.", "version", "runtime")
            .WithLabels(Build.Version, Environment.Version.ToString()).Set(1);
        Registry.AddBeforeCollectCallback(() =>
        {
            DateTime now = _time.GetUtcNow().UtcDateTime;
            lock (_lock)
                foreach (StreamSeries? series in _series.Values) series?.ShowAt(now);
        });
    }

    /// <summary>The same instruments for whoever is exported to.</summary>
    public Meter Meter { get; } = new("esn");

    /// <summary>What /metrics serves.</summary>
    public CollectorRegistry Registry { get; }

    /// <summary>Timesteps scored so far.</summary>
    public double StepCount => _steps.Value;

    /// <summary>State is kept.</summary>
    /// <param name="seconds">Between two snapshots of a partition.</param>
    public void KeepEvery(double seconds) => _kept.Begin(seconds);

    /// <summary>A snapshot of a partition was kept, or could not be.</summary>
    public void CountSnapshot(PartitionId partition, bool lasts) => _kept.Told(partition, lasts);

    /// <summary>Something became of a post to a webhook: delivered, retried or failed.</summary>
    public void CountPost(string result) => _webhooks.WithLabels(result).Inc();

    /// <summary>The configuration was read again.</summary>
    /// <param name="good">It can be used.</param>
    /// <param name="restart">Some of it takes a restart.</param>
    public void ShowReload(bool good, bool restart)
    {
        _reloaded.Set(good ? 1 : 0);
        if (!good) return;
        _reloadedAt.Set((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds);
        _restart.Set(restart ? 1 : 0);
    }

    /// <summary>Whether the feed flows, as it is when somebody asks for the metrics.</summary>
    public void ShowBeforeCollecting(Readiness readiness) => Registry.AddBeforeCollectCallback(() =>
    {
        _ready.Set(readiness.Missing is null ? 1 : 0);
        if (readiness.KnowsWaiting) _lag.Set(readiness.Waiting);
        else _lag.Unpublish();  // 0 would say that all is read
        ShowGroup(readiness.Group);
        ShowLags(readiness.Lags);
    });

    void ShowGroup(IReadOnlyList<GroupPartition> group)
    {
        lock (_groupPartitions)
        {
            _unheld.Set(group.Count(partition => !partition.Held));
            foreach (PartitionId old in _groupPartitions.Except(group.Select(partition => partition.Partition)).ToArray())
            {
                _groupLag.RemoveLabelled(old.Topic, FormattableString.Invariant($"{old.Number}"));
                _groupPartitions.Remove(old);
            }
            foreach (GroupPartition partition in group)
            {
                _groupPartitions.Add(partition.Partition);
                _groupLag.WithLabels(partition.Partition.Topic, FormattableString.Invariant($"{partition.Partition.Number}"))
                    .Set(partition.Lag);
            }
        }
    }

    /// <summary>Takes what became of a message: for one thread at a time.</summary>
    public void Observe(ScoredBatch batch)
    {
        lock (_lock) ObserveStreams(batch);
        _kept.Observe(batch.Message);
        foreach (StreamSteps steps in batch.Streams)
            foreach (long milliseconds in steps.Sent.Span)
                if (FeedTime.FromMilliseconds(milliseconds) is { } sent)
                    _latency.Gather(Math.Max(0, (batch.ScoredAt - sent).TotalSeconds));
        _latency.ObserveGathered();
        foreach (DeadLetter letter in batch.DeadLetters)
        {
            _deadLetters.WithLabels(Words.Of(letter.Reason)).Inc();
            if (letter.Reason == Rejection.Late) _late.Inc();
        }
        foreach (StreamSteps steps in batch.Streams) Observe(steps);
        foreach (ScoredFrame frame in batch.Alarms) _events.WithLabels(Words.Of(frame.Result.Alarm!.Change)).Inc();
        foreach (ModelChange change in batch.ModelChanges.SelectMany(frame => ModelCloudEvent.All(frame.Result.Model!)))
            _modelChanges.WithLabels(Words.Of(change.Kind)).Inc();
        foreach (SilenceChange change in batch.Silences)
            if (!change.Ended) _silences.WithLabels(change.Channel < 0 ? "stream" : "channel").Inc();
        _blank.Inc(batch.Blank.Count);
        if (batch.Snapshots.Count > 0) _pause.Observe(batch.Paused.TotalSeconds);
        _snapshots.Inc(batch.Snapshots.Count);
        _restored.Inc(batch.Restored);
        _replayed.Inc(batch.Replayed);
        _streams.Set(batch.StreamCount);
        _modelBytes.Set(batch.ModelBytes);
    }

    void Observe(StreamSteps steps)
    {
        _stepDuration.Observe(steps.Elapsed.TotalSeconds / steps.Frames.Count, steps.Frames.Count);
        _steps.Inc(steps.Frames.Count - steps.Bridged);
        _bridged.Inc(steps.Bridged);
        _gaps.Inc(steps.Gaps);
        _newRuns.Inc(steps.NewRuns);
        _recoveries.Inc(steps.After.Recoveries - steps.Before.Recoveries);
        _refusals.Inc(steps.After.Refusals - steps.Before.Refusals);
        _rescalings.Inc(steps.After.Rescalings - steps.Before.Rescalings);
    }

    void ObserveStreams(ScoredBatch batch)
    {
        foreach (StreamId stream in batch.Gone) Remove(stream);
        IReadOnlyList<PartitionId> gone = batch.Message switch
        {
            PartitionsRevoked revoked => revoked.Partitions,
            PartitionsLost lost => lost.Partitions,
            _ => [],
        };
        if (gone.Count > 0) _refused.RemoveWhere(stream => Forget(stream, gone));
        foreach (StreamBack back in batch.Back)
        {
            if (!_series.TryGetValue(back.Stream, out StreamSeries? series))
                _series.Add(back.Stream, series = Add(back.Stream, back.Channels));
            series?.Show(back);
        }
        foreach (StreamSteps steps in batch.Streams) Show(steps, batch.ScoredAt);
        foreach (SilenceChange change in batch.Silences) _series.GetValueOrDefault(change.Stream)?.Show(change);
        foreach (DeadLetter letter in batch.DeadLetters)
        {
            if (letter.Stream is not { } stream) continue;
            if (_refused.Count < _config.MaxStreams) _refused.Add(stream);
            if (_refused.Contains(stream)) _instruments.Count(stream, letter.Reason);
        }
    }

    bool Forget(StreamId stream, IReadOnlyList<PartitionId> gone)
    {
        if (!gone.Contains(new PartitionId(stream.Topic, stream.Partition))) return false;
        _instruments.RemoveDeadLetters(stream);
        return true;
    }

    void Show(StreamSteps steps, DateTime scored)
    {
        if (!_series.TryGetValue(steps.Stream, out StreamSeries? series)) _series.Add(steps.Stream,
            series = Add(steps.Stream, steps.Frames[0].Frame.Span.Length));
        series?.Show(steps, scored);
    }

    StreamSeries? Add(StreamId stream, int channels)
    {
        if (_exported >= _config.MaxStreams)
        {
            // A stream that goes and comes back with its partition is hidden once.
            if (_hiddenStreams.Count < 1_000_000 && _hiddenStreams.Add(stream)) _hidden.Inc();
            return null;
        }
        _exported++;
        return new StreamSeries(_instruments, stream,
            [.. Enumerable.Range(0, Math.Min(channels, _config.MaxChannels))
            .Select(c => _channelNames.Count > 0 ? _channelNames[c] : FormattableString.Invariant($"{c}"))]);
    }

    void Remove(StreamId stream)
    {
        if (!_series.Remove(stream, out StreamSeries? series) || series is null) return;
        series.Remove();
        _exported--;
    }

    void ShowLags(IReadOnlyDictionary<PartitionId, long> lags)
    {
        string[] Labels(PartitionId partition) => [partition.Topic, FormattableString.Invariant($"{partition.Number}")];
        lock (_lock)
        {
            foreach (PartitionId gone in _lagging.Except(lags.Keys).ToArray()) _partitionLag.RemoveLabelled(Labels(gone));
            _lagging.Clear();
            foreach ((PartitionId partition, long records) in lags)
            {
                _lagging.Add(partition);
                _partitionLag.WithLabels(Labels(partition)).Set(records);
            }
        }
    }
}
