namespace Esn.Streaming.Backtest;

/// <summary>
/// A series to be plotted, of bounded size: each value until the room is full; from then on the least and the largest
/// of every 2·<see cref="Stride"/> rows, twice as many each time it is full again.
/// </summary>
/// <param name="room">Most points kept, a multiple of 4.</param>
public sealed class Envelope(int room)
{
    readonly List<double> _points = [];
    double _least = double.NaN, _largest = double.NaN;  // of the pair that is being filled
    int _pending;

    /// <summary>Rows of a point; from 2 on points come in pairs, least and largest.</summary>
    public int Stride { get; private set; } = 1;

    /// <summary>Adds the value of the next row; NaN: it has none.</summary>
    public void Add(double value)
    {
        if (Stride == 1) _points.Add(value);
        else
        {
            Widen(value, value);
            if (++_pending == 2 * Stride) Flush();
        }
        if (_points.Count < room) return;
        List<double> all = [.. _points];
        _points.Clear();
        for (int i = 0; i < all.Count; i += 4)
        {
            for (int j = i; j < i + 4; j++) Widen(all[j], all[j]);
            Flush();
        }
        Stride *= 2;
    }

    /// <summary>The points, those of the last rows too.</summary>
    public IReadOnlyList<double> Points()
    {
        if (_pending > 0) Flush();
        return _points;
    }

    void Widen(double least, double largest)
    {
        if (!(_least <= least)) _least = double.IsNaN(least) ? _least : least;
        if (!(_largest >= largest)) _largest = double.IsNaN(largest) ? _largest : largest;
    }

    void Flush()
    {
        _points.Add(_least);
        _points.Add(_largest);
        (_least, _largest, _pending) = (double.NaN, double.NaN, 0);
    }
}
