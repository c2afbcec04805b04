using System.Buffers;
using Esn.Streaming.State;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class DirectoryStoreTests
{
    static readonly PartitionId Partition = new("steps", 3);
    static readonly DateTime Now = new(2026, 3, 2, 0, 0, 0, DateTimeKind.Utc);

    readonly RecordingLog _log = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_saved_is_loaded_and_two_generations_stay()
    {
        using var directory = new TemporaryDirectory();
        await using var store = new DirectoryStore(directory.Path, "plant/a", _log);
        store.Try();
        Assert.Null(await store.Load(Partition, Cancel));
        for (int next = 1; next <= 5; next++)
        {
            await store.Save(Snapshot(next), Cancel);
            AssertSame(Snapshot(next), await store.Load(Partition, Cancel));
        }
        List<StoredSnapshot> listed = [];
        await foreach (StoredSnapshot stored in store.List(Cancel)) listed.Add(stored);
        Assert.Equal([(5L, true), (4L, false)], listed.Select(stored => (stored.Next, stored.Newest)));
        Assert.All(listed, stored => Assert.Null(stored.Fault));
        Assert.Equal(2, Directory.EnumerateFiles(directory.Path, "*", SearchOption.AllDirectories).Count());

        await using var other = new DirectoryStore(directory.Path, "plant/b", _log);
        Assert.Null(await other.Load(Partition, Cancel));
        Assert.True(await store.Delete(Partition, Cancel));
        Assert.False(await store.Delete(Partition, Cancel));
        Assert.Null(await store.Load(Partition, Cancel));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task A_listing_passes_over_what_a_running_replica_replaces_meanwhile()
    {
        using var directory = new TemporaryDirectory();
        await using var store = new DirectoryStore(directory.Path, "g", _log);
        await store.Save(Snapshot(1), Cancel);
        await store.Save(Snapshot(2), Cancel);
        List<long> listed = [];
        await foreach (StoredSnapshot stored in store.List(Cancel))
        {
            listed.Add(stored.Next);
            await store.Save(Snapshot(3), Cancel);
        }
        Assert.Equal([2L], listed);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(true, .5)]
    [InlineData(true, 1)]
    public async Task A_crash_at_any_operation_leaves_the_newest_whole_snapshot(bool names, double bytes)
    {
        for (int failAt = 0; ; failAt++)
        {
            var files = new FaultyFiles();
            await using var store = new DirectoryStore("root", "g", NullLogger.Instance, files);
            await store.Save(Snapshot(1), Cancel);
            await store.Save(Snapshot(2), Cancel);
            files.FailAt = files.Operations + failAt;
            bool saved = true;
            try
            {
                await store.Save(Snapshot(3), Cancel);
            }
            catch (SnapshotException e)
            {
                Assert.Contains("no space left on device", e.Message, StringComparison.Ordinal);
                saved = false;
            }
            files.Crash(names, bytes);

            await using var after = new DirectoryStore("root", "g", _log, files);
            PartitionSnapshot? found = await after.Load(Partition, Cancel);
            // What was said to be kept is; what was not may be, whole.
            AssertSame(Snapshot(saved || found!.Next == 3 ? 3 : 2), found);
            Assert.Empty(_log.Lines);  // nothing torn ever has the name of a snapshot
            await after.Save(Snapshot(4), Cancel);
            AssertSame(Snapshot(4), await after.Load(Partition, Cancel));
            Assert.InRange(files.Names.Count, 1, 2);
            if (!saved) continue;
            Assert.InRange(failAt, 5, 50);
            return;
        }
    }

    [Fact]
    public async Task A_disk_that_was_full_is_used_again_once_it_is_not()
    {
        var files = new FaultyFiles();
        await using var store = new DirectoryStore("root", "g", _log, files);
        await store.Save(Snapshot(1), Cancel);
        for (int i = 0; i < 3; i++)
        {
            files.FailAt = files.Operations + 2;
            await Assert.ThrowsAsync<SnapshotException>(async () => await store.Save(Snapshot(2), Cancel));
            AssertSame(Snapshot(1), await store.Load(Partition, Cancel));
        }
        files.FailAt = -1;
        await store.Save(Snapshot(2), Cancel);
        AssertSame(Snapshot(2), await store.Load(Partition, Cancel));
        Assert.Equal(2, files.Names.Count);  // what the failures left is gone
    }

    [Fact]
    public async Task A_newest_that_was_cut_off_anywhere_or_damaged_anywhere_falls_back_loudly_to_the_one_before()
    {
        var files = new FaultyFiles();
        await using var store = new DirectoryStore("root", "g", _log, files);
        await store.Save(Snapshot(1), Cancel);
        await store.Save(Snapshot(2), Cancel);
        string newest = files.Names.Max(StringComparer.Ordinal)!;
        byte[] whole = files[newest];
        for (int i = 0; i < whole.Length; i++)
        {
            foreach (byte[] damaged in new[] { whole[..i], [.. whole[..i], (byte)(whole[i] ^ (1 << (i % 8))), .. whole[(i + 1)..]],
                [.. whole, 0] })
            {
                files[newest] = damaged;
                _log.Lines.Clear();
                AssertSame(Snapshot(1), await store.Load(Partition, Cancel));
                Assert.Contains(_log.Lines, line => line.Contains("can't be used", StringComparison.Ordinal));
                Assert.Contains(_log.Lines, line => line.Contains("goes on from an older snapshot", StringComparison.Ordinal));
            }
        }
        // The whole one survives the next save, the damaged one does not.
        await store.Save(Snapshot(3), Cancel);
        files[files.Names.Max(StringComparer.Ordinal)!] = [];
        AssertSame(Snapshot(1), await store.Load(Partition, Cancel));
    }

    [Fact]
    public async Task Where_no_snapshot_is_whole_the_streams_do_not_silently_begin_anew()
    {
        var files = new FaultyFiles();
        await using var store = new DirectoryStore("root", "g", _log, files);
        await store.Save(Snapshot(1), Cancel);
        files[files.Names.Single()] = [1, 2, 3];
        SnapshotException e = await Assert.ThrowsAsync<SnapshotException>(async () => await store.Load(Partition, Cancel));
        Assert.Contains("esn state reset", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_length_that_was_damaged_takes_no_memory()
    {
        var files = new FaultyFiles();
        await using var store = new DirectoryStore("root", "g", _log, files);
        await store.Save(Snapshot(1), Cancel);
        string name = files.Names.Single();
        byte[] whole = files[name];
        for (int i = 0; i + 8 < whole.Length; i += 4)
        {
            byte[] damaged = [.. whole];
            BitConverter.TryWriteBytes(damaged.AsSpan(i), int.MaxValue);
            files[name] = damaged;
            long before = GC.GetAllocatedBytesForCurrentThread();
            await Assert.ThrowsAsync<SnapshotException>(async () => await store.Load(Partition, Cancel));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
        }
    }

    [Fact]
    public async Task A_stream_that_sleeps_is_woken_as_it_was()
    {
        var files = new FaultyFiles();
        await using var store = new DirectoryStore("root", "g", _log, files);
        SlotSnapshot slot = Snapshot(7).Slots[0];
        Assert.Null(await store.Wake(slot.Stream, Cancel));
        await store.Sleep([slot], Cancel);
        AssertSame(slot, await store.Wake(slot.Stream, Cancel));
        Assert.Null(await store.Wake(slot.Stream with { Key = "other" }, Cancel));
    }

    [Fact]
    public async Task A_directory_that_can_not_be_written_to_is_told_before_anything_begins()
    {
        using var directory = new TemporaryDirectory();
        string file = Path.Combine(directory.Path, "file");
        await File.WriteAllTextAsync(file, "", Cancel);
        await using var store = new DirectoryStore(file, "g", _log);
        Assert.Contains("can't keep state in", Assert.Throws<SnapshotException>(() => store.Try()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]  // it takes no further name
    [InlineData(1)]  // it takes a name, and no byte
    public async Task A_full_disk_is_told_before_anything_begins_and_what_lies_there_is_gone_on_from(int failing)
    {
        var files = new FaultyFiles();
        await using var store = new DirectoryStore("/state", "g", _log, files);
        await store.Save(Snapshot(7), Cancel);
        int names = files.Names.Count;
        files.FailAt = files.Operations + failing;
        Assert.StartsWith("can't keep state in", store.Try(), StringComparison.Ordinal);
        Assert.Equal(names, files.Names.Count);
        AssertSame(Snapshot(7), await store.Load(Partition, Cancel));
        Assert.Null(store.Try());
    }

    [Fact]
    public void What_Linux_says_of_a_full_disk_is_known_from_what_it_says_of_another_fault()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full");
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1);
        Assert.True(StateDirectory.IsFull(Assert.ThrowsAny<IOException>(() => full.WriteByte(0))));
        Assert.False(StateDirectory.IsFull(Assert.ThrowsAny<IOException>(() => File.Create("/proc/none/file"))));
    }

    [Fact]
    public void The_digest_of_a_partition_does_not_depend_on_the_order_of_its_streams_nor_on_offsets()
    {
        PartitionSnapshot one = Snapshot(1);
        Assert.Equal(one.Digest, (one.At(77) with { Slots = [.. one.Slots.Reverse()] }).Digest);
        Assert.NotEqual(one.Digest, (one with { Slots = [one.Slots[0], one.Slots[1] with { OpenedAt = 4 }] }).Digest);
    }

    static PartitionSnapshot Snapshot(long next) => new(Partition, next, Now.AddSeconds(next), [Slot("a", next), Slot("ü/b", next)])
    {
        TopicId = new UInt128(7, (ulong)next),
    };

    static SlotSnapshot Slot(string key, long next) => new(new StreamId("steps", 3, key), next, 100 + next, -1, 2, new UInt128(1, 2),
        new byte[] { 1, 2, 3 }, new ReadOnlySequence<byte>([.. Enumerable.Range(0, 40).Select(i => (byte)(i * next))]));

    static void AssertSame(PartitionSnapshot expected, PartitionSnapshot? found)
    {
        Assert.NotNull(found);
        Assert.Equal((expected.Partition, expected.Next, expected.TakenAt, expected.TopicId),
            (found.Partition, found.Next, found.TakenAt, found.TopicId));
        Assert.Equal(expected.Slots.Count, found.Slots.Count);
        foreach ((SlotSnapshot one, SlotSnapshot other) in expected.Slots.Zip(found.Slots)) AssertSame(one, other);
    }

    static void AssertSame(SlotSnapshot expected, SlotSnapshot? found)
    {
        Assert.NotNull(found);
        Assert.Equal((expected.Stream, expected.Next, expected.Position, expected.OpenedAt, expected.Channels, expected.Specification,
            expected.Digest),
            (found.Stream, found.Next, found.Position, found.OpenedAt, found.Channels, found.Specification, found.Digest));
        Assert.Equal(expected.Gate.ToArray(), found.Gate.ToArray());
        Assert.Equal(expected.Detector.ToArray(), found.Detector.ToArray());
    }
}
