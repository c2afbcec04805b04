namespace Esn;

/// <summary>How a channel has risen and fallen so far, a counter that began anew followed as if it had gone on.</summary>
/// <remarks>
/// Its falls are to near 0, or to where it began before: a restored one does not begin at 0. Noise falls too, but not as far as several
/// rises at once, and a saw falls as often as its teeth come: so no stretch between two falls has half of its rises.
/// </remarks>
struct Rise()
{
    /// <summary>Rises of a counter within which it begins anew, and which its fall passes.</summary>
    public const double Near = 8;

    const int Fewest = 8;  // rises before a fall is known to be far

    double _last = double.NaN, _start = double.NaN;  // value before; where it began anew, but for near 0: NaN, never
    double _fellTo = double.NaN;  // where it may have, as will show: disks are cleared up, too
    double _largest, _total;     // of the rises: the largest, their sum
    double _lost;                // by falls that began it anew
    int _stretch, _longest;      // rises since the last of these, and of the stretch with the most
    int _still;                  // steps since the last rise
    bool _paused;                // values are missing since the last, so that the next rise is of several steps

    /// <summary>Steps up.</summary>
    public int Rises { get; private set; }

    /// <summary>Steps down that began nothing anew.</summary>
    public int Falls { get; private set; }

    /// <summary>Values below 0.</summary>
    public int Below { get; private set; }

    /// <summary>Values that are no whole numbers.</summary>
    public int Fractions { get; private set; }

    /// <summary>Whether it is as a counter: it fell only to begin anew and was never below 0.</summary>
    public readonly bool Counts => Falls == 0 && Below == 0;

    /// <summary>Whether it has risen in the last steps, so many.</summary>
    public readonly bool RoseWithin(int steps) => _still < steps;

    /// <summary>Whether half of its rises came between two falls that began it anew.</summary>
    public readonly bool IsOneStretch => 2L * _longest >= Rises;

    /// <summary>Takes a value.</summary>
    /// <param name="value">Finite.</param>
    /// <param name="first">It is one of the first: where it began anew is known at once, and not by the second time.</param>
    /// <returns>What it would be, had it never begun anew.</returns>
    public double Take(double value, bool first)
    {
        double change = value - _last;  // NaN at first: neither up nor down
        _last = value;
        if (_paused && change > 0) change = 0;
        _paused = false;
        _still = change > 0 ? 0 : Up(_still);
        if (change > 0)
        {
            (Rises, _largest, _total) = (Up(Rises), Math.Max(_largest, change), _total + change);
            _longest = Math.Max(_longest, _stretch = Up(_stretch));
        }
        else if (change < 0 && BeginsAnew(value, -change, first)) (_lost, _stretch) = (_lost - change, 0);
        else if (change < 0) Falls = Up(Falls);
        if (value < 0) Below = Up(Below);
        if (value != Math.Floor(value)) Fractions = Up(Fractions);
        return value + _lost;
    }

    /// <summary>Takes a step without a value.</summary>
    public void Pause() => _paused = true;

    bool BeginsAnew(double value, double fall, bool first)
    {
        if (Rises < Fewest || value < 0) return false;
        if (value <= Near * _largest) return _lost > 0 || fall > Near * _total / Rises;
        if (!(fall > Near * _largest)) return false;
        if (double.IsNaN(_start) && first) _start = value;
        else if (double.IsNaN(_start) && Math.Abs(value - _fellTo) <= Near * _largest) (_start, Falls) = (_fellTo, Falls - 1);
        _fellTo = value;
        return Math.Abs(value - _start) <= Near * _largest;
    }

    static int Up(int count) => count == int.MaxValue ? count : count + 1;
}
