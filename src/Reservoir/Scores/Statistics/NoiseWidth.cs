namespace Esn;

/// <summary>
/// By how much the noise of each channel is wider now than it usually is, from how far one frame lies from the next: a level
/// that shifts adds one such distance, noise that grows adds to all of them. A mean of noisier values strays further, and
/// that is no shift.
/// </summary>
/// <param name="channels">≥ 1.</param>
/// <param name="window">Steps over which the present width is taken, ≥ 1.</param>
/// <param name="young">Distances that fix what is usual.</param>
/// <param name="memory">Steps over which the usual width is forgotten after those.</param>
sealed class NoiseWidth(int channels, double window, int young, double memory)
{
    const double Widths = 5, Floor = .02;  // a distance counts for at most so many usual ones, and beside them in scaled units
    const int Begin = 30;                  // distances before a factor means anything

    readonly double[] _previous = new double[channels], _usual = new double[channels], _now = new double[channels];
    long _count = -1;  // distances seen

    /// <summary>Takes u(t).</summary>
    /// <param name="input">[channels], scaled.</param>
    /// <param name="held">Channels whose usual width is not to be learnt now.</param>
    public void Add(ReadOnlySpan<double> input, HeldChannels held)
    {
        _count++;
        for (int c = 0; c < _previous.Length && _count > 0; c++)
        {
            double distance = Math.Abs(input[c] - _previous[c]);
            if (_count > Begin) distance = Math.Min(distance, Widths * _usual[c] + Floor);
            if (!held[c]) _usual[c] += (_count <= young ? 1.0 / _count : 1 / memory) * (distance - _usual[c]);
            _now[c] += Math.Max(1.0 / _count, 1 / window) * (distance - _now[c]);
        }
        input.CopyTo(_previous);
    }

    /// <summary>The width now over the usual one, ≥ 1.</summary>
    public double Of(int channel) => _count > Begin && _usual[channel] > 0 ? Math.Max(1, _now[channel] / _usual[channel]) : 1;

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_previous);
        state.Carry(_usual);
        state.Carry(_now);
        state.Carry(ref _count);
    }
}
