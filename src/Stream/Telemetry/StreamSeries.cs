using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Prometheus;

namespace Esn.Streaming.Telemetry;

/// <summary>What is shown of one stream: some of it of its steps, some of it of the time that passes without any.</summary>
/// <remarks>Used by one thread at a time.</remarks>
sealed class StreamSeries
{
    // Values of a feed that was silent for so long, and for three of its longest gaps, are no values any more.
    static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);
    const double FreshGaps = 3;

    readonly Gauge.Child _score, _highest, _normality, _warmingUp, _alarm, _severity, _peak, _lastStep, _silence, _interval, _longestGap,
        _muted, _driftLead, _silent;
    readonly Counter.Child _opened, _steps, _rescalings, _bridged;
    readonly Gauge.Child[] _expected, _observed, _forecast, _channelSilent, _alarmChannel;  // of the first channels
    readonly List<Action> _remove = [];
    readonly RecentMaximum _recentScore = new(), _recentSeverity = new(), _recentPeak = new();
    readonly Pace _pace = new();
    DateTime _scored;           // when the last step was
    (double Severity, double Peak) _open;  // of the alarm that is open; 0: none is
    bool _stale;

    /// <param name="instruments">It makes its children.</param>
    /// <param name="stream">Its labels.</param>
    /// <param name="channels">Names of the channels that are shown.</param>
    public StreamSeries(StreamInstruments instruments, StreamId stream, IReadOnlyList<string> channels)
    {
        string[] labels = StreamInstruments.Labels(stream);
        Gauge.Child Single(Gauge gauge)
        {
            _remove.Add(() => gauge.RemoveLabelled(labels));
            return gauge.WithLabels(labels);
        }
        Counter.Child Counted(Counter counter)
        {
            _remove.Add(() => counter.RemoveLabelled(labels));
            return counter.WithLabels(labels);
        }
        Gauge.Child[] Several(Gauge gauge) =>
        [
            .. channels.Select(channel =>
            {
                string[] all = [.. labels, channel];
                _remove.Add(() => gauge.RemoveLabelled(all));
                return gauge.WithLabels(all);
            }),
        ];
        (_score, _highest, _normality) = (Single(instruments.Score), Single(instruments.HighestScore), Single(instruments.Normality));
        (_warmingUp, _muted, _driftLead) = (Single(instruments.WarmingUp), Single(instruments.Muted), Single(instruments.DriftLead));
        (_alarm, _severity, _peak) = (Single(instruments.Alarm), Single(instruments.AlarmSeverity), Single(instruments.AlarmPeak));
        (_lastStep, _silence) = (Single(instruments.LastStep), Single(instruments.Silence));
        (_interval, _longestGap) = (Single(instruments.Interval), Single(instruments.LongestGap));
        (_opened, _steps, _rescalings) =
            (Counted(instruments.AlarmsOpened), Counted(instruments.Steps), Counted(instruments.Rescalings));
        (_silent, _channelSilent, _bridged) =
            (Single(instruments.Silent), Several(instruments.ChannelSilent), Counted(instruments.Bridged));
        (_expected, _observed, _forecast) =
            (Several(instruments.Expected), Several(instruments.Observed), Several(instruments.Forecast));
        _alarmChannel = Several(instruments.AlarmChannel);
        _driftLead.Set(double.NaN);
    }

    /// <summary>Shows these steps.</summary>
    /// <param name="steps">Of this stream.</param>
    /// <param name="scored">When they were scored, UTC.</param>
    public void Show(StreamSteps steps, DateTime scored)
    {
        (_scored, _stale) = (scored, false);
        foreach (ref readonly ScoredFrame frame in steps.Span) Take(in frame, scored);
        _steps.Inc(steps.Frames.Count - steps.Bridged);
        _bridged.Inc(steps.Bridged);
        _rescalings.Inc(steps.After.Rescalings - steps.Before.Rescalings);
        ref readonly ScoredFrame last = ref steps.Span[^1];
        _muted.Set(last.Muted ? 1 : 0);
        _score.Set(last.Result.Score);
        _normality.Set(last.Result.Normality);
        _warmingUp.Set(last.Result.WarmingUp ? 1 : 0);
        _alarm.Set(last.Result.AlarmOpen ? 1 : 0);
        _lastStep.Set((last.Frame.Time - DateTime.UnixEpoch).TotalSeconds);
        for (int c = 0; c < _expected.Length; c++)
        {
            _expected[c].Set(last.Expected.Span[c]);
            _observed[c].Set(last.Frame.Span[c]);
            _forecast[c].Set(steps.Forecast?[c] ?? double.NaN);
        }
    }

    /// <summary>Shows what is known of the stream before a frame of it has come that is told of.</summary>
    public void Show(StreamBack back)
    {
        _scored = back.Sent ?? back.Last ?? default;
        Unpublish();
        foreach (Gauge.Child gauge in (Gauge.Child[])[_warmingUp, _muted]) gauge.Unpublish();
        _alarm.Set(back.Alarm is null ? 0 : 1);
        _open = back.Severity is { } severity ? ((int)severity + 1, back.PeakScore) : default;
        _silent.Set(back.Silent ? 1 : 0);
        for (int c = 0; c < _channelSilent.Length; c++) _channelSilent[c].Set(back.SilentChannels.Contains(c) ? 1 : 0);
        if (back.Last is { } last) _lastStep.Set((last - DateTime.UnixEpoch).TotalSeconds);
        else _lastStep.Unpublish();
    }

    /// <summary>Shows that the stream, or a channel of it, is silent or speaks again.</summary>
    public void Show(SilenceChange change)
    {
        if (change.Channel < 0) _silent.Set(change.Ended ? 0 : 1);
        else if (change.Channel < _channelSilent.Length) _channelSilent[change.Channel].Set(change.Ended ? 0 : 1);
    }

    /// <summary>Shows what the passing of time changes.</summary>
    /// <param name="now">UTC.</param>
    public void ShowAt(DateTime now)
    {
        double silence = Math.Max(0, (now - _scored).TotalSeconds), open = _open.Severity;
        _silence.Set(silence);
        _interval.Set(_pace.Interval);
        _longestGap.Set(_pace.LongestGap);
        _severity.Set(open > 0 ? open : _recentSeverity.At(now) is > 0 and var severity ? severity : 0);
        _peak.Set(open > 0 ? _open.Peak : _recentPeak.At(now));
        if (open == 0 && !(_recentSeverity.At(now) > 0)) ShowShares([]);
        if (silence > Fresh.TotalSeconds && !(silence < FreshGaps * _pace.LongestGap)) Unpublish();
        else if (_recentScore.At(now) is var highest && !double.IsNaN(highest)) _highest.Set(highest);
        else _highest.Unpublish();
    }

    /// <summary>The stream is another process's now.</summary>
    public void Remove() => _remove.ForEach(remove => remove());

    void Take(in ScoredFrame frame, DateTime scored)
    {
        if (!frame.Bridged) _pace.Add(frame.Frame.Sent);
        _recentScore.Add(scored, frame.Result.Score);
        if (frame.Result.Alarm is { } alarm)
        {
            if (alarm.Change == AlarmChange.Opened) _opened.Inc();
            _driftLead.Set(Lead(alarm));
            _open = ((int)alarm.Severity + 1, alarm.PeakScore);
            ShowShares(AlarmText.Channels(alarm));
        }
        if (_open.Severity == 0) return;
        _open.Peak = Math.Max(_open.Peak, frame.Result.Score);
        _recentSeverity.Add(scored, _open.Severity);
        _recentPeak.Add(scored, _open.Peak);
        if (!frame.Result.AlarmOpen) _open = default;
    }

    void ShowShares(IReadOnlyList<Contribution> shares)
    {
        for (int c = 0; c < _alarmChannel.Length; c++)
            if (shares.FirstOrDefault(one => one.Channel == c) is { Share: > 0 and var share }) _alarmChannel[c].Set(share);
            else _alarmChannel[c].Unpublish();
    }

    // What was measured last; what is known of the stream itself stays: that it is silent, that its alarm is open.
    void Unpublish()
    {
        if (_stale) return;
        _stale = true;
        foreach (Gauge.Child gauge in (Gauge.Child[])[_score, _highest, _normality, .. _expected, .. _observed, .. _forecast])
            gauge.Unpublish();
    }

    static double Lead(AlarmEvent alarm) =>
        alarm.Change is AlarmChange.Closed or AlarmChange.Adapted ? double.NaN : alarm.Drift?.Lead?.TotalSeconds ?? double.NaN;
}
