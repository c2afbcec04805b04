using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>What a slot knows beside its model, as bytes of a snapshot: when frames came, what waits, which alarms there were.</summary>
static class SlotOrder
{
    /// <summary>All of it.</summary>
    public static byte[] Save(Gate gate, FeedClock clock, FrameOrder order, Silence silence, LastAlarms alarms, bool denied)
    {
        using var bytes = new MemoryStream();
        using var to = new BinaryWriter(bytes);
        to.Write(gate.Taken?.Ticks ?? -1);
        clock.Save(to);
        order.Save(to);
        silence.Save(to);
        alarms.Save(to);
        to.Write(denied);
        order.Interval.SaveEnds(to);
        gate.Records.Save(to);
        to.Flush();
        return bytes.ToArray();
    }

    /// <summary>Puts what was saved into those that know nothing yet.</summary>
    /// <returns>Whether the alarm that is open was denied.</returns>
    /// <exception cref="InvalidDataException">It was damaged.</exception>
    public static bool Load(ReadOnlyMemory<byte> state, StreamId stream, Gate gate, FeedClock clock, FrameOrder order, Silence silence,
        LastAlarms alarms)
    {
        if (state.IsEmpty)
        {
            gate.Records.GoOn();
            return false;  // of a format before it: learnt anew
        }
        using var from = new BinaryReader(new MemoryStream(state.ToArray()));
        try
        {
            long taken = from.ReadInt64();
            if (taken > DateTime.MaxValue.Ticks) throw new InvalidDataException($"{taken} ticks are no time");
            gate.Taken = taken < 0 ? null : new DateTime(taken, DateTimeKind.Utc);
            clock.Load(from);
            order.Load(from, stream);
            silence.Load(from);
            // What is not there is of a program before it.
            if (from.BaseStream.Position < from.BaseStream.Length) alarms.Load(from);
            bool denied = from.BaseStream.Position < from.BaseStream.Length && from.ReadBoolean();
            if (from.BaseStream.Position < from.BaseStream.Length) order.Interval.LoadEnds(from);
            if (from.BaseStream.Position < from.BaseStream.Length) gate.Records.Load(from);
            else gate.Records.GoOn();
            return denied;
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"{state.Length} bytes are no order of the frames of {gate.Channels} channels", e);
        }
    }
}
