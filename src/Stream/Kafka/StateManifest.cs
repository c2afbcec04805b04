using System.Buffers.Binary;
using System.IO.Hashing;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Says that a set of chunks is whole, and what it is: written last. Chunks without one are of a write that was broken off, and are
/// never taken.
/// </summary>
/// <remarks>Little-endian: magic, format, the fields as they are declared, and a checksum of the record's key and all before.</remarks>
/// <param name="Set">Of its chunks.</param>
/// <param name="Generation">Greater = newer; 0: it is none of a partition.</param>
/// <param name="Next">Offset that it stands for.</param>
/// <param name="TakenAt">When, UTC.</param>
/// <param name="Streams">In it.</param>
/// <param name="Chunks">How many there are.</param>
/// <param name="Bytes">In all of them.</param>
/// <param name="Hash">Of all of them.</param>
sealed record StateManifest(
    UInt128 Set, long Generation, long Next, DateTime TakenAt, int Streams, int Chunks, long Bytes, ulong Hash)
{
    const ulong Magic = 0x3154464D_2E4E5345, ChunkMagic = 0x314B4843_2E4E5345;  // "ESN.MFT1", "ESN.CHK1" in memory
    const int Format = 1, Size = 84;

    /// <summary>Bytes of a chunk's record beside what it carries.</summary>
    public const int ChunkHead = 16;

    /// <summary>The value of its record.</summary>
    public byte[] Write(ReadOnlySpan<byte> key)
    {
        var bytes = new byte[Size];
        Span<byte> to = bytes;
        BinaryPrimitives.WriteUInt64LittleEndian(to, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], Format);
        BinaryPrimitives.WriteUInt128LittleEndian(to[12..], Set);
        BinaryPrimitives.WriteInt64LittleEndian(to[28..], Generation);
        BinaryPrimitives.WriteInt64LittleEndian(to[36..], Next);
        BinaryPrimitives.WriteInt64LittleEndian(to[44..], TakenAt.Ticks);
        BinaryPrimitives.WriteInt32LittleEndian(to[52..], Streams);
        BinaryPrimitives.WriteInt32LittleEndian(to[56..], Chunks);
        BinaryPrimitives.WriteInt64LittleEndian(to[60..], Bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(to[68..], Hash);
        BinaryPrimitives.WriteUInt64LittleEndian(to[76..], HashOf(key, to[..76]));
        return bytes;
    }

    /// <summary>What a record says.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or of a newer program.</exception>
    public static StateManifest Read(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (value.Length < 12 || BinaryPrimitives.ReadUInt64LittleEndian(value) != Magic)
            throw new InvalidDataException($"{value.Length} bytes are no manifest");
        int format = BinaryPrimitives.ReadInt32LittleEndian(value[8..]);
        if (format is < 1 or > Format)
            throw new InvalidDataException($"the manifest has format {format}, this program reads 1 to {Format}: use the program that "
                + "wrote it, or a newer one");
        if (value.Length != Size || BinaryPrimitives.ReadUInt64LittleEndian(value[76..]) != HashOf(key, value[..76]))
            throw new InvalidDataException("the manifest's checksum is wrong: it was damaged");
        long ticks = BinaryPrimitives.ReadInt64LittleEndian(value[44..]);
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks) throw new InvalidDataException("the manifest was damaged");
        return new StateManifest(BinaryPrimitives.ReadUInt128LittleEndian(value[12..]), BinaryPrimitives.ReadInt64LittleEndian(value[28..]),
            BinaryPrimitives.ReadInt64LittleEndian(value[36..]), new DateTime(ticks, DateTimeKind.Utc),
            BinaryPrimitives.ReadInt32LittleEndian(value[52..]), BinaryPrimitives.ReadInt32LittleEndian(value[56..]),
            BinaryPrimitives.ReadInt64LittleEndian(value[60..]), BinaryPrimitives.ReadUInt64LittleEndian(value[68..]));
    }

    /// <summary>The value of a chunk's record.</summary>
    public static byte[] WriteChunk(ReadOnlySpan<byte> key, ReadOnlySpan<byte> carried)
    {
        var bytes = new byte[ChunkHead + carried.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, ChunkMagic);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), HashOf(key, carried));
        carried.CopyTo(bytes.AsSpan(ChunkHead));
        return bytes;
    }

    /// <summary>What a chunk's record carries.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static ReadOnlyMemory<byte> ReadChunk(ReadOnlySpan<byte> key, byte[] value)
    {
        if (value.Length < ChunkHead || BinaryPrimitives.ReadUInt64LittleEndian(value) != ChunkMagic
            || BinaryPrimitives.ReadUInt64LittleEndian(value.AsSpan(8)) != HashOf(key, value.AsSpan(ChunkHead)))
            throw new InvalidDataException("the checksum of a chunk is wrong: it was damaged");
        return value.AsMemory(ChunkHead);
    }

    // With its key: a record that stands under another one is not what it says.
    static ulong HashOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var hash = new XxHash3();
        hash.Append(key);
        hash.Append(value);
        return hash.GetCurrentHashAsUInt64();
    }
}
