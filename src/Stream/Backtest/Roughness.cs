namespace Esn.Streaming.Backtest;

/// <summary>
/// Whether a channel is noise around levels, of which a value says little of the next: its steps turn round as those of noise do, and are
/// not small beside its spread.
/// </summary>
/// <remarks>
/// The mean squares of the first and second differences of white noise are 2 and 6 variances; those of a signal that is sampled at its own
/// scale are less, each time. J. von Neumann, "Distribution of the ratio of the mean square successive difference to the variance", 1941.
/// </remarks>
struct Roughness
{
    // Of 1, which is white noise. Feeds of known kind lie well apart: signals with noise upon them below the first, smooth ones below the
    // second; a plant's channels above both.
    const double LeastTurn = .7, LeastStep = .03;

    long _count, _pairs;
    double _mean, _squares, _steps, _turns, _last, _step;

    /// <summary>Takes a value; one that is missing says nothing.</summary>
    public void Add(double value)
    {
        if (double.IsNaN(value)) return;
        double off = value - _mean, step = value - _last;
        _mean += off / ++_count;
        _squares += off * (value - _mean);
        if (_count > 1) _steps += step * step;
        if (_count > 2) (_turns, _pairs) = (_turns + (step - _step) * (step - _step), _pairs + 1);
        (_last, _step) = (value, step);
    }

    /// <summary>Null: it is constant, or too short to say.</summary>
    public readonly bool? IsNoise => _pairs == 0 || !(_steps > 0) ? null
        : _turns > LeastTurn * 3 * _steps && _steps > LeastStep * 2 * _squares;
}
