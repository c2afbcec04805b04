using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// Judges an operational metric: evidence of each channel from errors and from values never seen before, and a budget of
/// alarms on the strongest of them.
/// </summary>
/// <remarks>
/// While an alarm is open the reference of its errors does not learn; values never seen before are kept, as each is news
/// once. Learning starts again when the alarm is closed or adapted to, soon: on the Numenta benchmark (then 75.9 standard, 70.7
/// low-FP with no freezing) a limit of 20 steps costs .1 and .6 points, one of 500 steps 1.5 and 3.3.
/// </remarks>
sealed class MetricJudge : Judge, IJudgement
{
    readonly MetricModelSpec _spec;
    readonly MetricCalibrator[] _calibrators;  // [channels]
    readonly Recurrence[] _recurrences;        // [channels]
    readonly EmissionBudget _budget;
    readonly Bystanders _bystanders;
    readonly AlarmedChannels _alarmed;
    readonly RecordScores _records;
    readonly double[] _channelErrors;          // of one channel [horizons]
    readonly IReadOnlyList<int> _ahead;        // of the horizons, in steps
    readonly bool[] _tells;                    // whether neither this frame nor the one it was foretold from was muted [horizons]
    readonly long[] _muted;                    // the latest muted step of each remainder; −1: there was none [longest horizon + 1]
    long _resumed;                             // step at which the last gap ended
    readonly Unprecedented _unprecedented;
    readonly double[] _margins;                // evidence over the threshold [channels], then of what is unprecedented
    readonly double[] _present;                // the same without what is over [channels]
    readonly double[] _levels;                 // the least of that and of what may be told, as a score [channels]
    readonly double _alarmsPerDay;             // 0: the budget is not of days
    DateTime _opening;                         // feed time of the last step before which no alarm was open
    DateTime _since;                           // feed time of the last step before which no alarm was open, for on-call
    int _strongest;                            // the channel with the most evidence
    double _told;                              // score of that alone
    readonly double[] _ceilings;               // most that the score can be [channels]
    readonly double[] _hidden;                 // score that these hid lately, the highest; 0: none [channels]
    readonly double[] _joins;                  // margins of those that join the open alarm at this step; else 0 [channels]
    readonly int[] _hides;                     // steps until that is forgotten [channels]
    readonly EarlyRange[] _early;              // of the warm-up [channels]
    int _earlyFrames;                          // in these

    /// <param name="spec">Valid.</param>
    /// <param name="channels">Length of every frame, ≥ 1.</param>
    /// <param name="interval">Between two frames.</param>
    /// <param name="alarmsPerDay">
    /// Of which the budget of <paramref name="spec"/> was made, by the interval; before the scaling is fixed that is not known. 0: of none.
    /// </param>
    public MetricJudge(MetricModelSpec spec, int channels, TimeSpan interval, double alarmsPerDay = 0)
    {
        (_spec, _alarmsPerDay) = (spec, alarmsPerDay);
        double[] weights = spec.Weights();
        _ahead = spec.HorizonSteps;
        (_tells, _muted) = (new bool[weights.Length], new long[_ahead[^1] + 1]);
        _muted.AsSpan().Fill(-1);
        _calibrators = [.. Enumerable.Range(0, channels)
            .Select(_ => new MetricCalibrator(spec.Calibrator, spec.WarmUp, weights, spec.Regressors(channels), interval))];
        _budget = new EmissionBudget(spec.Budget, spec.WarmUp);
        _bystanders = new Bystanders(channels, spec.Alarm.Rise);
        (_alarmed, _levels) = (new AlarmedChannels(_calibrators), new double[channels]);
        _records = new RecordScores(channels);
        _recurrences = [.. Enumerable.Range(0, channels).Select(_ => new Recurrence(interval, _budget.Threshold))];
        (_channelErrors, _margins, _present) = (new double[weights.Length], new double[channels + 1], new double[channels]);
        (_ceilings, _hidden, _hides, _joins) = (new double[channels], new double[channels], new int[channels], new double[channels]);
        _early = [.. Enumerable.Range(0, channels).Select(_ => new EarlyRange())];
        Names = [.. Enumerable.Range(0, channels)
            .Select(channel => channels == 1 ? "evidence" : FormattableString.Invariant($"evidence[{channel}]")), Unprecedented.Name];
        Slow = new bool[channels + 1];
        _unprecedented = new Unprecedented(spec.Unprecedented, channels, Math.Min(1e-4, _budget.Rate));
    }

    /// <inheritdoc/>
    public override IJudgement Judgement => this;

    /// <inheritdoc/>
    public override string[] Names { get; }

    /// <inheritdoc/>
    public override int ScoresBefore4 => Names.Length - 1;

    /// <inheritdoc/>
    public override bool[] Slow { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<double> Margins => _margins;

    /// <inheritdoc/>
    public double Score { get; private set; }

    /// <inheritdoc/>
    public int Away => _budget.Again;

    /// <inheritdoc/>
    public bool Stands { get; private set; }

    /// <inheritdoc/>
    public Whereabouts Whereabouts => _alarmed.Whereabouts;

    /// <inheritdoc/>
    public bool IsUnusual(int score) =>
        score < _calibrators.Length ? _present[score] >= _spec.Quiet || ScoreOf(score) >= 1 : _unprecedented.Unusual;

    /// <inheritdoc/>
    public double ScoreOf(int score) => score >= _calibrators.Length ? _unprecedented.Score : score == _strongest ? _told : 0;

    /// <inheritdoc/>
    public int ChannelOf(int score) => score < _calibrators.Length && _calibrators.Length > 1 ? score : -1;

    /// <inheritdoc/>
    public double Joins(int channel) => _joins[channel];

    /// <inheritdoc/>
    public bool OfBystander { get; private set; }

    /// <inheritdoc/>
    public override bool TellsEarly => true;

    /// <inheritdoc/>
    public override bool MeasureEarly(in EarlyView view, Span<double> usual)
    {
        for (; _earlyFrames < view.Times.Length; _earlyFrames++)
            for (int c = 0; c < _early.Length; c++)
                _early[c].Take(view.Frames[_earlyFrames * _early.Length + c], view.Times[_earlyFrames]);
        (Score, _strongest) = (0, 0);
        _margins.AsSpan().Clear();
        _present.AsSpan().Clear();
        double days = view.Times.IsEmpty ? 0 : (view.Time - view.Times[0]).TotalDays;
        double moving = 0;
        foreach (ref readonly EarlyRange range in _early.AsSpan()) moving += range.Looks;
        double strictness = Strictness(Math.Max(1, moving),
            _alarmsPerDay > 0 && days > 0 ? _alarmsPerDay * days / view.Times.Length : _budget.Rate);
        for (int c = 0; c < _early.Length; c++)
        {
            ref readonly EarlyRange before = ref _early[c];
            usual[c] = before.Count > 0 ? before.Mean : double.NaN;
            if (double.IsNaN(view.Frame[c]) || !_spec.Early.Enough(before.Count, view.Time - before.First)) continue;
            double score = _spec.Early.Score(before.Beyond(view.Frame[c]), before.Count, strictness);
            _present[c] = _margins[c] = Math.Min(score, before.Ceiling(view.Frame[c]));
            if (_margins[c] > Score) (Score, _strongest) = (_margins[c], c);
        }
        _told = Score;
        _alarmed.Clear();
        return DeviatesBy(view.Frame[_strongest] - usual[_strongest], _strongest);
    }

    /// <inheritdoc/>
    public override void Measure(in StepView step, Alarm alarm)
    {
        double most = double.NegativeInfinity, unit = _budget.Threshold / _budget.Factor;
        if (!alarm.Frozen) _opening = step.Time;
        if (!alarm.Open) _since = step.Time;
        if (step.Muted) _muted[step.Index % _muted.Length] = step.Index;
        if (step.Resumes)
        {
            _resumed = step.Index;
            foreach (MetricCalibrator calibrator in _calibrators) calibrator.Resume();
        }
        for (int h = 0; h < _tells.Length; h++) _tells[h] = !step.Muted && step.Index - _ahead[h] >= _resumed
            && !WasMuted(step.Index - _ahead[h]);
        bool capped = false;  // the strongest: by how seldom it moved
        bool turns = false;   // a channel of the open alarm goes back
        for (int c = 0; c < _calibrators.Length; c++)
        {
            // A channel without a value is not judged, and what its errors are compared with waits for it.
            if (!step.Missing.IsEmpty && step.Missing[c])
            {
                (_margins[c], _present[c], _levels[c]) = (0, 0, 0);
                if (!step.Muted) _alarmed.Miss(c);
                continue;
            }
            _alarmed.See(c);
            for (int h = 0; h < _channelErrors.Length; h++) _channelErrors[h] = step.Errors[h * _calibrators.Length + c];
            MetricCalibrator calibrator = _calibrators[c];
            calibrator.Step(_channelErrors, _tells, step.Frame[c], step.Scaled[c], step.Time, learn: !(alarm.Frozen || step.Muted),
                keep: !step.Muted, level: !step.Grows.IsEmpty && step.Grows[c] ? step.Values[c] : double.NaN);
            double errors = calibrator.Left * _recurrences[c].Take(step.Time, calibrator.ErrorEvidence, keep: !step.Muted, _opening);
            double evidence = _spec.Budget.Weigh(errors, calibrator.ExtremeEvidence);
            // The budget must not take what a ceiling hides for what was told: of other channels it would ask for more than that.
            _ceilings[c] = Ceiling(c, evidence / unit);
            double told = Math.Min(evidence, _ceilings[c] * unit);
            if (told > most) (most, _strongest, capped) = (told, c, told < evidence);
            // A fault that holds for days comes again each hour: that ends no alarm, but nothing more is told of it.
            if (alarm.Frozen && AlarmedChannels.HasPart(alarm, c))
            {
                errors = calibrator.Left * calibrator.ErrorEvidence;
                evidence = _spec.Budget.Weigh(errors, calibrator.ExtremeEvidence);
            }
            _margins[c] = Math.Min(evidence, _ceilings[c] * _budget.Threshold);
            if (!step.Muted) calibrator.Place(step.Scaled[c], step.Time, alarm.Open ? _since : null);
            _present[c] = _spec.Budget.Weigh(Math.Max(0, errors - calibrator.Left * calibrator.Remembered), calibrator.ExtremeEvidence);
            _levels[c] = DeviatesBy(step.Frame[c] - step.Expected[c], c) ? Math.Min(told, _present[c]) / unit : 0;
            turns |= alarm.Open && AlarmedChannels.HasPart(alarm, c) && calibrator.Returns;
        }
        double present = TensorPrimitives.Max(_present);
        TensorPrimitives.Divide(_margins, _budget.Threshold, _margins);
        TensorPrimitives.Divide(_present, _budget.Threshold, _present);
        double score = step.Muted || step.WarmingUp ? 0 : _budget.Step(most, present);
        if (score > 0 && capped) score = _ceilings[_strongest];  // but for rounding
        if (!step.Muted && !step.WarmingUp) score = Early(in step, score);
        if (step.Muted) _unprecedented.Skip();
        else _unprecedented.Step(step.Frame, step.Expected, alarm.Frozen, step.WarmingUp);
        OfBystander = false;
        if (!step.Muted && !step.WarmingUp) score = OfBystanders(score, turns);
        _margins[^1] = _unprecedented.Score;
        Stands = alarm.Frozen && !step.Muted && StandsStill(alarm);
        for (int c = 0; c < _joins.Length; c++)
            _joins[c] = _alarmed.Joins(alarm, _bystanders, c, _levels[c]) ? Math.Max(_margins[c], alarm.Margins[c]) : 0;
        _alarmed.Step(alarm, _strongest, _unprecedented.Score >= 1);
        _told = score;
        Score = step.Muted || step.WarmingUp ? 0 : Math.Max(score, _unprecedented.Score);
        int of = _unprecedented.Score > score ? _unprecedented.Channel : _strongest;
        if (!step.Muted && !step.WarmingUp && !alarm.Open) Score = _records.Step(Score, of, step.Frame, step.Expected);
        Share();
    }

    /// <inheritdoc/>
    public override void Learn(AlarmChange? change, Alarm alarm, bool muted)
    {
        if (change == AlarmChange.Adapted) _alarmed.Settle(alarm);
    }

    // Of what comes next, by the channels that move.
    void Share()
    {
        _budget.SharedBy(_unprecedented.Moving);
        foreach (Recurrence recurrence in _recurrences) recurrence.Threshold = _budget.Threshold;
    }

    bool WasMuted(long step) => step >= 0 && _muted[step % _muted.Length] == step;

    // Most that the score of a channel can be. What goes on in one that has moved often enough meanwhile is no news.
    double Ceiling(int c, double score)
    {
        double ceiling = _calibrators[c].Ceiling;
        if (_hides[c] > 0 && --_hides[c] == 0) _hidden[c] = 0;
        if (double.IsPositiveInfinity(ceiling)) return score <= _spec.Budget.Escalation * _hidden[c] ? FirstChange.Mild : ceiling;
        if (score > ceiling && score > _hidden[c]) (_hidden[c], _hides[c]) = (score, _budget.Refractory);
        return ceiling;
    }

    // A fault of a channel that has no part in what was told is told though that is not over.
    double OfBystanders(double score, bool turns)
    {
        int other = _bystanders.Step(_levels, score >= 1 ? _strongest : -1, _unprecedented.Score >= 1 ? _unprecedented.Channel : -1, turns);
        OfBystander = other >= 0;
        if (other < 0) return score;
        _budget.LetPass(_levels[other]);
        _strongest = other;
        return Math.Min(_levels[other], _ceilings[other]);  // but for rounding
    }

    // What is told of a young model, whatever its errors, as it was in the warm-up: but a channel that only ever went one way is known
    // for a counter by now.
    double Early(in StepView step, double told)
    {
        for (int c = 0; c < _calibrators.Length && _spec.Early.Distance > 0; c++)
        {
            (double margin, long kept) = (_calibrators[c].Margin, _calibrators[c].Kept);
            if (margin == 0 || _calibrators[c].Frames >= _spec.Early.Until || (!step.Missing.IsEmpty && step.Missing[c])) continue;
            double score = Math.Min(_spec.Early.Score(margin, (int)kept, Strictness(_unprecedented.Moving, _budget.Rate)), _ceilings[c]);
            if (score < 1) continue;
            (_margins[c], _present[c]) = (Math.Max(_margins[c], score), Math.Max(_present[c], score));
            if (score > told) (told, _strongest) = (score, c);
        }
        return told;
    }

    // By how much the budget of a channel is less than the usual one.
    double Strictness(double channels, double rate) => channels * EmissionBudgetSpec.UsualRate(_spec.WarmUp) / rate;

    // A channel inside of its range, or one that alarmed: a counter that stalls grows by less than it ever did.
    bool StandsStill(Alarm alarm)
    {
        if (_unprecedented is { Unusual: true, Frozen: true }) return true;
        for (int c = 0; c < _calibrators.Length; c++)
            if (AlarmedChannels.HasPart(alarm, c) && _unprecedented.Repeats(c)) return true;
        return false;
    }

    /// <inheritdoc/>
    public override bool Deviates(in StepView step, Scaler scaler) =>
        _unprecedented is { Score: >= 1, Frozen: true } || DeviatesBy(step.Frame[_strongest] - step.Expected[_strongest], _strongest);

    bool DeviatesBy(double deviation, int channel) =>
        _spec.Alarm.MinimumDeviation.Count == 0 || Math.Abs(deviation) >= _spec.Alarm.MinimumOf(channel);

    /// <inheritdoc/>
    public override bool Attribute(Span<double> parts, bool byThemselves)
    {
        _margins.AsSpan(0, parts.Length).CopyTo(parts);
        if (_unprecedented.Score >= 1) parts[_unprecedented.Channel] = Math.Max(parts[_unprecedented.Channel], _unprecedented.Score);
        return true;
    }

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        foreach (MetricCalibrator calibrator in _calibrators) calibrator.Carry(ref state);
        if (state.Holds(6)) foreach (Recurrence recurrence in _recurrences) recurrence.Carry(ref state);
        _budget.Carry(ref state);
        if (state.Holds(6))
        {
            _bystanders.Carry(ref state);
            _alarmed.Carry(ref state);
            _records.Carry(ref state);
        }
        if (state.Holds(6))
        {
            state.Carry(_muted);
            state.Carry(ref _resumed);
            state.Carry(ref _opening);
            state.Carry(ref _since);
            state.Carry(_hidden);
            state.Carry(_hides);
            // In a gap what was last told goes on.
            Score = state.Carried(Score);
            state.Carry(ref _told);
        }
        if (state.Holds(4)) _unprecedented.Carry(ref state);
        if (state.Loading) Share();
    }
}
