using Esn.Streaming.Configuration;
using Esn.Streaming.State;
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
    readonly ModelSpec _model;
    readonly FeedClock _clock = new();  // for feeds whose records have no timestamp of their own: files
    readonly Detector _detector;
    readonly List<int> _begins = [];  // which of the frames that were let through and wait for their step begin a run
    int _passed;
    long _opened = -1;  // offset of the record that opened the last alarm

    /// <param name="stream">Whose it is.</param>
    /// <param name="model">Validated here.</param>
    /// <param name="gate">Of this stream; it knows the number of channels.</param>
    /// <exception cref="ArgumentException">No such model can be made for so many channels.</exception>
    public StreamSlot(StreamId stream, ModelSpec model, Gate gate)
        : this(stream, model, gate, new Detector(model, gate.Channels))
    {
    }

    StreamSlot(StreamId stream, ModelSpec model, Gate gate, Detector detector)
    {
        (Stream, _gate, _model, _detector) = (stream, gate, model, detector);
        Bytes = model.EstimatedBytes(gate.Channels);
    }

    /// <summary>A slot that goes on where a captured one was: from here on it gives the same bits.</summary>
    /// <param name="snapshot">Of the stream.</param>
    /// <param name="model">Learns as the model of the snapshot did.</param>
    /// <param name="times">What times are believed; null: as by default.</param>
    /// <exception cref="InvalidDataException">It is of another model, or damaged.</exception>
    public static StreamSlot Restore(SlotSnapshot snapshot, ModelSpec model, TimesConfig? times = null)
    {
        Gate gate = Gate.Load(snapshot.Gate.Span, times);
        if (gate.Channels != snapshot.Channels)
            throw new InvalidDataException($"the snapshot is of {snapshot.Channels} channels, and its gate of {gate.Channels}");
        var detector = Detector.Load(model, snapshot.Channels, snapshot.Detector);
        if (detector.Position != snapshot.Position)
            throw new InvalidDataException($"the snapshot is of step {snapshot.Position}, and its model of step {detector.Position}");
        return new StreamSlot(snapshot.Stream, model, gate, detector) { _opened = snapshot.OpenedAt, Next = snapshot.Next };
    }

    /// <summary>Offset below which it has had all records; 0 where it was made here.</summary>
    public long Next { get; private init; }

    /// <summary>All that is kept of it, copied: between two calls of <see cref="Step"/>.</summary>
    /// <param name="next">Offset of the first record of the partition that is still to be taken.</param>
    public SlotSnapshot Capture(long next)
    {
        var detector = new Pieces();
        _detector.Save(detector);
        return new SlotSnapshot(Stream, Math.Max(next, Next), Position, _opened, _gate.Channels, _model.FingerprintFor(_gate.Channels),
            _gate.Save(),
            detector.Written());
    }

    /// <summary>Whose it is.</summary>
    public StreamId Stream { get; }

    /// <summary>Of its frames, where they are fields; null: they are none.</summary>
    public GridSpec? Grid => _gate.Grid;

    /// <summary>About how much memory it takes.</summary>
    public long Bytes { get; }

    /// <summary>Steps taken so far.</summary>
    public long Position => _detector.Position;

    /// <summary>The gate has let the first frame through already.</summary>
    public void Begin(DateTime time) => _clock.Take(time);

    /// <summary>Why a frame is refused; null where it is let through: the next <see cref="Step"/> is to take it.</summary>
    /// <inheritdoc cref="Gate.Check"/>
    public Rejection? Check(DateTime time, double[] values, out string detail, DateTime? sent = null, FieldLayout? field = null)
    {
        if (sent is null && _clock.IsAhead(time))
        {
            detail = $"{FeedTime.Write(time)} is far ahead of all frames so far: its clock is wrong, unless the next frame confirms it";
            return Rejection.FarAhead;
        }
        Rejection? reason = _gate.Check(time, values, out detail, sent, field);
        if (sent is null && reason == Rejection.Late && _clock.AreLateOnesRight(time))
        {
            _gate.Forget();
            reason = _gate.Check(time, values, out detail, sent, field);
        }
        if (reason is not null) return reason;
        if (sent is null) _clock.Take(time);
        if (_gate.BeginsRun) _begins.Add(_passed);
        _passed++;
        return null;
    }

    /// <summary>Scores frames that were let through, in their order.</summary>
    /// <param name="frames">Of this stream.</param>
    /// <param name="muted">Which of them are not to be judged; empty: none.</param>
    /// <param name="time">For the time that it takes.</param>
    public StreamSteps Step(IReadOnlyList<Frame> frames, ReadOnlySpan<bool> muted, TimeProvider time)
    {
        if (_begins.Count > 0)
        {
            // What it was about to expect has nothing to do with what comes: the reservoir is washed out, nobody is woken.
            bool[] unjudged = muted.IsEmpty ? new bool[frames.Count] : muted.ToArray();
            foreach (int begin in _begins) unjudged[begin] = true;
            muted = unjudged;
        }
        int runs = _begins.Count;
        _begins.Clear();
        _passed = 0;
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
        return new StreamSteps(Stream, scored, before, _detector.Health, _detector.TryForecast(forecast) ? forecast : null,
            elapsed) { NewRuns = runs };
    }
}
