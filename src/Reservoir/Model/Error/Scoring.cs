namespace Esn;

/// <summary>All raw scores of a stream and the calibrator that makes one of them.</summary>
sealed class Scoring
{
    readonly Score[] _scores;
    readonly bool[] _perChannel;  // [scores]
    readonly int[] _first;        // where each score's values begin [scores + 1]
    readonly double[] _values;    // raw, joint or by channel [count]
    readonly bool[] _held;        // [count]
    readonly bool[] _returned;    // [count]
    readonly IReadOnlyList<double> _minimumDeviation;
    readonly int _channels;
    int _clean = int.MaxValue;    // steps since the last muted one
    bool _wasOpen;

    /// <param name="spec">Valid.</param>
    /// <param name="context">What scores are made from.</param>
    public Scoring(ErrorModelSpec spec, ScoreContext context)
    {
        _channels = context.Channels;
        _scores = [.. spec.Scores.Select(score => score.Create(context))];
        _perChannel = [.. spec.Scores.Select(score => score.PerChannel && _channels > 1)];
        _first = new int[_scores.Length + 1];
        var shapes = new List<ScoreShape>();
        for (int i = 0; i < _scores.Length; i++)
        {
            _first[i] = shapes.Count;
            for (int c = 0; c < (_perChannel[i] ? _channels : 1); c++)
                shapes.Add(new ScoreShape(_perChannel[i] ? FormattableString.Invariant($"{_scores[i].Name}[{c}]") : _scores[i].Name,
                    _scores[i].Span, spec.Scores[i].Tail, spec.Scores[i].Delay));
        }
        _first[^1] = shapes.Count;
        (_values, _held, _returned) = (new double[shapes.Count], new bool[shapes.Count], new bool[shapes.Count]);
        Slow = [.. shapes.Select(shape => shape.Delay > 0)];
        Names = [.. shapes.Select(shape => shape.Name)];
        Calibrator = spec.Calibrator.Create(shapes);
        _minimumDeviation = spec.Alarm.MinimumDeviation;
        if (_minimumDeviation.Count > 1) Require.Length(_minimumDeviation.Count, _channels, "minimumDeviation");
    }

    /// <summary>Raw scores, one for each channel where they are by channel.</summary>
    public int Count => _values.Length;

    /// <summary>Which of them have gone most of the way back since an alarm holds them, [count].</summary>
    public ReadOnlySpan<bool> Returned => _returned;

    /// <summary>As in events, [count].</summary>
    public string[] Names { get; }

    /// <summary>Which of them look back so far that they learn late, [count].</summary>
    public bool[] Slow { get; }

    /// <summary>Of this stream.</summary>
    public ICalibrator Calibrator { get; }

    /// <summary>Steps that the raw score with the largest margin looks back over.</summary>
    public int TopSpan => _scores[ScoreOf(Top())].Span;

    /// <summary>Takes a step. A raw score whose windows hold a muted step is none.</summary>
    public void Measure(ReadOnlySpan<double> input, ReadOnlySpan<double> errors, Alarm alarm, bool muted)
    {
        _clean = muted ? 0 : Math.Min(_clean, int.MaxValue - 1) + 1;
        for (int i = 0; i < _held.Length; i++) _held[i] = muted || (alarm.Open && alarm.Contributed[i]);
        for (int i = 0; i < _scores.Length; i++)
        {
            Score score = _scores[i];
            Span<double> values = _values.AsSpan(_first[i].._first[i + 1]);
            score.Step(new ScoreInput { Input = input, Errors = errors, Frozen = muted || alarm.Open, Muted = muted, Held = _held.AsSpan(_first[i].._first[i + 1]) });
            if (_perChannel[i]) score.Returned.CopyTo(_returned, _first[i]);
            else _returned[_first[i]] = !score.Returned.AsSpan().Contains(false);
            if (!score.Ready || _clean < score.Span) values.Fill(double.NaN);
            else if (_perChannel[i]) score.Squares.CopyTo(values);
            else
            {
                double sum = 0;
                foreach (double square in score.Squares) sum += square;
                values[0] = sum / _channels;
            }
        }
        Calibrator.Measure(_values);
    }

    /// <summary>Ends the step, once it is known what became of the alarm.</summary>
    public void Learn(AlarmChange? change, Alarm alarm, bool muted)
    {
        if (change is AlarmChange.Opened or AlarmChange.Escalated) Calibrator.Announce();
        bool closed = change == AlarmChange.Closed && !muted, adapted = change == AlarmChange.Adapted;
        if (closed || adapted)
        {
            for (int i = 0; i < _held.Length; i++) _held[i] = alarm.Contributed[i] && Calibrator.IsUnusual(i);
            for (int i = 0; i < _scores.Length; i++)
            {
                Span<bool> held = _held.AsSpan(_first[i].._first[i + 1]);
                if (!adapted) _scores[i].Settle(held);
                else if (_scores[i].Adapt(held)) held.Clear();
            }
            if (adapted) Calibrator.Adapt(_held);
        }
        bool opening = alarm.Open && !_wasOpen;
        _wasOpen = alarm.Open;
        Calibrator.Learn(muted ? Learning.Muted : opening ? Learning.Opening : alarm.Open ? Learning.Frozen : Learning.Normal);
    }

    /// <summary>Whether some channel deviates by the minimum, in the units of the feed, in a raw score that would alarm.</summary>
    public bool Deviates(Normaliser normaliser)
    {
        if (_minimumDeviation.Count == 0 || Calibrator.Score < 1) return true;
        for (int i = 0; i < _scores.Length; i++)
            for (int value = _first[i]; value < _first[i + 1]; value++)
            {
                if (!Calibrator.Alarms(value)) continue;
                int low = _perChannel[i] ? value - _first[i] : 0, high = _perChannel[i] ? low + 1 : _channels;
                for (int c = low; c < high; c++)
                    if (_scores[i].Deviation(c) * normaliser.UnitOf(c) >= _minimumDeviation[_minimumDeviation.Count == 1 ? 0 : c]) return true;
            }
        return false;
    }

    /// <summary>The part of each channel in the raw score with the largest margin.</summary>
    /// <param name="parts">[channels], overwritten, ≥ 0.</param>
    public void Attribute(Span<double> parts)
    {
        int top = Top(), score = ScoreOf(top);
        if (_perChannel[score]) Calibrator.Margins[_first[score].._first[score + 1]].CopyTo(parts);
        else
            for (int c = 0; c < parts.Length; c++) parts[c] = Math.Max(0, _scores[score].Squares[c]);
    }

    /// <summary>
    /// The slow change that an open alarm is due to: of the slow scores that contributed, that with the largest margin
    /// whose course can be dated; null: there is none. Allocates: for events.
    /// </summary>
    /// <param name="alarm">Of the stream.</param>
    /// <param name="normaliser">Of the stream.</param>
    /// <param name="position">The present step.</param>
    /// <param name="time">Its feed time.</param>
    /// <param name="interval">Between two frames.</param>
    public Drift? Drift(Alarm alarm, Normaliser normaliser, long position, DateTime time, TimeSpan interval)
    {
        (Drift? drift, double margin) = (null, 0);
        for (int i = 0; i < Count; i++)
        {
            if (!Slow[i] || !alarm.Contributed[i] || alarm.Margins[i] <= margin) continue;
            Score score = _scores[ScoreOf(i)];
            int channel = i - _first[ScoreOf(i)];
            if (!_perChannel[ScoreOf(i)])
                for (int c = 1; c < _channels; c++)
                    if (score.Squares[c] > score.Squares[channel]) channel = c;
            if (score.Trend(channel) is not { } trend) continue;
            margin = alarm.Margins[i];
            // A drift that is older than what is kept began before the first frame at the earliest.
            double age = Math.Min(Math.Round(trend.Age), position), unit = score.Of is null ? normaliser.UnitOf(channel) : 1;
            double end = score.Of is null ? trend.Slope > 0 ? trend.High : trend.Low : Math.Log(Height(i, score.Of));
            double steps = Math.Max(0, (end - trend.Now) / trend.Slope);
            drift = new Drift(score.Of is null ? DriftKind.Level : DriftKind.Error, channel, position - (long)age,
                Back(time, age * interval.Ticks), trend.Slope * unit,
                double.IsFinite(steps) ? steps : null, steps * interval.TotalDays < 3_650_000 ? interval * steps : null);
        }
        return drift;
    }

    static DateTime Back(DateTime time, double ticks) => new(Math.Max(0, time.Ticks - (long)Math.Min(ticks, long.MaxValue / 2)), time.Kind);

    // At which the score that a slow one watches alarms by itself; +∞: it is not among the scores, or never does.
    double Height(int slow, string name)
    {
        int channel = slow - _first[ScoreOf(slow)];
        for (int i = 0; i < _scores.Length; i++)
            if (_scores[i].Name == name && _perChannel[i] == _perChannel[ScoreOf(slow)]) return Calibrator.Height(_first[i] + channel);
        return double.PositiveInfinity;
    }

    int Top()
    {
        ReadOnlySpan<double> margins = Calibrator.Margins;
        int top = 0;
        for (int i = 1; i < margins.Length; i++)
            if (margins[i] > margins[top]) top = i;
        return top;
    }

    int ScoreOf(int value)
    {
        int score = 0;
        while (_first[score + 1] <= value) score++;
        return score;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        foreach (Score score in _scores) score.Carry(ref state);
        Calibrator.Carry(ref state);
        state.Carry(ref _clean);
        state.Carry(ref _wasOpen);
    }
}
