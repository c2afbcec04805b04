using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// One raw score q ≥ 0 turned into v ≈ −ln P(Q > q): by counting where there are counts, beyond them by a Bayesian
/// predictive tail over effective looks.
/// </summary>
/// <remarks>
/// What is kept is y = ln q − μ, its level μ followed over τ steps. Student's t is the limit of few looks.
/// Nothing of a step is learnt before it was judged.
/// </remarks>
sealed class Margin
{
    const double Origin = -20;          // lowest y
    const int Skipped = 20;             // values before the level means anything
    const double LargestStep = 3;       // of y, for the level
    const double Common = 2.3;          // v whose stays tell how long the tail holds on
    const double StayMemory = .9998;
    const double MostTailLooks = 400;
    const double FewestLooks = 10;

    [ThreadStatic] static double[]? s_power, s_tail;

    readonly BudgetSpec _spec;
    readonly ScoreShape _shape;
    readonly StudentMargin? _student;  // for TailPrior.Student
    readonly float[] _histogram = new float[TailShapes.Bins];  // of y, in units of the weight at the last rebuild
    readonly float[] _table = new float[TailShapes.Bins + 1];  // v at the edges of the bins
    readonly double[] _queue;  // y (delayed: ln q) that wait; −∞: q was 0; NaN: thrown away
    int _head;
    double _weight = 1;        // of a value that enters now; grows, so that the past fades
    double _zero;              // weight of q = 0
    double _level;             // μ
    double _mean, _variance, _covariance, _previous = double.NaN;  // of clip(y): for the lag-1 autocorrelation
    double _tailSteps, _tailEntries;
    bool _wasCommon;
    long _learnt;              // values > 0 that the level has seen
    long _seen;                // delayed values
    double _now = double.NaN;  // ln q of this step; −∞: q = 0; NaN: none

    /// <param name="spec">Valid.</param>
    /// <param name="shape">Of the score.</param>
    public Margin(BudgetSpec spec, ScoreShape shape)
    {
        (_spec, _shape) = (spec, shape);
        _queue = new double[shape.Delay > 0 ? shape.Delay : shape.Span > 1 ? 2 * shape.Span : 0];
        _queue.AsSpan().Fill(double.NaN);
        if (shape.Tail == TailPrior.Student) _student = new StudentMargin(spec.LevelMemory, spec.Floor, 4 * shape.Span);
    }

    /// <summary>v of this step, ≥ 0.</summary>
    public double Value { get; private set; }

    /// <summary>Independent looks a step by the autocorrelation of y, (0, 1].</summary>
    public double Looks
    {
        get
        {
            double rho = _variance > 0 ? Math.Clamp(_covariance / _variance, 0, .99999) : 0;
            double looks = (1 - rho) / (1 + rho);
            return _shape.Delay > 0 ? Math.Min(looks, 1.0 / _shape.Span) : looks;
        }
    }

    /// <summary>Judges q by what was learnt before; NaN: there is none yet; below 0: an ordinary value by definition.</summary>
    public void Measure(double q)
    {
        if (double.IsNaN(q)) (_now, Value) = (double.NaN, 0);
        else if (q > 0)
        {
            _now = Math.Log(q + _spec.Floor);
            Value = Lookup(_now - _level);
            if (_student is not null) Value = Blend(_student.Of(q, Looks), Value);
        }
        else if (q < 0) (_now, Value) = (Math.Log(_spec.Floor - q), 0);
        else
        {
            _now = double.NegativeInfinity;
            Value = 0;
        }
    }

    /// <summary>Learns the step that was measured last.</summary>
    /// <param name="growth">Of the weights, > 1.</param>
    public void Learn(double growth)
    {
        _weight *= growth;
        _student?.Learn(double.IsFinite(_now) ? Math.Exp(_now) : double.NaN);
        bool common = Value >= Common;
        _tailSteps = _tailSteps * StayMemory + (common ? 1 : 0);
        _tailEntries = _tailEntries * StayMemory + (common && !_wasCommon ? 1 : 0);
        _wasCommon = common;

        if (_shape.Delay > 0)
        {
            double then = Exchange(_now);
            if (double.IsNaN(then)) return;
            _seen++;
            Enter(Follow(then));
        }
        else
        {
            double y = double.IsNaN(_now) ? _now : Follow(_now);
            if (_learnt > Skipped || double.IsNegativeInfinity(y)) y = _queue.Length > 0 ? Exchange(y) : y;
            else y = double.NaN;
            if (!double.IsNaN(y)) Enter(y);
        }
    }

    /// <summary>Throws away what waits in the queue.</summary>
    public void Discard()
    {
        _queue.AsSpan().Fill(double.NaN);
        _student?.Discard();
    }

    /// <summary>What the score shows now is its level.</summary>
    public void Adapt()
    {
        if (double.IsFinite(_now)) _level = _now;
    }

    // y of a value, then the level moves towards it. Nothing is to be learnt of the level from q = 0.
    double Follow(double logarithm)
    {
        if (double.IsNegativeInfinity(logarithm)) return logarithm;
        if (_learnt++ == 0) _level = logarithm;
        double y = logarithm - _level;
        bool young = _learnt < 50;
        double gain = _shape.Delay > 0
            ? Math.Max(1 / _spec.Memory, 2.0 / (_learnt + 1))
            : 1 / Math.Min(_learnt, _spec.LevelMemory);
        _level += (young ? y : Math.Clamp(y, -LargestStep, LargestStep)) * gain;

        gain = Math.Max(1.0 / _learnt, 1 / _spec.Memory);
        double d = Math.Clamp(y, -2, 3) - _mean;
        _mean += gain * d;
        _variance += gain * (d * d - _variance);
        if (!double.IsNaN(_previous)) _covariance += gain * (d * _previous - _covariance);
        _previous = d;
        return y;
    }

    double Blend(double student, double counted)
    {
        double looks = Math.Min(_learnt, _spec.Memory) * Looks;
        return student + (counted - student) * looks / (looks + _spec.StudentLooks);
    }

    double Exchange(double value)
    {
        double then = _queue[_head];
        _queue[_head] = value;
        _head = _head + 1 == _queue.Length ? 0 : _head + 1;
        return then;
    }

    void Enter(double y)
    {
        if (double.IsNegativeInfinity(y)) _zero += _weight;
        else _histogram[Math.Clamp((int)((y - Origin) / TailShapes.BinWidth), 0, TailShapes.Bins - 1)] += (float)_weight;
    }

    double Lookup(double y)
    {
        double place = Math.Clamp((y - Origin) / TailShapes.BinWidth, 0, TailShapes.Bins);
        int bin = Math.Min((int)place, TailShapes.Bins - 1);
        double low = _table[bin];
        return low + (place - bin) * (_table[bin + 1] - low);
    }

    /// <summary>Makes v(y) anew from what was learnt.</summary>
    /// <param name="peaks">Episodes seen so far: the more, the more the length of stays in the tail tells of the looks.</param>
    public void Rebuild(double peaks)
    {
        if (_shape.Delay > 0 && _seen < FewestLooks * _shape.Span) return;
        float fade = (float)(1 / _weight);
        TensorPrimitives.Multiply(_histogram, fade, _histogram);
        _zero /= _weight;
        _weight = 1;
        double mass = TensorPrimitives.Sum<float>(_histogram), all = mass + _zero + 1;
        if (!(mass > 0))
        {
            _table.AsSpan().Fill((float)-Math.Log(.5 / all));
            return;
        }

        double byCorrelation = Looks;
        double byStays = (_tailEntries + 10 * byCorrelation) / (_tailSteps + 10);
        double looks = byCorrelation + (byStays - byCorrelation) * peaks / (peaks + 40);

        double most = Math.Max(.02 * mass, Math.Min(20 / looks, .25 * mass)), above = 0;
        int threshold = TailShapes.Bins, top = -1;
        while (threshold > 0 && above + _histogram[threshold - 1] <= most)
        {
            above += _histogram[--threshold];
            if (top < 0 && above > 0) top = threshold;
        }
        double counted = above;
        for (int bin = threshold; bin-- > 0;)
        {
            counted += _histogram[bin];
            _table[bin] = (float)-Math.Log((counted + .5) / all);
        }
        Tail(threshold, top, above, looks, -Math.Log((above + .5) / all));
    }

    // v beyond the threshold: the predictive probability of an excess, θ integrated out, shapes weighed by their evidence.
    void Tail(int threshold, int top, double above, double looks, double base0)
    {
        double[] power = s_power ??= new double[TailShapes.Bins + 1], tail = s_tail ??= new double[TailShapes.Bins + 1];
        double effective = looks * Math.Min(above, MostTailLooks), share = above > 0 ? effective / above : 0;
        double exponent = TailShapes.PriorShape + effective;
        Span<double> evidence = stackalloc double[TailShapes.Count], rate = stackalloc double[TailShapes.Count];
        ReadOnlySpan<double> prior = TailShapes.LogPrior(_shape.Tail);

        double excess = 0;
        for (int bin = threshold; bin <= top; bin++) excess += _histogram[bin] * ((bin - threshold + .5) * TailShapes.BinWidth);
        for (int i = 0; i < evidence.Length; i++)
        {
            ReadOnlySpan<double> growth = TailShapes.AtMiddles(i);
            double sum = 0;
            for (int bin = threshold; bin <= top; bin++) sum += _histogram[bin] * growth[bin - threshold];
            rate[i] = TailShapes.PriorRate + share * sum;
            evidence[i] = prior[i] + TailShapes.Shape(i) * share * excess - exponent * Math.Log(rate[i]);
        }
        double largest = TensorPrimitives.Max<double>(evidence), total = 0;
        foreach (double e in evidence) total += Math.Exp(e - largest);

        int edges = TailShapes.Bins + 1 - threshold;
        Span<double> sums = tail.AsSpan(0, edges), term = power.AsSpan(0, edges);
        sums.Clear();
        for (int i = 0; i < evidence.Length; i++)
        {
            double weight = Math.Exp(evidence[i] - largest) / total;
            if (weight < 1e-40) continue;
            TensorPrimitives.Divide(TailShapes.AtEdges(i)[..edges], rate[i], term);
            TensorPrimitives.Add(term, 1, term);
            TensorPrimitives.Log(term, term);
            TensorPrimitives.Multiply(term, -exponent, term);
            TensorPrimitives.Exp<double>(term, term);
            TensorPrimitives.MultiplyAdd(term, weight, sums, sums);
        }
        for (int i = 0; i < edges; i++) _table[threshold + i] = (float)(base0 - Math.Log(Math.Max(sums[i], 1e-300)));
    }
}
