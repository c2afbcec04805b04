using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>A stream, or one of its channels, gives nothing any more, or speaks again.</summary>
/// <param name="Stream">Which.</param>
/// <param name="Channel">Index; −1: all of the stream.</param>
/// <param name="Ended">It speaks again.</param>
/// <param name="Since">Feed time of the last that it gave.</param>
/// <param name="Time">Feed time at which this is told: that of a frame, or that which the clock of the feed would show.</param>
/// <param name="Interval">Between its frames, as usual.</param>
/// <param name="SinceAt">Offset of the record that it gave last: with the stream and the channel, the identity of the silence.</param>
/// <param name="At">Offset of the record that this is told with; that of the last one where the wall clock tells it.</param>
public sealed record SilenceChange(
    StreamId Stream, int Channel, bool Ended, DateTime Since, DateTime Time, TimeSpan Interval, long SinceAt, long At);

/// <summary>
/// Knows when a stream, or one of its channels, is silent: by the times of its frames where one comes after a long time, and by the
/// wall clock where none does.
/// </summary>
/// <param name="stream">Which.</param>
/// <param name="channels">Of its frames.</param>
/// <param name="times">How long is long.</param>
/// <param name="order">Of its frames.</param>
sealed class Silence(StreamId stream, int channels, TimesConfig times, FrameOrder order)
{
    static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    readonly FeedInterval _sent = new(0);          // between records, by their own timestamps
    readonly int[] _missing = new int[channels];   // values that were missing in a row
    readonly long[] _heardAt = new long[channels]; // offset of the record that gave the last
    readonly DateTime[] _heard = new DateTime[channels];
    readonly List<SilenceChange> _changes = [];
    DateTime? _lastSent;
    DateTime _last;      // feed time of the last frame that was taken
    long _lastAt = -1;   // its offset
    long _ended = -1;    // offset that identifies the last silence of which the end was told
    SilenceTold? _before;  // by the wall clock, by another process: the stream has not come to it yet

    /// <summary>By the wall clock, and told.</summary>
    public bool IsSilent { get; set; }

    /// <summary>When a record came last, by the wall clock.</summary>
    public DateTime HeardAt { get; set; }

    /// <summary>What is to be told, oldest first; those who take them <see cref="Told"/>.</summary>
    public IReadOnlyList<SilenceChange> Changes => _changes;

    /// <summary>The changes are told.</summary>
    public void Told() => _changes.Clear();

    /// <summary>The last record's own timestamp; null: it had none.</summary>
    public DateTime? LastSent => _lastSent;

    /// <summary>Whether a channel has given nothing for so long that it was told.</summary>
    public bool IsSilentChannel(int channel) => times.SilentAfter > 0 && _missing[channel] >= times.SilentAfter;

    /// <summary>A record came, which is of the stream and holds a value.</summary>
    /// <param name="sent">Its own timestamp; null: it has none.</param>
    public void Hear(DateTime? sent)
    {
        if (sent is null) return;
        if (_lastSent is { } last) _sent.Take(Math.Max(0, (sent.Value - last).Ticks), sent.Value);
        _lastSent = sent;
    }

    /// <summary>
    /// A frame came that is to be taken, now or once those before it have: what was told to be silent speaks again, and where nobody has
    /// told it by the clock, as of a file or of a backlog, both are told. With the record that came, whether its frame waits or not: who
    /// takes records again that were told of does not tell it again.
    /// </summary>
    /// <param name="frame">It.</param>
    /// <param name="begins">It has nothing to do with the one before by its time.</param>
    public void Speak(Frame frame, bool begins)
    {
        Recall();
        (DateTime since, long sinceAt) = Given;
        TimeSpan interval = order.Interval.Interval ?? TimeSpan.Zero;
        long at = frame.Offset;
        if (!IsSilent && !begins && sinceAt >= 0 && (frame.Time - since).Ticks > interval.Ticks * times.SilentAfter
            && Limit is { } limit && frame.Time - since > limit + times.Delay)  // within the delay, what it overtook may still come
        {
            _changes.Add(new SilenceChange(stream, -1, false, since, Later(since, limit), interval, sinceAt, at));
            IsSilent = true;
        }
        if (!IsSilent) return;
        _changes.Add(new SilenceChange(stream, -1, true, since, frame.Time, interval, sinceAt, at));
        (IsSilent, _ended) = (false, sinceAt);
    }

    // The last that it gave, which may still wait for others that never came.
    (DateTime Time, long At) Given => order.Newest is { } waits && waits.Time >= _last ? (waits.Time, waits.Offset)
        : (_last, _lastAt);

    /// <summary>A frame is about to be taken.</summary>
    /// <param name="frame">It came.</param>
    /// <param name="at">Offset of the record that made it due.</param>
    public void Take(Frame frame, long at)
    {
        TimeSpan interval = order.Interval.Interval ?? TimeSpan.Zero;
        for (int c = 0; c < channels; c++)
        {
            if (double.IsNaN(frame.Span[c]))
            {
                _missing[c]++;
                if (times.SilentAfter > 0 && _missing[c] == (int)Math.Ceiling(times.SilentAfter))
                    _changes.Add(new SilenceChange(stream, c, false, Heard(c, frame), frame.Time, interval, _heardAt[c], at));
                continue;
            }
            if (IsSilentChannel(c)) _changes.Add(new SilenceChange(stream, c, true, Heard(c, frame), frame.Time, interval, _heardAt[c],
                at));
            (_missing[c], _heard[c], _heardAt[c]) = (0, frame.Time, frame.Offset);
        }
        (_last, _lastAt) = (frame.Time, frame.Offset);
    }

    DateTime Heard(int channel, Frame frame) => _heard[channel] == default ? frame.Time : _heard[channel];

    /// <summary>Time has passed: whether the stream has become silent by it.</summary>
    /// <param name="now">Wall clock, UTC.</param>
    /// <returns>Null: it has not.</returns>
    public SilenceChange? At(DateTime now)
    {
        if (IsSilent || _lastAt < 0 || Limit is not { } limit) return null;
        TimeSpan sent = _sent.Silent(times.SilentAfter) ?? TimeSpan.Zero, least = TimeSpan.FromSeconds(times.SilentSeconds);
        TimeSpan silent = now - HeardAt;
        if (silent <= limit || silent <= sent || silent <= least) return null;
        IsSilent = true;
        // Frames that wait go on waiting: flushed by the clock, a replay would put another one before them that comes late.
        (DateTime since, long sinceAt) = Given;
        return new SilenceChange(stream, -1, false, since, Later(since, limit), order.Interval.Interval!.Value, sinceAt, sinceAt);
    }

    /// <summary>
    /// A silence was told by the wall clock, before this process. It goes on once the stream is where it began, which a backlog may have
    /// to bring; where the stream is beyond, its end is to be told.
    /// </summary>
    /// <param name="silence">Of this stream.</param>
    public void WasTold(SilenceTold silence) => _before = silence;

    /// <summary>Looks whether the stream has come to the silence that was told before this process.</summary>
    /// <returns>Whether that goes on, which was not known.</returns>
    public bool Recall()
    {
        (DateTime time, long at) = Given;
        if (_before is not { } told || at < told.SinceAt) return false;
        _before = null;
        if (at == told.SinceAt) return !IsSilent && (IsSilent = true);
        if (told.SinceAt > _ended)
            _changes.Add(new SilenceChange(stream, -1, true, told.Since, time, order.Interval.Interval ?? TimeSpan.Zero, told.SinceAt, at));
        return false;
    }

    /// <summary>Takes what is not <see cref="Save">saved</see>.</summary>
    /// <param name="before">Of the same stream, in this process.</param>
    public void GoOnFrom(Silence before) => (HeardAt, _ended, _before) = (before.HeardAt, before._ended, before._before);

    static DateTime Later(DateTime than, TimeSpan by) => by > DateTime.MaxValue - than ? DateTime.MaxValue : than + by;

    // What comes every few milliseconds is not silent when a machine has paused.
    TimeSpan? Limit => times.SilentAfter == 0 || order.Interval.Silent(times.SilentAfter) is not { } silent ? null
        : silent < Least ? Least : silent;

    /// <summary>All that it knows by its records; <see cref="IsSilent"/> is the wall clock's.</summary>
    public void Save(BinaryWriter to)
    {
        _sent.Save(to);
        to.Write(_lastSent?.Ticks ?? -1);
        to.Write(_last.Ticks);
        to.Write(_lastAt);
        for (int c = 0; c < channels; c++)
        {
            to.Write(_missing[c]);
            to.Write(_heardAt[c]);
            to.Write(_heard[c].Ticks);
        }
    }

    /// <summary>What was saved.</summary>
    public void Load(BinaryReader from)
    {
        _sent.Load(from);
        long sent = from.ReadInt64();
        _lastSent = sent < 0 ? null : Time(sent);
        (_last, _lastAt) = (Time(from.ReadInt64()), from.ReadInt64());
        for (int c = 0; c < channels; c++) (_missing[c], _heardAt[c], _heard[c]) = (from.ReadInt32(), from.ReadInt64(),
            Time(from.ReadInt64()));
    }

    static DateTime Time(long ticks) => ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime(ticks, DateTimeKind.Utc)
        : throw new InvalidDataException($"{ticks} ticks are no time");
}
