namespace Esn.Streaming.Streams;

/// <summary>
/// What the records' own timestamps, of whoever sent them or of the broker, say of the stamps of a stream: whether one is ahead of its
/// neighbours, and whether those that were let through were.
/// </summary>
/// <remarks>
/// A stamp and the timestamp of its record go on together where a feed is live: after an outage both have. A stamp that has gone on by
/// far more is of a wrong clock. Of a past that is sent in one go, or a simulation that runs faster than the clock by a third or more,
/// the records' timestamps say nothing, and nothing is said here; nor is it of a stream's first 20 frames.
/// </remarks>
sealed class RecordClock
{
    /// <summary>Intervals by which a stamp must be ahead, at least: it would make about as many frames late.</summary>
    public const int MostIntervals = 20;

    const int FewFrames = 20;   // before these it is not known that the two clocks go on together
    const double Part = .25;    // of a step: a rise by more is none of delays that vary

    /// <summary>By which it must be ahead, at least: clocks that are set by a network, and delays on the way, differ by less.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMinutes(1);

    long _usual;             // ticks: the most that a stamp was ahead of its record's timestamp; < 0 where they are older
    long _together;          // frames in a row of which that did not rise
    long _run;               // frames since the last leap, which is a step of as much as a stamp may not be ahead
    bool _first = true;      // no frame has been let through
    bool _doubted = true;    // whether those since the leap can be wrong: the stream begins with them, or had a steady run before

    /// <summary>From frame to frame; null: not known yet.</summary>
    public TimeSpan? Interval { get; set; }

    long Bound => Math.Max(Least.Ticks, (long)Math.Min(MostIntervals * (double)(Interval?.Ticks ?? 0), long.MaxValue / 4));

    long Usual => _together >= FewFrames ? _usual : 0;

    /// <summary>Whether a stamp is ahead of its neighbours: it went on by more than its record says.</summary>
    /// <param name="time">The stamp.</param>
    /// <param name="last">Of the stream's last frame.</param>
    /// <param name="sent">The record's own timestamp.</param>
    public bool IsAhead(DateTime time, DateTime last, DateTime sent) =>
        Interval is not null && _together >= FewFrames && (time - last).Ticks > Bound && (time - sent).Ticks - _usual > Bound;

    /// <summary>
    /// Whether a late frame is right, and those let through were not: its record says that their stamps have not come yet.
    /// </summary>
    /// <param name="time">Its stamp.</param>
    /// <param name="last">Of the stream's last frame.</param>
    /// <param name="sent">The record's own timestamp.</param>
    /// <param name="late">Frames that were refused before it, in a row and in order.</param>
    /// <remarks>
    /// Once: of two clocks that take turns, the one that is ahead is the stream's.
    /// </remarks>
    public bool IsRight(DateTime time, DateTime last, DateTime sent, int late) =>
        _doubted && late + 1 >= _run && (last - sent).Ticks > Usual + Bound && (time - sent).Ticks <= Usual + Bound;

    /// <summary>A frame is let through.</summary>
    /// <param name="time">Its stamp.</param>
    /// <param name="last">Of the frame before.</param>
    /// <param name="sent">The record's own timestamp.</param>
    /// <param name="begins">It has nothing to do with the one before.</param>
    public void Take(DateTime time, DateTime last, DateTime sent, bool begins)
    {
        long ahead = (time - sent).Ticks, step = (time - last).Ticks;
        if (_first || begins)
        {
            (_usual, _together, _run, _doubted) = (ahead, 0, 1, _first && _doubted);
            _first = false;
            return;
        }
        if (step < 0) return;  // put in order
        if (Interval is not null && step > Bound) (_run, _doubted) = (1, _run >= FewFrames);
        else _run++;
        long rise = Math.Clamp(ahead - _usual, 0, step);  // what the record's timestamp went back is no matter of the stamps
        _usual += rise;
        _together = rise > Part * step ? 0 : _together + 1;
    }

    /// <summary>The stream has had frames, of which nothing is known here: it does not begin.</summary>
    public void GoOn() => _doubted = false;

    /// <summary>All that it knows.</summary>
    public void Save(BinaryWriter to)
    {
        foreach (long number in (long[])[_usual, _together, _run]) to.Write(number);
        to.Write(_first);
        to.Write(_doubted);
    }

    /// <summary>What was saved.</summary>
    public void Load(BinaryReader from)
    {
        (_usual, _together, _run) = (from.ReadInt64(), from.ReadInt64(), from.ReadInt64());
        (_first, _doubted) = (from.ReadBoolean(), from.ReadBoolean());
        if (_together < 0 || _run < 0) throw new InvalidDataException("these bytes are no clock of records");
    }
}
