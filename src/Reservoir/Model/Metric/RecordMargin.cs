namespace Esn;

/// <summary>By how much a record is broken, as a number that units do not change.</summary>
static class RecordMargin
{
    const double Narrowest = .1;  // part of the range: no side counts as narrower
    const double Most = 1e9;      // what is said of more: a score of it is finite

    /// <summary>
    /// How far a value lies outside of those before it, over how far the furthest of them on its side lies from their mean. 0 inside,
    /// and where nothing ever moved; at most 1e9.
    /// </summary>
    /// <param name="x">The value.</param>
    /// <param name="low">The least before it.</param>
    /// <param name="high">The greatest before it.</param>
    /// <param name="mean">Of those before it.</param>
    public static double Of(double x, double low, double high, double mean)
    {
        double distance = Math.Max(x - high, low - x), range = high - low;
        if (!(distance > 0 && range > 0 && double.IsFinite(range))) return 0;
        return Math.Min(Most, distance / Math.Max(x > high ? high - mean : mean - low, Narrowest * range));
    }
}
