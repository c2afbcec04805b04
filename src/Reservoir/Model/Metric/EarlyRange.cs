namespace Esn;

/// <summary>What the values of a channel were in the warm-up so far.</summary>
struct EarlyRange()
{
    double _low = double.PositiveInfinity, _high = double.NegativeInfinity, _last = double.NaN;
    bool _rose, _fell;
    Moves _moves = new();

    /// <summary>Values that came.</summary>
    public int Count { get; private set; }

    /// <summary>Feed time of the first.</summary>
    public DateTime First { get; private set; }

    /// <summary>Of the values; 0 before the first.</summary>
    public double Mean { get; private set; }

    /// <inheritdoc cref="Moves.Looks"/>
    public readonly double Looks => _moves.Looks;

    /// <summary>Takes one; NaN is none.</summary>
    public void Take(double value, DateTime time)
    {
        if (double.IsNaN(value)) return;
        if (Count == 0) First = time;
        (_low, _high, _rose, _fell) = (Math.Min(_low, value), Math.Max(_high, value), _rose | value > _last, _fell | value < _last);
        _last = value;
        _moves.Take(value);
        Mean += (value - Mean) / ++Count;
    }

    /// <summary>Most that one can be told with, as <see cref="Moves"/> says.</summary>
    public readonly double Ceiling(double value) => _moves.Ceiling(value);

    /// <summary>How far one lies outside of them, as <see cref="RecordMargin"/> says.</summary>
    /// <returns>0 also where they only ever went one way: a counter may begin anew.</returns>
    public readonly double Beyond(double value) => _rose && _fell ? RecordMargin.Of(value, _low, _high, Mean) : 0;
}
