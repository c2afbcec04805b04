namespace Esn;

/// <summary>
/// Whether a stretch of a feed has a rhythm, and what it is once its base line is taken off. Measured once in a life: allocates.
/// </summary>
/// <param name="longest">Longest period, in steps, ≥ 4; the base line is a mean over as many around each.</param>
/// <param name="periodic">Part of the variance that comes again after a period, and after two, where there is a rhythm, (0, 1).</param>
readonly struct Rhythm(int longest, double periodic)
{
    const double Peak = .9;  // part of the highest autocorrelation that a peak has at the period

    /// <summary>The base line of a channel: its mean over the longest period around each step, of fewer at either end.</summary>
    /// <param name="row">[≥ count].</param>
    /// <param name="count">Steps.</param>
    /// <returns>[count].</returns>
    public double[] BaseLine(ReadOnlySpan<float> row, int count)
    {
        double[] sums = new double[count + 1], mean = new double[count];
        for (int t = 0; t < count; t++) sums[t + 1] = sums[t] + row[t];
        for (int t = 0; t < count; t++)
        {
            int from = Math.Max(0, t - longest / 2), to = Math.Min(count, t + longest / 2 + 1);
            mean[t] = (sums[to] - sums[from]) / (to - from);
        }
        return mean;
    }

    /// <summary>Less its base line: it takes off what is slower, and of a rhythm that fits in leaves the shape.</summary>
    /// <param name="row">[≥ count].</param>
    /// <param name="count">Steps.</param>
    /// <returns>[count].</returns>
    public float[] WithoutWander(float[] row, int count)
    {
        double[] mean = BaseLine(row, count);
        float[] rest = new float[count];
        for (int t = 0; t < count; t++) rest[t] = (float)(row[t] - mean[t]);
        return rest;
    }

    /// <summary>
    /// The first lag, beyond the first fall of the autocorrelation below 0, at which it has a peak that is about as high as any: at
    /// multiples of a period it is as high as there.
    /// </summary>
    /// <param name="rows">Of each channel, [channels][≥ count].</param>
    /// <param name="count">Steps, above twice the longest period.</param>
    /// <returns>In steps; 0: there is no rhythm.</returns>
    public int Period(float[][] rows, int count)
    {
        double[] correlation = new double[2 * longest + 1];
        foreach (float[] row in rows)
        {
            double mean = 0;
            for (int t = 0; t < count; t++) mean += row[t] / count;
            for (int lag = 0; lag < correlation.Length; lag++)
            {
                double sum = 0;
                for (int t = lag; t < count; t++) sum += (row[t] - mean) * (row[t - lag] - mean);
                correlation[lag] += sum / (count - lag);
            }
        }
        int best = 0;
        bool fell = false;
        for (int lag = 1; lag <= longest; lag++)
        {
            fell |= correlation[lag] <= 0;
            if (fell && (best == 0 || correlation[lag] > correlation[best])) best = lag;
        }
        // What has no peak above 0 has none to be found below.
        if (best < 4 || correlation[best] <= 0 || correlation[best] < periodic * correlation[0]) return 0;
        int first = 1;
        while (correlation[first] > 0) first++;
        while (correlation[first] < Peak * correlation[best] || correlation[first + 1] > correlation[first])
            if (++first == best) break;
        first = Math.Max(4, first);
        return Math.Min(correlation[first], correlation[2 * first]) < periodic * correlation[0] ? 0 : first;
    }
}
