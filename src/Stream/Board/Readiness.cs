using System.Globalization;
using System.Text.Json;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Board;

/// <summary>What the brokers say about a partition of the group.</summary>
/// <param name="Partition">Any of the topics', whoever reads it.</param>
/// <param name="Next">Offset of the first record that the group has not done with; where it begins while it has none.</param>
/// <param name="End">Offset of the next record to come.</param>
/// <param name="Held">Whether a member of the group reads it; true where the brokers don't tell.</param>
public readonly record struct GroupPartition(PartitionId Partition, long Next, long End, bool Held)
{
    /// <summary>Records that wait.</summary>
    public long Lag => Math.Max(0, End - Next);

    /// <summary>The other member of the group that reads it, for a person; null: this one does, or nobody, or the brokers don't tell.
    /// </summary>
    public string? Elsewhere { get; init; }
}

/// <summary>
/// Whether the feed really flows: ready while records are consumed, or a broker is connected and nothing waits.
/// </summary>
/// <remarks>Fed by the consumer's thread, asked by HTTP; safe for both.</remarks>
/// <param name="time">For the age of what was last heard.</param>
/// <param name="stall">How long without progress is too long.</param>
/// <param name="servers">Where the brokers are, to be named.</param>
public sealed class Readiness(TimeProvider time, TimeSpan stall, string servers = "")
{
    readonly Lock _lock = new();
    bool _joined, _connected;
    IReadOnlyDictionary<PartitionId, long> _lags = new Dictionary<PartitionId, long>();
    long _waiting = -1;      // records in the assigned partitions; −1 = not known
    DateTimeOffset _progress = DateTimeOffset.MinValue, _heard = DateTimeOffset.MinValue;
    bool _told;              // the brokers have told about the whole group, once at least
    DateTimeOffset? _asked;  // since when they have not answered
    string? _gone;           // a topic of the sink that is not there any more
    string? _absent;         // why there is nothing to read: topics of the source that do not exist
    readonly Dictionary<PartitionId, Standing> _group = [];

    /// <summary>Null while ready, else what is missing.</summary>
    public string? Missing
    {
        get
        {
            lock (_lock)
            {
                DateTimeOffset now = time.GetUtcNow();
                // Without a broker nothing else is known; without a topic there is nothing to assign.
                if (!_connected && (!_joined || _gone is not null || _absent is not null)) return Unconnected;
                if (_gone is not null) return $"topic {_gone} is gone";
                if (_absent is not null) return _absent;
                if (!_joined) return "the consumer group has not assigned partitions yet";
                if (now - _heard > stall) return $"the Kafka client has been silent for {(now - _heard).TotalSeconds:F0} s";
                if (Standstill(now) is { } standstill) return standstill;
                if (now - _progress <= stall) return null;
                if (!_connected) return Unconnected;
                if (_told && _asked is { } asked && now - asked > stall)
                    return $"the brokers have not said how far the group is for {(now - asked).TotalSeconds:F0} s";
                return _waiting switch
                {
                    0 => null,
                    < 0 => "the end of the partitions is not known yet",
                    _ when _progress == DateTimeOffset.MinValue => $"{_waiting} records wait and none was consumed yet",
                    _ => $"{_waiting} records wait and none was consumed for {(now - _progress).TotalSeconds:F0} s",
                };
            }
        }
    }

    string Unconnected => servers.Length > 0 ? $"no broker of {servers} is connected" : "no broker is connected";

    /// <summary>All partitions of the group, as the brokers last told of them; empty while they have not.</summary>
    public IReadOnlyList<GroupPartition> Group
    {
        get
        {
            lock (_lock) return [.. _group.Values.Select(standing => standing.Last)];
        }
    }

    /// <summary>Records that wait in the assigned partitions; 0 while that is not known.</summary>
    public long Waiting
    {
        get
        {
            lock (_lock) return Math.Max(0, _waiting);
        }
    }

    /// <summary>Whether <see cref="Waiting"/> is known: not before the group has assigned partitions and their ends are.</summary>
    public bool KnowsWaiting
    {
        get
        {
            lock (_lock) return _joined && _waiting >= 0;
        }
    }

    /// <summary>Records of each assigned partition that are not stored as done yet, as far as that is known.</summary>
    public IReadOnlyDictionary<PartitionId, long> Lags
    {
        get
        {
            lock (_lock) return _lags;
        }
    }

    /// <summary>A broker has answered; what becomes of it is told by <see cref="Heard"/>.</summary>
    public void Reached()
    {
        lock (_lock) _connected = true;
    }

    /// <summary>The group assigned partitions, perhaps none.</summary>
    public void Joined()
    {
        lock (_lock) (_joined, _heard) = (true, time.GetUtcNow());
    }

    /// <summary>The brokers took this process out of the group.</summary>
    public void Left()
    {
        lock (_lock) (_joined, _waiting) = (false, -1);
    }

    /// <summary>The brokers are asked how far the whole group is.</summary>
    public void Asked()
    {
        lock (_lock) _asked ??= time.GetUtcNow();
    }

    /// <summary>The brokers told how far the whole group is.</summary>
    /// <param name="partitions">All of its topics'.</param>
    /// <param name="gone">A topic of the sink that is not there any more, or null.</param>
    /// <param name="absent">Why there are none, in words: no topic of the source exists; or null.</param>
    public void Told(IReadOnlyList<GroupPartition> partitions, string? gone, string? absent = null)
    {
        lock (_lock)
        {
            DateTimeOffset now = time.GetUtcNow();
            (_told, _asked, _gone, _absent) = (true, null, gone, absent);
            foreach (PartitionId old in _group.Keys.Except(partitions.Select(partition => partition.Partition))
                .ToArray()) _group.Remove(old);
            foreach (GroupPartition partition in partitions)
            {
                if (!_group.TryGetValue(partition.Partition, out Standing standing) || standing.Last.Next != partition.Next
                    || partition.Lag == 0)
                    standing = new Standing(partition, partition.End, Since: now);
                _group[partition.Partition] = standing with { Last = partition };
            }
        }
    }

    /// <summary>A batch of records went the whole way.</summary>
    public void Progressed()
    {
        lock (_lock) _progress = _heard = time.GetUtcNow();
    }

    /// <summary>The client told its statistics (librdkafka, STATISTICS.md).</summary>
    public void Heard(string statistics)
    {
        using JsonDocument document = JsonDocument.Parse(statistics);
        bool connected = document.RootElement.GetProperty("brokers").EnumerateObject()
            .Any(broker => broker.Value.GetProperty("state").GetString() == "UP" && broker.Value.GetProperty("nodeid").GetInt32() >= 0);
        long waiting = 0, queued = 0;
        var lags = new Dictionary<PartitionId, long>();
        bool known = true;
        foreach (JsonProperty topic in document.RootElement.GetProperty("topics").EnumerateObject())
        {
            foreach (JsonProperty partition in topic.Value.GetProperty("partitions").EnumerateObject())
            {
                string? state = partition.Value.GetProperty("fetch_state").GetString();
                if (partition.Name == "-1" || state is "none" or "stopping" or "stopped") continue;  // not ours
                // Not consumer_lag: it is unknown until the group has committed, for an empty topic for ever.
                long end = partition.Value.GetProperty("ls_offset").GetInt64(),
                    next = partition.Value.GetProperty("next_offset").GetInt64();
                known &= state == "active" && end >= 0 && next >= 0;
                waiting += Math.Max(0, end - next);
                long done = partition.Value.TryGetProperty("stored_offset", out JsonElement stored) ? stored.GetInt64() : -1;
                if (end >= 0 && Math.Max(done, next) >= 0)
                    lags[new PartitionId(topic.Name, int.Parse(partition.Name, CultureInfo.InvariantCulture))] =
                        Math.Max(0, end - (done >= 0 ? done : next));
                queued = Math.Max(queued, partition.Value.GetProperty("fetchq_cnt").GetInt64());  // one queue, told with every partition
            }
        }
        lock (_lock)
            // What is told before the group has assigned is of no partition.
            (_connected, _waiting, _lags, _heard) = (connected, known && _joined ? waiting + queued : -1, lags, time.GetUtcNow());
    }

    // A partition that nobody reads, or whose reader does not get on while more comes. What only waits behind the group's offset
    // may be marks of transactions: they are no records, and their offsets are never committed.
    string? Standstill(DateTimeOffset now)
    {
        Standing[] still = [.. _group.Values.Where(standing => standing.Last.Lag > 0 && now - standing.Since > stall
            && (!standing.Last.Held || standing.Last.End > standing.End))];
        if (still.Length == 0) return null;
        Standing worst = still.MaxBy(standing => standing.Last.Lag);
        string others = still.Length == 1 ? "" : $", nor of {still.Length - 1} other partitions";
        return $"{worst.Last.Lag} records of {worst.Last.Partition} wait and the group has read none for "
            + $"{(now - worst.Since).TotalSeconds:F0} s{others}"
            + (worst.Last.Held ? "" : ": no member holds it");
    }

    // Since when a partition has stood where it stands, and where its end was then.
    readonly record struct Standing(GroupPartition Last, long End, DateTimeOffset Since);
}
