namespace Esn;

/// <summary>
/// A few values among the first of a channel that lie out of all proportion to the others, −999, 65535 or 1e30, are codes of a fault: they
/// must not fix the scale for good. Beats, pulses and bursts come more often, and are not as far off; a valve that stands at its end is the
/// very same each time, but its noise is no thousandth of its way.
/// </summary>
static class FaultCodes
{
    /// <summary>Part of the first values that are codes, at the most.</summary>
    public const double MostCodes = .02;

    const double MostWidths = 50;                   // interquartile ranges beyond which a value is a code
    const double FarWidths = 500, MostAlike = .2;   // the same of one that comes often, always as the very same value

    const double FarRanges = 5;                     // whole ranges of the others, from which on one that stands for a while is a code
    const int LeastAlike = 10;                      // values on end of which that is so

    /// <summary>The values without codes.</summary>
    /// <param name="values">Of one channel, finite; not changed.</param>
    public static ReadOnlySpan<double> Without(double[] values)
    {
        (double[] codes, double median, double most, bool one) = Find(values);
        return codes.Length == 0 || codes.Length > (one ? MostAlike : MostCodes) * values.Length ? values
            : values.Where(x => Math.Abs(x - median) <= most).ToArray();
    }

    /// <summary>
    /// Codes become missing values, where they are one value that comes again and again, or once: bursts, which a metric has, differ.
    /// </summary>
    /// <param name="frames">[count×channels], NaN: no value.</param>
    /// <param name="channels">Of a frame.</param>
    public static void Blank(Span<double> frames, int channels)
    {
        double[] values = new double[frames.Length / channels];
        for (int c = 0; c < channels; c++)
        {
            int count = 0;
            for (int i = c; i < frames.Length; i += channels)
                if (!double.IsNaN(frames[i])) values[count++] = frames[i];
            (double[] codes, _, _, bool one) = Find(values.AsSpan(0, count));
            if (!one) codes = Stands(values.AsSpan(0, count));
            if (codes.Length == 0 || codes.Length > MostAlike * count) continue;
            for (int i = c; i < frames.Length; i += channels)
                if (frames[i] == codes[0]) frames[i] = double.NaN;
        }
    }

    // The least or the greatest value, where it comes for a while on end and lies by many times their whole range from all others: noise
    // that is large hides it from quartiles, and no feed goes so far to stand still there.
    static double[] Stands(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty) return [];
        double[] sorted = [.. values];
        sorted.AsSpan().Sort();
        foreach (double code in (ReadOnlySpan<double>)[sorted[0], sorted[^1]])
        {
            int first = Array.IndexOf(sorted, code), after = Array.LastIndexOf(sorted, code) + 1;
            if (after - first < LeastAlike || after - first == sorted.Length) continue;
            double low = first == 0 ? sorted[after] : sorted[0], high = first == 0 ? sorted[^1] : sorted[first - 1];
            bool far = high > low && Math.Max(low - code, code - high) > FarRanges * (high - low);
            if (far && OnEnd(values, code)) return sorted[first..after];
        }
        return [];
    }

    static bool OnEnd(ReadOnlySpan<double> values, double code)
    {
        int run = 0;
        foreach (double value in values)
            if ((run = value == code ? run + 1 : 0) == LeastAlike) return true;
        return false;
    }

    // One: they are the very same, and as far off as it takes for that.
    static (double[] Codes, double Median, double Most, bool One) Find(ReadOnlySpan<double> values)
    {
        double[] sorted = [.. values];
        sorted.AsSpan().Sort();
        if (sorted.Length == 0) return ([], 0, 0, false);
        double median = sorted[sorted.Length / 2], width = sorted[sorted.Length * 3 / 4] - sorted[sorted.Length / 4];
        if (!(width > 0)) return ([], 0, 0, false);
        double[] codes = [.. sorted.Where(x => Math.Abs(x - median) > MostWidths * width)];
        bool one = codes.Length > 0 && codes[0] == codes[^1] && Math.Abs(codes[0] - median) > FarWidths * width;
        return (codes, median, MostWidths * width, one);
    }
}
