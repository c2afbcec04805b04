namespace Esn;

/// <summary>Logarithms that wait before anything is learnt from them. NaN: no value, or one that was thrown away.</summary>
/// <param name="length">Values that wait, ≥ 0.</param>
sealed class DelayLine(int length)
{
    readonly short[] _waiting = Nothing(length);  // as compact logarithms
    int _head, _count;                            // the oldest; how many wait while the line fills
    bool _odd;                                    // whether an odd number came while it filled

    /// <summary>Puts a value in and takes out that of <c>length</c> values ago.</summary>
    public double Exchange(double value)
    {
        if (_waiting.Length == 0) return value;
        double oldest = CompactLogarithm.Value(_waiting[_head]);
        _waiting[_head] = CompactLogarithm.Of(value);
        _head = _head + 1 == _waiting.Length ? 0 : _head + 1;
        return oldest;
    }

    /// <summary>
    /// The same; but while the line fills, the older half of what has come is given out: at every second value, the oldest that waits.
    /// </summary>
    public double ExchangeOlderHalf(double value)
    {
        if (_count == _waiting.Length) return Exchange(value);
        _waiting[(_head + _count++) % _waiting.Length] = CompactLogarithm.Of(value);
        _odd = !_odd;
        if (_odd) return double.NaN;
        double oldest = CompactLogarithm.Value(_waiting[_head]);
        (_head, _count) = ((_head + 1) % _waiting.Length, _count - 1);
        return oldest;
    }

    /// <summary>Throws away what waits.</summary>
    public void Discard() => _waiting.AsSpan().Fill(CompactLogarithm.None);

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_waiting);
        state.Carry(ref _head, 0, Math.Max(0, _waiting.Length - 1));
        state.Carry(ref _count, 0, _waiting.Length);
        state.Carry(ref _odd);
    }

    static short[] Nothing(int length)
    {
        short[] waiting = new short[length];
        waiting.AsSpan().Fill(CompactLogarithm.None);
        return waiting;
    }
}
