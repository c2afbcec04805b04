namespace Esn.Streaming.Board;

/// <summary>
/// How large the errors of a channel mostly are, in two numbers: it rises a little with each error above it and sinks a little
/// with each below it, in the proportion that leaves one of a hundred above.
/// </summary>
struct ErrorWidth
{
    const double Share = .99, Pace = .05, Memory = 200;

    double _mean;  // of |error|
    double _width;
    long _errors;

    /// <summary>Half of the band; NaN before any error.</summary>
    public readonly double Value => _errors == 0 ? double.NaN : _width;

    /// <summary>Takes an error; one that is not finite is passed over.</summary>
    public void Add(double error)
    {
        double size = Math.Abs(error);
        if (!double.IsFinite(size)) return;
        _mean += (size - _mean) / Math.Min(++_errors, Memory);
        // The first ones have nothing to be measured by but each other.
        if (_errors <= Memory) _width = Math.Max(_width, size);
        else _width = Math.Max(0, _width + Pace * _mean * (size > _width ? Share : Share - 1));
    }
}
