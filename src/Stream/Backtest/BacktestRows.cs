using System.Text;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Backtest;

/// <summary>The rows of a feed on their way through a model, and what was found in them.</summary>
sealed class BacktestRows
{
    const int MostRuns = 1000;

    readonly CsvFeed _feed;
    readonly FeedLabels? _labels;
    readonly ScoreFile _scoreFile;
    readonly TextWriter _eventFile;
    readonly Trace? _trace;
    readonly StreamSlot _slot;
    readonly Func<string, DateTime, bool>[] _maintenance;
    readonly int _channels;
    readonly List<bool> _alarmed = [];
    readonly List<double> _scores = [];  // of labelled feeds
    readonly List<AlarmSpan> _alarms = [];
    readonly List<ToldAlarm> _told = [];  // each of them, as it opened
    readonly List<long> _openRows = [];   // of each: rows in which it was open, not those between where it is merged with another
    readonly SortedDictionary<string, long> _refused = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, string> _firstRefused = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, long> _states = new(StringComparer.Ordinal);
    StepResult _last = new(-1, WarmingUp: true, Score: 0, Normality: 1, AlarmOpen: false, Alarm: null);
    readonly List<RefusedRows> _runs = [];  // of refused rows, ascending
    readonly List<ModelRow> _models = [];
    readonly List<RowSpan> _warmUps = [];
    readonly Queue<Pending> _pending = [];  // rows of which it is not told yet what became of them, in the order of the file
    readonly Dictionary<long, Pending> _waiting = [];  // those that are let through, by their index
    readonly FeedNature _nature;
    readonly long[] _missing;               // values that were missing [channels]
    readonly int? _longerWarmUp;
    int _bridged, _gaps, _newRuns, _silences;
    ReadOnlyMemory<double> _expected;
    long _ready = -1, _readySteps;

    public BacktestRows(CsvFeed feed, FeedLabels? labels, EsnConfig config, TextWriter scores, TextWriter events, Trace? trace)
    {
        (_feed, _labels, _eventFile, _trace, _channels) = (feed, labels, events, trace, feed.Channels.Count);
        _scoreFile = new ScoreFile(scores, feed);
        _missing = new long[_channels];
        _nature = new FeedNature(_channels);
        _maintenance = [.. config.Maintenance.Select(maintenance => maintenance.Compile())];
        try
        {
            ModelSpec model = new ModelChoice(config).Of(feed.Stream);
            ModelSpec own = feed.RowCount is { } rows ? model.ForFeedOf(rows) : model;
            if (own.WarmUp != model.WarmUp) _longerWarmUp = model.WarmUp;
            TimesConfig times = config.Source.Times;
            _slot = new StreamSlot(new StreamId(feed.Stream, 0, feed.Stream), own, new Gate(_channels, times), times);
        }
        catch (ArgumentException e)
        {
            throw new FeedException($"{feed.Name}: no model for {_channels} channels: {e.Message}");
        }
        _expected = Enumerable.Repeat(double.NaN, _channels).ToArray();
    }

    public void Take(FeedRow[] rows)
    {
        foreach (FeedRow row in rows)
        {
            var pending = new Pending(row);
            _pending.Enqueue(pending);
            string? detail = row.Problem, reason = detail is null ? null : "unreadable";
            if (reason is null && _slot.Take(Frame(row), null, out detail) is { } refusal) reason = Words.Of(refusal);
            else if (reason is null && StreamSlot.IsBlank(Frame(row)))
                (reason, detail) = ("blank", "it has no value in any channel: a gap");
            pending.Resolved = reason is not null;
            if (reason is null)
            {
                _waiting.Add(row.Index, pending);
                for (int c = 0; c < _channels; c++)
                    if (double.IsNaN(row.Values[c])) _missing[c]++;
                continue;
            }
            pending.Reason = reason;
            _refused[reason] = _refused.GetValueOrDefault(reason) + 1;
            _firstRefused.TryAdd(reason, $"row {row.Index}: {detail}");
        }
        Score();
    }

    /// <summary>The feed is at its end: what waited to be put in order is taken.</summary>
    public void End()
    {
        _slot.Flush(_alarmed.Count);
        Score();
    }

    // Rows are told in the order of the file, each once what became of it is known.
    void Score()
    {
        foreach (SilenceChange change in _slot.Silences) Tell(change);
        _slot.ToldSilences();
        bool[] muted = _maintenance.Length == 0 ? [] : [.. Enumerable.Range(0, _slot.DueCount)
            .Select(due => Array.Exists(_maintenance, maintenance => maintenance(_feed.Stream, _slot.DueAt(due))))];
        if (_slot.DueCount > 0)
        {
            StreamSteps steps = _slot.Step(muted, TimeProvider.System);
            (_bridged, _gaps, _newRuns) = (_bridged + steps.Bridged, _gaps + steps.Gaps, _newRuns + steps.NewRuns);
            foreach (ScoredFrame frame in steps.Frames)
            {
                if (frame.Bridged) continue;
                _waiting.Remove(frame.Frame.Record.Offset, out Pending? pending);
                (pending!.Scored, pending.Resolved) = (frame, true);
            }
        }
        while (_pending.TryPeek(out Pending? first) && first.Resolved)
        {
            _pending.Dequeue();
            if (first.Scored is { } scored) (_last, _expected) = (scored.Result, scored.Expected);
            if (first.Reason is { } reason) Refuse(first.Row, reason);
            Take(first.Row, first.Scored, RowState.Of(first.Reason, first.Scored));
        }
    }

    void Tell(SilenceChange change)
    {
        if (!change.Ended) _silences++;
        _eventFile.WriteLine(Encoding.UTF8.GetString(AnomalyCloudEvent.Structured(FeedCloudEvent.Of(change.Stream, change.Channel,
            change.Ended, change.Since, change.Time, change.Interval, change.SinceAt, change.At, _feed.Channels)).Span));
    }

    void Refuse(FeedRow row, string reason)
    {
        if (_runs is [.., var run] && run.Last == row.Index - 1 && run.Reason == reason)
            _runs[^1] = run with { Last = row.Index, To = row.TimeText };
        else _runs.Add(new RefusedRows(row.Index, row.Index, row.TimeText, row.TimeText, reason));
    }

    // As if the file were a partition of its own: the row is the offset.
    Frame Frame(FeedRow row) => new(new FeedRecord(_feed.Stream, 0, row.Index,
        (row.Time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond, null, null), _slot.Stream, row.Time, row.Values);

    // A row that was not taken shows the last score again, as a dashboard would.
    void Take(FeedRow row, ScoredFrame? taken, string state)
    {
        _scoreFile.Write(row, _last, _expected.Span, state);
        _states[state] = _states.GetValueOrDefault(state) + 1;
        _labels?.Take(row);
        if (_labels is not null) _scores.Add(_last.Score);
        if (_ready < 0 && !_last.WarmingUp) (_ready, _readySteps) = (_alarmed.Count, _nature.Rows);
        if (taken is not null) _nature.Take(row);
        if (_last.WarmingUp) WarmUp(_alarmed.Count);
        _trace?.Add(row, taken is not null, _expected.Span, _last);
        if (taken is { } scored) Follow(scored, row);
        if (_last.AlarmOpen) _openRows[^1]++;
        _alarmed.Add(_last.AlarmOpen);
    }

    void Follow(ScoredFrame scored, FeedRow row)
    {
        if (_last.Alarm is { Change: AlarmChange.Opened } opened)
        {
            _openRows.Add(0);
            _told.Add(ToldAlarm.Opens(_alarmed.Count, HasTimes ? row.TimeText : "", opened, _feed.Channels));
        }
        AlarmSpan.Follow(_alarms, _alarmed.Count, _last);
        if (_last.Model is { } change)
        {
            foreach (ModelChange one in ModelCloudEvent.All(change))
            {
                _models.Add(new ModelRow(_alarmed.Count, ModelCloudEvent.Say(one, _feed.Channels)));
                _eventFile.WriteLine(Encoding.UTF8.GetString(AnomalyCloudEvent.Structured(
                    ModelCloudEvent.Of(scored.Frame, scored.Result.Position, one, _feed.Channels)).Span));
            }
        }
        if (_last.Alarm is null) return;
        _eventFile.WriteLine(Encoding.UTF8.GetString(AnomalyCloudEvent.Structured(AnomalyCloudEvent.Of(scored.Frame, _last.Alarm,
            scored.AlarmId, _feed.Channels, rows: new(_alarmed.Count, _alarms[^1].Start, _alarms[^1].Peak))).Span));
    }

    void WarmUp(long row)
    {
        if (_warmUps is [.., var span] && span.Last == row - 1) _warmUps[^1] = span with { Last = row };
        else _warmUps.Add(new RowSpan(row, row));
    }

    bool HasTimes => _feed.TimeColumn != "row";

    long Ready => _ready < 0 ? _alarmed.Count : _ready;

    public BacktestSummary Summary(TimeSpan elapsed) => new(
        _feed.Name, _feed.Channels, _alarmed.Count, _slot.Position - _bridged, _refused, _firstRefused,
        _ready < 0 ? _nature.Rows : _readySteps, _alarms.Count,
            _alarmed.Count(alarmed => alarmed),
        _labels is null ? null : LabelTally.Of(_alarmed, _scores, _alarms, _labels.Windows, Ready).Summary(),
        _slot.Position / Math.Max(elapsed.TotalSeconds, 1e-9))
    {
        Series = _feed.Series,
        Columns = _feed.Description,
        Notes = _feed.Notes,
        UnusedLabels = _feed.UnusedLabels,
        WarmUpRows = Ready,
        LongerWarmUp = _longerWarmUp,
        Bridged = _bridged,
        Gaps = _gaps,
        NewRuns = _newRuns,
        Silences = _silences,
        Models = _models,
        WarmUps = _warmUps,
        States = _states,
        Missing = Enumerable.Range(0, _channels).Where(c => _missing[c] > 0).ToDictionary(c => _feed.Channels[c], c => _missing[c]),
        IntervalSeconds = HasTimes ? _nature.Interval?.TotalSeconds : null,
        Strongest = [.. _told.Select((told, i) => told.After(_alarms[i], _openRows[i])).OrderByDescending(told => told.Score)
            .Take(BacktestSummary.MostTold).OrderBy(told => told.Row)],
        IsRough = _nature.IsRough,
        IsDaily = HasTimes && _nature.IsDaily,
        WhyLate = _feed.WhyLate,
        Mixed = _feed.Mixed,
        RefusedRuns = [.. _runs.OrderByDescending(run => run.Last - run.First).Take(MostRuns)],
    };

    public Report Report(BacktestSummary summary, IReadOnlyDictionary<string, string> settings) => new()
    {
        Summary = summary,
        Settings = summary.With(settings),
        TimeColumn = _feed.TimeColumn,
        Trace = _trace!,
        Alarms = _alarms,
        Windows = _labels?.Windows.Select(window => (window, LabelTally.Delay(_alarms, window))).ToList(),
        Alarmed = _alarmed,
    };

    /// <summary>A row, and what became of it once that is known.</summary>
    sealed class Pending(FeedRow row)
    {
        public FeedRow Row { get; } = row;
        public string? Reason { get; set; }
        public ScoredFrame? Scored { get; set; }
        public bool Resolved { get; set; }
    }

}
