namespace Esn;

/// <summary>
/// Running mean of residuals over τ steps whose increments are limited to a few times their usual size: one spike does
/// not move it, a shift that lasts does.
/// </summary>
/// <param name="channels">≥ 1.</param>
/// <param name="window">τ, in steps.</param>
/// <param name="spec">Valid.</param>
sealed class LimitedMean(int channels, double window, IncrementLimitSpec spec)
{
    readonly double[] _mean = new double[channels], _usual = new double[channels];  // r, s
    long _count;

    /// <summary>r, [channels].</summary>
    public ReadOnlySpan<double> Mean => _mean;

    /// <summary>The most that one residual of a channel counts for, as a distance from the mean.</summary>
    public double LimitOf(int channel) => spec.Widths * _usual[channel] + spec.Floor;

    /// <summary>Takes residuals.</summary>
    /// <param name="residuals">[channels], scaled.</param>
    public void Add(ReadOnlySpan<double> residuals)
    {
        double gain = Math.Max(1.0 / ++_count, 1 / spec.Memory);
        for (int c = 0; c < _mean.Length; c++)
        {
            double step = residuals[c] - _mean[c], limit = LimitOf(c);
            _mean[c] += Math.Clamp(step, -limit, limit) / window;
            _usual[c] += gain * (Math.Min(Math.Abs(step), limit) - _usual[c]);
        }
    }

    /// <summary>The mean of a channel starts again at 0.</summary>
    public void Reset(int channel) => _mean[channel] = 0;

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_mean);
        state.Carry(_usual);
        state.Carry(ref _count);
    }
}
