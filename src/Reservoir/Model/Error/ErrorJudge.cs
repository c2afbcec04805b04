namespace Esn;

/// <summary>Judges by the model's errors: all raw scores of a stream and the calibrator that makes one of them.</summary>
/// <remarks>Beside them stands what no calibrator may silence: the last of the names.</remarks>
sealed class ErrorJudge : Judge, IJudgement
{
    readonly Score[] _scores;
    readonly bool[] _perChannel;  // [scores]
    readonly bool[] _single;      // of a channel, though it be the only one [scores]
    readonly int[] _first;        // where each score's values begin [scores + 1]
    readonly double[] _values;    // raw, joint or by channel [count]
    readonly bool[] _held;        // [count]
    readonly bool[] _returned;    // [count]
    readonly bool[] _trifles;     // [count + 1]; empty: nothing is
    readonly ICalibrator _calibrator;
    readonly Unprecedented _unprecedented;
    readonly double[] _margins;   // of the calibrator, then of what is unprecedented [count + 1]
    readonly AlarmSpec _alarm;
    readonly ChannelGroups? _apart;  // null: all channels may tell of each other
    readonly bool[] _byErrors;    // of what the model errs by [scores]
    readonly bool[] _related;     // of what channels say of each other [scores]
    readonly double[] _scoreOf;   // scratch [channels]
    readonly int _channels;
    readonly Onsets _onsets;
    readonly PatchyChannels _patchy;
    readonly AsideChannels _aside;
    readonly double[] _seen;      // scratch [channels]
    YoungChannels? _young;        // null: nothing is told by that any more
    readonly double _nats;        // that an alarm is worth, as −ln p
    readonly ErrorModelSpec _spec;
    readonly ScoreContext _context;
    int _clean = int.MaxValue;    // steps since the last muted one
    double _calibrated;           // score of those that speak
    bool _rest;                   // nothing moves: what the model errs by is its own, far below what the feed resolves
    bool _wasOpen;

    /// <param name="spec">Valid.</param>
    /// <param name="context">What scores are made from.</param>
    public ErrorJudge(ErrorModelSpec spec, ScoreContext context)
    {
        (_spec, _context, _channels, _apart) = (spec, context, context.Channels, spec.Reservoir.Groups);
        (_patchy, _onsets) = (new PatchyChannels(_channels), new Onsets(_channels));
        _aside = new AsideChannels(_channels, spec.Alarm.QuietSteps);
        _scores = [.. spec.Scores.Select(score => score.Create(context))];
        _byErrors = [.. spec.Scores.Select(score => score.JudgesErrors)];
        CanMove = _byErrors.Contains(true);
        _perChannel = [.. spec.Scores.Select(score => score.PerChannel && _channels > 1)];
        _single = [.. spec.Scores.Select(score => score.PerChannel)];
        _first = new int[_scores.Length + 1];
        var shapes = new List<ScoreShape>();
        for (int i = 0; i < _scores.Length; i++)
        {
            _first[i] = shapes.Count;
            for (int c = 0; c < (_perChannel[i] ? _channels : 1); c++)
                shapes.Add(new ScoreShape(_perChannel[i] ? FormattableString.Invariant($"{_scores[i].Name}[{c}]") : _scores[i].Name,
                    _scores[i].Span, spec.Scores[i].Tail, spec.Scores[i].Delay)
                {
                    LevelMemory = spec.Scores[i].LevelMemory, Said = spec.Scores[i].Voice,
                });
        }
        _first[^1] = shapes.Count;
        (_values, _held, _returned, _margins) =
            (new double[shapes.Count], new bool[shapes.Count], new bool[shapes.Count + 1], new double[shapes.Count + 1]);
        _trifles = spec.Alarm.MinimumDeviation.Count == 0 ? [] : new bool[shapes.Count + 1];
        Slow = [.. shapes.Select(shape => shape.Delay > 0), false];
        Names = [.. shapes.Select(shape => shape.Name), Unprecedented.Name];
        _calibrator = spec.Calibrator.Create(shapes);
        double rate = spec.Calibrator is BudgetSpec budget ? budget.AlarmsPerStep : new BudgetSpec().AlarmsPerStep;
        _unprecedented = new Unprecedented(spec.Unprecedented, _channels, rate);
        _nats = -Math.Log(rate);
        _seen = new double[_channels];
        _young = new YoungChannels(spec.Unprecedented, _channels, rate, Names.Length);
        _alarm = spec.Alarm;
        _related = [.. spec.Scores.Select(score => score.Voice == Voice.Relation)];
        _scoreOf = new double[_channels];
    }

    /// <inheritdoc/>
    public override IJudgement Judgement => _young is null ? this : _young;

    /// <inheritdoc/>
    public ReadOnlySpan<double> Margins => _margins;

    /// <inheritdoc/>
    public double Score => Math.Max(_calibrated, Beside);

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
        score < _values.Length ? Speaks(score) && _calibrator.IsUnusual(score) : _unprecedented.Unusual || _aside.Hold;

    /// <inheritdoc/>
    public double ScoreOf(int score) => score >= _values.Length ? Beside : Speaks(score) ? _calibrator.ScoreOf(score) : 0;

    // What the model errs by of a feed that rests is learnt, and says nothing: it opens no alarm, nor holds or escalates one.
    bool Speaks(int value) => !_rest || !_byErrors[IndexOf(value)];

    /// <inheritdoc/>
    public int ChannelOf(int score)
    {
        if (score >= _values.Length) return _aside.Hold && _unprecedented.Score < 1 ? _aside.Channel : _unprecedented.Channel;
        int of = IndexOf(score);
        return _single[of] ? score - _first[of] : _aside.ChannelOf(_scores[of].Squares);
    }

    /// <inheritdoc/>
    public bool IsTrifle(int score) => _trifles.Length > 0 && _trifles[score];

    /// <inheritdoc/>
    public int Away => _onsets.Away;

    /// <inheritdoc/>
    public override ReadOnlySpan<bool> Returned => _returned;

    /// <inheritdoc/>
    public override string[] Names { get; }

    /// <inheritdoc/>
    public override int ScoresBefore4 => Names.Length - 1;

    /// <inheritdoc/>
    public override bool[] Slow { get; }

    /// <inheritdoc/>
    public override int TopSpan => IsUnprecedented ? 1 : _scores[IndexOf(Top())].Span;

    bool IsUnprecedented => _unprecedented.Score > _calibrated;

    /// <inheritdoc/>
    public override bool TellsEarly => true;

    /// <inheritdoc/>
    public override bool BlanksEarly => false;

    /// <inheritdoc/>
    public override bool MeasureEarly(in EarlyView view, Span<double> usual)
    {
        _young!.Before.CopyTo(usual);
        return StepEarly(view.Frame, view.Muted, usual);
    }

    /// <inheritdoc/>
    public override bool StepEarly(ReadOnlySpan<double> frame, bool muted, Span<double> usual)
    {
        if (muted) _young!.Skip();
        else _young!.Step(frame);
        if (_young.Score < 1) return false;
        usual[_young.Channel] = _young.Usual;
        double off = Math.Abs(_young.Seen - _young.Usual);
        return off == 0 || _alarm.MinimumDeviation.Count == 0 || off >= _alarm.MinimumOf(_young.Channel);
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<double> SeenEarly(ReadOnlySpan<double> frame)
    {
        if (_young is null || _young.Score < 1) return frame;
        frame.CopyTo(_seen);
        _seen[_young.Channel] = _young.Seen;
        return _seen;
    }

    /// <inheritdoc/>
    public override bool EndEarly()
    {
        _young = null;
        return true;
    }

    /// <inheritdoc/>
    public override void CarryEarly(ref StateCarrier state) => _young!.Carry(ref state);

    /// <inheritdoc/>
    /// <remarks>A raw score whose windows hold a muted step is none.</remarks>
    public override void Measure(in StepView step, Alarm alarm)
    {
        (bool muted, bool open) = (step.Muted, alarm.Open && _young is null);
        _clean = muted ? 0 : Math.Min(_clean, int.MaxValue - 1) + 1;
        _patchy.Step(step.Missing);
        _aside.Step(step.Aside, open, _unprecedented);
        _onsets.Step(step.Errors[.._channels], step.Missing, open, muted);
        _rest = _unprecedented.Rest(step.Frame);
        _trifles.AsSpan().Clear();
        for (int i = 0; i < _held.Length; i++) _held[i] = muted || (open && alarm.Contributed[i]);
        for (int i = 0; i < _scores.Length; i++)
        {
            // What is usual of a channel does not follow what the model makes up for it.
            for (int c = 0; _perChannel[i] && c < step.Missing.Length; c++) _held[_first[i] + c] |= step.Missing[c];
            Score score = _scores[i];
            Span<double> values = _values.AsSpan(_first[i].._first[i + 1]);
            Span<bool> held = _held.AsSpan(_first[i].._first[i + 1]);
            score.Step(new ScoreInput
            {
                Input = step.Scaled, Errors = step.Errors, Frozen = muted || open, Muted = muted, Held = held, Missing = step.Missing,
            });
            if (_perChannel[i]) score.Returned.CopyTo(_returned, _first[i]);
            else _returned[_first[i]] = !score.Returned.AsSpan().Contains(false);
            if (!score.Ready || _clean < score.Span) values.Fill(double.NaN);
            else if (_perChannel[i])
            {
                score.Squares.CopyTo(values);
                for (int c = 0; _patchy.Any && c < _channels; c++)
                    if (!_patchy.Tells(c, score.Span)) values[c] = double.NaN;
                // Of what drives no unit and hardly ever moves each move would be an error without precedent, and be told.
                for (int c = 0; _apart is not null && c < _channels; c++)
                    if (!_apart.Drives(c) && _unprecedented.MovesSeldom(c)) values[c] = double.NaN;
            }
            else if (_patchy.Any)
            {
                values[0] = _patchy.Mean(score.Squares, score.Span);
            }
            else
            {
                (double sum, int told) = (0, 0);
                foreach (double square in score.Squares)
                    if (!double.IsNaN(square)) (sum, told) = (sum + square, told + 1);
                values[0] = told > 0 ? sum / told : double.NaN;
            }
        }
        _calibrator.Measure(_values);
        if (muted) _unprecedented.Skip();
        else _unprecedented.Step(step.Frame, step.Expected, open, step.WarmingUp);
        _calibrator.Margins.CopyTo(_margins);
        _calibrated = _rest ? 0 : _calibrator.Score;
        for (int i = 0; _rest && i < _values.Length; i++)
        {
            if (!Speaks(i)) _margins[i] = 0;
            _calibrated = Math.Max(_calibrated, ScoreOf(i));
        }
        _aside.Judged(_calibrated);
        _margins[^1] = Beside * _nats;
        Widespread = Score < 1 ? Score : Math.Min(Score, Shared());
        _scoreOf.AsSpan().Clear();  // nothing that a restart would not have
    }

    double Shared()
    {
        int moving = 0;
        for (int c = 0; c < _channels; c++)
        {
            _scoreOf[c] = _unprecedented.ScoreOf(c);
            if (_unprecedented.Moved(c)) moving++;
        }
        double joint = 0;
        for (int i = 0; i < _scores.Length; i++)
        {
            if (_related[i]) continue;
            for (int value = _first[i]; value < _first[i + 1]; value++)
            {
                double score = ScoreOf(value);
                if (_perChannel[i]) _scoreOf[value - _first[i]] = Math.Max(_scoreOf[value - _first[i]], score);
                else joint = Math.Max(joint, score);
            }
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
            for (int i = 0; i < _held.Length; i++) _held[i] = alarm.Contributed[i] && _calibrator.IsUnusual(i);
            for (int i = 0; i < _scores.Length; i++)
            {
                Span<bool> held = _held.AsSpan(_first[i].._first[i + 1]);
                if (!adapted) _scores[i].Settle(held);
                else if (_scores[i].Adapt(held)) held.Clear();
            }
            if (adapted)
            {
                _calibrator.Adapt(_held);
                _unprecedented.Adapt();
            }
        }
        bool opening = alarm.Open && !_wasOpen;
        _wasOpen = alarm.Open;
        _calibrator.Learn(muted ? Learning.Muted : opening ? Learning.Opening : alarm.Open ? Learning.Frozen : Learning.Normal,
            alarm.Start);
    }

    /// <inheritdoc/>
    /// <remarks>Where no score is of the model's errors there is little that could stay.</remarks>
    public override bool CanMove { get; }

    /// <inheritdoc/>
    public override void Move(ReadOnlySpan<double> units, ReadOnlySpan<bool> moved, ReadOnlySpan<bool> seen)
    {
        for (int i = 0; i < _scores.Length; i++)
            if (!_byErrors[i]) _scores[i] = _spec.Scores[i].Create(_context);
            else
                for (int value = _first[i]; value < _first[i + 1]; value++)
                    _calibrator.Move(value, Larger(units, seen, _perChannel[i] ? value - _first[i] : -1));
        _wasOpen = false;
        _onsets.Clear();
        _unprecedented.Move(units, moved);
    }

    // By how much the logarithm of a squared error that was followed is larger in the new units; of a joint one in the mean over channels.
    static double Larger(ReadOnlySpan<double> units, ReadOnlySpan<bool> seen, int channel)
    {
        double larger = 0;
        for (int c = 0; c < units.Length; c++)
            if (seen[c] && (channel < 0 || channel == c)) larger -= 2 * Math.Log(units[c]) / (channel < 0 ? units.Length : 1);
        return larger;
    }

    /// <inheritdoc/>
    public override bool Say(long alarm, Verdict verdict) => _calibrator.Say(alarm, verdict);

    /// <inheritdoc/>
    /// <remarks>In the units of the feed, in a raw score that would alarm.</remarks>
    public override bool Deviates(in StepView step, Scaler scaler)
    {
        if (_alarm.MinimumDeviation.Count == 0 || Score < 1) return true;
        bool deviates = false;
        for (int i = 0; i < _scores.Length; i++)
            for (int value = _first[i]; value < _first[i + 1]; value++)
            {
                if (ScoreOf(value) < 1) continue;
                int low = _perChannel[i] ? value - _first[i] : 0, high = _perChannel[i] ? low + 1 : _channels;
                _trifles[value] = true;
                for (int c = low; c < high; c++)
                    if (_scores[i].Deviation(c) * scaler.UnitOf(c) >= _alarm.MinimumOf(c)) _trifles[value] = false;
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
            parts[ChannelOf(_values.Length)] = 1;
            return true;
        }
        int top = Top(), score = IndexOf(top);
        if (_related[score] && byThemselves) return false;
        if (_perChannel[score]) _calibrator.Margins[_first[score].._first[score + 1]].CopyTo(parts);
        else
            for (int c = 0; c < parts.Length; c++)
                parts[c] = !_aside.Has(c) && _scores[score].Squares[c] is > 0 and var square ? square : 0;
        return !_related[score];
    }

    /// <inheritdoc/>
    /// <remarks>Of the slow scores that contributed, that with the largest margin whose course can be dated.</remarks>
    public override Drift? Drift(Alarm alarm, Scaler scaler, long position, DateTime time, TimeSpan interval)
    {
        (Drift? drift, double margin) = (null, 0);
        for (int i = 0; i < _values.Length; i++)
        {
            if (!Slow[i] || !alarm.Contributed[i] || alarm.Margins[i] <= margin) continue;
            Score score = _scores[IndexOf(i)];
            int channel = i - _first[IndexOf(i)];
            if (!_perChannel[IndexOf(i)])
                for (int c = 1; c < _channels; c++)
                    if (score.Squares[c] > score.Squares[channel]) channel = c;
            if (score.Trend(channel) is not { } trend) continue;
            margin = alarm.Margins[i];
            // A drift that is older than what is kept began before the first frame at the earliest.
            double age = Math.Min(Math.Round(trend.Age), position), unit = score.Of is null ? scaler.UnitOf(channel) : 1;
            double end = score.Of is null ? trend.Slope > 0 ? trend.High : trend.Low : Math.Log(Height(i, score.Of));
            double steps = Math.Max(0, (end - trend.Now) / trend.Slope);
            drift = new Drift(score.Of is null ? DriftKind.Level : DriftKind.Error, channel, position - (long)age,
                FeedClock.Earlier(time, age * interval.Ticks), trend.Slope * unit,
                double.IsFinite(steps) ? steps : null, steps * interval.TotalDays < 3_650_000 ? interval * steps : null);
        }
        return drift;
    }

    // At which the score that a slow one watches alarms by itself; +∞: it is not among the scores, or never does.
    double Height(int slow, string name)
    {
        int channel = slow - _first[IndexOf(slow)];
        for (int i = 0; i < _scores.Length; i++)
            if (_scores[i].Name == name && _perChannel[i] == _perChannel[IndexOf(slow)]) return _calibrator.Height(_first[i] + channel);
        return double.PositiveInfinity;
    }

    // The largest margin; in an alarm of those that alarm, as a score of another voice may be further out and still be usual there. What
    // others say of a channel may be the fault of one of them: it counts where no channel alarms by itself.
    int Top()
    {
        ReadOnlySpan<double> margins = _margins.AsSpan(.._values.Length);
        bool alarms = _calibrated >= 1, related = false;
        int top = -1;
        for (int i = 0; i < margins.Length; i++)
        {
            if (alarms && ScoreOf(i) < 1) continue;
            bool other = alarms && _related[IndexOf(i)];
            if (top >= 0 && (other == related ? margins[i] <= margins[top] : other)) continue;
            (top, related) = (i, other);
        }
        return Math.Max(0, top);
    }

    // Of the raw score that a value is of.
    int IndexOf(int value)
    {
        int score = 0;
        while (_first[score + 1] <= value) score++;
        return score;
    }

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        foreach (Score score in _scores) score.Carry(ref state);
        _calibrator.Carry(ref state);
        if (state.Holds(4)) _unprecedented.Carry(ref state);
        state.Carry(ref _clean);
        state.Carry(ref _wasOpen);
        if (state.Holds(5)) _patchy.Carry(ref state);
        if (state.Holds(6)) _onsets.Carry(ref state);
        if (state.Holds(6)) _aside.Carry(ref state);
        if (state.Holds(6)) state.Carry(ref _calibrated);
        if (!state.Holds(6)) return;  // in the warm-up it begins here
        bool young = state.Carried(_young is not null);
        if (!young) _young = null;
        _young?.Carry(ref state);
    }
}
