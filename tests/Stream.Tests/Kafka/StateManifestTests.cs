using Esn.Streaming.Kafka;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class StateManifestTests
{
    static readonly byte[] Key = "g/steps/3/snapshot/0000000007-00"u8.ToArray();

    static readonly StateManifest Manifest = new(new UInt128(1, 2), 7, 42, new DateTime(2026, 3, 2, 0, 0, 0, DateTimeKind.Utc), 3, 5, 1234,
        99);

    [Fact]
    public void A_manifest_that_is_cut_off_or_damaged_anywhere_or_stands_under_another_key_is_refused()
    {
        byte[] whole = Manifest.Write(Key);
        Assert.Equal(Manifest, StateManifest.Read(Key, whole));
        for (int i = 0; i < whole.Length; i++)
            foreach (byte[] damaged in new[] { whole[..i], Flipped(whole, i), [.. whole, 0] })
                Assert.Throws<InvalidDataException>(() => StateManifest.Read(Key, damaged));
        for (int i = 0; i < Key.Length; i++)
            Assert.Throws<InvalidDataException>(() => StateManifest.Read(Flipped(Key, i), whole));
    }

    [Fact]
    public void A_chunk_that_is_cut_off_or_damaged_anywhere_or_stands_under_another_key_is_refused()
    {
        byte[] whole = StateManifest.WriteChunk(Key, [1, 2, 3, 4]);
        Assert.Equal([1, 2, 3, 4], StateManifest.ReadChunk(Key, whole).ToArray());
        for (int i = 0; i < whole.Length; i++)
            foreach (byte[] damaged in new[] { whole[..i], Flipped(whole, i), [.. whole, 0] })
                Assert.Throws<InvalidDataException>(() => StateManifest.ReadChunk(Key, damaged));
        Assert.Throws<InvalidDataException>(() => StateManifest.ReadChunk(Flipped(Key, 3), whole));
    }

    [Fact]
    public void A_newer_format_is_told_to_be_one()
    {
        byte[] newer = Manifest.Write(Key);
        newer[8] = 2;
        Assert.Contains("format 2", Assert.Throws<InvalidDataException>(() => StateManifest.Read(Key, newer)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_writers_of_one_generation_the_one_that_stands_for_more_counts_whoever_wrote_last()
    {
        var index = new StateIndex();
        long offset = 0;
        void Write(long generation, ulong set, long next)
        {
            string name = StateName.OfSnapshot(generation, set);
            byte[] key = System.Text.Encoding.UTF8.GetBytes("p/" + name);
            index.Take(key, name, (Manifest with { Set = set, Generation = generation, Next = next }).Write(key), offset++);
        }
        Write(1, 10, 50);
        Write(2, 20, 90);   // the owner
        Write(2, 21, 60);   // one that was the owner, and stood still
        Assert.Equal([90L, 60, 50], index.Snapshots.Select(entry => entry.Manifest!.Next));
        Write(3, 30, 5);    // the partition was made anew
        Assert.Equal(5, index.Snapshots[0].Manifest!.Next);
    }

    [Fact]
    public void Chunks_without_a_manifest_are_orphans_and_what_is_deleted_is_gone()
    {
        var index = new StateIndex();
        for (int chunk = 0; chunk < 3; chunk++) index.Take([], StateName.OfChunk(5, chunk), [1], chunk);
        index.Take([], StateName.OfChunk(6, 0), [1], 3);
        index.Add(StateName.OfSnapshot(1, 6), Manifest with { Set = 6 });
        Assert.Equal([(UInt128)5], index.Orphans);
        Assert.Equal([0, 1, 2], index.PlacesOf(5).Indices.Order());
        index.Remove([.. index.ChunksOf(5)]);
        Assert.Empty(index.Orphans);
        Assert.Equal(0, index.PlacesOf(5).Count);
        Assert.Equal(2, index.Names.Count());
    }

    [Theory]
    [InlineData("plant/a", "steps", 3)]
    [InlineData("a b/%2F", "x.y_z-1", 0)]
    public void A_key_says_whose_it_is(string group, string topic, int number)
    {
        string prefix = StateName.Prefix(group, new(topic, number));
        Assert.Equal((group, new(topic, number)), StateName.Of(System.Text.Encoding.UTF8.GetBytes(prefix + "asleep/a/b")));
        Assert.Null(StateName.Of("anything"u8));
        Assert.Null(StateName.ChunkOf("chunk/nonsense/1"));
        Assert.Equal(((UInt128)7, 12), StateName.ChunkOf(StateName.OfChunk(7, 12)));
    }

    static byte[] Flipped(byte[] whole, int at) => [.. whole[..at], (byte)(whole[at] ^ (1 << (at % 8))), .. whole[(at + 1)..]];
}
