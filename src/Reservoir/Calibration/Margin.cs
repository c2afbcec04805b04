namespace Esn;

/// <summary>
/// One raw score q ≥ 0 turned into v ≈ −ln P(Q > q): by counting where there are counts, beyond them by a Bayesian
/// predictive tail over effective looks.
/// </summary>
/// <remarks>
/// What is counted is y = ln q − μ, its level μ followed over τ steps. While looks are few, Student's t may judge in its place.
/// Nothing of a step is learnt before it was judged.
/// </remarks>
sealed class Margin
{
    readonly BudgetSpec _spec;
    readonly ScoreLevel _level;
    readonly MarginTable _table;
    readonly TailStays _stays;
    readonly StudentMargin? _student;  // for TailPrior.Student
    readonly DelayLine _waiting;       // y (delayed: ln q)
    readonly bool _slow;               // learns late
    readonly bool _patient;            // tells nothing before it had some looks
    readonly int _span;                // steps that one value looks back over
    readonly int _stride;              // steps from one value that is learnt to the next
    int _phase;                        // steps since the last that was
    double _boost;                     // most that is added to v
    long _seen;                        // steps that values in the table stood for
    double _now = double.NaN;          // ln q of this step; −∞: q = 0; NaN: none

    /// <param name="spec">Valid.</param>
    /// <param name="shape">Of the score.</param>
    public Margin(BudgetSpec spec, ScoreShape shape)
    {
        (_spec, _span, _slow) = (spec, shape.Span, shape.Delay > 0);
        _patient = _slow || shape.Voice == Voice.Shape;
        _stride = _slow ? Math.Max(1, Math.Min(shape.Span / spec.Margin.ValuesASpan, shape.Delay)) : 1;
        _level = new ScoreLevel(spec, shape, _stride);
        _table = new MarginTable(spec.Margin, shape.Tail);
        _stays = new TailStays(spec.Margin);
        if (shape.Tail == TailPrior.Student) _student = new StudentMargin(spec, shape.Span);
        _waiting = new DelayLine(_slow ? shape.Delay / _stride : shape.Span > 1 ? 2 * shape.Span : 0);
    }

    /// <summary>v of this step, ≥ 0; of a slow score with its boost.</summary>
    public double Value { get; private set; }

    /// <summary>Independent looks a step by the autocorrelation of y, [0, 1].</summary>
    public double Looks => _level.Looks;

    /// <summary>Judges q by what was learnt before; NaN: there is none yet; below 0: an ordinary value by definition.</summary>
    public void Measure(double q)
    {
        if (double.IsNaN(q)) (_now, Value) = (double.NaN, 0);
        else if (q > _spec.Floor)
        {
            _now = Math.Log(q + _spec.Floor);
            double counted = Boosted(_table.At(_now - _level.Value));
            Value = _student is null ? counted : Blend(_student.Of(q, Looks), counted);
        }
        else if (q > 0) (_now, Value) = (Math.Log(q + _spec.Floor), 0);  // below the floor nothing counts, however far it has come down
        else if (q < 0) (_now, Value) = (Math.Log(_spec.Floor - q), 0);
        else (_now, Value) = (double.NegativeInfinity, 0);
    }

    /// <summary>Learns the step that was measured last.</summary>
    /// <param name="growth">Of the weights, > 1.</param>
    public void Learn(double growth)
    {
        _table.Fade(growth);
        _student?.Learn(double.IsFinite(_now) ? Math.Exp(_now) : double.NaN);
        _stays.Step(Value);
        if (_slow) LearnLate();
        else LearnAtOnce();
    }

    // The level follows ln q as it comes; y alone waits.
    void LearnAtOnce()
    {
        double y = double.IsNaN(_now) ? _now : _level.Follow(_now);
        if (_level.Learnt <= _spec.Margin.Skipped && !double.IsNegativeInfinity(y)) return;
        y = _waiting.Exchange(y);
        if (double.IsNaN(y)) return;
        _seen++;
        _table.Enter(y, 1);
    }

    // A slow change would teach itself: the level, too, learns late. While young, from the older half of what has come.
    void LearnLate()
    {
        if (++_phase < _stride) return;
        _phase = 0;
        double then = _waiting.ExchangeOlderHalf(_now);
        if (double.IsNaN(then)) return;
        _seen += _stride;
        _table.Enter(_level.Follow(then), _stride);
    }

    /// <summary>Throws away what waits.</summary>
    public void Discard()
    {
        _waiting.Discard();
        _student?.Discard();
    }

    /// <summary>What the score shows now is its level.</summary>
    public void Adapt()
    {
        if (double.IsFinite(_now)) _level.Set(_now);
    }

    // Student's t gives way to what was counted as looks come in. They are taken to be one in two spans, and not by the
    // autocorrelation: of a level that wanders these would stay few, and it would never be judged by what was counted.
    double Blend(double student, double counted)
    {
        double looks = Math.Min(_level.Learnt, _spec.Memory) / (2.0 * _span);
        return student + (counted - student) * looks / (looks + _spec.StudentLooks);
    }

    /// <summary>The level is in other units.</summary>
    /// <param name="by">Added to ln q, finite.</param>
    public void Move(double by) => _level.Set(_level.Value + by);

    /// <summary>The least q whose v is as large as this; +∞: none.</summary>
    public double Height(double v)
    {
        for (int edge = 0; edge < MarginTable.Edges; edge++)
            if (Boosted(_table.AtEdge(edge)) >= v) return Math.Exp(_level.Value + MarginTable.ValueAt(edge));
        return double.PositiveInfinity;
    }

    double Boosted(double v) => v + _boost * Math.Clamp(v / _spec.UnusualMargin - 1, 0, 1);

    /// <summary>
    /// A slow score has so few looks that at the same −ln p it uses a hundredth of the budget that a score with a look a
    /// step uses: a part of the logarithm of that ratio is added to its v, ever more from UnusualMargin to twice UnusualMargin.
    /// </summary>
    /// <param name="most">Looks a step of the score that looks most often.</param>
    public void BoostSlow(double most) =>
        _boost = _slow && Looks > 0 ? _spec.SlowScoreBoost * Math.Max(0, Math.Log(most / Looks)) : 0;

    /// <summary>Makes v(y) anew from what was learnt.</summary>
    /// <param name="episodes">Seen so far: the more, the more the length of stays in the tail tells of the looks.</param>
    public void Rebuild(double episodes)
    {
        if (_patient && _seen < _spec.Margin.FewestLooks * _span) return;
        // Stays are of the present: a slow change, which is one long stay, would lower the very margin that is to tell it.
        _table.Rebuild(_slow ? Looks : _stays.Looks(Looks, episodes));
    }

    /// <summary>Out into a snapshot or back, between two steps.</summary>
    public void Carry(ref StateCarrier state)
    {
        _level.Carry(ref state);
        _table.Carry(ref state);
        _stays.Carry(ref state);
        _student?.Carry(ref state);
        _waiting.Carry(ref state);
        state.Carry(ref _phase);
        state.Carry(ref _boost);
        state.Carry(ref _seen);
    }
}
