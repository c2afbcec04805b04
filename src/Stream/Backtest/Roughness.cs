namespace Esn.Streaming.Backtest;

/// <summary>
/// How rough a channel is: half of the mean squared step in its variances, the ratio of von Neumann. 1 is noise, in which a value says
/// nothing of the next; a signal that is sampled at its own scale is near 0.
/// </summary>
/// <remarks>J. von Neumann, "Distribution of the ratio of the mean square successive difference to the variance", 1941.</remarks>
struct Roughness
{
    long _count;
    double _mean, _squares, _steps, _last;

    /// <summary>Takes a value; one that is missing says nothing.</summary>
    public void Add(double value)
    {
        if (double.IsNaN(value)) return;
        if (_count++ > 0) _steps += (value - _last) * (value - _last);
        double off = value - _mean;
        _mean += off / _count;
        _squares += off * (value - _mean);
        _last = value;
    }

    /// <summary>About 0 … 2; NaN of a constant, or of less than two values.</summary>
    public readonly double Value => _steps / (2 * _squares);
}
