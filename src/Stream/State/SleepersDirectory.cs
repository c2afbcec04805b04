using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;
using Esn.Streaming.Wire;

namespace Esn.Streaming.State;

/// <summary>Streams that left memory, in a directory of their partition: a file each.</summary>
/// <param name="directory">Of the group.</param>
/// <param name="files">Of the file system.</param>
sealed class SleepersDirectory(StateDirectory directory, IFiles files)
{
    const string Slot = ".slot", AsleepName = "asleep";
    const string Before = "asleep.before";  // of records that were counted in another way

    readonly ConcurrentDictionary<string, bool> _made = new();  // directories that are there

    /// <summary>Where those of a partition are.</summary>
    public string[] FoldersOf(PartitionId partition) =>
        [Path.Combine(directory.Of(partition), AsleepName), Path.Combine(directory.Of(partition), Before)];

    /// <summary>What a stream left memory with; null: it never did.</summary>
    public SlotSnapshot? Wake(StreamId stream)
    {
        string name = Named(stream);
        return Read(stream, Path.Combine(Of(stream), name))
            ?? (Read(stream, Path.Combine(Of(stream, Before), name)) is { } before ? before with { Next = 0 } : null);
    }

    /// <summary>Keeps a stream that leaves memory.</summary>
    public void Sleep(SlotSnapshot slot)
    {
        string folder = Of(slot.Stream), name = Named(slot.Stream);
        try
        {
            if (_made.TryAdd(folder, true)) directory.Make(folder);
            KeptFile.Write(files, folder, name, file =>
            {
                var bytes = new Pieces();
                slot.Write(bytes);
                foreach (ReadOnlyMemory<byte> piece in bytes.Written()) file.Write(piece.Span);
            });
        }
        catch (Exception e) when (StateDirectory.IsOfDisk(e))
        {
            _made.TryRemove(folder, out _);
            throw new SnapshotException($"can't keep the state of stream {slot.Stream.Key} in {folder}: {e.Message}", e);
        }
    }

    /// <summary>All of a partition.</summary>
    public async IAsyncEnumerable<SlotSnapshot> All(PartitionId partition, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (string folder in (string[])[AsleepName, Before])
            foreach (string file in files.Files(Path.Combine(directory.Of(partition), folder))
                .Where(file => file.EndsWith(Slot, StringComparison.Ordinal)))
            {
                cancel.ThrowIfCancellationRequested();
                await Task.Yield();
                SlotSnapshot slot;
                try
                {
                    using System.IO.Stream opened = files.Open(Path.Combine(directory.Of(partition), folder, file));
                    slot = SlotSnapshot.Read(opened);
                }
                catch (Exception e) when (StateDirectory.IsOfDisk(e) || e is InvalidDataException)
                {
                    throw new SnapshotException($"can't use {Path.Combine(directory.Of(partition), folder, file)}: {e.Message}", e);
                }
                yield return folder == Before ? slot with { Next = 0 } : slot;
            }
    }

    /// <summary>A stream is as if it had never been.</summary>
    /// <returns>Whether it was here.</returns>
    public bool Forget(StreamId stream)
    {
        bool any = false;
        foreach (string folder in (string[])[Of(stream), Of(stream, Before)])
        {
            if (!files.Files(folder).Contains(Named(stream))) continue;
            files.Delete(Path.Combine(folder, Named(stream)));
            files.FlushDirectory(folder);
            any = true;
        }
        return any;
    }

    /// <summary>The records of a partition are counted anew: what a stream had of them says nothing of those.</summary>
    public void Renumber(PartitionId partition)
    {
        string from = Path.Combine(directory.Of(partition), AsleepName), to = Path.Combine(directory.Of(partition), Before);
        try
        {
            IReadOnlyList<string> asleep = files.Files(from);
            if (asleep.Count == 0) return;
            directory.Make(to);
            foreach (string file in asleep) files.Rename(Path.Combine(from, file), Path.Combine(to, file));
            files.FlushDirectory(to);
            files.FlushDirectory(from);
        }
        catch (Exception e) when (StateDirectory.IsOfDisk(e))
        {
            throw new SnapshotException($"can't keep the streams of {partition} that left memory in {to}: {e.Message}", e);
        }
    }

    SlotSnapshot? Read(StreamId stream, string path)
    {
        try
        {
            using System.IO.Stream file = files.Open(path);
            SlotSnapshot slot = SlotSnapshot.Read(file);
            return slot.Stream == stream ? slot : throw new InvalidDataException($"it is of stream {slot.Stream.Key} of "
                + $"{slot.Stream.Topic}[{slot.Stream.Partition}]");
        }
        // A name that was never heard of is what is mostly asked for.
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (StateDirectory.IsOfDisk(e) || e is InvalidDataException)
        {
            throw new SnapshotException($"can't use the state of stream {stream.Key} in {path}: {e.Message}", e);
        }
    }

    string Of(StreamId stream, string folder = AsleepName) =>
        Path.Combine(directory.Of(new PartitionId(stream.Topic, stream.Partition)), folder);

    static string Named(StreamId stream) => $"{XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(stream.Key)):x32}{Slot}";
}
