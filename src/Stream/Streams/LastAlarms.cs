using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>
/// The last alarms of a stream: of each the record that opened it, by which people name it, and the step, by which its model does.
/// </summary>
sealed class LastAlarms
{
    const int Most = Detector.KnownAlarms;

    readonly List<(long Opened, long Start, double Peak)> _alarms = [];

    /// <summary>An alarm opened, or more is known of it.</summary>
    /// <param name="opened">Offset of the record.</param>
    /// <param name="told">What was told.</param>
    /// <param name="bar">Over which its scores are, ≥ 1.</param>
    public void Take(long opened, AlarmEvent told, double bar)
    {
        int at = _alarms.FindIndex(one => one.Start == told.Start);
        double peak = told.PeakScore * bar;
        if (at >= 0) _alarms[at] = (_alarms[at].Opened, told.Start, Math.Max(_alarms[at].Peak, peak));
        else if (told.Change == AlarmChange.Opened)
        {
            if (_alarms.Count == Most) _alarms.RemoveAt(0);
            _alarms.Add((opened, told.Start, peak));
        }
    }

    /// <summary>Opening step of an alarm, and its highest score, of a bar of 1; null: it is none of them.</summary>
    public (long Start, double Peak)? Of(StreamId stream, string alarm)
    {
        foreach ((long opened, long start, double peak) in _alarms)
            if (ScoredFrame.IdOf(stream, opened) == alarm) return (start, peak);
        return null;
    }

    /// <summary>Out into a snapshot.</summary>
    public void Save(BinaryWriter to)
    {
        to.Write(_alarms.Count);
        foreach ((long opened, long start, double peak) in _alarms)
        {
            to.Write(opened);
            to.Write(start);
            to.Write(peak);
        }
    }

    /// <summary>And back.</summary>
    /// <exception cref="InvalidDataException">Damaged.</exception>
    public void Load(BinaryReader from)
    {
        int count = from.ReadInt32();
        if (count is < 0 or > Most)
            throw new InvalidDataException($"{count} alarms are said to be kept where 0 to {Most} can: it was damaged");
        for (int i = 0; i < count; i++) _alarms.Add((from.ReadInt64(), from.ReadInt64(), from.ReadDouble()));
    }
}
