namespace Esn;

/// <summary>
/// Dates a slow change in a course: a level until some step, then a slope, if that explains it better than a jump at some step does.
/// </summary>
/// <remarks>
/// Least squares for every possible onset. The estimates are means over onsets, each weighed by its likelihood with the noise's
/// variance left out, (squares left)^(−n/2), where n counts as many independent points as the residuals' autocorrelation leaves.
/// </remarks>
static class TrendFit
{
    const int Fewest = 4;      // points before a change, and of a slope
    const double Certain = 2;  // standard deviations of the slope from 0

    /// <summary>A point of a course.</summary>
    /// <param name="X">Steps from the present, below 0, of the middle of what it is the mean of.</param>
    /// <param name="Y">The mean.</param>
    /// <param name="Low">Lowest value in it; NaN: not kept.</param>
    /// <param name="High">Highest value in it; NaN: not kept.</param>
    public readonly record struct Point(double X, double Y, double Low, double High);

    /// <summary>The slow change; null: there is none that is certain.</summary>
    /// <param name="course">X ascending.</param>
    public static Trend? Of(List<Point> course)
    {
        int n = course.Count, first = Fewest, last = n - 1 - Fewest;
        if (last < first) return null;

        double[] x = [.. course.Select(point => point.X)], y = [.. course.Select(point => point.Y)];
        double total = 0, middle = y.Average();
        foreach (double value in y) total += (value - middle) * (value - middle);
        // Of the line that begins at point j, and the sums of squares that it and a jump before j leave.
        var (slopes, levels, spread) = (new double[n], new double[n], new double[n]);
        var (left, jumps) = (new double[n], new double[n]);
        Array.Fill(left, double.PositiveInfinity);
        Array.Fill(jumps, double.PositiveInfinity);
        double after = 0;
        int best = first;
        for (int j = n - 1; j >= first; j--)
        {
            after += y[j] - middle;
            jumps[j] = total - after * after * n / ((double)(n - j) * j);
            if (j > last) continue;
            double h = 0, hh = 0, hy = 0;
            for (int i = j + 1; i < n; i++)
                (h, hh, hy) = (h + (x[i] - x[j]), hh + (x[i] - x[j]) * (x[i] - x[j]), hy + (x[i] - x[j]) * (y[i] - middle));
            spread[j] = hh - h * h / n;
            slopes[j] = hy / spread[j];
            levels[j] = middle - slopes[j] * h / n;
            left[j] = total - slopes[j] * hy;
            if (left[j] < left[best]) best = j;
        }
        double least = Math.Max(left[best], 1e-12 * total);
        if (!(least > 0)) return null;

        double independent = n * IndependentShare(x, y, levels[best], slopes[best], x[best]);
        double Weight(double squares) => Math.Exp(-.5 * independent * Math.Log(Math.Max(squares, least * 1e-6) / least));
        double sum = 0, sumOfJumps = 0, slope = 0, onset = 0, now = 0, square = 0;
        for (int j = first; j < n; j++)
        {
            sumOfJumps += Weight(jumps[j]);
            if (j > last) continue;
            double weight = Weight(left[j]);
            sum += weight;
            slope += weight * slopes[j];
            onset += weight * x[j];
            now += weight * (levels[j] - slopes[j] * x[j]);
            square += weight * (slopes[j] * slopes[j] + left[j] / (independent * spread[j]));
        }
        (slope, onset, now, square) = (slope / sum, onset / sum, now / sum, square / sum);
        if (sumOfJumps > sum || Math.Abs(slope) < Certain * Math.Sqrt(Math.Max(0, square - slope * slope))) return null;

        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        for (int i = 0; i < n && x[i] <= onset; i++) (low, high) = (Math.Min(low, course[i].Low), Math.Max(high, course[i].High));
        return new Trend(-onset, slope, now, double.IsFinite(low) ? low : double.NaN, double.IsFinite(high) ? high : double.NaN);
    }

    // (1 − ρ)/(1 + ρ) with the residuals' lag-1 autocorrelation ρ.
    static double IndependentShare(double[] x, double[] y, double level, double slope, double onset)
    {
        double previous = double.NaN, variance = 0, covariance = 0;
        for (int i = 0; i < y.Length; i++)
        {
            double residual = y[i] - level - slope * Math.Max(0, x[i] - onset);
            variance += residual * residual;
            if (i > 0) covariance += residual * previous;
            previous = residual;
        }
        double rho = variance > 0 ? Math.Clamp(covariance / variance, 0, .9) : 0;
        return (1 - rho) / (1 + rho);
    }
}
