using System.Numerics.Tensors;

namespace Esn;

/// <summary>How the readout learns.</summary>
public sealed record ReadoutSpec
{
    /// <summary>λ in (0, 1]; 1 = nothing is forgotten. The memory is 1/(1−λ) steps.</summary>
    public double ForgettingFactor { get; init; } = 1;

    /// <summary>β² > 0, of ‖W Z − D‖² + β²‖W‖²; P₀ = I/β².</summary>
    public double Regularisation { get; init; } = 1e-4;

    /// <summary>Steps ahead that are predicted, ascending, each 1 … 100,000.</summary>
    public IReadOnlyList<int> Horizons { get; init; } = [1];

    /// <summary>G, steps by which learning is late, 0 … 100,000.</summary>
    public int Delay { get; init; }

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Above(ForgettingFactor, 0, 1);
        Require.Above(Regularisation, 0, 1e12);
        Require.Range(Delay, 0, 100_000);
        Require.Range(Horizons.Count, 1, 1000);
        for (int i = 0; i < Horizons.Count; i++)
            Require.Range(Horizons[i], i == 0 ? 1 : Horizons[i - 1] + 1, 100_000, "horizons");
    }
}

/// <summary>
/// W_out, trained by recursive least squares with forgetting (eqs. 2 and 3), for several horizons at once and as late as
/// wanted: one P serves all. A step is Settle, then Learn or Skip, then Push.
/// </summary>
/// <remarks>
/// S. Haykin, Adaptive Filter Theory, ch. 10. Forgetting happens only while trace(P) ≤ D/β²: on constant, zero or
/// periodic input the directions that are not excited would otherwise grow as λ^−t for ever (wind-up).
/// </remarks>
public sealed class Readout
{
    readonly ReadoutSpec _spec;
    readonly double[] _inverse;  // P [D×D], symmetric, both halves
    readonly double[] _weights;  // W_out [horizons×outputs×D]
    readonly double[] _product;  // P z [D]
    readonly int _ring;          // slots: the longest horizon + delay + 1
    readonly double[] _states;   // z [ring×D], by step
    readonly double[] _gains;    // of the update from that z [ring×D]
    readonly double[] _targets;  // u [ring×outputs]
    readonly long[] _gained;     // step whose gain stands in the slot; −1: none
    readonly long[] _usable;     // step whose frame stands in the slot and may be learnt as target; −1: none
    readonly int[] _horizons;
    long _step;                  // t: steps pushed so far = index of the step that is settled next

    /// <param name="regressors">D, length of z.</param>
    /// <param name="outputs">Length of u.</param>
    /// <param name="spec">Validated here.</param>
    public Readout(int regressors, int outputs, ReadoutSpec spec)
    {
        spec.Validate();
        Require.Range(regressors, 1, 1_000_000);
        Require.Range(outputs, 1, 1_000_000);
        (_spec, Regressors, Outputs, _horizons) = (spec, regressors, outputs, [.. spec.Horizons]);
        _ring = _horizons[^1] + spec.Delay + 2;
        _inverse = new double[regressors * regressors];
        _weights = new double[_horizons.Length * outputs * regressors];
        _product = new double[regressors];
        (_states, _gains, _targets) = (new double[_ring * regressors], new double[_ring * regressors], new double[_ring * outputs]);
        (_gained, _usable) = (new long[_ring], new long[_ring]);
        _gained.AsSpan().Fill(-1);
        _usable.AsSpan().Fill(-1);
        for (int i = 0; i < regressors; i++) _inverse[i * regressors + i] = 1 / spec.Regularisation;
        Trace = regressors / spec.Regularisation;
    }

    /// <summary>D, length of z.</summary>
    public int Regressors { get; }

    /// <summary>Length of u.</summary>
    public int Outputs { get; }

    /// <summary>W_out, [horizons×outputs×D], row by row.</summary>
    public ReadOnlySpan<double> Weights => _weights;

    /// <summary>trace(P).</summary>
    public double Trace { get; private set; }

    /// <summary>A hint that the next n regressors pushed will be these rows; results do not depend on it.</summary>
    /// <param name="regressors">[n×D].</param>
    /// <param name="count">n.</param>
    public void Begin(ReadOnlySpan<double> regressors, int count) => Require.Length(regressors.Length, count * Regressors, nameof(regressors));

    /// <summary>The errors of u(t) for all horizons, by the weights learnt so far.</summary>
    /// <param name="target">u(t), [outputs]; kept.</param>
    /// <param name="errors">[horizons×outputs], overwritten; 0 while z(t−h) does not exist.</param>
    public void Settle(ReadOnlySpan<double> target, Span<double> errors)
    {
        Require.Length(target.Length, Outputs, nameof(target));
        Require.Length(errors.Length, _horizons.Length * Outputs, nameof(errors));
        target.CopyTo(_targets.AsSpan((int)(_step % _ring) * Outputs));
        _usable[_step % _ring] = _step;
        for (int h = 0; h < _horizons.Length; h++) Error(h, _step, errors.Slice(h * Outputs, Outputs));
    }

    /// <summary>Learns the frame of G steps ago.</summary>
    public void Learn()
    {
        long step = _step - _spec.Delay;
        if (step < 1 || _usable[step % _ring] != step) return;
        Gain(step - 1);
        Span<double> error = Outputs <= 256 ? stackalloc double[Outputs] : new double[Outputs];
        for (int h = 0; h < _horizons.Length; h++)
        {
            long from = step - _horizons[h];
            if (from < 0 || _gained[from % _ring] != from) continue;
            Error(h, step, error);
            ReadOnlySpan<double> gain = Slot(_gains, from);
            for (int output = 0; output < Outputs; output++)
            {
                Span<double> row = Row(h, output);
                TensorPrimitives.MultiplyAdd(gain, error[output], row, row);
            }
        }
    }

    /// <summary>Learns nothing at this step; what waits to be learnt is dropped.</summary>
    public void Skip()
    {
        for (long step = Math.Max(0, _step - _spec.Delay); step <= _step; step++) _usable[step % _ring] = -1;
    }

    /// <summary>Takes z(t) and ends the step.</summary>
    /// <param name="regressor">[D], copied.</param>
    public void Push(ReadOnlySpan<double> regressor)
    {
        regressor.CopyTo(Slot(_states, _step));
        _gained[_step % _ring] = -1;
        _step++;
    }

    /// <summary>ŷ(t+1|t) = W_1 z.</summary>
    /// <param name="regressor">z, [D].</param>
    /// <param name="prediction">ŷ, [outputs], overwritten.</param>
    public void Predict(ReadOnlySpan<double> regressor, Span<double> prediction) => Predict(0, regressor, prediction);

    /// <summary>ŷ(t+h|t) = W_h z.</summary>
    /// <param name="horizon">Index among the horizons.</param>
    /// <param name="regressor">z, [D].</param>
    /// <param name="prediction">ŷ, [outputs], overwritten.</param>
    public void Predict(int horizon, ReadOnlySpan<double> regressor, Span<double> prediction)
    {
        for (int output = 0; output < Outputs; output++) prediction[output] = TensorPrimitives.Dot(Row(horizon, output), regressor);
    }

    void Error(int h, long step, Span<double> error)
    {
        error.Clear();
        long from = step - _horizons[h];
        if (from < 0) return;
        Predict(h, Slot(_states, from), error);
        TensorPrimitives.Subtract(Slot(_targets, step, Outputs), error, error);
    }

    // P and the gain from z(from).
    void Gain(long from)
    {
        ReadOnlySpan<double> z = Slot(_states, from);
        Span<double> gain = Slot(_gains, from);
        double forgetting = Trace <= Regressors / _spec.Regularisation ? _spec.ForgettingFactor : 1;
        for (int row = 0; row < Regressors; row++)
            _product[row] = TensorPrimitives.Dot(_inverse.AsSpan(row * Regressors, Regressors), z);
        double innovation = forgetting + TensorPrimitives.Dot<double>(_product, z);
        TensorPrimitives.Divide<double>(_product, innovation, gain);
        Trace = 0;
        for (int row = 0; row < Regressors; row++)
        {
            Span<double> p = _inverse.AsSpan(row * Regressors, Regressors);
            TensorPrimitives.MultiplyAdd(_product, -_product[row] / innovation, p, p);
            if (forgetting != 1) TensorPrimitives.Divide(p, forgetting, p);
            Trace += p[row];
        }
        _gained[from % _ring] = from;
    }

    Span<double> Row(int h, int output) => _weights.AsSpan((h * Outputs + output) * Regressors, Regressors);

    Span<double> Slot(double[] ring, long step) => Slot(ring, step, Regressors);

    Span<double> Slot(double[] ring, long step, int width) => ring.AsSpan((int)(step % _ring) * width, width);
}
