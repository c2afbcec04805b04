using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.State;

/// <summary>
/// Snapshots in a directory: DIRECTORY/GROUP/TOPIC/PARTITION/GENERATION.snapshot. A snapshot is written under another name,
/// flushed to the disk, renamed, and its name flushed, so that a crash at any moment leaves the one before it.
/// </summary>
public sealed class DirectoryStore : ISnapshotStore
{
    const string Snapshot = ".snapshot", Temporary = ".tmp", Slot = ".slot", AsleepName = "asleep";
    const string Before = "asleep.before";  // of records that were counted in another way

    readonly IFiles _files;
    readonly string _root;
    readonly ILogger _log;
    readonly ConcurrentDictionary<string, bool> _made = new();  // directories that are there
    readonly ConcurrentDictionary<PartitionId, long> _good = new();  // the newest generation that was seen to be whole

    /// <param name="directory">Made where it is missing.</param>
    /// <param name="group">Whose state it is: groups share nothing.</param>
    /// <param name="log">Told loudly of what can't be used.</param>
    public DirectoryStore(string directory, string group, ILogger log) : this(directory, group, log, new Disk())
    {
    }

    internal DirectoryStore(string directory, string group, ILogger log, IFiles files)
    {
        (_root, _log, _files) = (Path.Combine(directory, Escaped(group)), log, files);
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
        string probe = Path.Combine(_root, $"{Guid.NewGuid():N}{Temporary}");
        try
        {
            _files.CreateDirectory(_root);
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
        catch (IOException e) when (IsFull(e))
        {
            return $"can't keep state in {_root}: {e.Message}";
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            throw new SnapshotException($"can't keep state in {_root}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<PartitionSnapshot?> Load(PartitionId partition, CancellationToken cancel)
    {
        string directory = Of(partition);
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
        catch (Exception e) when (IsOfDisk(e))
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
        string directory = Of(snapshot.Partition);
        try
        {
            Make(directory);
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
        catch (Exception e) when (IsOfDisk(e))
        {
            throw new SnapshotException($"can't keep the state of {snapshot.Partition} in {directory}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<SlotSnapshot?> Wake(StreamId stream, CancellationToken cancel)
    {
        string name = Named(stream);
        SlotSnapshot? slot = Read(stream, Path.Combine(AsleepOf(stream), name));
        return ValueTask.FromResult(slot ?? (Read(stream, Path.Combine(AsleepOf(stream, Before), name)) is { } before
            ? before with { Next = 0 } : null));
    }

    SlotSnapshot? Read(StreamId stream, string path)
    {
        try
        {
            using System.IO.Stream file = _files.Open(path);
            SlotSnapshot slot = SlotSnapshot.Read(file);
            return slot.Stream == stream ? slot : throw new InvalidDataException($"it is of stream {slot.Stream.Key} of "
                + $"{slot.Stream.Topic}[{slot.Stream.Partition}]");
        }
        // A name that was never heard of is what is mostly asked for.
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (IsOfDisk(e) || e is InvalidDataException)
        {
            throw new SnapshotException($"can't use the state of stream {stream.Key} in {path}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask Sleep(IReadOnlyList<SlotSnapshot> slots, CancellationToken cancel)
    {
        foreach (SlotSnapshot slot in slots) Sleep(slot);
        return ValueTask.CompletedTask;
    }

    void Sleep(SlotSnapshot slot)
    {
        string directory = AsleepOf(slot.Stream), name = Named(slot.Stream);
        try
        {
            if (_made.TryAdd(directory, true)) Make(directory);
            KeptFile.Write(_files, directory, name, file =>
            {
                var bytes = new Pieces();
                slot.Write(bytes);
                foreach (ReadOnlyMemory<byte> piece in bytes.Written()) file.Write(piece.Span);
            });
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            _made.TryRemove(directory, out _);
            throw new SnapshotException($"can't keep the state of stream {slot.Stream.Key} in {directory}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SlotSnapshot> Asleep(PartitionId partition, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (string folder in (string[])[AsleepName, Before])
            foreach (string file in _files.Files(Path.Combine(Of(partition), folder))
                .Where(file => file.EndsWith(Slot, StringComparison.Ordinal)))
            {
                cancel.ThrowIfCancellationRequested();
                await Task.Yield();
                SlotSnapshot slot;
                try
                {
                    using System.IO.Stream opened = _files.Open(Path.Combine(Of(partition), folder, file));
                    slot = SlotSnapshot.Read(opened);
                }
                catch (Exception e) when (IsOfDisk(e) || e is InvalidDataException)
                {
                    throw new SnapshotException($"can't use {Path.Combine(Of(partition), folder, file)}: {e.Message}", e);
                }
                yield return folder == Before ? slot with { Next = 0 } : slot;
            }
    }

    /// <inheritdoc/>
    public ValueTask<bool> Forget(StreamId stream, CancellationToken cancel)
    {
        bool any = false;
        foreach (string directory in (string[])[AsleepOf(stream), AsleepOf(stream, Before)])
        {
            if (!_files.Files(directory).Contains(Named(stream))) continue;
            _files.Delete(Path.Combine(directory, Named(stream)));
            _files.FlushDirectory(directory);
            any = true;
        }
        return ValueTask.FromResult(any);
    }

    /// <inheritdoc/>
    public ValueTask Renumber(PartitionId partition, CancellationToken cancel)
    {
        string from = Path.Combine(Of(partition), AsleepName), to = Path.Combine(Of(partition), Before);
        try
        {
            IReadOnlyList<string> files = _files.Files(from);
            if (files.Count == 0) return ValueTask.CompletedTask;
            Make(to);
            foreach (string file in files) _files.Rename(Path.Combine(from, file), Path.Combine(to, file));
            _files.FlushDirectory(to);
            _files.FlushDirectory(from);
            return ValueTask.CompletedTask;
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            throw new SnapshotException($"can't keep the streams of {partition} that left memory in {to}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredSnapshot> List([EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (string topic in _files.Directories(_root).Order(StringComparer.Ordinal))
        {
            IEnumerable<int> partitions = _files.Directories(Path.Combine(_root, topic))
                .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)
                .Where(number => number >= 0).Order();
            foreach (int number in partitions)
            {
                var partition = new PartitionId(Uri.UnescapeDataString(topic), number);
                bool newest = true;
                foreach ((long generation, string file) in Generations(Of(partition)))
                {
                    cancel.ThrowIfCancellationRequested();
                    await Task.Yield();
                    string path = Path.Combine(Of(partition), file), fault;
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
        string directory = Of(partition);
        string[] files = [.. ((string[])[directory, Path.Combine(directory, AsleepName), Path.Combine(directory, Before)])
            .SelectMany(folder => _files.Files(folder).Select(file => Path.Combine(folder, file)))];
        try
        {
            foreach (string file in files) _files.Delete(file);
            if (files.Length > 0) _files.FlushDirectory(directory);
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            throw new SnapshotException($"can't delete the state of {partition} in {directory}: {e.Message}", e);
        }
        _good.TryRemove(partition, out _);
        return ValueTask.FromResult(files.Length > 0);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // The names of directories are flushed too, or a crash could take the whole path.
    void Make(string directory)
    {
        if (_files.Files(directory).Count > 0) return;
        _files.CreateDirectory(directory);
        for (string? above = Path.GetDirectoryName(directory); above is not null && above.Length >= _root.Length;
            above = Path.GetDirectoryName(above))
            _files.FlushDirectory(above);
    }

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

    string AsleepOf(StreamId stream, string folder = AsleepName) =>
        Path.Combine(Of(new PartitionId(stream.Topic, stream.Partition)), folder);

    string Of(PartitionId partition) =>
        Path.Combine(_root, Escaped(partition.Topic), partition.Number.ToString(CultureInfo.InvariantCulture));

    static string Named(StreamId stream) => $"{XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(stream.Key)):x32}{Slot}";

    // "." and ".." are names of groups too.
    static string Escaped(string name) => name.Trim('.').Length == 0 ? name.Replace(".", "%2E", StringComparison.Ordinal)
        : Uri.EscapeDataString(name);

    // errno(3) where .NET has no type for it: ENOSPC and EDQUOT of Linux; of Windows ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
    internal static bool IsFull(IOException e) => e.HResult is 28 or 122 or unchecked((int)0x80070027) or unchecked((int)0x80070070);

    static bool IsOfDisk(Exception e) => e is IOException or UnauthorizedAccessException;
}
