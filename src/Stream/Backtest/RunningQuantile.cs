namespace Esn.Streaming.Backtest;

/// <summary>Quantile of the last so many values.</summary>
/// <param name="window">How many, ≥ 1.</param>
/// <param name="share">In [0, 1].</param>
public sealed class RunningQuantile(int window, double share)
{
    readonly Queue<double> _values = new(window);
    readonly List<double> _sorted = new(window);

    /// <summary>The least value that at least this share of the window does not exceed; NaN while there is none.</summary>
    public double Value => _sorted.Count == 0 ? double.NaN : _sorted[Math.Max(0, (int)Math.Ceiling(share * _sorted.Count) - 1)];

    /// <summary>Takes a value, not NaN.</summary>
    public void Add(double value)
    {
        if (_values.Count == window) _sorted.RemoveAt(_sorted.BinarySearch(_values.Dequeue()));
        _values.Enqueue(value);
        int at = _sorted.BinarySearch(value);
        _sorted.Insert(at < 0 ? ~at : at, value);
    }
}
