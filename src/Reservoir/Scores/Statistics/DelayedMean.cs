namespace Esn;

/// <summary>Where means over a window lay before: their running mean, a window behind and without what was frozen.</summary>
/// <param name="channels">≥ 1.</param>
/// <param name="window">Steps of the means, and by which this is behind.</param>
/// <param name="memory">In steps.</param>
/// <param name="haste">1: the mean of all that was seen, while that is less than the memory; 2: of the latter half or so.</param>
sealed class DelayedMean(int channels, int window, double memory, double haste)
{
    readonly RecentSteps<float> _past = new(window, channels);  // the last means
    readonly double[] _mean = new double[channels];
    int _clean;  // steps since one that was frozen
    long _learnt;

    /// <summary>
    /// Whether it rests on a window's length of means, and whether the present mean is clear of steps of an alarm that is over: these
    /// would be told a second time.
    /// </summary>
    public bool Ready => _learnt >= window && (_clean >= window || _clean == 0);

    /// <summary>[channels].</summary>
    public ReadOnlySpan<double> Mean => _mean;

    /// <summary>Takes the means of a step.</summary>
    public void Add(ReadOnlySpan<double> means, bool frozen)
    {
        Span<float> then = _past.Oldest;
        _clean = frozen ? 0 : Math.Min(_clean + 1, 2 * window);
        if (_clean >= 2 * window)
        {
            double gain = Math.Min(1, Math.Max(1 / memory, haste / ++_learnt));
            for (int c = 0; c < then.Length; c++) _mean[c] += gain * (then[c] - _mean[c]);
        }
        Narrow(means, then);
        _past.Advance();
    }

    /// <summary>What the means are now is where they lie.</summary>
    public void Adapt(ReadOnlySpan<double> means)
    {
        means.CopyTo(_mean);
        for (int step = 0; step < window; step++) Narrow(means, _past.Rows.Slice(step * channels, channels));
    }

    static void Narrow(ReadOnlySpan<double> means, Span<float> kept)
    {
        for (int c = 0; c < kept.Length; c++) kept[c] = (float)means[c];
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        _past.Carry(ref state);
        state.Carry(_mean);
        state.Carry(ref _clean);
        state.Carry(ref _learnt);
    }
}
