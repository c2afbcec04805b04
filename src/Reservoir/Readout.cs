using System.Numerics.Tensors;

namespace Esn;

/// <summary>How the readout learns.</summary>
public sealed record ReadoutSpec
{
    /// <summary>λ in (0, 1]; 1 = nothing is forgotten. The memory is 1/(1−λ) steps.</summary>
    public double ForgettingFactor { get; init; } = 1;

    /// <summary>β² > 0, of ‖W Z − D‖² + β²‖W‖²; P₀ = I/β².</summary>
    public double Regularisation { get; init; } = 1e-4;

    /// <summary>How many steps ahead each block of rows predicts, ascending, each ≥ 1.</summary>
    public IReadOnlyList<int> Horizons { get; init; } = [1];

    /// <summary>G ≥ 0: a frame is learnt this many steps after it came.</summary>
    public int Delay { get; init; }

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Above(ForgettingFactor, 0, 1);
        Require.Above(Regularisation, 0, 1e12);
        Require.Range(Horizons.Count, 1, 1000);
        for (int i = 0, previous = 0; i < Horizons.Count; previous = Horizons[i++]) Require.Range(Horizons[i], previous + 1, 1_000_000);
        Require.Range(Delay, 0, 1_000_000);
    }
}

/// <summary>
/// W_out, trained by recursive least squares with forgetting (eqs. 2 and 3), for several horizons at once and as late
/// as wanted. One P serves all horizons and outputs.
/// </summary>
/// <remarks>
/// S. Haykin, Adaptive Filter Theory, ch. 10. The gain of z(t) depends on z alone: it waits in a ring until the value
/// h steps later is there. Forgetting happens only while trace(P) ≤ D/β²: on constant, zero or periodic input the
/// directions that are not excited would otherwise grow as λ^−t for ever (wind-up).
/// A step is <see cref="Settle"/>, then <see cref="Learn"/> or <see cref="Skip"/>, then <see cref="Push"/>.
/// </remarks>
public sealed class Readout
{
    readonly ReadoutSpec _spec;
    readonly int[] _horizons;
    readonly int _ring;          // steps each ring holds
    readonly double[] _inverse;  // P [D×D], symmetric, both halves
    readonly double[] _weights;  // W_out [horizons×outputs×D]
    readonly double[] _states;   // z [ring×D]
    readonly double[] _gains;    // k [ring×D]
    readonly long[] _gainOf;     // the step whose gain lies here, or −1 [ring]
    readonly double[] _targets;  // u [ring×outputs]
    readonly double[] _product;  // P z [D]
    double _trace;               // of P
    long _time = -1;             // of the last frame settled
    long _first;                 // frames before this one are not learnt any more

    /// <param name="regressors">D, length of z.</param>
    /// <param name="outputs">Length of u.</param>
    /// <param name="spec">Validated here.</param>
    public Readout(int regressors, int outputs, ReadoutSpec spec)
    {
        spec.Validate();
        Require.Range(regressors, 1, 1_000_000);
        Require.Range(outputs, 1, 1_000_000);
        (_spec, Regressors, Outputs) = (spec, regressors, outputs);
        _horizons = [.. spec.Horizons];
        _ring = _horizons[^1] + spec.Delay + 1;
        _inverse = new double[regressors * regressors];
        _weights = new double[_horizons.Length * outputs * regressors];
        (_states, _gains) = (new double[_ring * regressors], new double[_ring * regressors]);
        _targets = new double[_ring * outputs];
        _gainOf = new long[_ring];
        Array.Fill(_gainOf, -1);
        _product = new double[regressors];
        for (int i = 0; i < regressors; i++) _inverse[i * regressors + i] = 1 / spec.Regularisation;
        _trace = regressors / spec.Regularisation;
    }

    /// <summary>D, length of z.</summary>
    public int Regressors { get; }

    /// <summary>Length of u.</summary>
    public int Outputs { get; }

    /// <summary>W_out, [horizons·outputs × D], row by row.</summary>
    public ReadOnlySpan<double> Weights => _weights;

    /// <summary>trace(P).</summary>
    public double Trace => _trace;

    /// <summary>Takes u(t): what each horizon made of it, with W as learnt so far.</summary>
    /// <param name="u">u(t), [outputs].</param>
    /// <param name="errors">u(t) − W_h z(t−h), [horizons×outputs], overwritten; 0 while z(t−h) does not exist.</param>
    public void Settle(ReadOnlySpan<double> u, Span<double> errors)
    {
        Require.Length(u.Length, Outputs, nameof(u));
        Require.Length(errors.Length, _horizons.Length * Outputs, nameof(errors));
        u.CopyTo(Row(_targets, ++_time, Outputs));
        for (int h = 0; h < _horizons.Length; h++)
            for (int output = 0; output < Outputs; output++)
                errors[h * Outputs + output] = _time < _horizons[h] ? 0
                    : u[output] - TensorPrimitives.Dot(Weight(h, output), Row(_states, _time - _horizons[h], Regressors));
    }

    /// <summary>Learns the frame of G steps ago.</summary>
    public void Learn()
    {
        long target = _time - _spec.Delay;
        if (target - 1 < _first) return;
        Gain(target - 1);
        for (int h = 0; h < _horizons.Length; h++)
        {
            long source = target - _horizons[h];
            if (source < 0 || _gainOf[source % _ring] != source) continue;
            for (int output = 0; output < Outputs; output++)
            {
                Span<double> row = Weight(h, output);
                double error = Row(_targets, target, Outputs)[output] - TensorPrimitives.Dot(row, Row(_states, source, Regressors));
                TensorPrimitives.MultiplyAdd(Row(_gains, source, Regressors), error, row, row);
            }
        }
    }

    /// <summary>Instead of <see cref="Learn"/>: what waits in the ring is dropped.</summary>
    public void Skip() => _first = _time + 1;

    /// <summary>Keeps z(t).</summary>
    /// <param name="z">[D], copied.</param>
    public void Push(ReadOnlySpan<double> z)
    {
        Require.Length(z.Length, Regressors, nameof(z));
        z.CopyTo(Row(_states, _time, Regressors));
    }

    /// <summary>ŷ = W₁ z.</summary>
    /// <param name="z">[D].</param>
    /// <param name="prediction">ŷ, [outputs], overwritten.</param>
    public void Predict(ReadOnlySpan<double> z, Span<double> prediction) => Predict(0, z, prediction);

    /// <summary>ŷ = W_h z for the horizon listed at <paramref name="horizon"/>.</summary>
    /// <param name="horizon">Index into the horizons.</param>
    /// <param name="z">[D].</param>
    /// <param name="prediction">ŷ, [outputs], overwritten.</param>
    public void Predict(int horizon, ReadOnlySpan<double> z, Span<double> prediction)
    {
        Require.Length(z.Length, Regressors, nameof(z));
        Require.Length(prediction.Length, Outputs, nameof(prediction));
        for (int output = 0; output < Outputs; output++)
            prediction[output] = TensorPrimitives.Dot(Weight(horizon, output), z);
    }

    void Gain(long source)
    {
        double forgetting = _trace <= Regressors / _spec.Regularisation ? _spec.ForgettingFactor : 1;
        ReadOnlySpan<double> z = Row(_states, source, Regressors);
        for (int row = 0; row < Regressors; row++)
            _product[row] = TensorPrimitives.Dot(_inverse.AsSpan(row * Regressors, Regressors), z);
        double innovation = forgetting + TensorPrimitives.Dot(_product, z);  // > 0 as P is positive definite
        TensorPrimitives.Divide(_product, innovation, Row(_gains, source, Regressors));
        _gainOf[source % _ring] = source;

        _trace = 0;
        for (int row = 0; row < Regressors; row++)
        {
            Span<double> p = _inverse.AsSpan(row * Regressors, Regressors);
            TensorPrimitives.MultiplyAdd(_product, -_product[row] / innovation, p, p);
            if (forgetting != 1) TensorPrimitives.Multiply(p, 1 / forgetting, p);
            _trace += p[row];
        }
    }

    Span<double> Weight(int horizon, int output) => _weights.AsSpan((horizon * Outputs + output) * Regressors, Regressors);

    Span<double> Row(double[] ring, long step, int width) => ring.AsSpan((int)(step % _ring) * width, width);
}
