using System.Collections.Concurrent;
using System.Text;
using Esn.Streaming.State;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>What a group has in the topic of the state: where it stands, and what it says.</summary>
/// <remarks>Safe for calls from several threads as long as there is one at a time for each partition.</remarks>
/// <param name="reader">Of the topic.</param>
/// <param name="group">Whose state it is.</param>
/// <param name="name">Of the store, for a person.</param>
/// <param name="log">Told loudly of what can't be used.</param>
sealed class StateContents(StateReader reader, string group, string name, ILogger log)
{
    readonly ConcurrentDictionary<PartitionId, StateIndex> _known = new();

    /// <summary>What the keys of all records of a partition begin with.</summary>
    public string Prefix(PartitionId partition) => StateName.Prefix(group, partition);

    /// <summary>What is known of a partition; it is looked for where nothing is.</summary>
    /// <exception cref="SnapshotException">It can't be read.</exception>
    public StateIndex Known(PartitionId partition, CancellationToken cancel) =>
        _known.TryGetValue(partition, out StateIndex? index) ? index : _known[partition] = Scan(partition, cancel);

    /// <summary>Nothing is known of a partition any more.</summary>
    public void Forget(PartitionId partition) => _known.TryRemove(partition, out _);

    /// <summary>Looks for what there is of a partition now.</summary>
    /// <exception cref="SnapshotException">It can't be read.</exception>
    public StateIndex Scan(PartitionId partition, CancellationToken cancel)
    {
        var index = new StateIndex();
        string prefix = Prefix(partition);
        byte[] begins = Encoding.UTF8.GetBytes(prefix);
        reader.Scan(partition.Number, (key, value, offset) =>
        {
            if (key.AsSpan().StartsWith(begins)) index.Take(key, Encoding.UTF8.GetString(key)[prefix.Length..], value, offset);
        }, cancel);
        return index;
    }

    /// <summary>Looks for what there is of the partitions of a number, of all topics of the group; it is known then.</summary>
    /// <exception cref="SnapshotException">It can't be read.</exception>
    public IReadOnlyCollection<(PartitionId Partition, StateIndex Index)> ScanAll(int number, CancellationToken cancel)
    {
        var found = new SortedDictionary<string, (PartitionId Partition, StateIndex Index)>(StringComparer.Ordinal);
        reader.Scan(number, (key, value, offset) =>
        {
            if (StateName.Of(key) is not { } of || of.Group != group || of.Partition.Number != number) return;
            if (!found.TryGetValue(of.Partition.Topic, out (PartitionId, StateIndex Index) one))
                found.Add(of.Partition.Topic, one = (of.Partition, new StateIndex()));
            one.Index.Take(key, Encoding.UTF8.GetString(key)[Prefix(of.Partition).Length..], value, offset);
        }, cancel);
        foreach ((PartitionId partition, StateIndex index) in found.Values) _known[partition] = index;
        return found.Values;
    }

    /// <summary>The newest whole snapshot of a partition, as it is in the topic now; null: there never was one.</summary>
    /// <exception cref="SnapshotException">There are some, and none of them is whole; or they can't be read.</exception>
    public PartitionSnapshot? Load(PartitionId partition, CancellationToken cancel)
    {
        StateIndex index = _known[partition] = Scan(partition, cancel);
        var faults = new List<string>();
        StateEntry[] entries;
        lock (index) entries = index.Snapshots;
        foreach (StateEntry entry in entries)
        {
            if (TryRead(partition, index, entry, cancel, out PartitionSnapshot? snapshot, out string fault))
            {
                lock (index) index.Good = entry.Name;
                if (faults.Count > 0) log.StateFellBack(partition.ToString(), entry.Name);
                return snapshot;
            }
            log.StateUnusable(entry.Name, partition.ToString(), fault);
            faults.Add($"{entry.Name}: {fault}");
        }
        return faults.Count == 0 ? null
            : throw new SnapshotException($"no snapshot of {partition} in {name} can be used ({string.Join("; ", faults)}): "
                + "bring one back, or begin its streams anew with `esn state reset`");
    }

    /// <summary>Reads a snapshot.</summary>
    /// <returns>Whether it is whole; else the fault says what is wrong.</returns>
    /// <exception cref="SnapshotException">It can't be read.</exception>
    public bool TryRead(PartitionId partition, StateIndex index, StateEntry entry, CancellationToken cancel,
        out PartitionSnapshot? snapshot, out string fault)
    {
        (snapshot, fault) = (null, entry.Fault);
        if (entry.Manifest is not { } manifest) return false;
        try
        {
            snapshot = Payload(partition, index, manifest, SnapshotFile.Read, cancel);
            if (snapshot.Partition == partition && snapshot.Next == manifest.Next) return true;
            fault = $"it is of {snapshot.Partition} at offset {snapshot.Next}";
        }
        catch (InvalidDataException e)
        {
            fault = e.Message;
        }
        snapshot = null;
        return false;
    }

    /// <summary>Reads the state of a stream that sleeps.</summary>
    /// <exception cref="SnapshotException">It can't be used.</exception>
    public SlotSnapshot Slot(PartitionId partition, StateIndex index, StateEntry entry, CancellationToken cancel)
    {
        try
        {
            if (entry.Manifest is not { } manifest) throw new InvalidDataException(entry.Fault);
            SlotSnapshot slot = Payload(partition, index, manifest, SlotSnapshot.Read, cancel);
            if (StateName.OfAsleep(slot.Stream.Key) != entry.Name || new PartitionId(slot.Stream.Topic, slot.Stream.Partition) != partition)
                throw new InvalidDataException($"it is of stream {slot.Stream.Key} of {slot.Stream.Topic}[{slot.Stream.Partition}]");
            bool before;
            lock (index) before = index.IsFromBefore(entry);
            return before ? slot with { Next = 0 } : slot;
        }
        catch (InvalidDataException e)
        {
            throw new SnapshotException($"can't use the state {entry.Name} of {partition} in {name}: {e.Message}", e);
        }
    }

    T Payload<T>(PartitionId partition, StateIndex index, StateManifest manifest, Func<System.IO.Stream, T> read,
        CancellationToken cancel)
    {
        ChunkPlaces places;
        lock (index) places = index.PlacesOf(manifest.Set);
        return reader.Read(partition.Number, Prefix(partition), manifest, places, read, cancel);
    }
}
