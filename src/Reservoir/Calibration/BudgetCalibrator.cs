namespace Esn;

/// <summary>
/// Keeps an alarm budget of b alarms a step without knowing the noise: each raw score becomes −ln p. Scores of a single step and
/// those of a stretch are two voices: the largest −ln p of a voice is its joint margin J, and the rate Λ(J) of its episodes above
/// that is learnt. The larger of s = ln 2Λ / ln b: 1 = alarm, s is once in b⁻ˢ steps, as either of two voices comes twice as often.
/// </summary>
/// <remarks>
/// Natural outliers of one step come often in many feeds. Judged together with what lasts, they would raise the bar for it: on
/// the UCR archive that hid a third of what two voices find. A calibrator whose scores are all of one sort has one voice.
/// A governor lowers the rate asked for with every announcement and recovers at the budget, so that an excess by a factor
/// f lasts for 10 ln f alarms, whatever the feed does.
/// </remarks>
sealed class BudgetCalibrator : ICalibrator
{
    const int FirstTable = 100;

    readonly BudgetSpec _spec;
    readonly Margin[] _margins;
    readonly double[] _values;   // v, [scores]
    readonly long[] _due;        // step at which each table is made anew, [scores]
    readonly ToldAlarms _told = new();
    readonly Episodes[] _episodes;  // [voices]
    readonly double[] _joint;    // J, [voices]
    readonly double _logBudget, _logVoices;
    long _steps;                 // c
    double _governor;            // θ

    /// <param name="spec">Valid.</param>
    /// <param name="shapes">Of the raw scores.</param>
    public BudgetCalibrator(BudgetSpec spec, IReadOnlyList<ScoreShape> shapes)
    {
        _spec = spec;
        _margins = [.. shapes.Select(shape => new Margin(spec, shape))];
        _values = new double[shapes.Count];
        _due = new long[shapes.Count];
        _due.AsSpan().Fill(FirstTable);
        bool both = _margins.Any(margin => margin.Lasts) && !_margins.All(margin => margin.Lasts);
        _joint = new double[both ? 2 : 1];
        _episodes = [.. _joint.Select(_ => new Episodes(spec, _joint.Length, _told))];
        (_logBudget, _logVoices) = (Math.Log(spec.AlarmsPerStep), Math.Log(_joint.Length));
    }

    /// <inheritdoc/>
    public ReadOnlySpan<double> Margins => _values;

    /// <inheritdoc/>
    public double Score { get; private set; }

    /// <inheritdoc/>
    public void Measure(ReadOnlySpan<double> scores)
    {
        Require.Length(scores.Length, _margins.Length, nameof(scores));
        _joint.AsSpan().Clear();
        for (int i = 0; i < _margins.Length; i++)
        {
            _margins[i].Measure(scores[i]);
            _values[i] = _margins[i].Value;
            _joint[VoiceOf(i)] = Math.Max(_joint[VoiceOf(i)], _values[i]);
        }
        Score = 0;
        for (int voice = 0; voice < _joint.Length; voice++) Score = Math.Max(Score, Of(voice, _joint[voice]));
    }

    /// <inheritdoc/>
    public bool IsUnusual(int score) => _values[score] >= _spec.UnusualMargin;

    /// <inheritdoc/>
    public bool Alarms(int score) => Of(VoiceOf(score), _values[score]) >= 1;

    /// <inheritdoc/>
    public double Height(int score)
    {
        const double most = 1000;
        double low = _spec.UnusualMargin, high = most;
        for (int i = 0; i < 40; i++)
        {
            double middle = .5 * (low + high);
            if (Of(VoiceOf(score), middle) >= 1) high = middle;
            else low = middle;
        }
        return high < most ? _margins[score].Height(high) : double.PositiveInfinity;
    }

    /// <inheritdoc/>
    public void Learn(Learning learning, long alarm = 0)
    {
        if (learning == Learning.Muted) return;
        _governor = Math.Max(0, _governor - _spec.Governor * _spec.AlarmsPerStep);
        _steps++;
        if (_steps >= FirstTable)
            for (int voice = 0; voice < _joint.Length; voice++)
                _episodes[voice].Step(_joint[voice], Growth(_spec.LongMemory), learning != Learning.Normal, alarm);
        if (learning == Learning.Frozen) return;

        double growth = Growth(_spec.Memory);
        for (int i = 0; i < _margins.Length; i++)
        {
            _margins[i].Learn(growth);
            if (learning == Learning.Opening && IsUnusual(i)) _margins[i].Discard();
            if (_steps < _due[i]) continue;
            long gap = Math.Clamp(_steps / 8, 20, 200);
            // The first gap differs from score to score: tables are not all made at the same step.
            _due[i] = _steps + gap + (_steps == FirstTable ? gap * i / _margins.Length : 0);
            _margins[i].Rebuild(_episodes[VoiceOf(i)].Count);
            _margins[i].BoostSlow(MostLooks());
            if (i > 0) continue;
            for (int voice = 0; voice < _joint.Length; voice++) _episodes[voice].Looks = LooksOf(voice);
        }
    }

    /// <inheritdoc/>
    public void Announce(long alarm = 0) => Govern(_told.Announce(alarm, _spec.Governor));

    /// <inheritdoc/>
    public bool Say(long alarm, Verdict verdict)
    {
        if (!_told.Say(alarm, verdict, _governor, out double change)) return false;
        Govern(change);
        foreach (Episodes episodes in _episodes) episodes.Take(alarm);
        return true;
    }

    void Govern(double by) => _governor = Math.Clamp(_governor + by, 0, _spec.MostGovernor);

    /// <inheritdoc/>
    public void Adapt(ReadOnlySpan<bool> held)
    {
        for (int i = 0; i < _margins.Length; i++)
            if (held[i]) _margins[i].Adapt();
    }

    int VoiceOf(int score) => _joint.Length > 1 && _margins[score].Lasts ? 1 : 0;

    // Below UnusualMargin nothing can alarm, and s falls to 0 with J.
    double Of(int voice, double margin)
    {
        double rate = _logVoices + _episodes[voice].LogRate(Math.Max(margin, _spec.UnusualMargin));
        rate = Math.Max(rate, -_spec.Reach - _steps / _spec.ReachSteps);
        double score = Math.Max(0, rate / (_logBudget - _governor - _spec.Caution / (1 + _steps / _spec.Youth)));
        return margin >= _spec.UnusualMargin ? score : Math.Min(score, .99) * margin / _spec.UnusualMargin;
    }

    double Growth(double memory) => Math.Max(1 + 1 / memory, 1 + 1.0 / _steps);

    double MostLooks()
    {
        double most = 0;
        foreach (Margin margin in _margins) most = Math.Max(most, margin.Looks);
        return most;
    }

    double LooksOf(int voice)
    {
        double sum = 0;
        for (int i = 0; i < _margins.Length; i++)
            if (VoiceOf(i) == voice) sum += _margins[i].Looks;
        return sum > 0 ? sum : 1;  // while nothing has moved
    }

    static void Copy(Episodes episodes, StateCarrier from) => episodes.Carry(ref from);

    /// <inheritdoc/>
    public void Carry(ref StateCarrier state)
    {
        foreach (Margin margin in _margins) margin.Carry(ref state);
        // Before format 6 there was one voice: what it knew of the rate of all is more than either has, and no less careful.
        StateCarrier again = state;
        _episodes[0].Carry(ref state);
        foreach (Episodes episodes in _episodes.AsSpan(1))
        {
            if (state.Holds(6)) episodes.Carry(ref state);
            else Copy(episodes, again);
        }
        state.Carry(_due);
        state.Carry(ref _steps);
        state.Carry(ref _governor);
        if (state.Holds(6)) _told.Carry(ref state);
    }
}
