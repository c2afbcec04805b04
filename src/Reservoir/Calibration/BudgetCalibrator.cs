namespace Esn;

/// <summary>
/// Keeps an alarm budget of b alarms a step without knowing the noise: each raw score becomes −ln p. Scores of a single step, of a
/// stretch of steps and of shapes are voices: the largest −ln p of a voice is its joint margin J, the rate Λ(J) of its episodes above
/// that is learnt, and it has a share r of the budget. The largest of s = ln (Λ/r) / ln b: 1 = alarm, s is once in b⁻ˢ steps.
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
    const double ShapeLooks = 50;  // what the prior weighs: that nothing was seen in a thousand steps tells little of shapes

    readonly BudgetSpec _spec;
    readonly Margin[] _margins;
    readonly double[] _values;   // v, [scores]
    readonly long[] _due;        // step at which each table is made anew, [scores]
    readonly int _phases;        // over which the first gaps are spread
    readonly int[] _voice;       // of each score, [scores]
    readonly ToldAlarms _told = new();
    readonly Episodes[] _episodes;  // [voices]
    readonly double[] _joint;    // J, [voices]
    readonly bool[] _heard;      // whether it had anything to judge at this step: what was not looked at is no silence [voices]
    readonly int _shape;         // voice of shapes; −1: there is none
    readonly double _logBudget;
    readonly double[] _part;        // how the budget is shared, [voices]
    long _steps;                 // c
    double _governor;            // θ
    bool _silent = true;         // nothing is to be told of shapes

    /// <param name="spec">Valid.</param>
    /// <param name="shapes">Of the raw scores.</param>
    public BudgetCalibrator(BudgetSpec spec, IReadOnlyList<ScoreShape> shapes)
    {
        _spec = spec;
        _margins = [.. shapes.Select(shape => new Margin(spec, shape))];
        _values = new double[shapes.Count];
        _due = new long[shapes.Count];
        _due.AsSpan().Fill(FirstTable);
        Voice[] voices = [.. shapes.Select(shape => shape.Voice).Distinct().Order()];
        _voice = [.. shapes.Select(shape => Array.IndexOf(voices, shape.Voice))];
        (_joint, _heard) = (new double[voices.Length], new bool[voices.Length]);
        _phases = Math.Max(1, shapes.Count(shape => shape.Voice != Voice.Shape));
        _shape = Array.IndexOf(voices, Voice.Shape);
        _episodes = [.. voices.Select(voice => new Episodes(spec, _told) { PriorLooks = voice == Voice.Shape ? ShapeLooks : 0 })];
        // Shapes look so seldom that their rate is known the least.
        _part = [.. voices.Select(voice => voice == Voice.Shape ? .5 : 1)];
        _logBudget = Math.Log(spec.AlarmsPerStep);
        ShareOut();
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
        _heard.AsSpan().Clear();
        for (int i = 0; i < _margins.Length; i++)
        {
            _margins[i].Measure(scores[i]);
            _values[i] = _margins[i].Value;
            _heard[_voice[i]] |= !double.IsNaN(scores[i]);
            _joint[_voice[i]] = Math.Max(_joint[_voice[i]], _values[i]);
        }
        Hear(scores);
        Score = 0;
        for (int voice = 0; voice < _joint.Length; voice++) Score = Math.Max(Score, Of(voice, _joint[voice]));
    }

    // Whether there is anything to be told of shapes changes at once how the budget is shared. A step of which they know nothing, such
    // as one after a gap, is no silence.
    void Hear(ReadOnlySpan<double> scores)
    {
        bool heard = false, speaks = false;
        for (int i = 0; i < scores.Length; i++)
            if (_voice[i] == _shape && !double.IsNaN(scores[i])) (heard, speaks) = (true, speaks | scores[i] > 0);
        if (!heard || speaks != _silent) return;
        _silent = !speaks;
        if (_silent) _episodes[_shape].Break();
        ShareOut();
    }

    /// <inheritdoc/>
    public bool IsUnusual(int score) => _values[score] >= _spec.UnusualMargin;

    /// <inheritdoc/>
    public double ScoreOf(int score) => Of(_voice[score], _values[score]);

    /// <inheritdoc/>
    public double Height(int score)
    {
        const double most = 1000;
        double low = _spec.UnusualMargin, high = most;
        for (int i = 0; i < 40; i++)
        {
            double middle = .5 * (low + high);
            if (Of(_voice[score], middle) >= 1) high = middle;
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
                if (!Silent(voice) && _heard[voice])
                    _episodes[voice].Step(_joint[voice], Growth(_spec.LongMemory), learning != Learning.Normal, alarm);
        if (learning == Learning.Frozen) return;

        double growth = Growth(_spec.Memory);
        for (int i = 0; i < _margins.Length; i++)
        {
            _margins[i].Learn(growth);
            if (learning == Learning.Opening && IsUnusual(i)) _margins[i].Discard();
            if (_steps < _due[i]) continue;
            long gap = Math.Clamp(_steps / 8, 20, 200);
            // The first gap differs from score to score: tables are not all made at the same step. While nothing is told of shapes, all
            // else is as if there were no such score, which stands last.
            _due[i] = _steps + gap + (_steps == FirstTable ? gap * i / _phases : 0);
            _margins[i].Rebuild(_episodes[_voice[i]].Count);
            _margins[i].BoostSlow(MostLooks());
            if (i > 0) continue;
            ShareOut();
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

    /// <inheritdoc/>
    public void Move(int score, double by) => _margins[score].Move(by);

    // Below UnusualMargin nothing can alarm, and s falls to 0 with J.
    double Of(int voice, double margin)
    {
        double rate = _episodes[voice].LogRate(Math.Max(margin, _spec.UnusualMargin)) - Math.Log(_episodes[voice].Share);
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

    // Among the voices that have said anything.
    void ShareOut()
    {
        double parts = 0;
        for (int voice = 0; voice < _part.Length; voice++) parts += LooksOf(voice) > 0 ? _part[voice] : 0;
        for (int voice = 0; voice < _part.Length; voice++)
        {
            double looks = LooksOf(voice);
            _episodes[voice].Looks = looks > 0 ? looks : 1;  // while nothing has moved
            _episodes[voice].Share = looks > 0 ? _part[voice] / parts : parts > 0 ? 1e-3 : 1;
        }
    }

    // That nothing was told of shapes for as long as nothing was to be told is no news of how often they are unusual.
    bool Silent(int voice) => _silent && voice == _shape;

    double LooksOf(int voice)
    {
        if (Silent(voice)) return 0;
        double sum = 0;
        for (int i = 0; i < _margins.Length; i++)
            if (_voice[i] == voice) sum += _margins[i].Looks;
        return sum;
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
        if (!state.Holds(6)) return;
        _told.Carry(ref state);
        state.Carry(ref _silent);
        Score = state.Carried(Score);
    }
}
