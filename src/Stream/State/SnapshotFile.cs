using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Esn.Streaming.Wire;

namespace Esn.Streaming.State;

/// <summary>A partition's snapshot as a file: a header, the slots one after the other, and a checksum of all.</summary>
static class SnapshotFile
{
    /// <summary>Of this form; 1 had no id of the topic.</summary>
    public const int Format = 2;

    const ulong Magic = 0x31545250_2E4E5345;  // "ESN.PRT1" in memory
    const int LongestTopic = 4096, MostSlots = 10_000_000;

    /// <summary>Writes a snapshot in pieces.</summary>
    public static void Write(PartitionSnapshot snapshot, System.IO.Stream to)
    {
        var writer = new StreamWriter(to);
        byte[] topic = Encoding.UTF8.GetBytes(snapshot.Partition.Topic);
        Span<byte> head = writer.GetSpan(56 + topic.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(head, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], Format);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], topic.Length);
        topic.CopyTo(head[16..]);
        Span<byte> rest = head[(16 + topic.Length)..];
        BinaryPrimitives.WriteInt32LittleEndian(rest, snapshot.Partition.Number);
        BinaryPrimitives.WriteInt64LittleEndian(rest[4..], snapshot.Next);
        BinaryPrimitives.WriteInt64LittleEndian(rest[12..], snapshot.TakenAt.Ticks);
        BinaryPrimitives.WriteInt32LittleEndian(rest[20..], snapshot.Slots.Count);
        BinaryPrimitives.WriteUInt128LittleEndian(rest[24..], snapshot.TopicId);
        writer.Advance(56 + topic.Length);
        foreach (SlotSnapshot slot in snapshot.Slots) slot.Write(writer);
        writer.End();
    }

    /// <summary>Reads all of a file and checks it.</summary>
    /// <param name="from">Stands at the beginning.</param>
    /// <exception cref="InvalidDataException">Cut off, damaged, or of a newer format.</exception>
    public static PartitionSnapshot Read(System.IO.Stream from)
    {
        using var reader = new HashingStream(from);
        byte[] head = Bytes(reader, 16);
        if (BinaryPrimitives.ReadUInt64LittleEndian(head) != Magic) throw new InvalidDataException("this is no snapshot of a partition");
        int format = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(8)),
            length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(12));
        if (format is < 1 or > Format)
            throw new InvalidDataException($"the snapshot has format {format}, this program reads 1 to {Format}: use the program that "
                + "wrote it, or a newer one");
        if (length is < 0 or > LongestTopic) throw new InvalidDataException($"a topic of {length} bytes: it was damaged");
        string topic = Encoding.UTF8.GetString(Bytes(reader, length));
        byte[] rest = Bytes(reader, format < 2 ? 24 : 40);
        int partition = BinaryPrimitives.ReadInt32LittleEndian(rest), count = BinaryPrimitives.ReadInt32LittleEndian(rest.AsSpan(20));
        long next = BinaryPrimitives.ReadInt64LittleEndian(rest.AsSpan(4)), ticks = BinaryPrimitives.ReadInt64LittleEndian(rest.AsSpan(12));
        if (count is < 0 or > MostSlots || ticks < 0 || ticks > DateTime.MaxValue.Ticks)
            throw new InvalidDataException("its header was damaged");
        var slots = new List<SlotSnapshot>();  // grows with what comes, not with what a damaged header says
        for (int i = 0; i < count; i++) slots.Add(SlotSnapshot.Read(reader));
        ulong hash = reader.Hash;
        if (BinaryPrimitives.ReadUInt64LittleEndian(Bytes(reader, 8)) != hash)
            throw new InvalidDataException("the checksum is wrong: it was damaged");
        if (from.ReadByte() >= 0) throw new InvalidDataException("something follows the snapshot");
        return new PartitionSnapshot(new PartitionId(topic, partition), next, new DateTime(ticks, DateTimeKind.Utc), slots)
        {
            TopicId = format < 2 ? 0 : BinaryPrimitives.ReadUInt128LittleEndian(rest.AsSpan(24)),
        };
    }

    static byte[] Bytes(System.IO.Stream from, int count)
    {
        var bytes = new byte[count];
        if (from.ReadAtLeast(bytes, count, throwOnEndOfStream: false) < count)
            throw new InvalidDataException("the snapshot ends before its end: it was cut off");
        return bytes;
    }

    // From spans to a stream, with a checksum of all at the end.
    sealed class StreamWriter(System.IO.Stream to) : IBufferWriter<byte>
    {
        readonly XxHash3 _hash = new();
        byte[] _buffer = new byte[1 << 18];
        int _written;

        public void Advance(int count) => _written += count;

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            if (_buffer.Length - _written < Math.Max(1, sizeHint)) Flush();
            if (_buffer.Length < sizeHint) _buffer = new byte[sizeHint];
            return _buffer.AsMemory(_written);
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public void End()
        {
            Flush();
            Span<byte> hash = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(hash, _hash.GetCurrentHashAsUInt64());
            to.Write(hash);
        }

        void Flush()
        {
            _hash.Append(_buffer.AsSpan(0, _written));
            to.Write(_buffer, 0, _written);
            _written = 0;
        }
    }

    // Hashes what is read through it.
    sealed class HashingStream(System.IO.Stream from) : System.IO.Stream
    {
        readonly XxHash3 _hash = new();

        public ulong Hash => _hash.GetCurrentHashAsUInt64();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            int read = from.Read(buffer);
            _hash.Append(buffer[..read]);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
