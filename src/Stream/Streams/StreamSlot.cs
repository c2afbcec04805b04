using System.Buffers;
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
    const int FewChannels = 8;       // whose values are kept beside each other for who looks at all of them
    const double LeastBar = 1.01;  // below it scores are as good as those of a bar of 1

    readonly Gate _gate;
    readonly ModelSpec _model;
    readonly FeedClock _clock = new();  // for feeds whose records have no timestamp of their own: files
    readonly FrameOrder _order;
    readonly Silence _silence;
    readonly Detector _detector;
    readonly SortedList<(long From, long Said), ControlFeedback> _feedback = [];  // that is to be taken at that offset
    readonly LastAlarms _alarms = new();
    long _opened = -1;  // offset of the record that opened the last alarm
    bool _denied;       // it was denied while it was open, and has not ended since

    /// <param name="stream">Whose it is.</param>
    /// <param name="model">Validated here.</param>
    /// <param name="gate">Of this stream; it knows the number of channels.</param>
    /// <param name="times">What times are believed, and how long frames wait; null: as by default.</param>
    /// <exception cref="ArgumentException">No such model can be made for so many channels.</exception>
    public StreamSlot(StreamId stream, ModelSpec model, Gate gate, TimesConfig? times = null)
        : this(stream, model, gate, times ?? new TimesConfig(), new Detector(model, gate.Channels))
    {
    }

    StreamSlot(StreamId stream, ModelSpec model, Gate gate, TimesConfig times, Detector detector)
    {
        (Stream, _gate, _model, _detector) = (stream, gate, model, detector);
        _order = new FrameOrder(gate.Channels, times,
            habits: model.InputMap is CalendarWeightsSpec { DailyHarmonics: > 0 } or CalendarWeightsSpec { WeeklyHarmonics: > 0 });
        _silence = new Silence(stream, gate.Channels, times, _order);
        _order.Releasing = _silence.Take;
        Bytes = model.EstimatedBytes(gate.Channels);
    }

    /// <summary>A slot that goes on where a captured one was: from here on it gives the same bits.</summary>
    /// <param name="snapshot">Of the stream.</param>
    /// <param name="model">Learns as the model of the snapshot did.</param>
    /// <param name="times">What times are believed, and how long frames wait; null: as by default.</param>
    /// <exception cref="InvalidDataException">It is of another model, or damaged.</exception>
    public static StreamSlot Restore(SlotSnapshot snapshot, ModelSpec model, TimesConfig? times = null)
    {
        times ??= new TimesConfig();
        Gate gate = Gate.Load(snapshot.Gate.Span, times);
        if (gate.Channels != snapshot.Channels)
            throw new InvalidDataException($"the snapshot is of {snapshot.Channels} channels, and its gate of {gate.Channels}");
        var detector = Detector.Load(model, snapshot.Channels, snapshot.Detector);
        if (detector.Position != snapshot.Position)
            throw new InvalidDataException($"the snapshot is of step {snapshot.Position}, and its model of step {detector.Position}");
        var slot = new StreamSlot(snapshot.Stream, model, gate, times, detector) { _opened = snapshot.OpenedAt, Next = snapshot.Next };
        slot._denied = SlotOrder.Load(snapshot.Order, slot.Stream, gate, slot._clock, slot._order, slot._silence, slot._alarms);
        gate.Records.Interval = slot._order.Interval.Interval;
        slot._silence.IsSilent = snapshot.Silent;
        return slot;
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
            _gate.Save(), detector.Written())
        {
            Order = SlotOrder.Save(_gate, _clock, _order, _silence, _alarms, _denied),
            Silent = _silence.IsSilent, Model = SpecText.Of(_model),
        };
    }

    /// <summary>Whose it is.</summary>
    public StreamId Stream { get; }

    /// <summary>Of its frames, where they are fields; null: they are none.</summary>
    public GridSpec? Grid => _gate.Grid;

    /// <summary>About how much memory it takes with one model.</summary>
    public long Bytes { get; }

    /// <summary>What it takes more while a second model warms up beside that.</summary>
    public long Beside => Bytes * (_detector.Models - 1);

    /// <summary>What of <see cref="Beside"/> is in the sum of its partition.</summary>
    public long Counted { get; set; }

    /// <summary>What it learns with, and its policy.</summary>
    public ModelSpec Model => _model;

    /// <summary>Steps taken so far.</summary>
    public long Position => _detector.Position;

    /// <summary>Frames that the next <see cref="Step"/> takes, those that did not come among them.</summary>
    public int DueCount => _order.Due.Length;

    /// <summary>Which of the streams it is that have frames due; for who asked for them to be made due.</summary>
    internal int Place { get; set; }

    /// <summary>Feed time of one of them.</summary>
    public DateTime DueAt(int due) => _order.Due[due].Time;

    /// <summary>Those frames; one that did not come has the record that ended the gap.</summary>
    public IReadOnlyList<Frame> Due => Array.ConvertAll(_order.Due.ToArray(), due => due.Frame);

    /// <summary>Whether one of them is a frame that did not come.</summary>
    public bool IsBridged(int due) => _order.Due[due].Kind == DueKind.Bridged;

    /// <summary>What became of its silence with the frames that are due, and is to be told.</summary>
    public IReadOnlyList<SilenceChange> Silences => _silence.Changes;

    /// <summary>A person said of an alarm of the stream whether it was one.</summary>
    /// <param name="from">Offset of the first record that is to be judged so.</param>
    /// <param name="feedback">What was said.</param>
    public void Pend(long from, ControlFeedback feedback) => _feedback[(from, feedback.At.UtcTicks)] = feedback;

    /// <summary>Takes what was said, once all records before an offset have been taken.</summary>
    /// <param name="next">That offset.</param>
    public void Heed(long next)
    {
        while (_feedback.Count > 0 && _feedback.GetKeyAtIndex(0).From <= next)
        {
            ControlFeedback feedback = _feedback.GetValueAtIndex(0);
            _feedback.RemoveAt(0);
            // Of a snapshot that is older than what is kept of the last alarms, the last one is known all the same.
            (long start, double peak) = _alarms.Of(Stream, feedback.Alarm)
                ?? (feedback.Alarm == ScoredFrame.IdOf(Stream, _opened) ? _detector.LastAlarm : -1, feedback.PeakScore);
            if (feedback.Anomaly) _detector.ConfirmAlarm(start);
            else
            {
                _detector.DenyAlarm(start, peak);
                _denied |= start == _detector.LastAlarm && _detector.OpenSeverity is not null;
            }
        }
    }

    /// <summary>The gate has let the first frame through already.</summary>
    /// <param name="first">It.</param>
    /// <param name="now">Wall clock, UTC.</param>
    public void Begin(Frame first, DateTime now = default)
    {
        _clock.Take(first.Time);
        Hear(first.Sent, now);
        Pass(first, begins: false);
    }

    /// <summary>Why a frame is refused; null where it is let through: a <see cref="Step"/> to come takes it.</summary>
    /// <param name="frame">Of this stream.</param>
    /// <param name="sent">The record's own timestamp, UTC; null: it has none.</param>
    /// <param name="detail">For a person, where the frame is refused.</param>
    /// <param name="now">Wall clock, UTC.</param>
    /// <remarks>A frame without any value is let through and forgotten: what did not come shows when the next one does.</remarks>
    public Rejection? Take(Frame frame, DateTime? sent, out string detail, DateTime now = default)
    {
        Stirred = true;
        if (sent is null && _clock.IsAhead(frame.Time))
        {
            detail = $"{FeedTime.Write(frame.Time)} is far ahead of all frames so far: its clock is wrong, unless the next frame "
                + $"confirms it";
            return Rejection.FarAhead;
        }
        if (IsBlank(frame))
        {
            detail = "";
            return frame.Span.Length == _gate.Channels ? null : _gate.Check(frame.Time, frame.Span, out detail, sent, frame.Field);
        }
        if (_order.Holds(frame.Time, frame.Span))
        {
            detail = $"a frame of the same time with the same values waits already, {FeedTime.Write(frame.Time)}";
            return Rejection.Duplicate;
        }
        Rejection? reason = _gate.Check(frame.Time, frame.Span, out detail, sent, frame.Field);
        bool right = sent is null && reason == Rejection.Late && _clock.AreLateOnesRight(frame.Time);
        if (right)
        {
            _gate.Forget();
            reason = _gate.Check(frame.Time, frame.Span, out detail, sent, frame.Field);
        }
        if (reason is not null) return reason;
        if (sent is null) _clock.Take(frame.Time);
        Hear(sent, now);
        Pass(frame, right || _gate.BeginsRun);
        return null;
    }

    /// <summary>Whether a frame has no value at all.</summary>
    public static bool IsBlank(Frame frame)
    {
        if (frame.Field is not null) return false;
        foreach (double value in frame.Span)
            if (!double.IsNaN(value)) return false;
        return true;
    }

    /// <summary>No frame waits for others any longer: the feed is at its end.</summary>
    /// <param name="at">Offset of its last record.</param>
    public void Flush(long at) => _order.Flush(at);

    /// <summary>Time has passed: whether the stream has become silent by it; null: it has not.</summary>
    /// <param name="now">Wall clock, UTC.</param>
    public SilenceChange? Wait(DateTime now) => _silence.At(now);

    /// <inheritdoc cref="Silence.WasTold"/>
    internal void WasTold(SilenceTold silence) => _silence.WasTold(silence);

    /// <inheritdoc cref="Silence.Recall"/>
    internal bool Recall() => _silence.Recall();

    /// <summary>What is known of it before a frame has come that is to be told of.</summary>
    public StreamBack Restored => new(Stream, _gate.Channels, Position, _order.Newest?.Time ?? _order.Last, _silence.LastSent,
        _silence.IsSilent, [.. Enumerable.Range(0, _gate.Channels).Where(_silence.IsSilentChannel)])
    {
        Alarm = _detector.OpenSeverity is null ? null : ScoredFrame.IdOf(Stream, _opened),
        Severity = _detector.OpenSeverity,
        PeakScore = _detector.OpenSeverity is null ? 0 : _detector.LastPeak,
        LaterChannels = _detector.OpenSeverity is null ? [] : _detector.LaterChannels,
        Incidents = _detector.OpenSeverity is null ? 1 : _detector.Incidents,
    };

    /// <summary>Feed time of its last frame; null: none has been taken.</summary>
    public DateTime? Last => _order.Last;

    /// <summary>Whether a record of it has come since this was set to false.</summary>
    public bool Stirred { get; set; }

    /// <summary>When it was heard of last, by the wall clock.</summary>
    public DateTime HeardAt => _silence.HeardAt;

    /// <summary>It is as if it had been heard just now.</summary>
    public void Hear(DateTime now) => _silence.HeardAt = now;

    /// <summary>Takes what no snapshot holds.</summary>
    /// <param name="before">The same stream, in this process.</param>
    public void GoOnFrom(StreamSlot before)
    {
        _silence.GoOnFrom(before._silence);
        Counted = before.Counted;
    }

    void Hear(DateTime? sent, DateTime now)
    {
        _silence.Hear(sent);
        _silence.HeardAt = now;
    }

    void Pass(Frame frame, bool begins)
    {
        _silence.Speak(frame, begins);
        _order.Take(frame, begins);
        _gate.Taken = _order.Last;
        _gate.Records.Interval = _order.Interval.Interval;
    }

    /// <summary>Scores the frames that are due, in their order.</summary>
    /// <param name="muted">Which of them are not to be judged; empty: none.</param>
    /// <param name="time">For the time that it takes.</param>
    public StreamSteps Step(ReadOnlySpan<bool> muted, TimeProvider time)
    {
        ReadOnlySpan<DueFrame> due = _order.Due;
        int n = due.Length, channels = _gate.Channels, runs = 0, gaps = 0, bridged = 0;
        bool tells = false;
        StepScratch scratch = StepScratch.OfThread(n, channels);
        var times = new DateTime[n];
        double[]? few = channels <= FewChannels ? new double[n * channels] : null;
        Span<double> values = few ?? scratch.Values.AsSpan(0, n * channels);
        Span<StepResult> results = scratch.Results.AsSpan(0, n);
        var expected = new double[n * channels];
        bool[]? unjudged = null;
        var scored = new ScoredFrame[n];
        var sent = new long[n];
        for (int t = 0; t < n; t++)
        {
            times[t] = due[t].Time;
            sent[t - bridged] = due[t].Sent;
            if (channels == 1) values[t] = due[t].First;
            else due[t].Frame.Span.CopyTo(values[(t * channels)..]);
            if (due[t].Kind == DueKind.Bridged)
            {
                // An alarm that ends with a mute is told with a frame that came.
                if (!muted.IsEmpty && muted[t]) (unjudged ??= muted.ToArray())[t] = false;
                bridged++;
            }
            if (due[t].Kind is not (DueKind.Begins or DueKind.AfterGap)) continue;
            // What it was about to expect has nothing to do with what comes: the reservoir is washed out, nobody is woken.
            unjudged ??= muted.IsEmpty ? new bool[n] : muted.ToArray();
            unjudged[t] = true;
            if (due[t].Kind == DueKind.Begins) runs++;
            else gaps++;
        }
        if (unjudged is not null) muted = unjudged;

        long start = time.GetTimestamp();
        ModelHealth before = _detector.Health;
        for (int from = 0, to; from < n; from = to)
        {
            // What was said holds from its record on, wherever batches begin and end.
            Heed(due[from].At);
            to = from + 1;
            // Under a bar one by one, as what an alarm was told over is kept with it: whatever batches there are, it is the same.
            bool barred = _detector.Bar > LeastBar;
            while (!barred && to < n && (_feedback.Count == 0 || due[to].At < _feedback.GetKeyAtIndex(0).From)) to++;
            _detector.StepMany(times.AsSpan(from..to), values[(from * channels)..(to * channels)], results[from..to],
                expected.AsSpan((from * channels)..(to * channels)), muted.IsEmpty ? default : muted[from..to]);
            for (int t = from; t < to; t++)
            {
                Frame frame = due[t].Frame;
                if (results[t].Alarm is { Change: AlarmChange.Opened }) _opened = frame.Offset;
                if (results[t].Alarm is { } told) _alarms.Take(_opened, told, barred ? _detector.Bar : 1);
                tells |= results[t].Alarm is not null || results[t].Model is not null;
                bool ended = results[t].Alarm is { Change: AlarmChange.Closed or AlarmChange.Adapted };
                scored[t] = new ScoredFrame(frame, results[t], expected.AsMemory(t * channels, channels), !muted.IsEmpty && muted[t],
                    results[t].Alarm is null ? -1 : _opened) { Grid = Grid, At = due[t].At, Kind = due[t].Kind,
                    Denied = ended && _denied };
                _denied &= !ended;
            }
        }
        TimeSpan elapsed = time.GetElapsedTime(start);
        results.Clear();  // the alarms in it go with those who have them
        _order.Taken();
        var forecast = new double[channels];
        return new StreamSteps(Stream, scored, before, _detector.Health, _detector.TryForecast(forecast) ? forecast : null, elapsed)
        {
            Tells = tells,
            Sent = sent.AsMemory(0, n - bridged),
            Times = times,
            Values = few,
            NewRuns = runs,
            Gaps = gaps,
            Bridged = bridged,
        };
    }

    /// <summary>When <see cref="LookAhead"/> was asked for last, as a timestamp.</summary>
    public long LookedAheadAt { get; set; } = long.MinValue;

    /// <summary>What its model expects so many steps after the last one, [channels], units of the feed; null: nothing yet. Changes nothing.
    /// </summary>
    public double[]? LookAhead(int steps)
    {
        double[] run = new double[steps * _gate.Channels];
        return _detector.TryRunFree(run) ? run[^_gate.Channels..] : null;
    }

    /// <summary>What became of its silence is told.</summary>
    public void ToldSilences() => _silence.Told();
}
