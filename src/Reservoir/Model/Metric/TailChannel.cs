namespace Esn;

/// <summary>How one statistic of the error is brought to a scale of its own.</summary>
public sealed record TailChannelSpec
{
    /// <summary>Values in the reference, 50 … 1,000,000.</summary>
    public int Reference { get; init; } = 4000;

    /// <summary>
    /// Steps between what a value was made of and the latest in its reference, 0 … 100,000: an onset does not excuse itself.
    /// </summary>
    public int Gap { get; init; } = 5;

    /// <summary>Nothing is told before the reference holds this many values, 2 … 100,000.</summary>
    public int LeastReference { get; init; } = 50;

    /// <summary>
    /// Added to the reference's standard deviation, (0, 100], in roots of scaled units: errors smaller than this do not matter.
    /// </summary>
    public double Floor { get; init; } = .05;

    /// <summary>A value enters the reference clipped at its mean and this many (floored) standard deviations, (0, 1000].</summary>
    public double Clip { get; init; } = 8;

    /// <summary>Exponent p of the running moment V of z, [1, 12].</summary>
    public double Power { get; init; } = 5;

    /// <summary>z counts in V up to this many times 1 + V^(1/p), (0, 1000].</summary>
    public double MomentClip { get; init; } = 3;

    /// <summary>V = 1 at the beginning weighs as many steps, [1, 1e6].</summary>
    public double MomentPrior { get; init; } = 200;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Reference, 50, 1_000_000);
        Require.Range(Gap, 0, 100_000);
        Require.Range(LeastReference, 2, 100_000);
        Require.Above(Floor, 0, 100);
        Require.Above(Clip, 0, 1000);
        Require.Range(Power, 1, 12);
        Require.Above(MomentClip, 0, 1000);
        Require.Range(MomentPrior, 1, 1e6);
    }
}

/// <summary>
/// One statistic a(t) ≥ 0 of the error, in standard deviations above the mean of a reference of its own past, over a
/// bar that heavy tails raise: z = max(0, (a − mean)/(std + floor)), q = z/(1 + V^(1/p)), V a running mean of zᵖ.
/// </summary>
sealed class TailChannel
{
    const int Onset = 3;  // values of a stretch above the bar that are learnt: of the first alone chance makes as many

    readonly TailChannelSpec _spec;
    readonly int _lasting;    // values of one from which on it is what the feed does
    readonly int _delay;      // steps a value waits before it joins the reference
    // One ring for the reference and what waits to join it: two would hold those twice.
    readonly float[] _ring;   // clipped values, the waiting ones with them [reference + delay]
    double _sum, _squares;    // of the reference
    long _count;              // values taken so far
    double _moment = 1;       // V
    int _above;               // values in a row above the bar
    long _first;              // value with which the reference begins
    long _left;               // value with which the feed left its level

    /// <param name="spec">Validated here.</param>
    /// <param name="length">Steps that one value is made of, ≥ 1: they wait before they join the reference.</param>
    /// <param name="lasting">Values in a row above the bar, ≥ 1, after which the next ones are what the feed does, and learnt.</param>
    public TailChannel(TailChannelSpec spec, int length, int lasting)
    {
        spec.Validate();
        Require.Range(length, 1, 1_000_000);
        Require.Range(lasting, 1, int.MaxValue);
        (_spec, _delay, _lasting) = (spec, length + spec.Gap, lasting);
        _ring = new float[spec.Reference + _delay];
    }

    /// <summary>V^(1/p): how heavy the tail of z has been.</summary>
    public double Tail => Math.Pow(_moment, 1 / _spec.Power);

    /// <summary>Mean of a² in the reference; 0: there is none.</summary>
    public double MeanSquare => Math.Max(0, _squares) / Math.Max(1, Math.Min(_count - _delay + 1 - _first, _spec.Reference));

    /// <summary>q(t) from a(t).</summary>
    /// <param name="a">≥ 0, finite.</param>
    /// <param name="learn">False: the value leaves no trace.</param>
    public double Step(double a, bool learn)
    {
        // a(t) is compared with what came at least `delay` steps before it.
        long settled = Math.Min(Math.Max(0, _count - _delay + 1 - _first), _spec.Reference);
        double mean = settled > 0 ? _sum / settled : 0;
        double unit = settled > 0 ? Math.Sqrt(Math.Max(0, _squares / settled - mean * mean)) + _spec.Floor : 0;
        bool told = settled >= _spec.LeastReference;
        double z = told ? Math.Max(0, (a - mean) / unit) : 0;
        double bar = 1 + Tail;
        _above = z >= bar ? Math.Min(_above + 1, int.MaxValue - 1) : 0;
        // An incident of an hour is one, not sixty: learnt in full it would be an excuse for the next one.
        if (learn && (_above <= Onset || _above > _lasting))
        {
            Remember((float)(told ? Math.Min(a, mean + _spec.Clip * unit) : a));
            double clipped = Math.Min(z, _spec.MomentClip * bar);
            _moment += (Math.Pow(clipped, _spec.Power) - _moment) / (_count - 1 + _spec.MomentPrior);
        }
        return z / bar;
    }

    /// <summary>What comes from now on may be of another level.</summary>
    public void Leave() => _left = _count;

    /// <summary>It is: of the values since, the later half is the reference from now on, if they are enough for one.</summary>
    public void Settle()
    {
        long newest = _count - _delay, values = (newest + 1 - _left) / 2;
        if (values < _spec.LeastReference) return;
        _first = Math.Max(_first, newest + 1 - values);
        Sum(newest);
    }

    void Remember(float value)
    {
        int at = (int)(_count % _ring.Length);
        // The value of `delay` − 1 steps ago joins the reference, so that the next step finds it `delay` steps behind; the oldest
        // one of a full reference leaves.
        _ring[at] = value;
        _count++;
        long joins = _count - _delay;
        if (joins < 0) return;
        float joined = _ring[joins % _ring.Length];
        _sum += joined;
        _squares += (double)joined * joined;
        long leaves = joins - _spec.Reference;
        if (leaves >= _first)
        {
            float left = _ring[leaves % _ring.Length];
            _sum -= left;
            _squares -= (double)left * left;
        }
        // Once a turn of the ring the sums are made anew: rounding does not pile up.
        if (joins % _ring.Length == _ring.Length - 1) Sum(joins);
    }

    void Sum(long newest)
    {
        (_sum, _squares) = (0, 0);
        for (long i = Math.Max(_first, newest - _spec.Reference + 1); i <= newest; i++)
        {
            float value = _ring[i % _ring.Length];
            _sum += value;
            _squares += (double)value * value;
        }
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_ring);
        state.Carry(ref _sum);
        state.Carry(ref _squares);
        state.Carry(ref _count);
        state.Carry(ref _moment);
        if (!state.Holds(6)) return;
        state.Carry(ref _above);
        state.Carry(ref _first);
        state.Carry(ref _left);
    }
}
