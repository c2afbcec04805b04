using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Esn.Streaming.Wire;

namespace Esn.Streaming.State;

/// <summary>All that is kept of one stream, between two of its steps.</summary>
/// <remarks>Little-endian: magic, format, length of all, the fields as they are declared, and a checksum of all before it.</remarks>
/// <param name="Stream">Whose it is.</param>
/// <param name="Next">Offset of the first record of its partition that it has not had.</param>
/// <param name="Position">Steps taken.</param>
/// <param name="OpenedAt">Offset of the record that opened its last alarm; −1: none was.</param>
/// <param name="Channels">Values of each of its frames.</param>
/// <param name="Specification">Fingerprint of all that its model learns with.</param>
/// <param name="Gate">What orders its frames, as that wrote it.</param>
/// <param name="Detector">Its model, as that wrote it.</param>
public sealed record SlotSnapshot(StreamId Stream, long Next, long Position, long OpenedAt, int Channels, UInt128 Specification,
    ReadOnlyMemory<byte> Gate, ReadOnlySequence<byte> Detector)
{
    /// <summary>Of this form; 2: with <see cref="Order"/>, <see cref="Silent"/> and <see cref="Model"/>; 3: with an offset that stands
    /// for nothing any more.</summary>
    public const int Format = 3;

    const ulong Magic = 0x31544C53_2E4E5345;    // "ESN.SLT1" in memory
    const int Head = 8 + 4 + 8;                 // magic, format, length
    const int LongestText = 4096, LongestGate = 1 << 28;
    const int Piece = 1 << 16;
    const long NoOffset = -1;

    /// <summary>Frames that wait for others, and what is known of the feed's times; empty: nothing is.</summary>
    public ReadOnlyMemory<byte> Order { get; init; }

    /// <summary>The specification that it has learnt with, packed; empty: it is not known. No part of the digest.</summary>
    public ReadOnlyMemory<byte> Model { get; init; }

    /// <summary>The stream is silent by the wall clock, and that was told. No part of the digest: it follows from no frame.</summary>
    public bool Silent { get; init; }

    /// <summary>Tells states apart: equal for equal histories, wherever and in whatever batches they were taken.</summary>
    public ulong Digest
    {
        get
        {
            var hash = new XxHash3();
            Span<byte> numbers = stackalloc byte[16];
            BinaryPrimitives.WriteInt64LittleEndian(numbers, Position);
            BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], OpenedAt);
            hash.Append(numbers);
            hash.Append(Gate.Span);
            hash.Append(Order.Span);
            foreach (ReadOnlyMemory<byte> piece in Detector) hash.Append(piece.Span);
            return hash.GetCurrentHashAsUInt64();
        }
    }

    /// <summary>Writes it, in pieces.</summary>
    public void Write(IBufferWriter<byte> to)
    {
        byte[] topic = Encoding.UTF8.GetBytes(Stream.Topic), key = Encoding.UTF8.GetBytes(Stream.Key);
        long length = Head + (4 + topic.Length) + 4 + (4 + key.Length) + 3 * 8 + 4 + 16 + (4 + Gate.Length) + (4 + Order.Length) + 4
            + 8 + (4 + Model.Length)
            + (8 + Detector.Length) + 8;
        var writer = new HashingWriter(to);
        writer.Write(Magic);
        writer.Write(Format);
        writer.Write(length);
        writer.Write(topic.Length);
        writer.Write(topic);
        writer.Write(Stream.Partition);
        writer.Write(key.Length);
        writer.Write(key);
        writer.Write(Next);
        writer.Write(Position);
        writer.Write(OpenedAt);
        writer.Write(Channels);
        writer.Write((ulong)Specification);
        writer.Write((ulong)(Specification >> 64));
        writer.Write(Gate.Length);
        writer.Write(Gate.Span);
        writer.Write(Order.Length);
        writer.Write(Order.Span);
        writer.Write(Silent ? 1 : 0);
        writer.Write(NoOffset);
        writer.Write(Model.Length);
        writer.Write(Model.Span);
        writer.Write(Detector.Length);
        foreach (ReadOnlyMemory<byte> piece in Detector) writer.Write(piece.Span);
        writer.Write(writer.Hash);
    }

    /// <summary>Reads one from where a stream of bytes stands, and no further.</summary>
    /// <exception cref="InvalidDataException">Cut off, damaged, or of a newer format.</exception>
    public static SlotSnapshot Read(System.IO.Stream from)
    {
        var reader = new HashingReader(from);
        if (reader.UInt64() != Magic) throw new InvalidDataException("these bytes are no state of a stream");
        int format = reader.Int32();
        if (format is < 1 or > Format)
            throw new InvalidDataException($"the state has format {format}, this program reads 1 to {Format}: use the program that "
                + "wrote it, or a newer one");
        long length = reader.Int64();
        string topic = Encoding.UTF8.GetString(reader.Bytes(reader.Count(LongestText)));
        int partition = reader.Int32();
        string key = Encoding.UTF8.GetString(reader.Bytes(reader.Count(LongestText)));
        long next = reader.Int64(), position = reader.Int64(), opened = reader.Int64();
        int channels = reader.Int32();
        ulong low = reader.UInt64(), high = reader.UInt64();
        byte[] gate = reader.Bytes(reader.Count(LongestGate)), order = format < 2 ? [] : reader.Bytes(reader.Count(LongestGate));
        bool silent = format >= 2 && reader.Int32() != 0;
        if (format >= 3) _ = reader.Int64();
        byte[] specification = format < 2 ? [] : reader.Bytes(reader.Count(LongestGate));
        long detector = reader.Int64();
        if (detector < 0 || length != reader.Read + detector + 8)
            throw new InvalidDataException($"the state says {length} bytes and {detector} of its model: it was damaged");
        ReadOnlySequence<byte> model = reader.Sequence(detector);
        ulong found = reader.Hash;
        if (reader.UInt64() != found) throw new InvalidDataException("the state's checksum is wrong: it was damaged");
        return new SlotSnapshot(new StreamId(topic, partition, key), next, position, opened, channels, new UInt128(high, low), gate, model)
        {
            Order = order,
            Silent = silent,
            Model = specification,
        };
    }

    // Both hash what goes through them.
    readonly struct HashingWriter(IBufferWriter<byte> to)
    {
        readonly XxHash3 _hash = new();

        public ulong Hash => _hash.GetCurrentHashAsUInt64();

        public void Write(ReadOnlySpan<byte> bytes)
        {
            _hash.Append(bytes);
            while (!bytes.IsEmpty)
            {
                Span<byte> room = to.GetSpan();
                int count = Math.Min(room.Length, bytes.Length);
                bytes[..count].CopyTo(room);
                to.Advance(count);
                bytes = bytes[count..];
            }
        }

        public void Write(long value) => Write((ulong)value);

        public void Write(ulong value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            Write(bytes);
        }

        public void Write(int value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
            Write(bytes);
        }
    }

    sealed class HashingReader(System.IO.Stream from)
    {
        readonly XxHash3 _hash = new();

        public ulong Hash => _hash.GetCurrentHashAsUInt64();

        public long Read { get; private set; }

        public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

        public long Int64() => (long)UInt64();

        public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

        // How much follows: never more than there can be, whatever a damaged byte says.
        public int Count(int most)
        {
            int count = Int32();
            return count >= 0 && count <= most ? count
                : throw new InvalidDataException($"{count} bytes are said to follow where 0 to {most} can: it was damaged");
        }

        // Room is made as bytes come: a damaged length takes no memory.
        public byte[] Bytes(int count)
        {
            if (count > Piece) return Sequence(count).ToArray();
            var bytes = new byte[count];
            Fill(bytes);
            return bytes;
        }

        public ReadOnlySequence<byte> Sequence(long count)
        {
            var pieces = new Pieces();
            for (long left = count; left > 0;)
            {
                Span<byte> room = pieces.GetSpan();
                room = room[..(int)Math.Min(room.Length, left)];
                Fill(room);
                pieces.Advance(room.Length);
                left -= room.Length;
            }
            return pieces.Written();
        }

        void Fill(Span<byte> bytes)
        {
            int read = from.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (read < bytes.Length) throw new InvalidDataException("the state ends before its end: it was cut off");
            _hash.Append(bytes);
            Read += read;
        }
    }
}
