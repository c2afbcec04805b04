namespace Esn;

/// <summary>−ln P(Y > y) of values y that were entered: by counting where there are counts, beyond them by a fitted tail.</summary>
/// <param name="spec">Valid.</param>
/// <param name="prior">Which tails are likely.</param>
sealed class MarginTable(MarginSpec spec, TailPrior prior)
{
    const double Origin = -20;  // lowest y
    const int Reach = 16;       // edges above the highest bin entered that the table has

    readonly SparseHistogram _histogram = new(TailShapes.Bins);  // of y, in units of the weight at the last rebuild
    readonly GrowingBuffer _table = OneEdge();  // at the edges of the bins, from the lowest that was entered to some above the highest
    readonly TailFit _tail = new(spec, prior);
    int _first;          // bin of the first of these edges; it is the same below
    double _weight = 1;  // of a value that enters now; grows, so that the past fades
    double _zero;        // weight of q = 0

    /// <summary>Edges of all bins.</summary>
    public static int Edges => TailShapes.Bins + 1;

    /// <summary>y at an edge.</summary>
    public static double ValueAt(int edge) => Origin + edge * TailShapes.BinWidth;

    /// <summary>What was entered fades.</summary>
    /// <param name="growth">Of the weight of what enters from now on, > 1.</param>
    public void Fade(double growth) => _weight *= growth;

    /// <summary>Enters a value.</summary>
    /// <param name="y">−∞: q was 0.</param>
    /// <param name="steps">That it stands for.</param>
    public void Enter(double y, int steps)
    {
        if (double.IsNegativeInfinity(y)) _zero += steps * _weight;
        else _histogram.Add(Math.Clamp((int)((y - Origin) / TailShapes.BinWidth), 0, TailShapes.Bins - 1), (float)(steps * _weight));
    }

    /// <summary>−ln P(Y > y), between the edges by a straight line.</summary>
    public double At(double y)
    {
        double place = Math.Clamp((y - Origin) / TailShapes.BinWidth, 0, TailShapes.Bins);
        int bin = Math.Min((int)place, TailShapes.Bins - 1);
        double low = AtEdge(bin);
        return low + (place - bin) * (AtEdge(bin + 1) - low);
    }

    /// <summary>−ln P at an edge.</summary>
    public double AtEdge(int edge)
    {
        int at = Math.Max(0, edge - _first);
        return at < _table.Length ? _table.Values[at] : edge > _tail.Threshold ? _tail.At(edge) : _table.Values[^1];
    }

    /// <summary>Makes the table anew from what was entered.</summary>
    /// <param name="looks">Independent looks a step, > 0.</param>
    public void Rebuild(double looks)
    {
        _histogram.Scale((float)(1 / _weight));
        _zero /= _weight;
        _weight = 1;
        double mass = _histogram.Sum(), all = mass + _zero + 1;
        if (!(mass > 0))
        {
            _table.Resize(1);
            _table.Values[0] = (float)-Math.Log(.5 / all);
            _tail.Clear();
            return;
        }

        double above = _tail.Begin(_histogram, mass, looks), counted = above;
        _first = _histogram.Low;
        _table.Resize(Math.Min(TailShapes.Bins, _histogram.High + Reach) + 1 - _first);
        Span<float> table = _table.Values;
        for (int bin = _tail.Threshold; bin-- > _first;)
        {
            counted += _histogram[bin];
            table[bin - _first] = (float)-Math.Log((counted + .5) / all);
        }
        _tail.Fit(_histogram, above, looks, -Math.Log((above + .5) / all), table[(_tail.Threshold - _first)..]);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        _histogram.Carry(ref state);
        _table.Carry(ref state, Edges);
        _tail.Carry(ref state);
        state.Carry(ref _first);
        state.Carry(ref _weight);
        state.Carry(ref _zero);
    }

    static GrowingBuffer OneEdge()
    {
        var table = new GrowingBuffer();
        table.Resize(1);
        return table;
    }
}
