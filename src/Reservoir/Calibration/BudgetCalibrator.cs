namespace Esn;

/// <summary>
/// Keeps an alarm budget of b alarms a step without knowing the noise: each raw score becomes −ln p, the largest is the
/// joint margin J, and the rate Λ(J) of episodes above it is learnt. s = ln Λ / ln b: 1 = alarm, s is once in b⁻ˢ steps.
/// </summary>
/// <remarks>
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
    readonly Episodes _episodes;
    readonly double _logBudget;
    long _steps;                 // c
    double _joint;               // J
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
        _episodes = new Episodes(spec, _told);
        _logBudget = Math.Log(spec.AlarmsPerStep);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<double> Margins => _values;

    /// <inheritdoc/>
    public double Score { get; private set; }

    /// <inheritdoc/>
    public void Measure(ReadOnlySpan<double> scores)
    {
        Require.Length(scores.Length, _margins.Length, nameof(scores));
        _joint = 0;
        for (int i = 0; i < _margins.Length; i++)
        {
            _margins[i].Measure(scores[i]);
            _values[i] = _margins[i].Value;
            _joint = Math.Max(_joint, _values[i]);
        }
        Score = Of(_joint);
    }

    /// <inheritdoc/>
    public bool IsUnusual(int score) => _values[score] >= _spec.UnusualMargin;

    /// <inheritdoc/>
    public bool Alarms(int score) => Of(_values[score]) >= 1;

    /// <inheritdoc/>
    public double Height(int score)
    {
        const double most = 1000;
        double low = _spec.UnusualMargin, high = most;
        for (int i = 0; i < 40; i++)
        {
            double middle = .5 * (low + high);
            if (Of(middle) >= 1) high = middle;
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
            _episodes.Step(_joint, Growth(_spec.LongMemory), learning != Learning.Normal, alarm);
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
            _margins[i].Rebuild(_episodes.Count);
            _margins[i].BoostSlow(MostLooks());
            if (i == 0) _episodes.Looks = AllLooks();
        }
    }

    /// <inheritdoc/>
    public void Announce(long alarm = 0) => Govern(_told.Announce(alarm, _spec.Governor));

    /// <inheritdoc/>
    public bool Say(long alarm, Verdict verdict)
    {
        if (!_told.Say(alarm, verdict, _governor, out double change)) return false;
        Govern(change);
        _episodes.Take(alarm);
        return true;
    }

    void Govern(double by) => _governor = Math.Clamp(_governor + by, 0, _spec.MostGovernor);

    /// <inheritdoc/>
    public void Adapt(ReadOnlySpan<bool> held)
    {
        for (int i = 0; i < _margins.Length; i++)
            if (held[i]) _margins[i].Adapt();
    }

    // Below UnusualMargin nothing can alarm, and s falls to 0 with J.
    double Of(double margin)
    {
        double rate = Math.Max(_episodes.LogRate(Math.Max(margin, _spec.UnusualMargin)), -_spec.Reach - _steps / _spec.ReachSteps);
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

    double AllLooks()
    {
        double sum = 0;
        foreach (Margin margin in _margins) sum += margin.Looks;
        return sum > 0 ? sum : 1;  // while nothing has moved
    }

    /// <inheritdoc/>
    public void Carry(ref StateCarrier state)
    {
        foreach (Margin margin in _margins) margin.Carry(ref state);
        _episodes.Carry(ref state);
        state.Carry(_due);
        state.Carry(ref _steps);
        state.Carry(ref _governor);
        if (state.Holds(6)) _told.Carry(ref state);
    }
}
