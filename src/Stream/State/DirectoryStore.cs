using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.State;

/// <summary>
/// Snapshots in a directory: DIRECTORY/GROUP/TOPIC/PARTITION/GENERATION.snapshot. A snapshot is written under another name,
/// flushed to the disk, renamed, and its name flushed, so that a crash at any moment leaves the one before it.
/// </summary>
public sealed class DirectoryStore : ISnapshotStore
{
    const string Snapshot = ".snapshot", Temporary = ".tmp";

    readonly IFiles _files;
    readonly StateDirectory _directory;
    readonly SleepersDirectory _asleep;
    readonly ILogger _log;
    readonly ConcurrentDictionary<PartitionId, long> _good = new();  // the newest generation that was seen to be whole

    /// <param name="directory">Made where it is missing.</param>
    /// <param name="group">Whose state it is: groups share nothing.</param>
    /// <param name="log">Told loudly of what can't be used.</param>
    public DirectoryStore(string directory, string group, ILogger log) : this(directory, group, log, new Disk())
    {
    }

    internal DirectoryStore(string directory, string group, ILogger log, IFiles files)
    {
        (_directory, _log, _files) = (new StateDirectory(directory, group, files), log, files);
        _asleep = new SleepersDirectory(_directory, files);
        Name = $"directory {directory}";
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>
    /// Whether anything can be kept there: asked before a start, so that a wrong directory is not found out a minute later.
    /// </summary>
    /// <returns>
    /// Null: it can. Else why it can't be just now: the disk is full, or a quota is used up. What lies there can be read, and what comes is
    /// kept once there is room.
    /// </returns>
    /// <exception cref="SnapshotException">It can't be made or written to.</exception>
    public string? Try()
    {
        string probe = Path.Combine(_directory.Root, $"{Guid.NewGuid():N}{Temporary}");
        try
        {
            _files.CreateDirectory(_directory.Root);
            try
            {
                using System.IO.Stream file = _files.Create(probe);
                file.WriteByte(0);
            }
            finally
            {
                _files.Delete(probe);
            }
            return null;
        }
        catch (IOException e) when (StateDirectory.IsFull(e))
        {
            return $"can't keep state in {_directory.Root}: {e.Message}";
        }
        catch (Exception e) when (StateDirectory.IsOfDisk(e))
        {
            throw new SnapshotException($"can't keep state in {_directory.Root}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<PartitionSnapshot?> Load(PartitionId partition, CancellationToken cancel)
    {
        string directory = _directory.Of(partition);
        var faults = new List<string>();
        try
        {
            foreach ((long generation, string file) in Generations(directory))
            {
                cancel.ThrowIfCancellationRequested();
                if (TryRead(Path.Combine(directory, file), partition, out PartitionSnapshot? snapshot, out string fault))
                {
                    _good[partition] = generation;
                    if (faults.Count > 0) _log.FellBack(partition.ToString(), file);
                    return ValueTask.FromResult(snapshot);
                }
                _log.Unusable(Path.Combine(directory, file), fault);
                faults.Add($"{file}: {fault}");
            }
        }
        catch (Exception e) when (StateDirectory.IsOfDisk(e))
        {
            throw new SnapshotException($"can't read the state of {partition} in {directory}: {e.Message}", e);
        }
        return faults.Count == 0 ? ValueTask.FromResult<PartitionSnapshot?>(null)
            : throw new SnapshotException($"no snapshot of {partition} in {directory} can be used ({string.Join("; ", faults)}): "
                + "bring one back, or begin its streams anew with `esn state reset`");
    }

    /// <inheritdoc/>
    public ValueTask Save(PartitionSnapshot snapshot, CancellationToken cancel)
    {
        string directory = _directory.Of(snapshot.Partition);
        try
        {
            _directory.Make(directory);
            (long Generation, string File)[] before = Generations(directory);
            long generation = before.Length > 0 ? before[0].Generation + 1 : 1;
            KeptFile.Write(_files, directory, $"{generation.ToString("D10", CultureInfo.InvariantCulture)}{Snapshot}",
                file => SnapshotFile.Write(snapshot, file));
            // The whole one before it stays; older and damaged ones and what a crash left go.
            long kept = _good.TryGetValue(snapshot.Partition, out long good) ? good
                : before.FirstOrDefault(old => TryRead(Path.Combine(directory, old.File), snapshot.Partition, out _, out _)).Generation;
            _good[snapshot.Partition] = generation;
            foreach ((long old, string file) in before)
                if (old != kept) _files.Delete(Path.Combine(directory, file));
            foreach (string file in _files.Files(directory))
                if (file.EndsWith(Temporary, StringComparison.Ordinal)) _files.Delete(Path.Combine(directory, file));
            return ValueTask.CompletedTask;
        }
        catch (Exception e) when (StateDirectory.IsOfDisk(e))
        {
            throw new SnapshotException($"can't keep the state of {snapshot.Partition} in {directory}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<SlotSnapshot?> Wake(StreamId stream, CancellationToken cancel) => ValueTask.FromResult(_asleep.Wake(stream));

    /// <inheritdoc/>
    public ValueTask Sleep(IReadOnlyList<SlotSnapshot> slots, CancellationToken cancel)
    {
        foreach (SlotSnapshot slot in slots) _asleep.Sleep(slot);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<SlotSnapshot> Asleep(PartitionId partition, CancellationToken cancel) => _asleep.All(partition, cancel);

    /// <inheritdoc/>
    public ValueTask<bool> Forget(StreamId stream, CancellationToken cancel) => ValueTask.FromResult(_asleep.Forget(stream));

    /// <inheritdoc/>
    public ValueTask Renumber(PartitionId partition, CancellationToken cancel)
    {
        _asleep.Renumber(partition);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredSnapshot> List([EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (string topic in _files.Directories(_directory.Root).Order(StringComparer.Ordinal))
        {
            IEnumerable<int> partitions = _files.Directories(Path.Combine(_directory.Root, topic))
                .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)
                .Where(number => number >= 0).Order();
            foreach (int number in partitions)
            {
                var partition = new PartitionId(Uri.UnescapeDataString(topic), number);
                bool newest = true;
                foreach ((long generation, string file) in Generations(_directory.Of(partition)))
                {
                    cancel.ThrowIfCancellationRequested();
                    await Task.Yield();
                    string path = Path.Combine(_directory.Of(partition), file), fault;
                    long bytes;
                    bool whole;
                    PartitionSnapshot? snapshot;
                    try
                    {
                        using (System.IO.Stream opened = _files.Open(path)) bytes = opened.Length;
                        whole = TryRead(path, partition, out snapshot, out fault);
                    }
                    catch (FileNotFoundException)
                    {
                        continue;  // a newer one took its place meanwhile
                    }
                    if (!whole)
                    {
                        yield return new StoredSnapshot(partition, generation, false, -1, default, 0, bytes, fault);
                        continue;
                    }
                    yield return new StoredSnapshot(partition, generation, newest, snapshot!.Next, snapshot.TakenAt, snapshot.Slots.Count,
                        bytes, null);
                    newest = false;
                }
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> Delete(PartitionId partition, CancellationToken cancel)
    {
        string directory = _directory.Of(partition);
        string[] files = [.. _asleep.FoldersOf(partition).Prepend(directory)
            .SelectMany(folder => _files.Files(folder).Select(file => Path.Combine(folder, file)))];
        try
        {
            foreach (string file in files) _files.Delete(file);
            if (files.Length > 0) _files.FlushDirectory(directory);
        }
        catch (Exception e) when (StateDirectory.IsOfDisk(e))
        {
            throw new SnapshotException($"can't delete the state of {partition} in {directory}: {e.Message}", e);
        }
        _good.TryRemove(partition, out _);
        return ValueTask.FromResult(files.Length > 0);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    bool TryRead(string path, PartitionId partition, out PartitionSnapshot? snapshot, out string fault)
    {
        (snapshot, fault) = (null, "");
        try
        {
            using System.IO.Stream file = _files.Open(path);
            snapshot = SnapshotFile.Read(file);
            if (snapshot.Partition == partition) return true;
            fault = $"it is of {snapshot.Partition}";
        }
        catch (InvalidDataException e)
        {
            fault = e.Message;
        }
        snapshot = null;
        return false;
    }

    // Newest first.
    (long Generation, string File)[] Generations(string directory) =>
        [.. _files.Files(directory).Where(file => file.EndsWith(Snapshot, StringComparison.Ordinal))
            .Select(file => (Generation: long.TryParse(file[..^Snapshot.Length], NumberStyles.None, CultureInfo.InvariantCulture,
                out long n) ? n : -1, File: file))
            .Where(file => file.Generation >= 0).OrderByDescending(file => file.Generation)];
}
