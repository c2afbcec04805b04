using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>
/// All that is kept of one stream: what orders its frames, its detector, and which record opened its last alarm. They live and
/// go together.
/// </summary>
/// <remarks>Used by one thread at a time.</remarks>
public sealed class StreamSlot
{
    readonly Gate _gate;
    readonly Detector _detector;
    long _opened = -1;  // offset of the record that opened the last alarm

    /// <param name="stream">Whose it is.</param>
    /// <param name="model">Validated here.</param>
    /// <param name="gate">Of this stream; it knows the number of channels.</param>
    /// <exception cref="ArgumentException">No such model can be made for so many channels.</exception>
    public StreamSlot(StreamId stream, ModelSpec model, Gate gate)
    {
        (Stream, _gate) = (stream, gate);
        Bytes = model.EstimatedBytes(gate.Channels);
        _detector = new Detector(model, gate.Channels);
    }

    /// <summary>Whose it is.</summary>
    public StreamId Stream { get; }

    /// <summary>Of its frames, where they are fields; null: they are none.</summary>
    public GridSpec? Grid => _gate.Grid;

    /// <summary>About how much memory it takes.</summary>
    public long Bytes { get; }

    /// <summary>Steps taken so far.</summary>
    public long Position => _detector.Position;

    /// <summary>Why a frame is refused; null where it is let through: the next <see cref="Step"/> is to take it.</summary>
    public Rejection? Check(DateTime time, double[] values, out string detail, FieldLayout? field = null) =>
        _gate.Check(time, values, out detail, field);

    /// <summary>Scores frames that were let through, in their order.</summary>
    /// <param name="frames">Of this stream.</param>
    /// <param name="muted">Which of them are not to be judged; empty: none.</param>
    /// <param name="time">For the time that it takes.</param>
    public StreamSteps Step(IReadOnlyList<Frame> frames, ReadOnlySpan<bool> muted, TimeProvider time)
    {
        int n = frames.Count, channels = _gate.Channels;
        var times = new DateTime[n];
        var values = new double[n * channels];
        var expected = new double[n * channels];
        var results = new StepResult[n];
        for (int t = 0; t < n; t++)
        {
            times[t] = frames[t].Time;
            frames[t].Values.CopyTo(values, t * channels);
        }

        long start = time.GetTimestamp();
        ModelHealth before = _detector.Health;
        _detector.StepMany(times, values, results, expected, muted);
        TimeSpan elapsed = time.GetElapsedTime(start);

        var scored = new ScoredFrame[n];
        for (int t = 0; t < n; t++)
        {
            if (results[t].Alarm is { Change: AlarmChange.Opened }) _opened = frames[t].Record.Offset;
            scored[t] = new ScoredFrame(frames[t], results[t], expected.AsMemory(t * channels, channels), !muted.IsEmpty && muted[t],
                results[t].Alarm is null ? -1 : _opened) { Grid = Grid };
        }
        var forecast = new double[channels];
        return new StreamSteps(Stream, scored, before, _detector.Health, _detector.TryForecast(forecast) ? forecast : null, elapsed);
    }
}
