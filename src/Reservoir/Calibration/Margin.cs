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
    const int Reach = 16;               // edges above the highest bin entered that the table has

    [ThreadStatic] static double[]? s_power, s_sums;

    readonly BudgetSpec _spec;
    readonly ScoreShape _shape;
    readonly StudentMargin? _student;  // for TailPrior.Student
    readonly SparseHistogram _histogram = new(TailShapes.Bins);  // of y, in units of the weight at the last rebuild
    readonly GrowingBuffer _table = new();  // v at the edges of the bins, from the lowest that was entered to some above the highest
    int _first;                 // the first of these edges; v is the same below
    readonly double[] _tail = new double[2 * TailShapes.Count];  // of v beyond the table: weight and rate of each shape
    double _exponent, _base;   // of it as well, and where it begins
    int _threshold = int.MaxValue;
    readonly int _stride;      // steps from one value that is learnt to the next
    readonly short[] _queue;   // y (delayed: ln q) that wait
    int _head, _waiting, _phase;
    double _weight = 1;        // of a value that enters now; grows, so that the past fades
    double _zero;              // weight of q = 0
    double _level;             // μ
    double _mean, _variance, _covariance, _previous = double.NaN;  // of clip(y): for the lag-1 autocorrelation
    double _tailSteps, _tailEntries;
    bool _wasCommon, _odd;
    double _favour;            // most that is added to v
    long _learnt;              // values > 0 that the level has seen
    long _seen;                // delayed values
    double _now = double.NaN;  // ln q of this step; −∞: q = 0; NaN: none

    /// <param name="spec">Valid.</param>
    /// <param name="shape">Of the score.</param>
    public Margin(BudgetSpec spec, ScoreShape shape)
    {
        (_spec, _shape) = (spec, shape);
        _stride = shape.Delay > 0 ? Math.Max(1, Math.Min(shape.Span / spec.Margin.ValuesASpan, shape.Delay)) : 1;
        _queue = new short[shape.Delay > 0 ? shape.Delay / _stride : shape.Span > 1 ? 2 * shape.Span : 0];
        _table.Resize(1);
        if (shape.Tail == TailPrior.Student) _student = new StudentMargin(spec, shape.Span);
        Discard();
    }

    /// <summary>v of this step, ≥ 0; of a slow score with what it is favoured by.</summary>
    public double Value { get; private set; }

    /// <summary>Independent looks a step by the autocorrelation of y, (0, 1].</summary>
    public double Looks
    {
        get
        {
            double rho = _variance > 0 ? Math.Clamp(_covariance / _variance, 0, .99999) : 0;
            double looks = (1 - rho) / (1 + rho) / _stride;
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
            double counted = Favoured(Lookup(_now - _level));
            Value = _student is null ? counted : Blend(_student.Of(q, Looks), counted);
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
        bool common = Value >= _spec.Margin.StayMargin;
        _tailSteps = _tailSteps * _spec.Margin.StayMemory + (common ? 1 : 0);
        _tailEntries = _tailEntries * _spec.Margin.StayMemory + (common && !_wasCommon ? 1 : 0);
        _wasCommon = common;

        if (_shape.Delay > 0)
        {
            if (++_phase < _stride) return;
            _phase = 0;
            double then = Withhold(_now);
            if (double.IsNaN(then)) return;
            _seen += _stride;
            Enter(Follow(then));
        }
        else
        {
            double y = double.IsNaN(_now) ? _now : Follow(_now);
            if (_learnt > _spec.Margin.Skipped || double.IsNegativeInfinity(y)) y = _queue.Length > 0 ? Exchange(y) : y;
            else y = double.NaN;
            if (!double.IsNaN(y)) Enter(y);
        }
    }

    /// <summary>Throws away what waits in the queue.</summary>
    public void Discard()
    {
        _queue.AsSpan().Fill(CompactLogarithm.None);
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
            ? Math.Max(_stride / _spec.Memory, 2.0 / (_learnt + 1))
            : 1 / Math.Min(_learnt, _spec.LevelMemory);
        _level += (young ? y : Math.Clamp(y, -_spec.Margin.LargestStep, _spec.Margin.LargestStep)) * gain;

        gain = Math.Max(1.0 / _learnt, _stride / _spec.Memory);
        double d = Math.Clamp(y, -2, 3) - _mean;
        _mean += gain * d;
        _variance += gain * (d * d - _variance);
        if (!double.IsNaN(_previous)) _covariance += gain * (d * _previous - _covariance);
        _previous = d;
        return y;
    }

    // Looks are those of a level that does not wander: one that does, so that its looks are few for ever, is counted too in the end.
    double Blend(double student, double counted)
    {
        double looks = Math.Min(_learnt, _spec.Memory) / (2.0 * _shape.Span);
        return student + (counted - student) * looks / (looks + _spec.StudentLooks);
    }

    double Exchange(double value)
    {
        double then = CompactLogarithm.Value(_queue[_head]);
        _queue[_head] = CompactLogarithm.Of(value);
        _head = _head + 1 == _queue.Length ? 0 : _head + 1;
        return then;
    }

    // Of a slow score the newer half waits while young, later what is newer than the delay.
    double Withhold(double value)
    {
        if (_waiting == _queue.Length) return Exchange(value);
        _queue[(_head + _waiting++) % _queue.Length] = CompactLogarithm.Of(value);
        _odd = !_odd;
        if (_odd) return double.NaN;
        double oldest = CompactLogarithm.Value(_queue[_head]);
        (_head, _waiting) = ((_head + 1) % _queue.Length, _waiting - 1);
        return oldest;
    }

    void Enter(double y)
    {
        if (double.IsNegativeInfinity(y)) _zero += _stride * _weight;
        else _histogram.Add(Math.Clamp((int)((y - Origin) / TailShapes.BinWidth), 0, TailShapes.Bins - 1), (float)(_stride * _weight));
    }

    /// <summary>The least q whose v is as large as this; +∞: none.</summary>
    public double Height(double v)
    {
        for (int bin = 0; bin <= TailShapes.Bins; bin++)
            if (Favoured(Edge(bin)) >= v) return Math.Exp(_level + Origin + bin * TailShapes.BinWidth);
        return double.PositiveInfinity;
    }

    double Favoured(double v) => v + _favour * Math.Clamp(v / _spec.UnusualMargin - 1, 0, 1);

    double Lookup(double y)
    {
        double place = Math.Clamp((y - Origin) / TailShapes.BinWidth, 0, TailShapes.Bins);
        int bin = Math.Min((int)place, TailShapes.Bins - 1);
        double low = Edge(bin);
        return low + (place - bin) * (Edge(bin + 1) - low);
    }

    // v at an edge.
    double Edge(int bin)
    {
        int at = Math.Max(0, bin - _first);
        return at < _table.Length ? _table.Values[at] : bin > _threshold ? Beyond(bin) : _table.Values[^1];
    }

    /// <summary>
    /// A slow score has so few looks that at the same −ln p it uses a hundredth of the budget that a score with a look a
    /// step uses: a part of the logarithm of that ratio is added to its v, ever more from UnusualMargin to twice UnusualMargin.
    /// </summary>
    /// <param name="most">Looks a step of the score that looks most often.</param>
    public void Favour(double most) =>
        _favour = _shape.Delay > 0 ? _spec.Favour * Math.Max(0, Math.Log(most / Looks)) : 0;

    /// <summary>Makes v(y) anew from what was learnt.</summary>
    /// <param name="peaks">Episodes seen so far: the more, the more the length of stays in the tail tells of the looks.</param>
    public void Rebuild(double peaks)
    {
        if (_shape.Delay > 0 && _seen < _spec.Margin.FewestLooks * _shape.Span) return;
        float fade = (float)(1 / _weight);
        _histogram.Scale(fade);
        _zero /= _weight;
        _weight = 1;
        double mass = _histogram.Sum(), all = mass + _zero + 1;
        if (!(mass > 0))
        {
            _table.Resize(1);
            (_table.Values[0], _threshold) = ((float)-Math.Log(.5 / all), int.MaxValue);
            return;
        }

        double byCorrelation = Looks;
        double looks = byCorrelation;
        // Stays are of the present: a slow change, which is one long stay, would lower the very margin that is to tell it.
        if (_shape.Delay == 0)
        {
            double byStays = (_tailEntries + _spec.Margin.StayPrior * byCorrelation) / (_tailSteps + _spec.Margin.StayPrior);
            looks += (byStays - byCorrelation) * peaks / (peaks + _spec.Margin.StayEpisodes);
        }

        double most = Math.Max(_spec.Margin.LeastTail * mass, Math.Min(_spec.Margin.TailLooks / looks, _spec.Margin.MostTail * mass)), above = 0;
        int threshold = _histogram.High, top = -1;
        while (threshold > 0 && above + _histogram[threshold - 1] <= most)
        {
            above += _histogram[--threshold];
            if (top < 0 && above > 0) top = threshold;
        }
        double counted = above;
        _first = _histogram.Low;
        _table.Resize(Math.Min(TailShapes.Bins, _histogram.High + Reach) + 1 - _first);
        Span<float> table = _table.Values;
        for (int bin = threshold; bin-- > _first;)
        {
            counted += _histogram[bin];
            table[bin - _first] = (float)-Math.Log((counted + .5) / all);
        }
        Tail(threshold, top, above, looks, -Math.Log((above + .5) / all));
    }

    // v beyond the threshold: the predictive probability of an excess, θ integrated out, shapes weighed by their evidence.
    void Tail(int threshold, int top, double above, double looks, double base0)
    {
        double[] power = s_power ??= new double[TailShapes.Bins + 1], tail = s_sums ??= new double[TailShapes.Bins + 1];
        double effective = looks * Math.Min(above, _spec.Margin.MostTailLooks), share = above > 0 ? effective / above : 0;
        double exponent = _spec.Margin.PriorShape + effective;
        Span<double> evidence = stackalloc double[TailShapes.Count], shares = _tail.AsSpan(0, TailShapes.Count), rate = _tail.AsSpan(TailShapes.Count);
        (_threshold, _exponent, _base) = (threshold, exponent, base0);
        IReadOnlyList<double> prior = _spec.Margin.LogPrior(_shape.Tail);

        double excess = 0;
        for (int bin = threshold; bin <= top; bin++) excess += _histogram[bin] * ((bin - threshold + .5) * TailShapes.BinWidth);
        for (int i = 0; i < evidence.Length; i++)
        {
            ReadOnlySpan<double> growth = TailShapes.AtMiddles(i);
            double sum = 0;
            for (int bin = threshold; bin <= top; bin++) sum += _histogram[bin] * growth[bin - threshold];
            rate[i] = _spec.Margin.PriorRate + share * sum;
            evidence[i] = prior[i] + TailShapes.Shape(i) * share * excess - exponent * Math.Log(rate[i]);
        }
        double largest = TensorPrimitives.Max<double>(evidence), total = 0;
        foreach (double e in evidence) total += Math.Exp(e - largest);

        int edges = _first + _table.Length - threshold;
        Span<double> sums = tail.AsSpan(0, edges), term = power.AsSpan(0, edges);
        sums.Clear();
        for (int i = 0; i < evidence.Length; i++)
        {
            double weight = Math.Exp(evidence[i] - largest) / total;
            shares[i] = weight < 1e-40 ? 0 : weight;
            if (shares[i] == 0) continue;
            TensorPrimitives.Divide(TailShapes.AtEdges(i)[..edges], rate[i], term);
            TensorPrimitives.Add(term, 1, term);
            TensorPrimitives.Log(term, term);
            TensorPrimitives.Multiply(term, -exponent, term);
            TensorPrimitives.Exp<double>(term, term);
            TensorPrimitives.MultiplyAdd(term, weight, sums, sums);
        }
        Span<float> table = _table.Values[(threshold - _first)..];
        for (int i = 0; i < edges; i++) table[i] = (float)(base0 - Math.Log(Math.Max(sums[i], 1e-300)));
    }

    // The same at one edge beyond the table, where few values ever come.
    double Beyond(int bin)
    {
        double sum = 0;
        for (int i = 0; i < TailShapes.Count; i++)
            if (_tail[i] > 0) sum += _tail[i] * Math.Exp(-_exponent * Math.Log(1 + TailShapes.AtEdges(i)[bin - _threshold] / _tail[TailShapes.Count + i]));
        return (float)(_base - Math.Log(Math.Max(sum, 1e-300)));
    }

    /// <summary>Out into a snapshot or back, between two steps.</summary>
    public void Carry(ref StateCarrier state)
    {
        _student?.Carry(ref state);
        _histogram.Carry(ref state);
        _table.Carry(ref state, TailShapes.Bins + 1);
        state.Carry(ref _first);
        state.Carry(_tail);
        state.Carry(ref _exponent);
        state.Carry(ref _base);
        state.Carry(ref _threshold);
        state.Carry(_queue);
        state.Carry(ref _head, 0, Math.Max(0, _queue.Length - 1));
        state.Carry(ref _waiting, 0, _queue.Length);
        state.Carry(ref _phase);
        state.Carry(ref _odd);
        state.Carry(ref _favour);
        state.Carry(ref _weight);
        state.Carry(ref _zero);
        state.Carry(ref _level);
        state.Carry(ref _mean);
        state.Carry(ref _variance);
        state.Carry(ref _covariance);
        state.Carry(ref _previous);
        state.Carry(ref _tailSteps);
        state.Carry(ref _tailEntries);
        state.Carry(ref _wasCommon);
        state.Carry(ref _learnt);
        state.Carry(ref _seen);
    }
}
