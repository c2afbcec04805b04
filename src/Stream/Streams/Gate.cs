using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>Lets a stream's frames through in order: the dimension fixed, times not going back, no frame twice.</summary>
/// <remarks>A step that has been scored can't be taken back, so a late frame is refused rather than slipped in.</remarks>
/// <param name="channels">Values a frame must have; 0: as many as the first one.</param>
public sealed class Gate(int channels)
{
    double[]? _last;
    DateTime _lastTime;

    /// <summary>Values of every frame; 0 before the first.</summary>
    public int Channels { get; private set; } = channels;

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

    /// <summary>The last frame does not count any more: its time was wrong.</summary>
    public void Forget() => _last = null;
}
