using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Board;

/// <summary>All that the board keeps of one stream.</summary>
/// <param name="stream">Whose it is.</param>
/// <param name="channels">Values of its frames.</param>
/// <param name="room">Points of a level of its past.</param>
sealed class StreamCard(StreamId stream, int channels, int room)
{
    /// <summary>Channels whose past is kept, the first ones.</summary>
    public const int MostChannels = 8;

    const int SparkSteps = 48;

    // Silence is a hundred usual waits, and never less than a minute: records come in batches.
    const double SilentWaits = 100, WaitMemory = 50;
    static readonly TimeSpan ShortestSilence = TimeSpan.FromMinutes(1);

    readonly History _history = new(room, Math.Min(channels, MostChannels));
    readonly ErrorWidth[] _errors = new ErrorWidth[Math.Min(channels, MostChannels)];
    readonly double[] _widths = new double[Math.Min(channels, MostChannels)];
    readonly StreamBack? _back;          // what its snapshot knew
    bool _came;                 // a frame, since
    ScoredFrame _last;
    FieldAhead? _ahead;         // the last that was told
    DateTime _seen;
    double _wait = double.NaN;  // usual time between two batches with it, seconds of the wall clock
    int _waits;
    double _peak;               // highest score since the open alarm opened
    readonly SortedSet<int> _silentChannels = [];
    bool _silent;               // and that was told

    /// <summary>Of a stream of which its snapshot alone is known.</summary>
    /// <param name="back">What that knew.</param>
    /// <param name="room">Points of a level of its past.</param>
    public StreamCard(StreamBack back, int room) : this(back.Stream, back.Channels, room)
    {
        (_back, OpenAlarm, _silent) = (back, back.Alarm, back.Silent);
        _silentChannels.UnionWith(back.SilentChannels);
    }

    /// <summary>Whose it is.</summary>
    public StreamId Stream { get; } = stream;

    /// <summary>Values of its frames.</summary>
    public int Channels { get; } = channels;

    /// <summary>Channels whose past is kept.</summary>
    public int Kept => _errors.Length;

    /// <summary>Of the board when it last changed.</summary>
    public long Version { get; set; }

    /// <summary>The alarm that is open; null: none.</summary>
    public string? OpenAlarm { get; set; }

    /// <summary>The alarm whose steps are being kept one by one, and until which step; null: none.</summary>
    public (string Alarm, long Until)? Closeup { get; set; }

    /// <summary>What its snapshot knew, while no frame has come since; null: one has.</summary>
    public StreamBack? Back => _came ? null : _back;

    /// <summary>Index of its last step.</summary>
    public long Position => Back is { } back ? back.Steps - 1 : _last.Result.Position;

    /// <summary>Feed time of its last step.</summary>
    public DateTime Time => Back is { } back ? back.Last ?? DateTime.UnixEpoch : _last.Frame.Time;

    /// <summary>Whether its detector has an alarm open.</summary>
    public bool AlarmOpen => _last.Result.AlarmOpen;

    /// <summary>What went wrong with its model so far.</summary>
    public ModelHealth Health { get; private set; }

    /// <summary>What its fields are like; null: they are none.</summary>
    public FieldShape? Shape => FieldView.ShapeOf(_last);

    /// <summary>Its last frame as a picture; null: it is no field, or has not so many.</summary>
    public FieldView? View(int field) => FieldView.Of(_last, field, _ahead);

    /// <summary>Its past.</summary>
    public History History => _history;

    /// <summary>Takes what became of it in a batch.</summary>
    public void Take(StreamSteps steps, DateTime scoredAt)
    {
        _came = true;
        ReadOnlySpan<ScoredFrame> frames = steps.Span;
        ReadOnlySpan<DateTime> times = steps.Times.Span;
        ReadOnlySpan<double> values = steps.Values.Span;
        for (int t = 0; t < frames.Length; t++)
            Take(in frames[t], times[t], values.IsEmpty ? frames[t].Frame.Span : values.Slice(t * Channels, Channels),
                t == frames.Length - 1 ? steps.Forecast : null);
        if (_seen != default)
        {
            double wait = Math.Max(0, (scoredAt - _seen).TotalSeconds);
            _wait = _waits++ == 0 ? wait : _wait + (wait - _wait) / Math.Min(_waits, WaitMemory);
        }
        _ahead = steps.Ahead ?? _ahead;
        (_last, _seen, Health) = (frames[^1], scoredAt, steps.After);
    }

    void Take(in ScoredFrame frame, DateTime time, ReadOnlySpan<double> observed, double[]? forecast)
    {
        StepResult result = frame.Result;
        _peak = result.AlarmOpen ? Math.Max(_peak, result.Score) : 0;
        ReadOnlySpan<double> expected = frame.Expected.Span;
        for (int c = 0; c < Kept; c++) _widths[c] = _errors[c].Value;
        StepMarks marks = (result.WarmingUp ? StepMarks.WarmingUp : 0) | (frame.Muted ? StepMarks.Muted : 0)
            | (result.AlarmOpen ? StepMarks.AlarmOpen : 0) | (frame.Bridged ? StepMarks.Bridged : 0);
        _history.Add((time - DateTime.UnixEpoch).TotalMilliseconds, result.Position, result.Score, marks, observed, expected,
            _widths, forecast);
        if (result.AlarmOpen || frame.Muted) return;  // an anomaly is not to widen the band
        for (int c = 0; c < Kept; c++) _errors[c].Add(observed[c] - expected[c]);
    }

    /// <summary>A channel, or all of them, fell silent or speaks again.</summary>
    public void Take(SilenceChange change)
    {
        if (change.Channel < 0) _silent = !change.Ended;
        else if (change.Ended) _silentChannels.Remove(change.Channel);
        else _silentChannels.Add(change.Channel);
    }

    /// <summary>It has come to a silence that was told before this process.</summary>
    public void Take(StreamBack back) => _silent = back.Silent;

    /// <summary>As it is now.</summary>
    /// <param name="name">Of a channel.</param>
    /// <param name="alarm">Its open alarm.</param>
    /// <param name="silenced">A person does not want it judged now.</param>
    /// <param name="now">Wall clock.</param>
    /// <param name="spark">With the scores of the last steps.</param>
    public StreamSummary Summary(Func<int, string> name, BoardAlarm? alarm, bool silenced, DateTime now, bool spark)
    {
        if (Back is { } back) return Summary(back, name, alarm, silenced, spark);
        double[] last = _history.LastScores(SparkSteps);
        bool silent = _silent
            || (_waits > 0 && now - _seen > ShortestSilence && (now - _seen).TotalSeconds > SilentWaits * _wait);
        StreamState state = silenced || _last.Muted ? StreamState.Muted : OpenAlarm is not null ? StreamState.Alarm
            : silent ? StreamState.Silent : _last.Result.WarmingUp ? StreamState.WarmingUp : StreamState.Normal;
        return Alarming(alarm, new StreamSummary
        {
            Topic = Stream.Topic,
            Partition = Stream.Partition,
            Stream = Stream.Key,
            State = state,
            Score = _last.Result.Score,
            Highest = last.Length > 0 ? last.Max() : 0,
            Position = _last.Result.Position,
            Time = _last.Frame.Time,
            Seen = _seen,
            Channels = Channels,
            Value = _last.Frame.Span[0],
            Expected = _last.Expected.Span[0],
            Spark = spark ? last : null,
            SilentChannels = [.. _silentChannels.Select(name)],
        });
    }

    // Of an alarm from before this process no more is known than the snapshot did, until it is read back.
    StreamSummary Alarming(BoardAlarm? alarm, StreamSummary summary) => summary.State != StreamState.Alarm ? summary : summary with
    {
        Severity = alarm?.Severity ?? _back?.Severity,
        Alarm = OpenAlarm,
        AlarmSince = alarm?.Start,
        AlarmPeak = (alarm?.PeakScore ?? _back?.PeakScore) is { } told ? Math.Max(told, _peak) : null,
        LeadSeconds = alarm?.Drift?.LeadSeconds,
        Acknowledged = alarm?.Acknowledged is not null,
    };

    // Nothing has come since the process began: what is known is that it was there, and whether it alarmed or had fallen silent.
    StreamSummary Summary(StreamBack back, Func<int, string> name, BoardAlarm? alarm, bool silenced, bool spark) => Alarming(alarm, new()
    {
        Topic = Stream.Topic,
        Partition = Stream.Partition,
        Stream = Stream.Key,
        State = silenced ? StreamState.Muted : OpenAlarm is not null ? StreamState.Alarm : _silent ? StreamState.Silent
            : StreamState.Normal,
        Score = double.NaN,
        Highest = 0,
        Position = Position,
        Time = Time,
        Seen = back.Sent ?? Time,
        Channels = Channels,
        Value = double.NaN,
        Expected = double.NaN,
        Spark = spark ? [] : null,
        SilentChannels = [.. _silentChannels.Select(name)],
    });
}
