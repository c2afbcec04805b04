namespace Esn.Benchmarks;

/// <summary>
/// Faults put into feeds of a plant that has none: what a detector of plant data is worth beyond the few faults that were
/// recorded. Sizes are in standard deviations of the warm-up.
/// </summary>
static class Injected
{
    /// <summary>Steps of a feed.</summary>
    public const int Piece = 1100;

    /// <summary>First step of a fault, and the one after its last.</summary>
    public const int Onset = 573, End = 973;

    const int WarmUp = 400;

    /// <summary>Name → what is added at step t to the channel of the fault and to one other.</summary>
    public static readonly (string Name, Func<int, (double One, double Other)> Shape)[] Kinds =
    [
        ("step of 1 σ", t => (Within(t), 0)),
        ("step of 1.5 σ", t => (1.5 * Within(t), 0)),
        ("step of 2 σ", t => (2 * Within(t), 0)),
        ("step of 3 σ", t => (3 * Within(t), 0)),
        ("1.5 σ in two channels", t => (1.5 * Within(t), -1.5 * Within(t))),
        ("a valve: 50 steps each way", t => (2 * Ramp(t), -1.2 * Ramp(t))),
        ("slow: 2.5 σ, time constant 60",
            t => (t < Onset ? 0 : t < End ? 2.5 * (1 - Math.Exp(-(t - Onset) / 60.0)) : 2.5 * Math.Exp(-(t - End) / 30.0), 0)),
        ("drift to 4 σ", t => (t < Onset ? 0 : t < End ? 4 * (t - Onset) / 400.0 : 4 * Math.Max(0, 1 - (t - End) / 20.0), 0)),
        ("2.5 σ that leave .7 σ behind", t => (t < Onset ? 0 : t < End ? 2.5 : .7, 0)),
    ];

    /// <summary>Pieces of a feed without anomaly, begun every half of a piece.</summary>
    public static double[][] Pieces(double[] feed, int channels)
    {
        int length = feed.Length / channels, count = Math.Max(0, (length - Piece) / (Piece / 2) + 1);
        return [.. Enumerable.Range(0, count).Select(i => feed[(i * (Piece / 2) * channels)..((i * (Piece / 2) + Piece) * channels)])];
    }

    /// <summary>What comes before a fault, there and back: a feed as long as a piece.</summary>
    public static double[] ThereAndBack(double[] feed, int channels, int onset)
    {
        double[] piece = new double[Piece * channels];
        for (int t = 0; t < Piece; t++)
        {
            int at = t % (2 * onset);
            Array.Copy(feed, (at < onset ? at : 2 * onset - 1 - at) * channels, piece, t * channels, channels);
        }
        return piece;
    }

    /// <summary>A fault in one channel of a piece, at times with one in another.</summary>
    public static double[] Add(double[] piece, int channels, int channel, Func<int, (double One, double Other)> shape)
    {
        double[] faulty = [.. piece];
        int other = (channel + 3) % channels;
        double one = Deviation(piece, channels, channel), two = Deviation(piece, channels, other);
        for (int t = 0; t < Piece; t++)
        {
            (double first, double second) = shape(t);
            faulty[t * channels + channel] += one * first;
            faulty[t * channels + other] += two * second;
        }
        return faulty;
    }

    /// <summary>The noise of a channel about its mean over 11 steps, twice as wide.</summary>
    public static double[] Widen(double[] piece, int channels, int channel)
    {
        double[] faulty = [.. piece];
        for (int t = Onset; t < End; t++)
        {
            double mean = 0;
            for (int k = -5; k <= 5; k++) mean += piece[(t + k) * channels + channel] / 11;
            faulty[t * channels + channel] = mean + 2 * (piece[t * channels + channel] - mean);
        }
        return faulty;
    }

    /// <summary>The labels of an injected fault.</summary>
    public static bool[] Label() => [.. Enumerable.Range(0, Piece).Select(t => t is >= Onset and < End)];

    /// <summary>A recorded fault made weaker: its deviation from what was before, as a median over 15 steps, is scaled.</summary>
    public static double[] Weaken(double[] feed, bool[] label, int channels, double part)
    {
        double[] weaker = [.. feed];
        int onset = Array.IndexOf(label, true);
        for (int c = 0; c < channels; c++)
        {
            double before = Enumerable.Range(onset - 150, 145).Average(t => feed[t * channels + c]);
            for (int t = onset; t < label.Length; t++)
            {
                int from = Math.Max(onset, t - 7), to = Math.Min(label.Length, t + 8);
                double[] around = [.. Enumerable.Range(from, to - from).Select(k => feed[k * channels + c]).Order()];
                weaker[t * channels + c] -= (1 - part) * (around[around.Length / 2] - before);
            }
        }
        return weaker;
    }

    static double Within(int t) => t is >= Onset and < End ? 1 : 0;

    static double Ramp(int t) => Math.Clamp((t - Onset) / 50.0, 0, 1) - Math.Clamp((t - End + 50) / 50.0, 0, 1);

    static double Deviation(double[] piece, int channels, int channel)
    {
        double[] early = [.. Enumerable.Range(0, WarmUp).Select(t => piece[t * channels + channel])];
        double mean = early.Average();
        return Math.Sqrt(early.Average(x => (x - mean) * (x - mean)));
    }
}
