using System.Buffers;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Esn;

/// <summary>
/// Carries a state out into a snapshot, or back from one. A class names its fields once, in one method for both ways: what
/// is written cannot drift apart from what is read.
/// </summary>
/// <remarks>
/// The bits as they lie in memory, one field after the other, nothing between them. A state that is carried in was made by
/// its constructor just before, from the same specification: lengths are not carried. Bytes go and come in pieces: nothing is
/// ever asked to hold a whole state in one span.
/// </remarks>
ref struct StateCarrier
{
    readonly IBufferWriter<byte>? _to;   // of the way out; null: only the length is wanted
    readonly XxHash3? _hash;             // of what went out
    readonly ReadOnlySequence<byte> _from;  // of the way in
    readonly ICollection<CarriedField>? _layout;  // takes what is carried; null: nobody asks
    int _version;                        // of the snapshot on the way in
    SequencePosition _next;              // of the piece after the current one
    ReadOnlySpan<byte> _piece;           // what is left of the current one

    StateCarrier(IBufferWriter<byte>? to, XxHash3? hash, ReadOnlySequence<byte> from, bool loading,
        ICollection<CarriedField>? layout = null)
    {
        (_to, _hash, _from, _layout, _next, Loading) = (to, hash, from, layout, from.Start, loading);
    }

    /// <summary>Whether the snapshot holds what a version of its format added; on the way out it always does.</summary>
    /// <param name="since">The first version that has it.</param>
    public bool Holds(int since) => !Loading || _version >= since;

    /// <summary>Bytes carried so far.</summary>
    public long Length { get; private set; }

    /// <summary>Whether fields take what the snapshot holds.</summary>
    public bool Loading { get; }

    /// <summary>Writes nothing, and tells by <see cref="Length"/> how much there is to write.</summary>
    public static StateCarrier Measuring() => new(null, null, default, loading: false);

    /// <summary>The same, and lists the fields in the order in which they are carried.</summary>
    public static StateCarrier Listing(ICollection<CarriedField> layout) => new(null, null, default, loading: false, layout);

    /// <summary>Out, and through a checksum.</summary>
    public static StateCarrier Saving(IBufferWriter<byte> to, XxHash3 hash) => new(to, hash, default, loading: false);

    /// <summary>Back from these bytes.</summary>
    /// <param name="from">All of them.</param>
    /// <param name="version">Of the snapshot that they are of.</param>
    public static StateCarrier From(ReadOnlySequence<byte> from, int version = int.MaxValue) =>
        new(null, null, from, loading: true) { _version = version };

    /// <summary>A field.</summary>
    public void Carry<T>(ref T value, [CallerArgumentExpression(nameof(value))] string name = "") where T : unmanaged =>
        Carry(new Span<T>(ref value), name);

    /// <summary>A field that says how much follows, or where: refused outside of its range, which no snapshot of ours holds.</summary>
    /// <exception cref="InvalidDataException">On the way in, outside [<paramref name="low"/>, <paramref name="high"/>].</exception>
    public void Carry(ref int value, int low, int high, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        int carried = value;
        Carry(ref carried, name);
        if (carried < low || carried > high)
            throw new InvalidDataException(FormattableString.Invariant(
                $"the snapshot holds {carried} where [{low}, {high}] is possible; start the stream without it"));
        value = carried;
    }

    /// <summary>A property: <c>Open = state.Carried(Open)</c>.</summary>
    public T Carried<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "") where T : unmanaged
    {
        Carry(ref value, name);
        return value;
    }

    /// <summary>All of an array or a part of one.</summary>
    /// <exception cref="InvalidDataException">On the way in, if the snapshot ends before.</exception>
    public void Carry<T>(scoped Span<T> values, [CallerArgumentExpression(nameof(values))] string name = "") where T : unmanaged
    {
        _layout?.Add(new CarriedField(name, typeof(T), values.Length));
        Span<byte> bytes = MemoryMarshal.AsBytes(values);
        Length += bytes.Length;
        if (Loading)
        {
            Read(bytes);
        }
        else if (_to is not null)
        {
            _hash!.Append(bytes);
            _to.Write(bytes);  // in as many pieces as it has room in
        }
    }

    void Read(scoped Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            while (_piece.IsEmpty)
            {
                if (!_from.TryGet(ref _next, out ReadOnlyMemory<byte> piece))
                    throw new InvalidDataException("the snapshot holds less than the state of this model; start the stream without it");
                _piece = piece.Span;
            }
            int count = Math.Min(_piece.Length, bytes.Length);
            _piece[..count].CopyTo(bytes);
            _piece = _piece[count..];
            bytes = bytes[count..];
        }
    }

    /// <summary>All of a buffer.</summary>
    public void Carry(AlignedBuffer buffer, [CallerArgumentExpression(nameof(buffer))] string name = "")
    {
        const int Piece = 1 << 24;
        for (long done = 0; done < buffer.Length; done += Piece)
            Carry(buffer.Slice(done, (int)Math.Min(Piece, buffer.Length - done)), name);
        GC.KeepAlive(buffer);
    }
}
