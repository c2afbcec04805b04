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
    readonly Bins _histogram = new(TailShapes.Bins);  // of y, in units of the weight at the last rebuild
    readonly GrowingBuffer _table = new();  // v at the edges of the bins, from the lowest that was entered to some above the highest
    int _first;                 // the first of these edges; v is the same below
    readonly double[] _tail = new double[2 * TailShapes.Count];  // of v beyond the table: weight and rate of each shape
    double _exponent, _base;   // of it as well, and where it begins
    int _threshold = int.MaxValue;
    readonly short[] _queue;   // y (delayed: ln q) that wait
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
        _queue = new short[shape.Delay > 0 ? shape.Delay : shape.Span > 1 ? 2 * shape.Span : 0];
        _table.Resize(1);
        Discard();
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
        bool common = Value >= _spec.Margin.StayMargin;
        _tailSteps = _tailSteps * _spec.Margin.StayMemory + (common ? 1 : 0);
        _tailEntries = _tailEntries * _spec.Margin.StayMemory + (common && !_wasCommon ? 1 : 0);
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
            if (_learnt > _spec.Margin.Skipped || double.IsNegativeInfinity(y)) y = _queue.Length > 0 ? Exchange(y) : y;
            else y = double.NaN;
            if (!double.IsNaN(y)) Enter(y);
        }
    }

    /// <summary>Throws away what waits in the queue.</summary>
    public void Discard() => _queue.AsSpan().Fill(Waiting.None);

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
        _level += (young ? y : Math.Clamp(y, -_spec.Margin.LargestStep, _spec.Margin.LargestStep)) * gain;

        gain = Math.Max(1.0 / _learnt, 1 / _spec.Memory);
        double d = Math.Clamp(y, -2, 3) - _mean;
        _mean += gain * d;
        _variance += gain * (d * d - _variance);
        if (!double.IsNaN(_previous)) _covariance += gain * (d * _previous - _covariance);
        _previous = d;
        return y;
    }

    double Exchange(double value)
    {
        double then = Waiting.Value(_queue[_head]);
        _queue[_head] = Waiting.Of(value);
        _head = _head + 1 == _queue.Length ? 0 : _head + 1;
        return then;
    }

    void Enter(double y)
    {
        if (double.IsNegativeInfinity(y)) _zero += _weight;
        else _histogram.Add(Math.Clamp((int)((y - Origin) / TailShapes.BinWidth), 0, TailShapes.Bins - 1), (float)_weight);
    }

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
        double byStays = (_tailEntries + _spec.Margin.StayPrior * byCorrelation) / (_tailSteps + _spec.Margin.StayPrior);
        double looks = byCorrelation + (byStays - byCorrelation) * peaks / (peaks + _spec.Margin.StayEpisodes);

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
        _histogram.Carry(ref state);
        _table.Carry(ref state, TailShapes.Bins + 1);
        state.Carry(ref _first);
        state.Carry(_tail);
        state.Carry(ref _exponent);
        state.Carry(ref _base);
        state.Carry(ref _threshold);
        state.Carry(_queue);
        state.Carry(ref _head);
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

/// <summary>A logarithm in 16 bits: to 1/512, where bins are .1 wide; thousands of them wait in each stream.</summary>
static class Waiting
{
    /// <summary>Thrown away, NaN.</summary>
    public const short None = short.MinValue;

    const short Zero = short.MinValue + 1;  // −∞
    const double Unit = 1.0 / 512;

    /// <summary>Clipped at ±63.99.</summary>
    public static short Of(double logarithm) =>
        double.IsNaN(logarithm) ? None
        : double.IsNegativeInfinity(logarithm) ? Zero
        : (short)Math.Clamp(Math.Round(logarithm / Unit), Zero + 1, short.MaxValue);

    /// <summary>What was coded.</summary>
    public static double Value(short code) => code switch { None => double.NaN, Zero => double.NegativeInfinity, _ => code * Unit };
}
