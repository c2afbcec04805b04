using MathNet.Numerics.Random;

namespace Esn;

/// <summary>
/// A random recurrent network that is never trained: x(t) = (1−a) x(t−1) + a·tanh(W_in f(t) + W x(t−1) + b)  (eq. 1).
/// </summary>
/// <remarks>
/// H. Jaeger, "The echo state approach to analysing and training recurrent neural networks", GMD report 148 (2001);
/// leaky units: doi:10.1016/j.neunet.2007.04.016. Immutable: one reservoir serves any number of streams, each with
/// its own state, from any number of threads.
/// </remarks>
sealed class Reservoir
{
    readonly CsrMatrix _weights;      // W     [N×N], ρ(W) as specified
    readonly double[] _leak, _keep;   // a, 1 − a  [N]

    /// <summary>With random weights for every channel.</summary>
    public Reservoir(ReservoirSpec spec, int channels) : this(spec, new RandomWeightsSpec(), channels) { }

    /// <param name="spec">Validated here.</param>
    /// <param name="map">Of the input; validated here.</param>
    /// <param name="channels">Length of a frame, ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value of a specification is out of its range.</exception>
    public Reservoir(ReservoirSpec spec, InputMapSpec map, int channels)
    {
        spec.Validate();
        map.Validate();
        Require.Range(channels, 1, 1_000_000);
        Units = spec.Units;
        var random = new Xoshiro256StarStar(spec.Seed, threadSafe: false);
        _weights = SideBySide(spec, spec.Groups?.Blocks(spec.Units) ?? 1, random);
        Map = map.Create(spec, channels, random);
        _leak = [.. Enumerable.Range(0, spec.Units).Select(i => spec.LeakRates[i % spec.LeakRates.Count])];
        _keep = [.. _leak.Select(a => 1 - a)];
    }

    // One connected network for each block of units, each of the spectral radius.
    static CsrMatrix SideBySide(ReservoirSpec spec, int blocks, Xoshiro256StarStar random)
    {
        int degree = Math.Min(spec.Degree, spec.Units / blocks - 1);
        var networks = new CsrMatrix[blocks];
        for (int block = 0, first = 0, end; block < blocks; block++, first = end)
        {
            end = (int)(((long)(block + 1) * spec.Units + blocks - 1) / blocks);
            networks[block] = ConnectedGraph.Build(end - first, degree, random);
            networks[block].Scale(spec.SpectralRadius / SpectralRadius.Of(networks[block]));
        }
        return blocks == 1 ? networks[0] : CsrMatrix.SideBySide(networks);
    }

    /// <summary>N, length of x.</summary>
    public int Units { get; }

    /// <summary>What a frame is to it.</summary>
    public InputMap Map { get; }

    /// <summary>W.</summary>
    public CsrMatrix Weights => _weights;

    /// <summary>The step of a reservoir whose features are the frame.</summary>
    public void Step(ReadOnlySpan<double> frame, ReadOnlySpan<double> previous, Span<double> next) =>
        Step(frame, [], frame, previous, next);

    /// <summary>The same for several runs side by side.</summary>
    public void Step(ReadOnlySpan<double> frames, ReadOnlySpan<double> previous, Span<double> next, int runs) =>
        Step(frames, [], frames, previous, next, runs, runs);

    /// <summary>x(t) from x(t−1), frame t and its features.</summary>
    /// <param name="frame">y(t), [channels].</param>
    /// <param name="before">f(t−1), [K].</param>
    /// <param name="features">f(t), [K].</param>
    /// <param name="previous">x(t−1), [N].</param>
    /// <param name="next">x(t), [N], overwritten; must not overlap <paramref name="previous"/>.</param>
    public unsafe void Step(
        ReadOnlySpan<double> frame, ReadOnlySpan<double> before, ReadOnlySpan<double> features,
        ReadOnlySpan<double> previous, Span<double> next)
    {
        Require.Length(previous.Length, Units, nameof(previous));
        Require.Length(next.Length, Units, nameof(next));
        // A unit's sum begins with what drives it, W follows in ascending columns.
        Map.Drive(frame, before, features, next);
        _weights.MultiplyAdd(previous, next);
        fixed (double* keep = _keep, leak = _leak, from = previous, to = next)
            Kernel.Best.Activate(keep, leak, from, to, Units);
    }

    /// <summary>The same for several runs side by side; each has the bits of the single step.</summary>
    /// <param name="frames">y(t) of each run, [channels×runs], channel by channel.</param>
    /// <param name="before">f(t−1) of each run, [K×runs].</param>
    /// <param name="features">f(t) of each run, [K×runs], feature by feature.</param>
    /// <param name="previous">x(t−1) of each run, [N×runs], unit by unit.</param>
    /// <param name="next">x(t) of each run, [N×runs], overwritten; must not overlap <paramref name="previous"/>.</param>
    /// <param name="runs">≥ 1.</param>
    /// <param name="used">The first of them, 1 … runs; the others hold nothing.</param>
    public unsafe void Step(
        ReadOnlySpan<double> frames, ReadOnlySpan<double> before, ReadOnlySpan<double> features,
        ReadOnlySpan<double> previous, Span<double> next, int runs, int used)
    {
        Require.Range(runs, 1, int.MaxValue / Units);
        Require.Range(used, 1, runs);
        Require.Length(next.Length, Units * runs, nameof(next));
        Map.Drive(frames, before, features, next, runs);
        _weights.MultiplyAdd(previous, next, runs);
        fixed (double* keep = _keep, leak = _leak, from = previous, to = next)
            Kernel.Best.ActivateSideBySide(keep, leak, from, to, Units, runs, used);
    }
}
