namespace Esn.Streaming.Streams;

/// <summary>
/// Whether the times of a stream can be believed: a single stamp far ahead of all others must not make every frame after it
/// late, nor may a few wrong ones at a stream's start.
/// </summary>
/// <remarks>
/// By the frames before alone. A step far longer than any before is believed when the next frame confirms it, so the first
/// frame after an outage of such a length is lost. Where the frames that were let through are fewer than those that came late
/// after them, in an order of their own, the late ones are right.
/// </remarks>
sealed class FeedClock
{
    const int FewFrames = 20;           // before these nothing is known of the stream's intervals
    const double MostIntervals = 1000;  // a leap is longer, and
    const double MostLongest = 10;      // so many times longer than the longest step so far, and
    const int FewLate = 5;              // late frames in order, at least, before they may be right

    static readonly TimeSpan LeastLeap = TimeSpan.FromHours(1);

    DateTime _last, _ahead, _late;
    double _interval;       // ticks, about the median of the steps
    long _longest;          // ticks
    long _frames;           // let through since the stream's start, or since the late ones were right
    long _lates;            // in a row and in order
    bool _leapt;

    /// <summary>Whether a frame is so far ahead that its time is taken for wrong, until the next one confirms it.</summary>
    public bool IsAhead(DateTime time)
    {
        long step = (time - _last).Ticks;
        bool leap = _frames >= FewFrames && step > LeastLeap.Ticks && step > MostIntervals * _interval && step > MostLongest * _longest;
        bool confirmed = _leapt && time >= _ahead && (time - _ahead).Ticks <= Math.Max(LeastLeap.Ticks, MostIntervals * _interval);
        (_leapt, _ahead) = (leap && !confirmed, time);
        return _leapt;
    }

    /// <summary>Whether the frames that come late are right by now, this one included, and those that were let through wrong.</summary>
    public bool AreLateOnesRight(DateTime time)
    {
        _lates = _lates > 0 && time >= _late ? _lates + 1 : 1;
        _late = time;
        if (_lates <= Math.Max(FewLate, _frames)) return false;
        (_frames, _interval, _longest) = (0, 0, 0);
        return true;
    }

    /// <summary>A frame is let through.</summary>
    public void Take(DateTime time)
    {
        if (_frames > 0)
        {
            if (time < _last) return;  // put in order
            long step = (time - _last).Ticks;
            // The median is where as many steps are longer as shorter: it is gone after in steps of 5 %.
            _interval = _interval <= 0 ? step : _interval * (step > _interval ? 1.05 : step < _interval ? 1 / 1.05 : 1);
            _longest = Math.Max(_longest, step);
        }
        (_last, _lates) = (time, 0);
        _frames++;
    }

    /// <summary>All that it knows.</summary>
    public void Save(BinaryWriter to)
    {
        foreach (DateTime time in (DateTime[])[_last, _ahead, _late]) to.Write(time.Ticks);
        to.Write(_interval);
        foreach (long number in (long[])[_longest, _frames, _lates]) to.Write(number);
        to.Write(_leapt);
    }

    /// <summary>What was saved.</summary>
    public void Load(BinaryReader from)
    {
        (_last, _ahead, _late) = (Time(from), Time(from), Time(from));
        _interval = from.ReadDouble();
        (_longest, _frames, _lates) = (from.ReadInt64(), from.ReadInt64(), from.ReadInt64());
        _leapt = from.ReadBoolean();
    }

    static DateTime Time(BinaryReader from) => from.ReadInt64() is var ticks && ticks >= 0 && ticks <= DateTime.MaxValue.Ticks
        ? new DateTime(ticks, DateTimeKind.Utc) : throw new InvalidDataException($"{ticks} ticks are no time");
}
