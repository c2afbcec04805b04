namespace Esn;

/// <summary>A quantile of the last B values of each channel, the lower one of two; usually the median.</summary>
/// <param name="channels">≥ 1.</param>
/// <param name="values">B, 1 … 65,535.</param>
/// <param name="quantile">Part of the values below it, [0, 1).</param>
sealed class RunningQuantile(int channels, int values, double quantile = .5)
{
    readonly double[] _recent = new double[values * channels];  // rings [channels×B]
    readonly ushort[] _order = new ushort[values * channels];   // places in the ring, ascending by value [channels×B]
    readonly long[] _counts = new long[channels];               // values taken

    /// <summary>Takes a value, finite.</summary>
    /// <returns>The quantile with it.</returns>
    public double Add(int channel, double value)
    {
        Span<double> recent = _recent.AsSpan(channel * values, values);
        Span<ushort> order = _order.AsSpan(channel * values, values);
        int at = (int)(_counts[channel] % values), kept = (int)Math.Min(_counts[channel]++, values);
        int held = kept;
        if (kept == values)
        {
            int oldest = order.IndexOf((ushort)at);
            order[(oldest + 1)..].CopyTo(order[oldest..]);
            held--;
        }
        int low = 0, high = held;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (recent[order[middle]] <= value) low = middle + 1;
            else high = middle;
        }
        order[low..held].CopyTo(order[(low + 1)..]);
        (order[low], recent[at]) = ((ushort)at, value);
        return recent[order[(int)(quantile * held)]];
    }

    /// <summary>Another quantile of the same values, of which there is one at least.</summary>
    public double Of(int channel, double other)
    {
        int kept = (int)Math.Min(_counts[channel], values);
        return _recent[channel * values + _order[channel * values + (int)(other * (kept - 1))]];
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_recent);
        state.Carry(_counts);
        if (!state.Loading) return;
        for (int c = 0; c < channels; c++)
        {
            int kept = (int)Math.Min(_counts[c], values);
            Span<ushort> order = _order.AsSpan(c * values, kept);
            for (int i = 0; i < kept; i++) order[i] = (ushort)i;
            double[] sorted = [.. _recent.AsSpan(c * values, kept)];
            sorted.AsSpan().Sort(order);
        }
    }
}
