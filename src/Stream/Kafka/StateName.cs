using System.Globalization;
using System.Text;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Keys of the records of a topic that state is kept in: GROUP/TOPIC/PARTITION/ and a name. What a name says last holds.
/// </summary>
static class StateName
{
    /// <summary>Names of manifests: of the snapshots of a partition, and of streams that left memory.</summary>
    public const string Snapshot = "snapshot/", Asleep = "asleep/";

    /// <summary>Says that what sleeps from before it was counted in another way.</summary>
    public const string Renumbered = "renumbered";

    const string Chunk = "chunk/";

    /// <summary>What the keys of all records of a partition begin with.</summary>
    public static string Prefix(string group, PartitionId partition) =>
        string.Create(CultureInfo.InvariantCulture, $"{Uri.EscapeDataString(group)}/{partition.Topic}/{partition.Number}/");

    /// <summary>The manifest of a snapshot: two writers of one generation do not meet.</summary>
    public static string OfSnapshot(long generation, UInt128 set) =>
        string.Create(CultureInfo.InvariantCulture, $"{Snapshot}{generation:D10}-{set:x32}");

    /// <summary>The manifest of a stream that left memory.</summary>
    public static string OfAsleep(string stream) => $"{Asleep}{stream}";

    /// <summary>A chunk of a set.</summary>
    public static string OfChunk(UInt128 set, int index) => string.Create(CultureInfo.InvariantCulture, $"{Chunk}{set:x32}/{index}");

    /// <summary>Of which set a chunk is, and the how manieth; null: it is no name of a chunk.</summary>
    public static (UInt128 Set, int Index)? ChunkOf(string name)
    {
        const int Digits = 32;
        if (!name.StartsWith(Chunk, StringComparison.Ordinal) || name.Length < Chunk.Length + Digits + 2
            || name[Chunk.Length + Digits] != '/') return null;
        return UInt128.TryParse(name.AsSpan(Chunk.Length, Digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out UInt128 set)
            && int.TryParse(name.AsSpan(Chunk.Length + Digits + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? (set, index) : null;
    }

    /// <summary>The partition that a key is of, and its group; null: it is none of ours.</summary>
    public static (string Group, PartitionId Partition)? Of(ReadOnlySpan<byte> key)
    {
        string[] parts = Encoding.UTF8.GetString(key).Split('/', 4);
        return parts.Length == 4 && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? (Uri.UnescapeDataString(parts[0]), new PartitionId(parts[1], number)) : null;
    }
}
