namespace Esn;

/// <summary>Mean over the last steps, channel by channel.</summary>
/// <param name="channels">≥ 1.</param>
/// <param name="length">Steps of the mean, ≥ 1.</param>
sealed class RunningMean(int channels, int length)
{
    const double Resolution = 1e-14;  // of a running sum, relative to the largest it held since it was made anew

    readonly RunningSum? _sum = length > 1 ? new(channels, length) : null;  // null: the mean is the value itself
    readonly double[] _largest = new double[length > 1 ? channels : 0];  // of |sum| since it was made anew

    /// <summary>Whether as many steps were taken as the mean is over.</summary>
    public bool Full { get; private set; }

    /// <summary>Takes a step.</summary>
    /// <param name="values">[channels].</param>
    /// <param name="means">[channels], overwritten; exactly 0 where the sum is below its resolution.</param>
    public void Add(ReadOnlySpan<double> values, Span<double> means)
    {
        if (_sum is null)
        {
            values.CopyTo(means);
            Full = true;
            return;
        }
        bool anew = _sum.Add(values);
        Full |= anew;
        for (int c = 0; c < means.Length; c++)
        {
            double sum = _sum.Values[c], size = Math.Abs(sum);
            _largest[c] = anew ? size : Math.Max(_largest[c], size);
            means[c] = size <= Resolution * _largest[c] ? 0 : sum / length;
        }
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        _sum?.Carry(ref state);
        state.Carry(_largest);
        Full = state.Carried(Full);
    }
}
