using System.Numerics.Tensors;

namespace Esn.Streaming.Tuning;

/// <summary>How well a model forecasts a feed.</summary>
/// <param name="OneStep">Root mean square of the one-step error in standard deviations of the feed, the largest 1 % left out.</param>
/// <param name="FreeRun">The same over free runs of <see cref="ForecastTrial.Ahead"/> steps; null for a model that has none.</param>
/// <param name="Escaped">Share of long free runs that leave twice the range of the feed.</param>
public readonly record struct ForecastError(double OneStep, double? FreeRun, double Escaped);

/// <summary>
/// Runs reservoir and readout through a feed as the detector does, but for what an alarm would freeze, and lets free
/// runs begin on the way. Errors count from the end of the warm-up, or of half of a feed that is shorter than two.
/// </summary>
public static class ForecastTrial
{
    /// <summary>Steps of a free run that is compared with the feed, and between two of them.</summary>
    public const int Ahead = 25;

    const int LongRun = 300, LongRunEvery = 20;  // steps; of how many free runs one is long
    const double Kept = .99;
    const int Block = 64;

    /// <summary>Forecasts the first rows of a feed.</summary>
    /// <param name="spec">Valid.</param>
    /// <param name="feed">The feed.</param>
    /// <param name="rows">How many of it, more than fix the scaling.</param>
    /// <param name="cancel">Ends the trial between two blocks.</param>
    public static ForecastError Run(ModelSpec spec, TuneFeed feed, int rows, CancellationToken cancel) => spec switch
    {
        ErrorModelSpec judgedByErrors => Run(judgedByErrors, feed, rows, cancel),
        MetricModelSpec metric => Run(metric, feed, rows, cancel),
        _ => throw new NotSupportedException($"{spec.GetType().Name} can't be tuned"),
    };

    // A metric is told of the calendar and has no free run: what the detector itself expects is compared.
    static ForecastError Run(MetricModelSpec spec, TuneFeed feed, int rows, CancellationToken cancel)
    {
        int channels = feed.Channels, first = Math.Max(Math.Min(spec.WarmUp, rows - 1), rows / 10);
        var detector = new Detector(spec, channels);
        var expected = new double[rows * channels];
        var results = new StepResult[Block];
        for (int t = 0; t < rows; t += Block)
        {
            cancel.ThrowIfCancellationRequested();
            int count = Math.Min(Block, rows - t);
            detector.StepMany(feed.Times.AsSpan(t, count), feed.Frames.AsSpan(t * channels, count * channels), results.AsSpan(0, count), expected.AsSpan(t * channels, count * channels));
        }
        double[] weights = Weights(feed.Frames.AsSpan(first * channels, (rows - first) * channels), channels);
        TensorPrimitives.Subtract(feed.Frames.AsSpan(0, expected.Length), expected, expected);
        return new ForecastError(Root([.. Enumerable.Range(first, rows - first).Select(t => Mean(expected.AsSpan(t * channels, channels), weights))]), null, 0);
    }

    static ForecastError Run(ErrorModelSpec spec, TuneFeed feed, int rows, CancellationToken cancel)
    {
        int channels = feed.Channels, first = (int)Math.Min(spec.WarmUp, rows / 2);
        double[] inputs = Scaled(feed.Frames.AsSpan(0, rows * channels), channels, spec);
        var run = new State(spec, inputs, channels);
        var oneStep = new List<double>();
        var freeRun = new List<double>();
        (int escaped, int launches) = (0, 0);
        double[] weights = Weights(inputs.AsSpan(first * channels), channels), ranges = Ranges(inputs, channels);
        for (int t = 0; t < rows; t++)
        {
            if (t % Block == 0)
            {
                cancel.ThrowIfCancellationRequested();
                run.Begin(t, Math.Min(Block, rows - t));
            }
            ReadOnlySpan<double> error = run.Step(t);
            if (t < first) continue;
            oneStep.Add(Mean(error, weights));
            if (t % Ahead != 0 || t + Ahead >= rows) continue;
            bool far = launches++ % LongRunEvery == 0;
            (double square, bool left) = run.FreeRun(t, Ahead, far ? LongRun : Ahead, weights, ranges);
            freeRun.Add(square);
            if (left) escaped++;
        }
        return new ForecastError(Root(oneStep), Root(freeRun), launches == 0 ? 0 : (double)escaped / ((launches + LongRunEvery - 1) / LongRunEvery));
    }

    static double Root(List<double> squares)
    {
        squares.Sort();
        int kept = Math.Max(1, (int)(Kept * squares.Count));
        return squares.Count == 0 ? double.NaN : Math.Sqrt(squares.Take(kept).Average());
    }

    static double Mean(ReadOnlySpan<double> error, double[] weights)
    {
        double sum = 0;
        for (int c = 0; c < error.Length; c++) sum += weights[c] * error[c] * error[c];
        return sum / error.Length;
    }

    // As the detector scales: by the first frames, clipped.
    static double[] Scaled(ReadOnlySpan<double> frames, int channels, ErrorModelSpec spec)
    {
        double[] inputs = frames.ToArray();
        for (int c = 0; c < channels; c++)
        {
            (double mean, double deviation) = Moments(frames[..(spec.ScalingSteps * channels)], channels, c);
            double scale = deviation > 1e-12 * Math.Abs(mean) ? deviation : mean == 0 ? 1 : 1e-3 * Math.Abs(mean);
            for (int i = c; i < inputs.Length; i += channels) inputs[i] = Math.Clamp((inputs[i] - mean) / scale, -spec.Limit, spec.Limit);
        }
        return inputs;
    }

    static (double Mean, double Deviation) Moments(ReadOnlySpan<double> frames, int channels, int channel)
    {
        int count = frames.Length / channels;
        double mean = 0, square = 0;
        for (int i = channel; i < frames.Length; i += channels) mean += frames[i] / count;
        for (int i = channel; i < frames.Length; i += channels) square += (frames[i] - mean) * (frames[i] - mean) / count;
        return (mean, Math.Sqrt(square));
    }

    static double[] Weights(ReadOnlySpan<double> inputs, int channels)
    {
        var weights = new double[channels];
        for (int c = 0; c < channels; c++)
        {
            double deviation = Moments(inputs, channels, c).Deviation;
            weights[c] = deviation > 1e-9 ? 1 / (deviation * deviation) : 1;
        }
        return weights;
    }

    static double[] Ranges(double[] inputs, int channels)
    {
        var ranges = new double[channels];
        for (int i = 0; i < inputs.Length; i++) ranges[i % channels] = Math.Max(ranges[i % channels], Math.Abs(inputs[i]));
        return ranges;
    }

    sealed class State(ErrorModelSpec spec, double[] inputs, int channels)
    {
        readonly Reservoir _reservoir = new(spec.Reservoir, channels);
        readonly Readout _readout = new(1 + channels + spec.Reservoir.Units, channels, spec.Readout with { Horizons = [1] });
        readonly int _regressors = 1 + channels + spec.Reservoir.Units;
        readonly double[] _rows = new double[Block * (1 + channels + spec.Reservoir.Units)];  // z of the block [Block×D]
        readonly double[] _x = new double[spec.Reservoir.Units], _z = new double[1 + channels + spec.Reservoir.Units];
        readonly double[] _error = new double[channels], _prediction = new double[channels];

        /// <summary>The reservoir's states of a block need no readout and come first.</summary>
        public void Begin(int start, int count)
        {
            ReadOnlySpan<double> previous = _x;
            for (int i = 0; i < count; i++)
            {
                Span<double> z = _rows.AsSpan(i * _regressors, _regressors);
                ReadOnlySpan<double> u = inputs.AsSpan((start + i) * channels, channels);
                z[0] = 1;
                u.CopyTo(z[1..]);
                _reservoir.Step(u, previous, z[(1 + channels)..]);
                previous = z[(1 + channels)..];
            }
            previous.CopyTo(_x);
            _readout.Begin(_rows.AsSpan(0, count * _regressors), count);
        }

        /// <summary>The error of a step before learning from it.</summary>
        public ReadOnlySpan<double> Step(int t)
        {
            _readout.Settle(inputs.AsSpan(t * channels, channels), _error);
            if (t <= spec.Washout) _readout.Skip();
            else _readout.Learn();
            _readout.Push(_rows.AsSpan(t % Block * _regressors, _regressors));
            return _error;
        }

        /// <summary>A free run from t: mean weighted square error of its first steps, and whether it left twice the range in any.</summary>
        public (double Square, bool Left) FreeRun(int t, int compared, int length, double[] weights, double[] ranges)
        {
            _rows.AsSpan(t % Block * _regressors, _regressors).CopyTo(_z);
            var x = new double[spec.Reservoir.Units];
            double square = 0;
            bool left = false;
            for (int i = 1; i <= length; i++)
            {
                _readout.Predict(_z, _prediction);
                for (int c = 0; c < channels; c++)
                {
                    left |= !(Math.Abs(_prediction[c]) <= 2 * ranges[c]);
                    _prediction[c] = double.IsNaN(_prediction[c]) ? 0 : Math.Clamp(_prediction[c], -spec.Limit, spec.Limit);
                }
                if (i <= compared)
                {
                    TensorPrimitives.Subtract(inputs.AsSpan((t + i) * channels, channels), _prediction, _error);
                    square += Mean(_error, weights) / compared;
                }
                _z.AsSpan(1 + channels).CopyTo(x);
                _reservoir.Step(_prediction, x, _z.AsSpan(1 + channels));
                _prediction.CopyTo(_z.AsSpan(1));
            }
            return (square, left && length > compared);
        }
    }
}
