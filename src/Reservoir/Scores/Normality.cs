using MathNet.Numerics;

namespace Esn;

/// <summary>
/// Σ = Q((μ_short − μ_long)/σ_long): how probable the error of the short window is, judged by the long one  (eq. 4).
/// </summary>
/// <remarks>
/// Heim and Avery, "Adaptive Anomaly Detection in Chaotic Time Series with a Spatially Aware Echo State Network"
/// (2019), arXiv:1909.01709. The windows are of ln e²: the error of a learning model falls over decades, and its
/// logarithm has the light tail that Q speaks of. Strictly causal; the long window takes no part of the short one.
/// </remarks>
sealed class Normality
{
    const double Floor = 1e-14;  // of e², in units of the scaled feed: where rounding begins

    readonly NormalitySpec _spec;
    readonly float[] _ring;   // ln e² of the last long + short steps
    long _count;
    double _shortSum;
    double _longSum, _longSquares;

    /// <param name="spec">Validated here.</param>
    public Normality(NormalitySpec spec)
    {
        spec.Validate();
        _spec = spec;
        // One ring for both windows: what leaves the short one enters the long one, which two rings would have to hold twice.
        _ring = new float[spec.ShortWindow + spec.LongWindow];
    }

    /// <summary>Whether the long window is full.</summary>
    public bool Ready => _count >= _ring.Length;

    /// <summary>(μ_short − μ_long)/σ_long; 0 before the long window is full.</summary>
    public double Deviation { get; private set; }

    /// <summary>Σ in [0, 1], low = anomalous; 1 before the long window is full.</summary>
    public double Value => Ready ? Q(Deviation) : 1;

    /// <summary>Q(z) = P(Z > z) of a standard normal Z.</summary>
    public static double Q(double z) => .5 * SpecialFunctions.Erfc(z / Math.Sqrt(2));

    /// <summary>Takes e² of a step, the mean over channels.</summary>
    /// <param name="squaredError">≥ 0, of the scaled feed.</param>
    /// <param name="frozen">An alarm is open: judge the error by what was learnt before, and keep it out of the long window.</param>
    public void Step(double squaredError, bool frozen)
    {
        float y = (float)Math.Log(squaredError + Floor);
        if (frozen)
        {
            // Only the short window moves on: shift it by one within the ring.
            int newest = Slot(-1), width = _spec.ShortWindow;
            _shortSum -= _ring[Slot(-width)];
            for (int back = width; back > 1; back--) _ring[Slot(-back)] = _ring[Slot(-back + 1)];
            _ring[newest] = y;
            _shortSum += y;
        }
        else
        {
            double leaving = _count >= _spec.ShortWindow ? _ring[Slot(-_spec.ShortWindow)] : double.NaN;
            if (_count >= _ring.Length) Forget(_ring[Slot(0)]);
            _ring[Slot(0)] = y;
            _count++;
            _shortSum += y;
            if (!double.IsNaN(leaving))
            {
                _shortSum -= leaving;
                _longSum += leaving;
                _longSquares += leaving * leaving;
            }
            if (_count % _ring.Length == 0) Resum();
        }
        if (!Ready) return;
        double mean = _longSum / _spec.LongWindow;
        double deviation = Math.Sqrt(Math.Max(_longSquares / _spec.LongWindow - mean * mean, 1e-6));
        Deviation = (_shortSum / _spec.ShortWindow - mean) / deviation;
    }

    int Slot(int offset) => (int)((_count + offset + _ring.Length) % _ring.Length);

    void Forget(double y)
    {
        _longSum -= y;
        _longSquares -= y * y;
    }

    // Running sums gather rounding errors: made anew once in a turn of the ring.
    void Resum()
    {
        _shortSum = _longSum = _longSquares = 0;
        for (int back = 1; back <= _ring.Length; back++)
        {
            double y = _ring[Slot(-back)];
            if (back <= _spec.ShortWindow) _shortSum += y;
            else (_longSum, _longSquares) = (_longSum + y, _longSquares + y * y);
        }
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_ring);
        state.Carry(ref _count);
        state.Carry(ref _shortSum);
        state.Carry(ref _longSum);
        state.Carry(ref _longSquares);
        Deviation = state.Carried(Deviation);
    }
}
