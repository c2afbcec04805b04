using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Esn;

/// <summary>
/// Carries a state out into a snapshot, or back from one. A class names its fields once, in one method for both ways: what
/// is written cannot drift apart from what is read.
/// </summary>
/// <remarks>
/// The bits as they lie in memory, one field after the other, nothing between them. A state that is carried in was made by
/// its constructor just before, from the same specification: lengths are not carried.
/// </remarks>
ref struct StateCarrier
{
    readonly Span<byte> _to;             // of the way out; empty: only the length is wanted
    readonly ReadOnlySpan<byte> _from;   // of the way in
    readonly ICollection<CarriedField>? _layout;  // takes what is carried; null: nobody asks

    StateCarrier(Span<byte> to, ReadOnlySpan<byte> from, bool loading, ICollection<CarriedField>? layout = null)
    {
        _to = to;
        _from = from;
        _layout = layout;
        Loading = loading;
    }

    /// <summary>Bytes carried so far.</summary>
    public long Length { get; private set; }

    /// <summary>Whether fields take what the snapshot holds.</summary>
    public bool Loading { get; }

    /// <summary>Writes nothing, and tells by <see cref="Length"/> how much there is to write.</summary>
    public static StateCarrier Measuring() => new(default, default, loading: false);

    /// <summary>The same, and lists the fields in the order in which they are carried.</summary>
    public static StateCarrier Listing(ICollection<CarriedField> layout) => new(default, default, loading: false, layout);

    /// <summary>Out into this room.</summary>
    public static StateCarrier Saving(Span<byte> to) => new(to, default, loading: false);

    /// <summary>Back from these bytes.</summary>
    public static StateCarrier From(ReadOnlySpan<byte> from) => new(default, from, loading: true);

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
        if (Loading)
        {
            if (_from.Length - Length < bytes.Length)
                throw new InvalidDataException("the snapshot holds less than the state of this model; start the stream without it");
            _from.Slice((int)Length, bytes.Length).CopyTo(bytes);
        }
        else if (!_to.IsEmpty)
        {
            bytes.CopyTo(_to[(int)Length..]);
        }
        Length += bytes.Length;
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
