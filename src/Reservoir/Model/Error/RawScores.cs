namespace Esn;

/// <summary>The raw scores of a stream and their values, one after the other: joint ones have one, others one a channel.</summary>
sealed class RawScores
{
    readonly Score[] _scores;
    readonly bool[] _perChannel;  // [scores]
    readonly bool[] _single;      // of a channel, though it be the only one [scores]
    readonly bool[] _byErrors;    // of what the model errs by [scores]
    readonly bool[] _watching;    // of these, or of one of them over many steps [scores]
    readonly bool[] _related;     // of what channels say of each other [scores]
    readonly int[] _first;        // where each score's values begin [scores + 1]
    readonly double[] _values;    // [count]
    readonly bool[] _held;        // [count]
    readonly bool[] _returned;    // [count + 1]: the last is of what no raw score says
    readonly PatchyChannels _patchy;
    readonly ChannelGroups? _apart;  // null: all channels may tell of each other
    readonly ErrorModelSpec _spec;
    readonly ScoreContext _context;
    readonly int _channels;
    int _clean = int.MaxValue;    // steps since the last muted one

    /// <param name="spec">Valid.</param>
    /// <param name="context">What scores are made from.</param>
    public RawScores(ErrorModelSpec spec, ScoreContext context)
    {
        (_spec, _context, _channels, _apart) = (spec, context, context.Channels, spec.Reservoir.Groups);
        _patchy = new PatchyChannels(_channels);
        _scores = [.. spec.Scores.Select(score => score.Create(context))];
        _byErrors = [.. spec.Scores.Select(score => score.JudgesErrors)];
        _watching = [.. spec.Scores.Select(score => score.WatchesErrors)];
        _perChannel = [.. spec.Scores.Select(score => score.PerChannel && _channels > 1)];
        _single = [.. spec.Scores.Select(score => score.PerChannel)];
        _related = [.. spec.Scores.Select(score => score.Voice == Voice.Relation)];
        _first = new int[_scores.Length + 1];
        for (int i = 0; i < _scores.Length; i++) _first[i + 1] = _first[i] + (_perChannel[i] ? _channels : 1);
        (_values, _held, _returned) = (new double[_first[^1]], new bool[_first[^1]], new bool[_first[^1] + 1]);
    }

    ScoreShape ShapeOf(int value)
    {
        int i = IndexOf(value);
        return new ScoreShape(_perChannel[i] ? FormattableString.Invariant($"{_scores[i].Name}[{value - _first[i]}]") : _scores[i].Name,
            _scores[i].Span, _spec.Scores[i].Tail, _spec.Scores[i].Delay)
        {
            LevelMemory = _spec.Scores[i].LevelMemory, Said = _spec.Scores[i].Voice,
        };
    }

    /// <summary>Of each value, [count]. Allocates.</summary>
    public ScoreShape[] Shapes() => [.. Enumerable.Range(0, _first[^1]).Select(ShapeOf)];

    /// <summary>As of the last step, [count]; NaN: there is nothing to judge.</summary>
    public double[] Values => _values;

    /// <summary>How many values there are, ≥ 1.</summary>
    public int Count => _values.Length;

    /// <summary>Those that have gone most of the way back, [count + 1].</summary>
    public ReadOnlySpan<bool> Returned => _returned;

    /// <summary>Whether any score is of the model's errors.</summary>
    public bool AnyByErrors => _byErrors.Contains(true);

    /// <summary>Whether a value is of the model's errors, of one step or of how they grow.</summary>
    public bool IsOfErrors(int value) => _watching[IndexOf(value)];

    /// <summary>Whether a value is of what channels say of each other.</summary>
    public bool IsRelated(int value) => _related[IndexOf(value)];

    /// <summary>The channel whose deviation a value is; −1: it is of all.</summary>
    public int ChannelOf(int value)
    {
        int of = IndexOf(value);
        return _single[of] ? value - _first[of] : -1;
    }

    /// <summary>Which of the values are of the same score.</summary>
    public Range With(int value)
    {
        int of = IndexOf(value);
        return _first[of].._first[of + 1];
    }

    /// <summary>Whether it is one value of several that a score has, a channel each.</summary>
    public bool IsPerChannel(int value) => _perChannel[IndexOf(value)];

    /// <summary>What a score says of each channel, whether or not that is judged as one, [channels].</summary>
    public double[] Squares(int value) => _scores[IndexOf(value)].Squares;

    /// <summary>Steps that a value looks back over.</summary>
    public int SpanOf(int value) => _scores[IndexOf(value)].Span;

    // Of the raw score that a value is of.
    int IndexOf(int value)
    {
        int score = 0;
        while (_first[score + 1] <= value) score++;
        return score;
    }

    /// <summary>Takes a step. A raw score whose windows hold a muted step is none.</summary>
    /// <param name="step">Of the stream.</param>
    /// <param name="open">An alarm is.</param>
    /// <param name="contributed">What has a part in it, [count or more].</param>
    /// <param name="moves">What is known of how often channels move, as of the step before.</param>
    public void Step(in StepView step, bool open, ReadOnlySpan<bool> contributed, Unprecedented moves)
    {
        bool muted = step.Muted;
        _clean = muted ? 0 : Math.Min(_clean, int.MaxValue - 1) + 1;
        _patchy.Step(step.Missing);
        Hold(muted, open, contributed, moves);
        for (int i = 0; i < _scores.Length; i++)
        {
            // What is usual of a channel does not follow what the model makes up for it.
            for (int c = 0; _perChannel[i] && c < step.Missing.Length; c++) _held[_first[i] + c] |= step.Missing[c];
            Score score = _scores[i];
            score.Step(new ScoreInput
            {
                Input = step.Scaled, Errors = step.Errors, Frozen = muted || open, Muted = muted,
                Held = _held.AsSpan(_first[i].._first[i + 1]), Missing = step.Missing,
            });
            if (_perChannel[i]) score.Returned.CopyTo(_returned, _first[i]);
            else _returned[_first[i]] = !score.Returned.AsSpan().Contains(false);
            Span<double> values = _values.AsSpan(_first[i].._first[i + 1]);
            if (!score.Ready || _clean < score.Span) values.Fill(double.NaN);
            else if (_perChannel[i]) Single(score, moves, values);
            else values[0] = Joint(score);
        }
    }

    // What teaches nothing of what is usual: a channel that stands still in an open alarm, or of which a score alarms by itself. A level
    // that followed it would miss where it was before. What channels say of each other may be the fault of another one.
    void Hold(bool muted, bool open, ReadOnlySpan<bool> contributed, Unprecedented told)
    {
        for (int score = 0; score < _scores.Length; score++)
            for (int i = _first[score]; i < _first[score + 1]; i++)
                _held[i] = muted || (open && (contributed[i] || (_single[score] && IsConcerned(i - _first[score], contributed, told))));
    }

    bool IsConcerned(int channel, ReadOnlySpan<bool> contributed, Unprecedented told)
    {
        if (told.StandsTold(channel) || (contributed[_values.Length] && told.Frozen && told.Channel == channel)) return true;
        for (int score = 0; score < _scores.Length; score++)
            if (_single[score] && !_related[score] && contributed[_first[score] + channel]) return true;
        return false;
    }

    void Single(Score score, Unprecedented moves, Span<double> values)
    {
        score.Squares.CopyTo(values);
        for (int c = 0; _patchy.Any && c < _channels; c++)
            if (!_patchy.Tells(c, score.Span)) values[c] = double.NaN;
        // Of what drives no unit and hardly ever moves each move would be an error without precedent, and be told.
        for (int c = 0; _apart is not null && c < _channels; c++)
            if (!_apart.Drives(c) && moves.MovesSeldom(c)) values[c] = double.NaN;
    }

    double Joint(Score score)
    {
        if (_patchy.Any) return _patchy.Mean(score.Squares, score.Span);
        (double sum, int told) = (0, 0);
        foreach (double square in score.Squares)
            if (!double.IsNaN(square)) (sum, told) = (sum + square, told + 1);
        return told > 0 ? sum / told : double.NaN;
    }

    /// <summary>An alarm ended.</summary>
    /// <param name="adapted">What the feed does now is its new normal.</param>
    /// <param name="contributed">What had a part in it, [count or more].</param>
    /// <param name="calibrator">That judges the values.</param>
    /// <returns>Where it was adapted to: of which values what is usual is to be learnt anew, [count].</returns>
    public ReadOnlySpan<bool> End(bool adapted, ReadOnlySpan<bool> contributed, ICalibrator calibrator)
    {
        for (int i = 0; i < _held.Length; i++) _held[i] = contributed[i] && calibrator.IsUnusual(i);
        for (int i = 0; i < _scores.Length; i++)
        {
            Span<bool> held = _held.AsSpan(_first[i].._first[i + 1]);
            if (!adapted) _scores[i].Settle(held);
            else if (_scores[i].Adapt(held)) held.Clear();
        }
        return _held;
    }

    /// <summary>The scaling was moved: where values lie is learnt anew.</summary>
    /// <param name="units">Of each channel, over what they were, [channels]; 1 where it was not moved.</param>
    /// <param name="seen">Whether what it did meanwhile was seen, as of one that shrank, [channels].</param>
    /// <param name="calibrator">That judges the values.</param>
    public void Move(ReadOnlySpan<double> units, ReadOnlySpan<bool> seen, ICalibrator calibrator)
    {
        for (int i = 0; i < _scores.Length; i++)
            if (!_byErrors[i]) _scores[i] = _spec.Scores[i].Create(_context);
            else
                for (int value = _first[i]; value < _first[i + 1]; value++)
                    calibrator.Move(value, Larger(units, seen, _perChannel[i] ? value - _first[i] : -1));
    }

    // By how much the logarithm of a squared error that was followed is larger in the new units; of a joint one in the mean over channels.
    static double Larger(ReadOnlySpan<double> units, ReadOnlySpan<bool> seen, int channel)
    {
        double larger = 0;
        for (int c = 0; c < units.Length; c++)
            if (seen[c] && (channel < 0 || channel == c)) larger -= 2 * Math.Log(units[c]) / (channel < 0 ? units.Length : 1);
        return larger;
    }

    /// <summary>Whether a value deviates by less than the least that may open an alarm, in all channels that it is of.</summary>
    /// <param name="value">Which.</param>
    /// <param name="alarm">That says the least.</param>
    /// <param name="scaler">Of the stream.</param>
    public bool IsTrifle(int value, AlarmSpec alarm, Scaler scaler)
    {
        int of = IndexOf(value), low = _perChannel[of] ? value - _first[of] : 0, high = _perChannel[of] ? low + 1 : _channels;
        for (int c = low; c < high; c++)
            if (_scores[of].Deviation(c) * scaler.UnitOf(c) >= alarm.MinimumOf(c)) return false;
        return true;
    }

    /// <inheritdoc cref="Judge.Drift"/>
    /// <remarks>Of the slow scores that contributed, that with the largest margin whose course can be dated.</remarks>
    public Drift? Drift(Alarm alarm, Scaler scaler, ICalibrator calibrator, long position, DateTime time, TimeSpan interval)
    {
        (Drift? drift, double margin) = (null, 0);
        for (int i = 0; i < _values.Length; i++)
        {
            if (_spec.Scores[IndexOf(i)].Delay == 0 || !alarm.Contributed[i] || alarm.Margins[i] <= margin) continue;
            Score score = _scores[IndexOf(i)];
            int channel = i - _first[IndexOf(i)];
            if (!_perChannel[IndexOf(i)])
                for (int c = 1; c < _channels; c++)
                    if (score.Squares[c] > score.Squares[channel]) channel = c;
            if (score.Trend(channel) is not { } trend) continue;
            margin = alarm.Margins[i];
            // A drift that is older than what is kept began before the first frame at the earliest.
            double age = Math.Min(Math.Round(trend.Age), position), unit = score.Of is null ? scaler.UnitOf(channel) : 1;
            double end = score.Of is null ? trend.Slope > 0 ? trend.High : trend.Low : Math.Log(Height(i, score.Of, calibrator));
            double steps = Math.Max(0, (end - trend.Now) / trend.Slope);
            drift = new Drift(score.Of is null ? DriftKind.Level : DriftKind.Error, channel, position - (long)age,
                FeedClock.Earlier(time, age * interval.Ticks), trend.Slope * unit,
                double.IsFinite(steps) ? steps : null, steps * interval.TotalDays < 3_650_000 ? interval * steps : null);
        }
        return drift;
    }

    // At which the score that a slow one watches alarms by itself; +∞: it is not among the scores, or never does.
    double Height(int slow, string name, ICalibrator calibrator)
    {
        int channel = slow - _first[IndexOf(slow)];
        for (int i = 0; i < _scores.Length; i++)
            if (_scores[i].Name == name && _perChannel[i] == _perChannel[IndexOf(slow)]) return calibrator.Height(_first[i] + channel);
        return double.PositiveInfinity;
    }

    /// <summary>The scores out into a snapshot or back, but for what is carried by <see cref="CarrySteps"/>.</summary>
    public void Carry(ref StateCarrier state)
    {
        foreach (Score score in _scores) score.Carry(ref state);
    }

    /// <summary>Which steps can be judged, the same: it stands elsewhere in a snapshot.</summary>
    public void CarrySteps(ref StateCarrier state) => state.Carry(ref _clean);

    /// <summary>Which channels can be, from format 5 on.</summary>
    public void CarryMissing(ref StateCarrier state) => _patchy.Carry(ref state);
}
