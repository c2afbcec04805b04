using System.Buffers;

namespace Esn.Streaming.State;

/// <summary>Bytes that are written once, in pieces: no span of all of them is ever needed.</summary>
sealed class Pieces : IBufferWriter<byte>
{
    const int Least = 4096, Most = 1 << 20;

    readonly List<(byte[] Bytes, int Length)> _full = [];
    byte[] _current = [];
    int _written;

    /// <summary>So far.</summary>
    public long Length { get; private set; }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _current.Length - _written);
        (_written, Length) = (_written + count, Length + count);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_current.Length - _written < Math.Max(1, sizeHint))
        {
            if (_written > 0) _full.Add((_current, _written));
            _current = new byte[Math.Max(sizeHint, Math.Clamp(2 * _current.Length, Least, Most))];
            _written = 0;
        }
        return _current.AsMemory(_written);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>All that was written.</summary>
    public ReadOnlySequence<byte> Written()
    {
        if (_full.Count == 0) return new ReadOnlySequence<byte>(_current, 0, _written);
        Segment first = new(_full[0].Bytes.AsMemory(0, _full[0].Length), 0), last = first;
        for (int i = 1; i < _full.Count; i++) last = last.Before(_full[i].Bytes.AsMemory(0, _full[i].Length));
        last = last.Before(_current.AsMemory(0, _written));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long before) => (Memory, RunningIndex) = (memory, before);

        public Segment Before(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
