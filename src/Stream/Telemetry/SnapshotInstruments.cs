using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Prometheus;

namespace Esn.Streaming.Telemetry;

/// <summary>Whether what was learnt lasts: of each partition of this process.</summary>
/// <remarks>Thread-safe.</remarks>
sealed class SnapshotInstruments
{
    static readonly string[] Labels = ["topic", "partition"];

    readonly TimeProvider _time;
    readonly Gauge _kept, _interval;
    readonly Counter _failed;
    readonly Lock _lock = new();
    readonly HashSet<PartitionId> _here = [];

    /// <summary>Makes them.</summary>
    public SnapshotInstruments(MetricFactory metrics, TimeProvider time)
    {
        _time = time;
        _kept = metrics.CreateGauge("esn_snapshot_timestamp_seconds",
            "When the last snapshot of a partition of this process was kept, or the partition came, seconds since 1970.", Labels);
        _interval = metrics.CreateGauge("esn_snapshot_interval_seconds",
            "Seconds between two snapshots of a partition; 0: no state is kept.");
        _failed = metrics.CreateCounter("esn_snapshot_failures_total", "Snapshots that could not be kept; the one before each stands.");
    }

    /// <summary>State is kept.</summary>
    /// <param name="seconds">Between two snapshots of a partition.</param>
    public void Begin(double seconds) => _interval.Set(seconds);

    /// <summary>A snapshot was kept, or could not be.</summary>
    public void Told(PartitionId partition, bool lasts)
    {
        lock (_lock)
        {
            if (!lasts) _failed.Inc();
            else if (_here.Contains(partition)) Set(partition);
        }
    }

    /// <summary>Partitions came or went.</summary>
    public void Observe(SourceMessage message)
    {
        lock (_lock)
        {
            if (message is PartitionsAssigned assigned && _interval.Value > 0)
                foreach (PartitionId partition in assigned.Partitions)
                    if (_here.Add(partition)) Set(partition);
            foreach (PartitionId partition in message switch
            {
                PartitionsRevoked revoked => revoked.Partitions,
                PartitionsLost lost => lost.Partitions,
                _ => [],
            })
                if (_here.Remove(partition)) _kept.RemoveLabelled(LabelsOf(partition));
        }
    }

    void Set(PartitionId partition) => _kept.WithLabels(LabelsOf(partition)).Set(_time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);

    static string[] LabelsOf(PartitionId partition) => [partition.Topic, FormattableString.Invariant($"{partition.Number}")];
}
