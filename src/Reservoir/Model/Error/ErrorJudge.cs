namespace Esn;

/// <summary>Judges by the model's errors: all raw scores of a stream and the calibrator that makes one of them.</summary>
/// <remarks>Beside them stands what no calibrator may silence: the last of the names.</remarks>
sealed class ErrorJudge : Judge, IJudgement
{
    readonly RawScores _scores;
    readonly bool[] _trifles;     // [count + 1]; empty: nothing is
    readonly ICalibrator _calibrator;
    readonly Unprecedented _unprecedented;
    readonly double[] _margins;   // of the calibrator, then of what is unprecedented [count + 1]
    readonly AlarmSpec _alarm;
    readonly double[] _scoreOf;   // scratch [channels]
    readonly int _channels;
    readonly Onsets _onsets;
    readonly AsideChannels _aside;
    YoungChannels? _young;        // null: nothing is told by that any more
    readonly double _nats;        // that an alarm is worth, as −ln p
    double _calibrated;           // score of those that speak
    double _record;               // of a step of no open alarm: the least that a larger deviation than all before is told as; else 0
    readonly RecordScores _records;
    bool _rest;                   // nothing moves: what the model errs by is its own, far below what the feed resolves
    bool _wasOpen;

    /// <param name="spec">Valid.</param>
    /// <param name="context">What scores are made from.</param>
    public ErrorJudge(ErrorModelSpec spec, ScoreContext context)
    {
        _channels = context.Channels;
        _onsets = new Onsets(_channels);
        _aside = new AsideChannels(_channels, spec.Alarm.QuietSteps);
        _scores = new RawScores(spec, context);
        _margins = new double[_scores.Count + 1];
        _trifles = spec.Alarm.MinimumDeviation.Count == 0 ? [] : new bool[_scores.Count + 1];
        ScoreShape[] shapes = _scores.Shapes();
        Slow = [.. shapes.Select(shape => shape.Delay > 0), false];
        Names = [.. shapes.Select(shape => shape.Name), Unprecedented.Name];
        _calibrator = spec.Calibrator.Create(shapes);
        double rate = spec.Calibrator is BudgetSpec budget ? budget.AlarmsPerStep : new BudgetSpec().AlarmsPerStep;
        _records = new RecordScores(_channels);
        _unprecedented = new Unprecedented(spec.Unprecedented, _channels, rate);
        _nats = -Math.Log(rate);
        _young = new YoungChannels(spec.Unprecedented, _channels, rate, Names.Length, spec.Alarm);
        _alarm = spec.Alarm;
        _scoreOf = new double[_channels];
    }

    /// <inheritdoc/>
    public override IJudgement Judgement => _young is null ? this : _young;

    /// <inheritdoc/>
    public ReadOnlySpan<double> Margins => _margins;

    /// <inheritdoc/>
    public double Score => Math.Max(_record, Math.Max(_calibrated, Beside));

    // What no calibrator may silence; what is told of a channel that is away lasts as long as it is.
    double Beside => _aside.Hold ? Math.Max(1, _unprecedented.Score) : _unprecedented.Score;

    /// <inheritdoc/>
    /// <remarks>
    /// What more of the channels than <see cref="AlarmSpec.Breadth"/> reach, each by itself. What channels say of each other is no such
    /// part: a plant at a load that it never was at breaks relations as no sensor does.
    /// </remarks>
    public double Widespread { get; private set; }

    /// <inheritdoc/>
    public bool IsUnusual(int score) =>
        score < _scores.Count ? Speaks(score) && _calibrator.IsUnusual(score) : _unprecedented.Unusual || _aside.Hold;

    /// <inheritdoc/>
    public double ScoreOf(int score) => score >= _scores.Count ? Beside : Speaks(score) ? _calibrator.ScoreOf(score) : 0;

    // What the model errs by of a feed that rests is learnt, and says nothing: it opens no alarm, nor holds or escalates one.
    bool Speaks(int value) => !_rest || !_scores.IsOfErrors(value);

    /// <inheritdoc/>
    public int ChannelOf(int score)
    {
        if (score >= _scores.Count) return _aside.Hold && _unprecedented.Score < 1 ? _aside.Channel : _unprecedented.Channel;
        return _scores.ChannelOf(score) is >= 0 and var channel ? channel : _aside.ChannelOf(_scores.Squares(score));
    }

    /// <inheritdoc/>
    public bool IsTrifle(int score) => _trifles.Length > 0 && _trifles[score];

    /// <inheritdoc/>
    public int Away => _onsets.Away;

    /// <inheritdoc/>
    public override ReadOnlySpan<bool> Returned => _scores.Returned;

    /// <inheritdoc/>
    public override string[] Names { get; }

    /// <inheritdoc/>
    public override int ScoresBefore4 => Names.Length - 1;

    /// <inheritdoc/>
    public override bool[] Slow { get; }

    /// <inheritdoc/>
    public override int TopSpan => IsUnprecedented ? 1 : _scores.SpanOf(Top());

    bool IsUnprecedented => _unprecedented.Score > _calibrated;

    /// <inheritdoc/>
    public override bool TellsEarly => true;

    /// <inheritdoc/>
    public override bool BlanksEarly => false;

    /// <inheritdoc/>
    public override bool MeasureEarly(in EarlyView view, Span<double> usual)
    {
        _young!.Before.CopyTo(usual);
        return _young.Step(view.Frame, view.Muted, usual);
    }

    /// <inheritdoc/>
    public override bool StepEarly(ReadOnlySpan<double> frame, bool muted, Span<double> usual) => _young!.Step(frame, muted, usual);

    /// <inheritdoc/>
    public override ReadOnlySpan<double> SeenEarly(ReadOnlySpan<double> frame) => _young is null ? frame : _young.SeenIn(frame);

    /// <inheritdoc/>
    public override bool EndEarly()
    {
        _young = null;
        return true;
    }

    /// <inheritdoc/>
    public override void CarryEarly(ref StateCarrier state) => _young!.Carry(ref state);

    /// <inheritdoc/>
    public override void Measure(in StepView step, Alarm alarm)
    {
        (bool muted, bool open) = (step.Muted, alarm.Open && _young is null);
        _aside.Step(step.Aside, open, _unprecedented);
        _onsets.Step(step.Errors[.._channels], step.Missing, open, muted);
        _rest = _unprecedented.Rest(step.Frame);
        _trifles.AsSpan().Clear();
        _scores.Step(in step, open, alarm.Contributed, _unprecedented);
        _calibrator.Measure(_scores.Values);
        if (muted) _unprecedented.Skip();
        else _unprecedented.Step(step.Frame, step.Expected, open, step.WarmingUp);
        _calibrator.Margins.CopyTo(_margins);
        _calibrated = _rest ? 0 : _calibrator.Score;
        for (int i = 0; _rest && i < _scores.Count; i++)
        {
            if (!Speaks(i)) _margins[i] = 0;
            _calibrated = Math.Max(_calibrated, ScoreOf(i));
        }
        _aside.Judged(_calibrated);
        _record = 0;
        if (!muted && !step.WarmingUp && !open) _record = _records.Step(Score, Strongest(), step.Frame, step.Expected);
        _margins[^1] = Beside * _nats;
        Widespread = Score < 1 ? Score : Math.Min(Score, Shared());
        _scoreOf.AsSpan().Clear();  // nothing that a restart would not have
    }

    // The channel that the score is of; −1: of all, or of none.
    int Strongest() => Score < 1 ? -1 : IsUnprecedented ? _unprecedented.Channel : ChannelOf(Top());

    double Shared()
    {
        int moving = 0;
        for (int c = 0; c < _channels; c++)
        {
            _scoreOf[c] = _unprecedented.ScoreOf(c);
            if (_unprecedented.Moved(c)) moving++;
        }
        double joint = 0;
        for (int value = 0; value < _scores.Count; value++)
        {
            if (_scores.IsRelated(value)) continue;
            double score = ScoreOf(value);
            if (_channels > 1 && _scores.ChannelOf(value) is >= 0 and var channel) _scoreOf[channel] = Math.Max(_scoreOf[channel], score);
            else joint = Math.Max(joint, score);
        }
        _scoreOf.AsSpan().Sort();
        // Of a feed that moves in one channel alone the score decides: what is enough for critical, and nothing below that.
        double highest = Math.Max(joint, _scoreOf[^1]);
        if (_alarm.Breadth == 0) return highest;
        if (moving < 2) return highest >= _alarm.Critical ? highest : 0;
        int others = Math.Max(1, (int)(_alarm.Breadth * moving));
        return Math.Max(joint, _scoreOf[Math.Max(0, _channels - 1 - others)]);
    }

    /// <inheritdoc/>
    public override void Learn(AlarmChange? change, Alarm alarm, bool muted)
    {
        if (_young is not null)
        {
            _calibrator.Learn(muted ? Learning.Muted : Learning.Normal);
            return;
        }
        if (alarm.Counts) _calibrator.Announce(alarm.Start);
        bool closed = change == AlarmChange.Closed && !muted, adapted = change == AlarmChange.Adapted;
        if (closed || adapted)
        {
            ReadOnlySpan<bool> anew = _scores.End(adapted, alarm.Contributed, _calibrator);
            if (adapted)
            {
                _calibrator.Adapt(anew);
                _unprecedented.Adapt();
            }
        }
        bool opening = alarm.Open && !_wasOpen;
        _unprecedented.Decided(opening);
        _wasOpen = alarm.Open;
        _calibrator.Learn(muted ? Learning.Muted : opening ? Learning.Opening : alarm.Open ? Learning.Frozen : Learning.Normal,
            alarm.Start);
    }

    /// <inheritdoc/>
    /// <remarks>Where no score is of the model's errors there is little that could stay.</remarks>
    public override bool CanMove => _scores.AnyByErrors;

    /// <inheritdoc/>
    public override void Move(ReadOnlySpan<double> units, ReadOnlySpan<bool> moved, ReadOnlySpan<bool> seen)
    {
        _scores.Move(units, seen, _calibrator);
        _wasOpen = false;
        _onsets.Clear();
        _unprecedented.Move(units, moved);
    }

    /// <inheritdoc/>
    public override bool Say(long alarm, Verdict verdict) => _calibrator.Say(alarm, verdict);

    /// <inheritdoc/>
    /// <remarks>In the units of the feed, in a raw score that would alarm.</remarks>
    public override bool Deviates(in StepView step, Scaler scaler)
    {
        if (_alarm.MinimumDeviation.Count == 0 || Score < 1) return true;
        bool deviates = false;
        for (int value = 0; value < _scores.Count; value++)
        {
            if (ScoreOf(value) < 1) continue;
            _trifles[value] = _scores.IsTrifle(value, _alarm, scaler);
            deviates |= !_trifles[value];
        }
        if (_unprecedented.Score < 1) return deviates;
        int channel = _unprecedented.Channel;
        // A sensor that froze does not deviate yet.
        _trifles[^1] = !_unprecedented.Frozen && Math.Abs(step.Frame[channel] - step.Expected[channel]) < _alarm.MinimumOf(channel);
        return deviates || !_trifles[^1];
    }

    /// <inheritdoc/>
    /// <remarks>In the raw score with the largest margin.</remarks>
    public override bool Attribute(Span<double> parts, bool byThemselves)
    {
        if (_young is not null)
        {
            parts.Clear();
            parts[_young.Channel] = 1;
            return true;
        }
        if (_onsets.Away >= _alarm.QuietSteps)
        {
            parts.Clear();
            parts[_onsets.Channel] = 1;
            return true;
        }
        if (IsUnprecedented || (_aside.Hold && _calibrated < 1))
        {
            parts.Clear();
            parts[ChannelOf(_scores.Count)] = 1;
            return true;
        }
        int top = Top();
        bool related = _scores.IsRelated(top);
        if (related && byThemselves) return false;
        if (_scores.IsPerChannel(top)) _calibrator.Margins[_scores.With(top)].CopyTo(parts);
        else
            for (int c = 0; c < parts.Length; c++)
                parts[c] = !_aside.Has(c) && _scores.Squares(top)[c] is > 0 and var square ? square : 0;
        return !related;
    }

    /// <inheritdoc/>
    public override Drift? Drift(Alarm alarm, Scaler scaler, long position, DateTime time, TimeSpan interval) =>
        _scores.Drift(alarm, scaler, _calibrator, position, time, interval);

    // The largest margin; in an alarm of those that alarm, as a score of another voice may be further out and still be usual there. What
    // others say of a channel may be the fault of one of them: it counts where no channel alarms by itself.
    int Top()
    {
        ReadOnlySpan<double> margins = _margins.AsSpan(.._scores.Count);
        bool alarms = _calibrated >= 1, related = false;
        int top = -1;
        for (int i = 0; i < margins.Length; i++)
        {
            if (alarms && ScoreOf(i) < 1) continue;
            bool other = alarms && _scores.IsRelated(i);
            if (top >= 0 && (other == related ? margins[i] <= margins[top] : other)) continue;
            (top, related) = (i, other);
        }
        return Math.Max(0, top);
    }

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        _scores.Carry(ref state);
        _calibrator.Carry(ref state);
        if (state.Holds(4)) _unprecedented.Carry(ref state);
        _scores.CarrySteps(ref state);
        state.Carry(ref _wasOpen);
        if (state.Holds(5)) _scores.CarryMissing(ref state);
        if (state.Holds(6)) _onsets.Carry(ref state);
        if (state.Holds(6)) _aside.Carry(ref state);
        if (state.Holds(6))
        {
            state.Carry(ref _calibrated);
            state.Carry(ref _record);
            _records.Carry(ref state);
        }
        if (!state.Holds(6)) return;  // in the warm-up it begins here
        bool young = state.Carried(_young is not null);
        if (!young) _young = null;
        _young?.Carry(ref state);
    }
}
