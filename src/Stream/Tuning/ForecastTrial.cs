namespace Esn.Streaming.Tuning;

/// <summary>How well a model forecasts a feed.</summary>
/// <param name="OneStep">Root mean square of the one-step error in standard deviations of the feed, the largest 1 % left out.</param>
/// <param name="FreeRun">The same over free runs of <see cref="ForecastTrial.Ahead"/> steps; NaN on a feed too short for one.</param>
/// <param name="Escaped">Share of long free runs that leave twice the range of the feed.</param>
public readonly record struct ForecastError(double OneStep, double FreeRun, double Escaped);

/// <summary>
/// Runs a detector that never alarms through a feed, and lets free runs begin on the way. Errors count from the end of the
/// warm-up, or of half of a feed that is shorter than two; in standard deviations of the feed.
/// </summary>
public static class ForecastTrial
{
    /// <summary>Steps of a free run that is compared with the feed, and between two of them.</summary>
    public const int Ahead = 25;

    const int LongRun = 300, LongRunEvery = 20;  // steps; of how many free runs one is long
    const double Kept = .99;

    /// <summary>Forecasts the first rows of a feed.</summary>
    /// <param name="spec">Valid.</param>
    /// <param name="feed">The feed.</param>
    /// <param name="rows">How many of it, more than fix the scaling.</param>
    /// <param name="cancel">Ends the trial between two blocks.</param>
    public static ForecastError Run(ModelSpec spec, TuneFeed feed, int rows, CancellationToken cancel)
    {
        spec = spec.WithoutAlarms();
        int channels = feed.Channels, first = Math.Max(Math.Max(Math.Min(spec.WarmUp, rows / 2), rows / 10), spec.FramesBeforeScaling);
        var detector = new Detector(spec, channels);
        double[] frames = feed.Frames[..(rows * channels)], expected = new double[frames.Length], forecast = new double[LongRun * channels];
        (double[] means, double[] weights) = Moments(frames.AsSpan(first * channels), channels);
        double[] ranges = Ranges(frames, means);
        var (results, oneStep, freeRun) = (new StepResult[Ahead], new List<double>(), new List<double>());
        (int escaped, int launches) = (0, 0);
        for (int t = 0, count; t < rows; t += count)
        {
            cancel.ThrowIfCancellationRequested();
            count = Math.Min(Ahead - t % Ahead, rows - t);
            detector.StepMany(feed.Times.AsSpan(t, count), Rows(frames, t, count), results.AsSpan(0, count), Rows(expected, t, count));
            int next = t + count;
            if (next < first || next + Ahead > rows) continue;
            bool far = launches++ % LongRunEvery == 0;
            Span<double> run = forecast.AsSpan(0, (far ? LongRun : Ahead) * channels);
            if (!detector.TryRunFree(run)) continue;
            freeRun.Add(Enumerable.Range(0, Ahead).Average(i => Square(Rows(frames, next + i, 1), Rows(forecast, i, 1), weights)));
            if (far && Leaves(run, means, ranges)) escaped++;
        }
        for (int t = first; t < rows; t++)
            if (double.IsFinite(expected[t * channels])) oneStep.Add(Square(Rows(frames, t, 1), Rows(expected, t, 1), weights));
        return new ForecastError(Root(oneStep), Root(freeRun),
            launches == 0 ? 0 : (double)escaped / ((launches + LongRunEvery - 1) / LongRunEvery));

        Span<double> Rows(double[] values, int row, int count) => values.AsSpan(row * channels, count * channels);
    }

    static double Root(List<double> squares)
    {
        squares.Sort();
        int kept = Math.Max(1, (int)(Kept * squares.Count));
        return squares.Count == 0 ? double.NaN : Math.Sqrt(squares.Take(kept).Average());
    }

    static double Square(ReadOnlySpan<double> frame, ReadOnlySpan<double> expected, double[] weights)
    {
        double sum = 0;
        for (int c = 0; c < frame.Length; c++) sum += weights[c] * (frame[c] - expected[c]) * (frame[c] - expected[c]);
        return sum / frame.Length;
    }

    static bool Leaves(ReadOnlySpan<double> run, double[] means, double[] ranges)
    {
        for (int i = 0; i < run.Length; i++)
            if (!(Math.Abs(run[i] - means[i % means.Length]) <= 2 * ranges[i % ranges.Length])) return true;
        return false;
    }

    // Of each channel: the mean, and 1 over the variance.
    static (double[] Means, double[] Weights) Moments(ReadOnlySpan<double> frames, int channels)
    {
        var (means, weights) = (new double[channels], new double[channels]);
        int count = frames.Length / channels;
        for (int i = 0; i < frames.Length; i++) means[i % channels] += frames[i] / count;
        for (int i = 0; i < frames.Length; i++)
            weights[i % channels] += (frames[i] - means[i % channels]) * (frames[i] - means[i % channels]) / count;
        // A channel that never moved is measured in thousandths of its level, a zero in units.
        for (int c = 0; c < channels; c++)
            weights[c] = 1 / (weights[c] > 1e-18 * means[c] * means[c] ? weights[c] : means[c] == 0 ? 1 : 1e-6 * means[c] * means[c]);
        return (means, weights);
    }

    static double[] Ranges(double[] frames, double[] means)
    {
        var ranges = new double[means.Length];
        for (int i = 0; i < frames.Length; i++)
            ranges[i % ranges.Length] = Math.Max(ranges[i % ranges.Length], Math.Abs(frames[i] - means[i % means.Length]));
        return ranges;
    }
}
