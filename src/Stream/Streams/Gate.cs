using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>Lets a stream's frames through in order: the dimension fixed, times not going back, no frame twice.</summary>
/// <remarks>A step that has been scored can't be taken back, so a late frame is refused rather than slipped in.</remarks>
/// <param name="channels">Values a frame must have; 0: as many as the first one.</param>
/// <param name="grid">Of the stream's first frame, where that is a field; null: it is none.</param>
public sealed class Gate(int channels, GridSpec? grid = null)
{
    double[]? _last;
    DateTime _lastTime;

    /// <summary>Values of every frame; 0 before the first.</summary>
    public int Channels { get; private set; } = channels;

    /// <summary>Why the frame is refused; null where it is let through and becomes the last one.</summary>
    /// <param name="time">Feed time, UTC.</param>
    /// <param name="values">The frame; kept until the next one.</param>
    /// <param name="detail">For a person, where the frame is refused.</param>
    /// <param name="field">What the frame says of its grid; null: it is no field.</param>
    public Rejection? Check(DateTime time, double[] values, out string detail, FieldLayout? field = null)
    {
        detail = "";
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

    // Land becomes 0, what it is at the input. Where the mask is another one, for a person: what is.
    string? Masked(double[] values, FieldLayout field)
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

    /// <summary>Of the stream's first frame; null: it is no field.</summary>
    public GridSpec? Grid => grid;
}
