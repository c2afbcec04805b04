using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra.Double;

namespace Esn;

/// <summary>
/// Which channels tell of each other, by the first frames of a feed: one gives the other's value, or makes its forecast better, or what
/// is unforeseen comes to both at once. Channels that do so, by others in between too, are a group.
/// </summary>
/// <remarks>
/// Each channel is foretold by a small network of its own, one frame ahead and learning on the way. A relation must show in both halves of
/// the frames: what one half teaches is held against the other. And it must be stronger than what chance makes of two such channels, the
/// more the slower they are: than that of one with the other shifted against it, round and round. Two rhythms of one period are alike
/// however they are shifted, and tell no more of each other than each of itself. Of many pairs the strongest by chance are stronger
/// (Bonferroni).
/// </remarks>
sealed class Kinship
{
    /// <summary>Channels of a feed at the most: of more there are too many pairs to look at between two frames.</summary>
    public const int MostChannels = 32;

    const int Units = 60;            // of a network of one channel
    const int Young = 300;           // frames in which it learns the most: what it errs by is not looked at
    const double Foretold = .8;      // part of the squared error of an autoregression that a channel which is worth units has at the most
    const double Same = .25;         // part of the variance that the other one tells at once
    const double Helps = .025;       // part of the squared error that the other one takes away; by chance .02 of some hundred frames
    const double Together = .14;     // correlation of what was unforeseen; by chance .05 in a half
    const double Outlier = 3;        // deviations to which errors are limited, so that a few do not decide
    const double Farthest = 10;      // deviations to which values are limited: a pulse that comes once in a hundred frames is as far out
    const int Shifts = 16;           // of one channel against the other, as many samples of what chance does
    const double Chance = .01;       // of a feed of channels that tell nothing of each other, two of which are said to
    const int MostPasses = 100;
    const int Features = 7;
    const double Ridge = 10;         // frames' worth of no relation

    readonly Rhythm _rhythm;
    readonly int _count;
    readonly double _most;           // Student's t of what chance does, in all looks
    readonly float[][] _rows;        // [channels][count], of unit variance
    readonly double[][] _errors;     // limited [channels][count]; empty: the channel rests
    readonly double[] _features, _targets;  // of the frames but the young ones, scratch [frames×Features], [frames]

    Kinship(Rhythm rhythm, float[][] rows, int count)
    {
        (_rhythm, _rows, _count) = (rhythm, rows, count);
        double looks = 5 * rows.Length * (rows.Length - 1.0) / 2;
        _most = StudentT.InvCDF(0, 1, Shifts - 1, 1 - Chance / looks) * Math.Sqrt(1 + 1.0 / Shifts);
        _errors = new double[rows.Length][];
        (_features, _targets) = (new double[(count - Young) * Features], new double[count - Young]);
    }

    /// <summary>The groups; null: all channels are of one, or none is foretold by more than its last value.</summary>
    /// <param name="rows">[channels][count], growth in place of values where they grow; each is brought to unit variance.</param>
    /// <param name="count">Frames.</param>
    /// <param name="reservoir">What units are like.</param>
    /// <param name="readout">How they are read.</param>
    /// <param name="rhythm">What has one is worth units.</param>
    public static ChannelGroups? Find(float[][] rows, int count, ReservoirSpec reservoir, ReadoutSpec readout, Rhythm rhythm) =>
        count < 2 * Young ? null : new Kinship(rhythm, rows, count).Groups(reservoir, readout);

    ChannelGroups? Groups(ReservoirSpec reservoir, ReadoutSpec readout)
    {
        int channels = _rows.Length;
        var (first, foretold) = (new int[channels], new bool[channels]);  // the first channel of each one's group
        int units = Math.Min(Units, reservoir.Units);
        reservoir = reservoir with { Units = units, Degree = Math.Min(reservoir.Degree, units - 1) };
        for (int c = 0; c < channels; c++)
        {
            first[c] = c;
            bool rests = ChannelLooks.Of(Moves(_rows[c]), _count) < 1;
            Standardise(_rows[c]);
            bool rhythmic = _rhythm.Period([_rows[c]], _count) > 0;
            _errors[c] = [];
            if (!rhythmic && rests) continue;  // as a setpoint or a switch: nothing is known of it
            double[] errors = Errors(_rows[c], reservoir, readout), last = Autoregression(_rows[c]);
            foretold[c] = rhythmic || MeanSquare(errors) < Foretold * MeanSquare(last);
            _errors[c] = Limited(errors);
            foretold[c] |= MeanSquare(_errors[c]) < Foretold * MeanSquare(Limited(last));
        }
        for (int a = 0; a < channels; a++)
            for (int b = a + 1; b < channels; b++)
                if (first[a] != first[b] && _errors[a].Length > 0 && _errors[b].Length > 0 && Tell(a, b))
                    for (int c = 0, from = first[b]; c < channels; c++)
                        if (first[c] == from) first[c] = first[a];
        int[] of = new int[channels];
        int groups = 0;
        for (int c = 0; c < channels; c++)
        {
            if (first[c] != c) of[c] = of[first[c]];
            else of[c] = foretold[c] || first.AsSpan(c + 1).Contains(c) ? groups++ : -1;
        }
        return groups == 0 || Array.TrueForAll(of, group => group == 0) ? null : new ChannelGroups(of);
    }

    bool Tell(int a, int b) => Is(Correlated, a, b, Together) || Is(Helped, a, b, Helps) || Is(Helped, b, a, Helps)
        || Is(Alike, a, b, Same) || Is(Alike, b, a, Same);

    // Strong enough, and more so than by chance. Of a part that is told, ln of what is left is compared.
    bool Is(Func<int, int, int, double> strength, int a, int b, double least)
    {
        double now = strength(a, b, 0), mean = 0, squares = 0;
        if (!(now > least)) return false;
        for (int i = 1; i <= Shifts; i++)
        {
            double shifted = Logarithm(strength(a, b, (_count - Young) * i / (Shifts + 1)));
            // One that is as strong widens them by so much that this one is not beyond their limit, whatever the others are.
            if (_most >= Math.Sqrt(Shifts) && shifted >= Logarithm(now)) return false;
            (mean, squares) = (mean + shifted / Shifts, squares + shifted * shifted / Shifts);
        }
        double deviation = Math.Sqrt(Math.Max(0, squares - mean * mean) * Shifts / (Shifts - 1));
        return Logarithm(now) - mean > _most * deviation;
    }

    static double Logarithm(double part) => -Math.Log(1 - Math.Clamp(part, 0, 1 - 1e-12));

    // The frame of the other one, shifted, round and round; not before those in which the networks were young.
    int At(int t, int shift) => (t += shift) < _count ? t : t - _count + Young;

    int Moves(float[] row)
    {
        int moves = 0;
        for (int t = 1; t < _count; t++) moves += row[t] != row[t - 1] ? 1 : 0;
        return moves;
    }

    // What lies further out than anything that comes once in a hundred frames is brought there, or one value would decide.
    void Standardise(float[] row)
    {
        (double mean, double deviation, bool limited) = (0, 0, true);
        // Of a few that stand out of nothing, each pass would leave as much as rounding does.
        for (int pass = 0; limited && pass < MostPasses; pass++)
        {
            (double sum, double squares) = (0, 0);
            foreach (float u in row.AsSpan(0, _count)) sum += u;
            mean = sum / _count;
            foreach (float u in row.AsSpan(0, _count)) squares += (u - mean) * (u - mean);
            deviation = Math.Sqrt(squares / _count);
            limited = false;
            for (int t = 0; t < _count; t++)
            {
                if (!(Math.Abs(row[t] - mean) > 1.01 * Farthest * deviation)) continue;
                (row[t], limited) = ((float)(mean + Math.Sign(row[t] - mean) * Farthest * deviation), true);
            }
        }
        for (int t = 0; t < _count; t++) row[t] = deviation > 0 ? (float)((row[t] - mean) / deviation) : 0;
    }

    // Of a network of this channel alone, before it learns from the frame.
    double[] Errors(float[] row, ReservoirSpec reservoir, ReadoutSpec spec)
    {
        EchoStateNetwork network = EchoStateNetwork.Of(reservoir, new RandomWeightsSpec(), channels: 1);
        var readout = new Readout(network.Regressors, 1, spec with { Horizons = [1], Delay = 0 });
        var (errors, before, z) = (new double[_count], new double[network.Regressors], new double[network.Regressors]);
        Span<double> frame = stackalloc double[1];
        for (int t = 0; t < _count; t++)
        {
            frame[0] = row[t];
            readout.Settle(frame, errors.AsSpan(t, 1));
            readout.Learn();
            network.Step(DateTime.UnixEpoch, frame, before, z);
            readout.Push(z);
            (before, z) = (z, before);
        }
        GC.KeepAlive(readout);
        return errors;
    }

    // Of the best forecast that the last value and a constant give.
    double[] Autoregression(float[] row)
    {
        (double n, double x, double y, double xx, double xy) = (0, 0, 0, 0, 0);
        for (int t = Young; t < _count; t++)
            (n, x, y, xx, xy) = (n + 1, x + row[t - 1], y + row[t], xx + row[t - 1] * row[t - 1], xy + row[t] * row[t - 1]);
        double spread = xx - x * x / n, slope = spread > 0 ? (xy - x * y / n) / spread : 0, level = (y - slope * x) / n;
        double[] errors = new double[_count];
        for (int t = 1; t < _count; t++) errors[t] = row[t] - level - slope * row[t - 1];
        return errors;
    }

    double MeanSquare(double[] errors)
    {
        double sum = 0;
        for (int t = Young; t < _count; t++) sum += errors[t] * errors[t];
        return sum / (_count - Young);
    }

    double[] Limited(double[] errors)
    {
        double[] sizes = [.. errors.AsSpan(Young, _count - Young)];
        for (int i = 0; i < sizes.Length; i++) sizes[i] = Math.Abs(sizes[i]);
        sizes.AsSpan().Sort();
        // 1.48 times the median is the deviation of a normal number; of what hardly ever errs the median is no measure.
        double most = Outlier * Math.Max(1.48 * sizes[sizes.Length / 2], .3 * Math.Sqrt(MeanSquare(errors)));
        return [.. errors.Select(e => Math.Clamp(e, -most, most))];
    }

    // What is unforeseen comes to both, at once, in either half and to the same effect: the lesser of the two correlations.
    double Correlated(int a, int b, int shift)
    {
        int half = (_count + Young) / 2;
        double older = Correlation(_errors[a], _errors[b], Young, half, shift);
        double newer = Correlation(_errors[a], _errors[b], half, _count, shift);
        return older * newer > 0 ? Math.Min(Math.Abs(older), Math.Abs(newer)) : 0;
    }

    double Correlation(double[] a, double[] b, int from, int to, int shift)
    {
        (double n, double x, double y, double xx, double yy, double xy) = (to - from, 0, 0, 0, 0, 0);
        for (int t = from; t < to; t++)
        {
            double e = b[At(t, shift)];
            (x, y, xx, yy, xy) = (x + a[t], y + e, xx + a[t] * a[t], yy + e * e, xy + a[t] * e);
        }
        double both = (xx - x * x / n) * (yy - y * y / n);
        return both > 0 ? (xy - x * y / n) / Math.Sqrt(both) : 0;
    }

    // The other one makes the forecast of this one better: by how much.
    double Helped(int of, int by, int shift)
    {
        float[] u = _rows[of], v = _rows[by];
        double[] errors = _errors[by];
        for (int t = Young; t < _count - 1; t++)
        {
            int s = At(t, shift);
            Teach(t, _errors[of][t + 1], [v[s], v[s - 1], v[s - 2], v[s] * u[t], v[s] * v[s], errors[s], v[s] * u[t] * u[t]]);
        }
        return Told(_count - 1 - Young);
    }

    // The other one tells the value of this one: how much of it.
    double Alike(int of, int by, int shift)
    {
        float[] u = _rows[of], v = _rows[by];
        for (int t = Young; t < _count; t++)
        {
            int s = At(t, shift);
            Teach(t, u[t], [v[s], v[s - 3], v[s - 8], v[s] * v[s], v[s] * v[s - 3], v[s - 3] * v[s - 8], v[s] * v[s - 8]]);
        }
        return Told(_count - Young);
    }

    // What is to be told of a frame, and by what.
    void Teach(int frame, double target, ReadOnlySpan<double> features)
    {
        _targets[frame - Young] = target;
        features.CopyTo(_features.AsSpan((frame - Young) * Features));
    }

    // Part of the variance that a linear function of the features tells in the half that did not teach it, the lesser of the two.
    double Told(int frames) => Math.Min(Told(0, frames / 2, frames / 2, frames), Told(frames / 2, frames, 0, frames / 2));

    double Told(int from, int to, int testFrom, int testTo)
    {
        ReadOnlySpan<double> x = _features, y = _targets;
        double[] means = new double[Features], weights = new double[Features];
        double level = 0;
        for (int t = from; t < to; t++)
        {
            level += y[t] / (to - from);
            for (int i = 0; i < Features; i++) means[i] += x[t * Features + i] / (to - from);
        }
        double[] squares = new double[Features * Features];  // the lower half, column by column: no more is asked for
        for (int t = from; t < to; t++)
            for (int i = 0; i < Features; i++)
            {
                double f = x[t * Features + i] - means[i];
                weights[i] += f * (y[t] - level);
                for (int j = 0; j <= i; j++) squares[j * Features + i] += f * (x[t * Features + j] - means[j]);
            }
        // In units of each feature's variance.
        for (int i = 0; i < Features; i++) squares[i * (Features + 1)] += Ridge * (squares[i * (Features + 1)] / (to - from) + 1e-3);
        weights = new DenseMatrix(Features, Features, squares).Cholesky().Solve(new DenseVector(weights)).AsArray();
        (double mean, double all, double left) = (0, 0, 0);
        for (int t = testFrom; t < testTo; t++) mean += y[t] / (testTo - testFrom);
        for (int t = testFrom; t < testTo; t++)
        {
            double e = y[t] - level;
            for (int i = 0; i < Features; i++) e -= weights[i] * (x[t * Features + i] - means[i]);
            all += (y[t] - mean) * (y[t] - mean);
            left += e * e;
        }
        return all > 0 ? 1 - left / all : 0;
    }
}
