using System.Buffers.Binary;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>Lets a stream's frames through in order: the dimension fixed, times not going back, no frame twice.</summary>
/// <remarks>A step that has been scored can't be taken back, so a late frame is refused rather than slipped in.</remarks>
/// <param name="channels">Values a frame must have; 0: as many as the first one.</param>
public sealed class Gate(int channels)
{
    const int Numbers = 4 + 4 + 8;  // of a saved state: channels, values of the last frame, its time

    double[]? _last;
    DateTime _lastTime;

    /// <summary>Values of every frame; 0 before the first.</summary>
    public int Channels { get; private set; } = channels;

    /// <summary>All that the next frames are checked against.</summary>
    public byte[] Save()
    {
        double[] last = _last ?? [];
        var state = new byte[Numbers + last.Length * sizeof(double)];
        BinaryPrimitives.WriteInt32LittleEndian(state, Channels);
        BinaryPrimitives.WriteInt32LittleEndian(state.AsSpan(4), last.Length);
        BinaryPrimitives.WriteInt64LittleEndian(state.AsSpan(8), _lastTime.Ticks);
        for (int i = 0; i < last.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(state.AsSpan(Numbers + i * sizeof(double)), last[i]);
        return state;
    }

    /// <summary>A gate that goes on where a saved one was.</summary>
    /// <exception cref="InvalidDataException">These bytes are of none.</exception>
    public static Gate Load(ReadOnlySpan<byte> state)
    {
        if (state.Length < Numbers) throw new InvalidDataException($"{state.Length} bytes are no state of a gate");
        int channels = BinaryPrimitives.ReadInt32LittleEndian(state), count = BinaryPrimitives.ReadInt32LittleEndian(state[4..]);
        long ticks = BinaryPrimitives.ReadInt64LittleEndian(state[8..]);
        if (channels < 0 || (count != 0 && count != channels) || state.Length != Numbers + (long)count * sizeof(double)
            || ticks < 0 || ticks > DateTime.MaxValue.Ticks)
            throw new InvalidDataException($"{state.Length} bytes are no state of a gate of {channels} channels");
        var gate = new Gate(channels) { _lastTime = new DateTime(ticks, DateTimeKind.Utc) };
        if (count == 0) return gate;
        gate._last = new double[count];
        for (int i = 0; i < count; i++)
            gate._last[i] = BinaryPrimitives.ReadDoubleLittleEndian(state[(Numbers + i * sizeof(double))..]);
        return gate;
    }

    /// <summary>Why the frame is refused; null where it is let through and becomes the last one.</summary>
    /// <param name="time">Feed time, UTC.</param>
    /// <param name="values">The frame; kept until the next one.</param>
    /// <param name="detail">For a person, where the frame is refused.</param>
    public Rejection? Check(DateTime time, double[] values, out string detail)
    {
        detail = "";
        if (Channels != 0 && values.Length != Channels)
        {
            detail = $"the stream has frames of {Channels} values, this one has {values.Length}";
            return Rejection.WrongDimension;
        }
        if (_last is not null && time < _lastTime)
        {
            detail = $"the stream's last frame is of {FeedTime.Write(_lastTime)}, this one of {FeedTime.Write(time)}";
            return Rejection.Late;
        }
        if (_last is not null && time == _lastTime && values.AsSpan().SequenceEqual(_last))
        {
            detail = $"the stream's last frame is of the same time with the same values, {FeedTime.Write(time)}";
            return Rejection.Duplicate;
        }
        (Channels, _last, _lastTime) = (values.Length, values, time);
        return null;
    }
}
