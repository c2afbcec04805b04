using System.Collections.Concurrent;
using System.Numerics.Tensors;
using MathNet.Numerics.Random;

namespace Esn;

/// <summary>What a reservoir is made of. Equal specifications and channels give equal bits.</summary>
public sealed record ReservoirSpec
{
    /// <summary>N, units of the reservoir, 2 … 20,000.</summary>
    public int Units { get; init; } = 300;

    /// <summary>Inputs each unit has from other units, 1 … N−1.</summary>
    public int Degree { get; init; } = 10;

    /// <summary>ρ(W), (0, 5]. Around 1: an echo fades slowly.</summary>
    public double SpectralRadius { get; init; } = 1.1;

    /// <summary>a of unit i is element i mod length, each in (0, 1]; 1 = no memory but through W.</summary>
    public IReadOnlyList<double> LeakRates { get; init; } = [.5];

    /// <summary>W_in is uniform in ± this, (0, 100]. Inputs have unit variance.</summary>
    public double InputScale { get; init; } = .3;

    /// <summary>b is uniform in ± this, [0, 10].</summary>
    public double BiasScale { get; init; } = .2;

    /// <summary>Seed of all random weights.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Units, 2, 20_000);
        Require.Range(Degree, 1, Units - 1);
        Require.Above(SpectralRadius, 0, 5);
        Require.Range(LeakRates.Count, 1, Units);
        foreach (double leakRate in LeakRates) Require.Above(leakRate, 0, 1);
        Require.Above(InputScale, 0, 100);
        Require.Range(BiasScale, 0, 10);
    }
}

/// <summary>
/// A random recurrent network that is never trained: x(t) = (1−a) x(t−1) + a·tanh(W_in u(t) + W x(t−1) + b)  (eq. 1).
/// </summary>
/// <remarks>
/// H. Jaeger, "The echo state approach to analysing and training recurrent neural networks", GMD report 148 (2001);
/// leaky units: doi:10.1016/j.neunet.2007.04.016. Immutable: one reservoir serves any number of streams, each with
/// its own state, from any number of threads.
/// </remarks>
public sealed class Reservoir
{
    // A fleet of streams shares its weights: they depend on the specification and the number of channels alone.
    static readonly ConcurrentDictionary<(string, int), Lazy<Reservoir>> Shared = new();

    readonly CsrMatrix _weights;      // W     [N×N], ρ(W) as specified
    readonly double[] _inputWeights;  // W_in  [N×channels], row by row
    readonly double[] _bias;          // b     [N]
    readonly double[] _leak, _keep;   // a, 1 − a  [N]

    /// <param name="spec">Validated here.</param>
    /// <param name="channels">Length of u, ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value of the specification is out of its range.</exception>
    public Reservoir(ReservoirSpec spec, int channels)
    {
        spec.Validate();
        Require.Range(channels, 1, 1_000_000);
        (Spec, Channels) = (spec, channels);
        var random = new Xoshiro256StarStar(spec.Seed, threadSafe: false);
        _weights = ConnectedGraph.Build(spec.Units, spec.Degree, random);
        _weights.Scale(spec.SpectralRadius / Esn.SpectralRadius.Of(_weights));
        _inputWeights = Uniform(random, spec.Units * channels, spec.InputScale);
        _bias = Uniform(random, spec.Units, spec.BiasScale);
        _leak = [.. Enumerable.Range(0, spec.Units).Select(i => spec.LeakRates[i % spec.LeakRates.Count])];
        _keep = [.. _leak.Select(a => 1 - a)];
    }

    /// <summary>The one reservoir of this specification, made at the first call.</summary>
    public static Reservoir Of(ReservoirSpec spec, int channels)
    {
        spec.Validate();
        string key = FormattableString.Invariant(
            $"{spec.Units} {spec.Degree} {spec.SpectralRadius:R} {string.Join(',', spec.LeakRates.Select(a => a.ToString("R", System.Globalization.CultureInfo.InvariantCulture)))} {spec.InputScale:R} {spec.BiasScale:R} {spec.Seed}");
        return Shared.GetOrAdd((key, channels), _ => new Lazy<Reservoir>(() => new Reservoir(spec, channels))).Value;
    }

    /// <summary>As given.</summary>
    public ReservoirSpec Spec { get; }

    /// <summary>Length of u.</summary>
    public int Channels { get; }

    /// <summary>N, length of x.</summary>
    public int Units => Spec.Units;

    /// <summary>W.</summary>
    public CsrMatrix Weights => _weights;

    /// <summary>x(t) from x(t−1) and u(t).</summary>
    /// <param name="input">u(t), [channels].</param>
    /// <param name="previous">x(t−1), [N].</param>
    /// <param name="next">x(t), [N], overwritten; must not overlap <paramref name="previous"/>.</param>
    public void Step(ReadOnlySpan<double> input, ReadOnlySpan<double> previous, Span<double> next)
    {
        Require.Length(input.Length, Channels, nameof(input));
        Require.Length(next.Length, Units, nameof(next));
        // The row's sum begins with the bias, then the inputs, then W in ascending columns.
        if (input.Length == 1)
        {
            TensorPrimitives.FusedMultiplyAdd(_inputWeights, input[0], _bias, next);
        }
        else
        {
            ReadOnlySpan<double> weights = _inputWeights;
            for (int i = 0; i < next.Length; i++)
            {
                double drive = _bias[i];
                ReadOnlySpan<double> row = weights.Slice(i * input.Length, input.Length);
                for (int c = 0; c < row.Length; c++) drive = Math.FusedMultiplyAdd(row[c], input[c], drive);
                next[i] = drive;
            }
        }
        _weights.MultiplyAdd(previous, next);
        TensorPrimitives.Tanh(next, next);
        TensorPrimitives.Multiply(next, _leak, next);
        TensorPrimitives.FusedMultiplyAdd(previous, _keep, next, next);
    }

    /// <summary>The same for several runs side by side; each has the bits of the single step.</summary>
    /// <param name="inputs">u(t) of each run, [channels×runs], channel by channel.</param>
    /// <param name="previous">x(t−1) of each run, [N×runs], unit by unit.</param>
    /// <param name="next">x(t) of each run, [N×runs], overwritten; must not overlap <paramref name="previous"/>.</param>
    /// <param name="runs">≥ 1.</param>
    public unsafe void Step(ReadOnlySpan<double> inputs, ReadOnlySpan<double> previous, Span<double> next, int runs)
    {
        Require.Range(runs, 1, int.MaxValue / Units);
        Require.Length(inputs.Length, Channels * runs, nameof(inputs));
        Require.Length(next.Length, Units * runs, nameof(next));
        fixed (double* bias = _bias, weights = _inputWeights, u = inputs, to = next)
            Kernel.Best.DriveSideBySide(bias, weights, Channels, u, to, Units, runs);
        _weights.MultiplyAdd(previous, next, runs);
        TensorPrimitives.Tanh(next, next);
        fixed (double* keep = _keep, leak = _leak, from = previous, to = next)
            Kernel.Best.LeakSideBySide(keep, leak, from, to, Units, runs);
    }

    static double[] Uniform(Xoshiro256StarStar random, int length, double scale)
    {
        var values = new double[length];
        for (int i = 0; i < length; i++) values[i] = scale * (2 * random.NextDouble() - 1);
        return values;
    }
}
