namespace Esn;

/// <summary>By how much a record is broken, as a number that units do not change.</summary>
static class RecordMargin
{
    const double Narrowest = .1;  // part of the range: no side counts as narrower

    /// <summary>
    /// How far a value lies outside of those before it, over how far the furthest of them on its side lies from their mean. 0 inside,
    /// and where nothing ever moved.
    /// </summary>
    /// <param name="x">The value.</param>
    /// <param name="low">The least before it.</param>
    /// <param name="high">The greatest before it.</param>
    /// <param name="mean">Of those before it.</param>
    public static double Of(double x, double low, double high, double mean)
    {
        double distance = Math.Max(x - high, low - x), range = high - low;
        if (!(distance > 0 && range > 0 && double.IsFinite(distance + range))) return 0;
        return distance / Math.Max(x > high ? high - mean : mean - low, Narrowest * range);
    }
}
