using System.Buffers.Binary;
using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>Lets a stream's frames through in order: the dimension fixed, times not going back nor far ahead, no frame twice.</summary>
/// <remarks>
/// A step that has been scored can't be taken back, so a late frame is refused rather than slipped in. A stream all of whose
/// frames are refused, one following the other, has another clock now: with the last of so many it begins a new run. So it does at
/// once where its records' own timestamps say that those before were stamped by a wrong clock.
/// </remarks>
/// <param name="channels">Values a frame must have; 0: as many as the first one.</param>
/// <param name="times">What times are believed; null: as by default.</param>
/// <param name="grid">Of the stream's first frame, where that is a field; null: it is none.</param>
public sealed class Gate(int channels, TimesConfig? times = null, GridSpec? grid = null)
{
    // of a saved state: channels, values of the last frame, its time, that of the refused, their number
    const int Numbers = 4 + 4 + 8 + 8 + 4;

    static readonly DateTime ClocksFrom = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);  // what is older was stamped by no clock

    readonly TimesConfig _times = times ?? new TimesConfig();
    double[]? _last;
    DateTime _lastTime, _refusedTime;
    int _refused;  // in a row, for their times, each following the one before

    /// <summary>Values of every frame; 0 before the first.</summary>
    public int Channels { get; private set; } = channels;

    /// <summary>Time of the newest frame that was let through.</summary>
    public DateTime Newest => _lastTime;

    /// <summary>Where frames wait for others: what is older is late. Null: none has been taken yet.</summary>
    public DateTime? Taken { get; set; }

    /// <summary>What the records' own timestamps say of these times.</summary>
    internal RecordClock Records { get; } = new();

    /// <summary>Whether the frame that was let through last begins a new run: its time has nothing to do with the one before.</summary>
    public bool BeginsRun { get; private set; }

    /// <summary>Of the stream's first frame; null: it is no field.</summary>
    public GridSpec? Grid => grid;

    /// <summary>The grid in a saved state; null: its frames are no fields.</summary>
    /// <exception cref="InvalidDataException">These bytes are of no gate.</exception>
    public static GridSpec? GridOf(ReadOnlySpan<byte> state) => GridState.Load(Rest(state));

    // What stands behind the last frame.
    static ReadOnlySpan<byte> Rest(ReadOnlySpan<byte> state)
    {
        long last = state.Length < Numbers ? -1 : BinaryPrimitives.ReadInt32LittleEndian(state[4..]);
        return last < 0 || Numbers + last * sizeof(double) > state.Length
            ? throw new InvalidDataException($"{state.Length} bytes are no state of a gate")
            : state[(Numbers + (int)last * sizeof(double))..];
    }

    /// <summary>All that the next frames are checked against.</summary>
    public byte[] Save()
    {
        double[] last = _last ?? [];
        var state = new byte[Numbers + last.Length * sizeof(double)];
        BinaryPrimitives.WriteInt32LittleEndian(state, Channels);
        BinaryPrimitives.WriteInt32LittleEndian(state.AsSpan(4), last.Length);
        BinaryPrimitives.WriteInt64LittleEndian(state.AsSpan(8), _lastTime.Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(state.AsSpan(16), _refusedTime.Ticks);
        BinaryPrimitives.WriteInt32LittleEndian(state.AsSpan(24), _refused);
        for (int i = 0; i < last.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(state.AsSpan(Numbers + i * sizeof(double)), last[i]);
        return grid is null ? state : [.. state, .. GridState.Save(grid)];
    }

    /// <summary>A gate that goes on where a saved one was.</summary>
    /// <param name="state">As <see cref="Save"/> gave it.</param>
    /// <param name="times">What times are believed; null: as by default.</param>
    /// <exception cref="InvalidDataException">These bytes are of none.</exception>
    public static Gate Load(ReadOnlySpan<byte> state, TimesConfig? times = null)
    {
        GridSpec? grid = GridOf(state);
        int channels = BinaryPrimitives.ReadInt32LittleEndian(state), count = BinaryPrimitives.ReadInt32LittleEndian(state[4..]);
        long ticks = BinaryPrimitives.ReadInt64LittleEndian(state[8..]), refused = BinaryPrimitives.ReadInt64LittleEndian(state[16..]);
        if (channels < 0 || (count != 0 && count != channels)
            || ticks < 0 || ticks > DateTime.MaxValue.Ticks || refused < 0 || refused > DateTime.MaxValue.Ticks)
            throw new InvalidDataException($"{state.Length} bytes are no state of a gate of {channels} channels");
        var gate = new Gate(channels, times, grid)
        {
            _lastTime = new DateTime(ticks, DateTimeKind.Utc),
            _refusedTime = new DateTime(refused, DateTimeKind.Utc),
            _refused = BinaryPrimitives.ReadInt32LittleEndian(state[24..]),
        };
        if (count == 0) return gate;
        gate._last = new double[count];
        for (int i = 0; i < count; i++)
            gate._last[i] = BinaryPrimitives.ReadDoubleLittleEndian(state[(Numbers + i * sizeof(double))..]);
        return gate;
    }

    /// <summary>Why the frame is refused; null where it is let through and becomes the last one.</summary>
    /// <param name="time">Feed time, UTC.</param>
    /// <param name="values">The frame.</param>
    /// <param name="detail">For a person, where the frame is refused.</param>
    /// <param name="sent">The record's own timestamp, UTC; null: it has none.</param>
    /// <param name="field">What the frame says of its grid; null: it is no field.</param>
    public Rejection? Check(DateTime time, Span<double> values, out string detail, DateTime? sent = null, FieldLayout? field = null)
    {
        detail = "";
        BeginsRun = false;
        if (grid is not null && field is not null && (field.Fields, field.Rows, field.Columns) != (grid.Fields, grid.Rows, grid.Columns))
        {
            detail = $"the stream's frames are {new FieldLayout(grid.Fields, grid.Rows, grid.Columns)}, this one is {field}";
            return Rejection.WrongDimension;
        }
        if (Channels != 0 && values.Length != Channels)
        {
            detail = $"the stream has frames of {Channels} values, this one has {values.Length}";
            return Rejection.WrongDimension;
        }
        if (field is not null && Masked(values, field) is { } changed)
        {
            detail = changed;
            return Rejection.MaskChanged;
        }
        if (_last is not null && time == _lastTime && values.SequenceEqual(_last))
        {
            detail = $"the stream's last frame is of the same time with the same values, {FeedTime.Write(time)}";
            return Rejection.Duplicate;
        }
        DateTime? clock = sent >= ClocksFrom ? sent : null;
        if (_last is not null && Doubt(time, clock, out bool leaps) is { } reason)
        {
            int before = time > _refusedTime && time - _refusedTime <= _times.MaxAhead ? _refused : 0;
            BeginsRun = _times.NewRunAfter > 0 && (before >= _times.NewRunAfter
                || (reason == Rejection.Late && clock is { } at && Records.IsRight(time, _lastTime, at, before)));
            // What leaps is believed once the next frame leaps as well: a past that is sent again has gaps that its records have not.
            if (!BeginsRun && !(leaps && before > 0 && _refusedTime > _lastTime))
            {
                (_refused, _refusedTime) = (before + 1, time);
                detail = reason == Rejection.Late
                    ? $"the stream's last frame is of {FeedTime.Write(Taken ?? _lastTime)}, this one of {FeedTime.Write(time)}"
                    : $"the stream's last frame is of {FeedTime.Write(_lastTime)} and the record of {FeedTime.Write(sent!.Value)}, this "
                        + $"frame of {FeedTime.Write(time)}: " + (leaps ? "it went on by far more than its record, so its clock is wrong, "
                            + "unless the next frame confirms it" : "more than source.times.maxAheadSeconds after both");
                return reason;
            }
        }
        if (clock is { } stamped) Records.Take(time, _lastTime, stamped, BeginsRun);
        (Channels, _refused) = (values.Length, 0);
        // What is put in order is not the newest.
        if (!BeginsRun && _last is not null && time < _lastTime) return null;
        if (_last?.Length != values.Length) _last = new double[values.Length];
        values.CopyTo(_last);
        _lastTime = time;
        return null;
    }

    /// <summary>The last frame does not count any more: its time was wrong.</summary>
    public void Forget() => (_last, Taken) = (null, null);

    // Land becomes 0, what it is at the input. Where the mask is another one, for a person: what is.
    string? Masked(Span<double> values, FieldLayout field)
    {
        int cells = field.Rows * field.Columns;
        for (int cell = 0; cell < cells; cell++)
        {
            bool land = grid is { Land.Count: > 0 } && grid.Land[cell], none = false;
            int at = cell;
            for (int i = cell; i < values.Length; i += cells)
                if (double.IsNaN(values[i])) (none, at) = (true, i);
            if (none != land)
                return land ? $"{FieldRecord.Place(field, at)} is {values[at]:R}, where the stream's first frame has land"
                    : $"{FieldRecord.Place(field, at)} is NaN, where the stream's first frame has a value";
        }
        for (int i = 0; i < values.Length; i++)
            if (grid is { Land.Count: > 0 } && grid.Land[i % cells]) values[i] = 0;
        return null;
    }

    Rejection? Doubt(DateTime time, DateTime? sent, out bool leaps)
    {
        leaps = false;
        if (time < (_times.Delay == TimeSpan.Zero ? _lastTime : Taken ?? DateTime.MinValue)) return Rejection.Late;
        if (sent is not { } at) return null;
        bool far = time - _lastTime > _times.MaxAhead && time - at > _times.MaxAhead;
        leaps = !far && Records.IsAhead(time, _lastTime, at);
        return far || leaps ? Rejection.FarAhead : null;
    }
}
