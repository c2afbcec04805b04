namespace Esn;

/// <summary>Mean over the last steps, channel by channel; summed anew once a turn, so that rounding errors do not gather.</summary>
sealed class RunningMean
{
    const double Resolution = 1e-14;  // of a running sum, relative to the largest it held since it was summed anew

    readonly int _channels, _length;
    readonly double[] _ring;     // [length×channels]
    readonly double[] _sums;     // [channels]
    readonly double[] _largest;  // [channels]
    int _slot;

    /// <param name="channels">≥ 1.</param>
    /// <param name="length">Steps of the mean, ≥ 1.</param>
    public RunningMean(int channels, int length)
    {
        (_channels, _length) = (channels, length);
        _ring = new double[length * channels];
        (_sums, _largest) = (new double[channels], new double[channels]);
    }

    /// <summary>Whether as many steps were taken as the mean is over.</summary>
    public bool Full { get; private set; }

    /// <summary>Takes a step.</summary>
    /// <param name="values">[channels].</param>
    /// <param name="means">[channels], overwritten; exactly 0 where the sum is below its resolution.</param>
    public void Add(ReadOnlySpan<double> values, Span<double> means)
    {
        if (_length == 1)
        {
            values.CopyTo(means);
            Full = true;
            return;
        }
        Span<double> slot = _ring.AsSpan(_slot * _channels, _channels);
        for (int c = 0; c < slot.Length; c++)
        {
            _sums[c] += values[c] - slot[c];
            slot[c] = values[c];
            _largest[c] = Math.Max(_largest[c], Math.Abs(_sums[c]));
        }
        if (++_slot == _length) SumAnew();
        for (int c = 0; c < means.Length; c++)
            means[c] = Math.Abs(_sums[c]) <= Resolution * _largest[c] ? 0 : _sums[c] / _length;
    }

    void SumAnew()
    {
        (_slot, Full) = (0, true);
        Array.Clear(_sums);
        for (int i = 0; i < _ring.Length; i += _channels)
            for (int c = 0; c < _channels; c++) _sums[c] += _ring[i + c];
        for (int c = 0; c < _channels; c++) _largest[c] = Math.Abs(_sums[c]);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_ring);
        state.Carry(_sums);
        state.Carry(_largest);
        state.Carry(ref _slot);
        Full = state.Carried(Full);
    }
}
