using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Snapshots in a compacted topic that has the partitions of the source: a worker needs no disk, and whoever gets a partition finds
/// its state. Chunks are written first, under names that nobody reads; a manifest makes them a snapshot, and is committed with the
/// offsets of the records where there are transactions. What it replaces is deleted after it.
/// </summary>
public sealed class TopicStore : ISnapshotStore
{
    static readonly TimeSpan AskFor = TimeSpan.FromSeconds(30);

    readonly string _group;
    readonly ILogger _log;
    readonly StateTopic _topic;
    readonly StateReader _reader;
    readonly StateWriter _writer;
    readonly ConcurrentDictionary<PartitionId, StateIndex> _known = new();

    /// <param name="config">Validated; says which topic.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told loudly of what can't be used.</param>
    /// <param name="asks">A command asks: brokers that do not answer are told of in place of being waited for.</param>
    public TopicStore(EsnConfig config, TimeProvider time, ILogger log, bool asks = false)
    {
        (_group, _log, Name) = (config.Source.Group, log, $"topic {config.State.Topic}");
        _topic = new StateTopic(config, time, log);
        _reader = new StateReader(config, time, log, asks ? AskFor : Timeout.InfiniteTimeSpan);
        _writer = new StateWriter(config, _topic, time, log);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Commits manifests and says which; null: they are written plainly.</summary>
    internal Func<IReadOnlyList<OutgoingManifest>, CancellationToken, Task<IReadOnlyList<OutgoingManifest>>>? Committing { get; set; }

    /// <summary>Returns once the topic is there; waits for brokers.</summary>
    /// <exception cref="ConfigException">It does not fit, or can't be made.</exception>
    public Task Ensure(CancellationToken stop) => _topic.Ensure(stop);

    /// <inheritdoc/>
    public ValueTask<PartitionSnapshot?> Load(PartitionId partition, CancellationToken cancel)
    {
        _topic.Reach(partition.Number, cancel);
        return ValueTask.FromResult(Load(partition, _known[partition] = Scan(partition, cancel), cancel));
    }

    PartitionSnapshot? Load(PartitionId partition, StateIndex index, CancellationToken cancel)
    {
        var faults = new List<string>();
        StateEntry[] entries;
        lock (index) entries = index.Snapshots;
        foreach (StateEntry entry in entries)
        {
            if (TryRead(partition, index, entry, cancel, out PartitionSnapshot? snapshot, out string fault))
            {
                lock (index) index.Good = entry.Name;
                if (faults.Count > 0) _log.StateFellBack(partition.ToString(), entry.Name);
                return snapshot;
            }
            _log.StateUnusable(entry.Name, partition.ToString(), fault);
            faults.Add($"{entry.Name}: {fault}");
        }
        return faults.Count == 0 ? null
            : throw new SnapshotException($"no snapshot of {partition} in {Name} can be used ({string.Join("; ", faults)}): "
                + "bring one back, or begin its streams anew with `esn state reset`");
    }

    /// <inheritdoc/>
    public ValueTask Save(PartitionSnapshot snapshot, CancellationToken cancel) => Save(snapshot, Committing, cancel);

    /// <inheritdoc/>
    public ValueTask Begin(PartitionSnapshot snapshot, CancellationToken cancel) => Save(snapshot, null, cancel);

    async ValueTask Save(PartitionSnapshot snapshot,
        Func<IReadOnlyList<OutgoingManifest>, CancellationToken, Task<IReadOnlyList<OutgoingManifest>>>? committing,
        CancellationToken cancel)
    {
        PartitionId partition = snapshot.Partition;
        StateIndex index = Known(partition, cancel);
        long generation;
        lock (index) generation = index.Snapshots is [var newest, ..] ? newest.Generation + 1 : 1;
        await Writing($"can't keep the state of {partition} in {Name}", async () =>
        {
            WrittenSet set = _writer.Write(partition.Number, Prefix(partition), to => SnapshotFile.Write(snapshot, to));
            string name = StateName.OfSnapshot(generation, set.Set);
            var manifest = new StateManifest(set.Set, generation, snapshot.Next, snapshot.TakenAt, snapshot.Slots.Count, set.Offsets.Count,
                set.Bytes, set.Hash);
            OutgoingManifest[] outgoing = [Outgoing(partition, name, manifest)];
            Missed([.. outgoing.Except(await Commit(outgoing, committing, cancel).ConfigureAwait(false))]);
            string[] old;
            lock (index)
            {
                Place(index, set);
                index.Add(name, manifest);
                // The whole one before it stays; older and damaged ones go, and what was never finished.
                string? kept = index.Good;
                old = [.. index.Snapshots.Where(entry => entry.Name != name && entry.Name != kept).SelectMany(entry => All(index, entry)),
                    .. index.Orphans.SelectMany(index.ChunksOf)];
                index.Good = name;
            }
            await Clear(partition, index, old).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<SlotSnapshot?> Wake(StreamId stream, CancellationToken cancel)
    {
        PartitionId partition = Of(stream);
        StateIndex index = Known(partition, cancel);
        StateEntry? entry;
        lock (index) entry = index.Find(StateName.OfAsleep(stream.Key));
        return ValueTask.FromResult(entry is null ? null : Slot(partition, index, entry, cancel));
    }

    /// <inheritdoc/>
    public async ValueTask Sleep(IReadOnlyList<SlotSnapshot> slots, CancellationToken cancel)
    {
        var manifests = new List<(OutgoingManifest Outgoing, string Name, StateManifest Manifest, WrittenSet Set)>();
        await Writing($"can't keep the states of {slots.Count} streams in {Name}", async () =>
        {
            foreach (SlotSnapshot slot in slots)
            {
                PartitionId partition = Of(slot.Stream);
                WrittenSet set = _writer.Write(partition.Number, Prefix(partition), to =>
                {
                    var bytes = new Pieces();
                    slot.Write(bytes);
                    foreach (ReadOnlyMemory<byte> piece in bytes.Written()) to.Write(piece.Span);
                });
                string name = StateName.OfAsleep(slot.Stream.Key);
                var manifest = new StateManifest(set.Set, 0, slot.Next, default, 1, set.Offsets.Count, set.Bytes, set.Hash);
                manifests.Add((Outgoing(partition, name, manifest), name, manifest, set));
            }
            OutgoingManifest[] outgoing = [.. manifests.Select(one => one.Outgoing)];
            IReadOnlyList<OutgoingManifest> committed = await Commit(outgoing, Committing, cancel).ConfigureAwait(false);
            // What is there is known, even where others are not.
            foreach (IGrouping<PartitionId, (OutgoingManifest, string Name, StateManifest Manifest, WrittenSet Set)> some
                in manifests.Where(one => committed.Contains(one.Outgoing)).GroupBy(one => one.Outgoing.Source))
            {
                StateIndex index = Known(some.Key, cancel);
                string[] old;
                lock (index)
                {
                    old = [.. some.Select(one => index.Find(one.Name)?.Manifest).OfType<StateManifest>()
                        .SelectMany(before => index.ChunksOf(before.Set))];
                    foreach ((_, string name, StateManifest manifest, WrittenSet set) in some)
                    {
                        Place(index, set);
                        index.Add(name, manifest);
                    }
                }
                await Clear(some.Key, index, old).ConfigureAwait(false);
            }
            Missed([.. outgoing.Except(committed)]);
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SlotSnapshot> Asleep(PartitionId partition, [EnumeratorCancellation] CancellationToken cancel)
    {
        StateIndex index = Known(partition, cancel);
        StateEntry[] entries;
        lock (index) entries = [.. index.Of(StateName.Asleep)];
        foreach (StateEntry entry in entries)
        {
            await Task.Yield();
            yield return Slot(partition, index, entry, cancel);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> Forget(StreamId stream, CancellationToken cancel)
    {
        PartitionId partition = Of(stream);
        StateIndex index = Known(partition, cancel);
        string[] names;
        lock (index) names = index.Find(StateName.OfAsleep(stream.Key)) is { } entry ? [.. All(index, entry)] : [];
        await Writing($"can't forget stream {stream.Key} in {Name}", () => Delete(partition, index, names)).ConfigureAwait(false);
        return names.Length > 0;
    }

    /// <inheritdoc/>
    public async ValueTask Renumber(PartitionId partition, CancellationToken cancel)
    {
        StateIndex index = Known(partition, cancel);
        await Writing($"can't keep the streams of {partition} that left memory in {Name}", async () =>
        {
            long at = await _writer.Put(partition.Number, [(Prefix(partition) + StateName.Renumbered, [1])]).ConfigureAwait(false);
            lock (index) index.Renumber(at);
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredSnapshot> List([EnumeratorCancellation] CancellationToken cancel)
    {
        int partitions = _topic.Partitions();
        for (int number = 0; number < partitions; number++)
        {
            var found = new SortedDictionary<string, (PartitionId Partition, StateIndex Index)>(StringComparer.Ordinal);
            int here = number;
            _reader.Scan(number, (key, value, offset) =>
            {
                if (StateName.Of(key) is not { } of || of.Group != _group || of.Partition.Number != here) return;
                if (!found.TryGetValue(of.Partition.Topic, out (PartitionId, StateIndex Index) one))
                    found.Add(of.Partition.Topic, one = (of.Partition, new StateIndex()));
                one.Index.Take(key, Encoding.UTF8.GetString(key)[Prefix(of.Partition).Length..], value, offset);
            }, cancel);
            foreach ((PartitionId partition, StateIndex index) in found.Values)
            {
                _known[partition] = index;
                bool newest = true;
                StateEntry[] entries;
                lock (index) entries = index.Snapshots;
                foreach (StateEntry entry in entries)
                {
                    await Task.Yield();
                    bool good = TryRead(partition, index, entry, cancel, out PartitionSnapshot? snapshot, out string fault);
                    // Beside a replica that runs: it was replaced, and deleted, meanwhile.
                    if (!good && Scan(partition, cancel).Find(entry.Name) is null) continue;
                    yield return new StoredSnapshot(partition, entry.Generation, good && newest, snapshot?.Next ?? -1,
                        snapshot?.TakenAt ?? default, snapshot?.Slots.Count ?? 0, entry.Manifest?.Bytes ?? 0, good ? null : fault);
                    newest &= !good;
                }
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> Delete(PartitionId partition, CancellationToken cancel)
    {
        StateIndex index = Known(partition, cancel);
        string[] names;
        lock (index) names = [.. index.Names];
        await Writing($"can't delete the state of {partition} in {Name}", () => Delete(partition, index, names)).ConfigureAwait(false);
        _known.TryRemove(partition, out _);
        return names.Length > 0;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _writer.Dispose();
        return ValueTask.CompletedTask;
    }

    static PartitionId Of(StreamId stream) => new(stream.Topic, stream.Partition);

    static void Place(StateIndex index, WrittenSet set)
    {
        for (int i = 0; i < set.Offsets.Count; i++) index.Place(set.Set, i, set.Offsets[i]);
    }

    // The manifest first: chunks alone mean nothing.
    static IEnumerable<string> All(StateIndex index, StateEntry entry) =>
        [entry.Name, .. entry.Manifest is { } manifest ? index.ChunksOf(manifest.Set) : []];

    string Prefix(PartitionId partition) => StateName.Prefix(_group, partition);

    OutgoingManifest Outgoing(PartitionId partition, string name, StateManifest manifest) =>
        new(partition, _topic.Name, Prefix(partition) + name, manifest);

    StateIndex Known(PartitionId partition, CancellationToken cancel) =>
        _known.TryGetValue(partition, out StateIndex? index) ? index : _known[partition] = Scan(partition, cancel);

    StateIndex Scan(PartitionId partition, CancellationToken cancel)
    {
        var index = new StateIndex();
        string prefix = Prefix(partition);
        byte[] begins = Encoding.UTF8.GetBytes(prefix);
        _reader.Scan(partition.Number, (key, value, offset) =>
        {
            if (key.AsSpan().StartsWith(begins)) index.Take(key, Encoding.UTF8.GetString(key)[prefix.Length..], value, offset);
        }, cancel);
        return index;
    }

    async Task<IReadOnlyList<OutgoingManifest>> Commit(IReadOnlyList<OutgoingManifest> manifests,
        Func<IReadOnlyList<OutgoingManifest>, CancellationToken, Task<IReadOnlyList<OutgoingManifest>>>? committing,
        CancellationToken cancel)
    {
        if (committing is not null) return await committing(manifests, cancel).ConfigureAwait(false);
        foreach (IGrouping<int, OutgoingManifest> some in manifests.GroupBy(manifest => manifest.Source.Number))
            await _writer.Put(some.Key, some.Select(manifest => manifest.Record)).ConfigureAwait(false);
        return manifests;
    }

    void Missed(IReadOnlyList<OutgoingManifest> manifests)
    {
        if (manifests.Count == 0) return;
        throw new SnapshotException("not kept: " + string.Join("; ", manifests.GroupBy(one => (one.Source, TooLarge: one.Attempt > 0))
            .Select(some => some.Key.TooLarge ? $"a manifest of {some.Key.Source} does not fit into {Name}"
                : $"{some.Key.Source} went to another replica before its state was whole")));
    }

    bool TryRead(PartitionId partition, StateIndex index, StateEntry entry, CancellationToken cancel, out PartitionSnapshot? snapshot,
        out string fault)
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

    SlotSnapshot Slot(PartitionId partition, StateIndex index, StateEntry entry, CancellationToken cancel)
    {
        try
        {
            if (entry.Manifest is not { } manifest) throw new InvalidDataException(entry.Fault);
            SlotSnapshot slot = Payload(partition, index, manifest, SlotSnapshot.Read, cancel);
            if (StateName.OfAsleep(slot.Stream.Key) != entry.Name || Of(slot.Stream) != partition)
                throw new InvalidDataException($"it is of stream {slot.Stream.Key} of {slot.Stream.Topic}[{slot.Stream.Partition}]");
            bool before;
            lock (index) before = index.IsFromBefore(entry);
            return before ? slot with { Next = 0 } : slot;
        }
        catch (InvalidDataException e)
        {
            throw new SnapshotException($"can't use the state {entry.Name} of {partition} in {Name}: {e.Message}", e);
        }
    }

    T Payload<T>(PartitionId partition, StateIndex index, StateManifest manifest, Func<System.IO.Stream, T> read,
        CancellationToken cancel)
    {
        ChunkPlaces places;
        lock (index) places = index.PlacesOf(manifest.Set);
        return _reader.Read(partition.Number, Prefix(partition), manifest, places, read, cancel);
    }

    async Task Delete(PartitionId partition, StateIndex index, string[] names)
    {
        string prefix = Prefix(partition);
        await _writer.Put(partition.Number, names.Select(name => (prefix + name, (byte[]?)null))).ConfigureAwait(false);
        lock (index) index.Remove(names);
    }

    // What is not deleted now is with the next snapshot: what replaces it lasts already.
    async Task Clear(PartitionId partition, StateIndex index, string[] names)
    {
        try
        {
            await Delete(partition, index, names).ConfigureAwait(false);
        }
        catch (KafkaException e)
        {
            _log.StateNotCleared(partition.ToString(), names.Length, e.Error.Reason);
        }
    }

    static async Task Writing(string what, Func<Task> write)
    {
        try
        {
            await write().ConfigureAwait(false);
        }
        catch (KafkaException e)
        {
            throw new SnapshotException($"{what}: {e.Error.Reason}", e);
        }
    }
}
