using System.Buffers;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Esn;

/// <summary>The form of a snapshot: a header, the state, and a checksum of both.</summary>
/// <remarks>
/// Numbers are in the byte order of the machine; the magic number of one that has the other is not this one. A change of any
/// state is a new <see cref="Version"/>: what it adds is carried where <see cref="StateCarrier.Holds"/> says so, that those before
/// it are still read.
/// </remarks>
static class Snapshot
{
    /// <summary>Of the format: of the header, and of which fields each state carries in which order.</summary>
    public const int Version = 6;

    /// <summary>The oldest that is read: what it does not hold is as it is in a model that was just made.</summary>
    public const int Oldest = 2;

    /// <summary>Hash of the names, types and lengths of all that is carried, in order: the test of the layout says when it changes,
    /// and what to do.</summary>
    public const ulong Layout = 0x39F49654E460794F;

    const ulong Magic = 0x31544E53_2E4E5345;  // "ESN.SNT1" in memory
    const int Checksum = sizeof(ulong);

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    struct Header
    {
        public ulong Magic;
        public int Version;
        public int Channels;
        public long Length;  // of the whole snapshot, bytes
        public UInt128 Fingerprint;
    }

    static int HeaderLength { get; } = Marshal.SizeOf<Header>();

    /// <summary>Writes a detector's state, in pieces.</summary>
    public static void Save(Detector detector, ModelSpec spec, IBufferWriter<byte> to)
    {
        StateCarrier measure = StateCarrier.Measuring();
        detector.Carry(ref measure);
        var header = new Header
        {
            Magic = Magic,
            Version = Version,
            Channels = detector.Channels,
            Length = HeaderLength + measure.Length + Checksum,
            Fingerprint = Fingerprint.Of(spec, detector.Channels),
        };
        var hash = new XxHash3();
        StateCarrier state = StateCarrier.Saving(to, hash);
        state.Carry(ref header);
        detector.Carry(ref state);
        ulong checksum = hash.GetCurrentHashAsUInt64();
        to.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in checksum)));
    }

    /// <summary>Gives a detector that was just made the state that was saved.</summary>
    /// <exception cref="InvalidDataException">Says what is wrong and what to do. The detector is then not to be used.</exception>
    public static void Load(Detector detector, ModelSpec spec, ReadOnlySequence<byte> snapshot)
    {
        if (snapshot.Length < HeaderLength + Checksum)
            throw Refuse($"the snapshot has {snapshot.Length} bytes, fewer than its header: it was cut off; take an older one, or start "
                + "the stream without");
        var header = Read<Header>(snapshot.Slice(0, HeaderLength));
        if (header.Magic != Magic)
            throw Refuse("these bytes are no snapshot of a detector, or one of a machine with another byte order; start the stream "
                + "without");
        if (header.Version is < Oldest or > Version)
            throw Refuse($"the snapshot has format {header.Version}, this program reads {Oldest} to {Version}: load it with the program "
                + "that wrote it, or start the stream without");
        if (header.Length != snapshot.Length)
            throw Refuse($"the snapshot has {snapshot.Length} of {header.Length} bytes: it was cut off or joined with another; take an "
                + "older one, or start the stream without");
        ReadOnlySequence<byte> body = snapshot.Slice(HeaderLength, snapshot.Length - HeaderLength - Checksum);
        if (Hash(snapshot.Slice(0, snapshot.Length - Checksum)) != Read<ulong>(snapshot.Slice(snapshot.Length - Checksum)))
            throw Refuse("the snapshot's checksum is wrong: it was damaged; take an older one, or start the stream without");
        if (header.Channels != detector.Channels)
            throw Refuse($"the snapshot is of a stream with {header.Channels} channels, this one has {detector.Channels}; start it "
                + "without");
        if (header.Fingerprint != Fingerprint.Of(spec, detector.Channels))
            throw Refuse("the snapshot was made with another specification: restore the configuration that it was made with, or start the "
                + "stream without");

        StateCarrier state = StateCarrier.From(body, header.Version);
        detector.Carry(ref state);
        if (state.Length != body.Length)
            throw Refuse("the snapshot holds more than the state of this detector; start the stream without");
    }

    static T Read<T>(ReadOnlySequence<byte> bytes) where T : unmanaged
    {
        T value = default;
        bytes.CopyTo(MemoryMarshal.AsBytes(new Span<T>(ref value)));
        return value;
    }

    static ulong Hash(ReadOnlySequence<byte> bytes)
    {
        var hash = new XxHash3();
        foreach (ReadOnlyMemory<byte> piece in bytes) hash.Append(piece.Span);
        return hash.GetCurrentHashAsUInt64();
    }

    static InvalidDataException Refuse(string why) => new(why);
}
