using System.Numerics.Tensors;

namespace Esn;

/// <summary>How the readout learns.</summary>
public sealed record ReadoutSpec
{
    /// <summary>λ in (0, 1]; 1 = nothing is forgotten. The memory is 1/(1−λ) steps.</summary>
    public double ForgettingFactor { get; init; } = 1;

    /// <summary>β² > 0, of ‖W Z − D‖² + β²‖W‖²; P₀ = I/β².</summary>
    public double Regularisation { get; init; } = 1e-4;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Above(ForgettingFactor, 0, 1);
        Require.Above(Regularisation, 0, 1e12);
    }
}

/// <summary>
/// W_out, trained by recursive least squares with forgetting (eqs. 2 and 3): after every step the minimiser of
/// Σ λ^(T−t) ‖W z(t) − d(t)‖² + λ^T β²‖W‖². One P serves all outputs.
/// </summary>
/// <remarks>
/// S. Haykin, Adaptive Filter Theory, ch. 10. Forgetting happens only while trace(P) ≤ D/β²: on constant, zero or
/// periodic input the directions that are not excited would otherwise grow as λ^−t for ever (wind-up).
/// </remarks>
public sealed class Readout
{
    readonly ReadoutSpec _spec;
    readonly double[] _inverse;  // P [D×D], symmetric, both halves
    readonly double[] _weights;  // W_out [outputs×D]
    readonly double[] _gain;     // g = P z [D]
    double _trace;               // of P

    /// <param name="regressors">D, length of z.</param>
    /// <param name="outputs">Rows of W_out.</param>
    /// <param name="spec">Validated here.</param>
    public Readout(int regressors, int outputs, ReadoutSpec spec)
    {
        spec.Validate();
        Require.Range(regressors, 1, 1_000_000);
        Require.Range(outputs, 1, 1_000_000);
        (_spec, Regressors, Outputs) = (spec, regressors, outputs);
        _inverse = new double[regressors * regressors];
        _weights = new double[outputs * regressors];
        _gain = new double[regressors];
        for (int i = 0; i < regressors; i++) _inverse[i * regressors + i] = 1 / spec.Regularisation;
        _trace = regressors / spec.Regularisation;
    }

    /// <summary>D, length of z.</summary>
    public int Regressors { get; }

    /// <summary>Rows of W_out.</summary>
    public int Outputs { get; }

    /// <summary>W_out, [outputs×D], row by row.</summary>
    public ReadOnlySpan<double> Weights => _weights;

    /// <summary>trace(P).</summary>
    public double Trace => _trace;

    /// <summary>ŷ = W_out z.</summary>
    /// <param name="regressor">z, [D].</param>
    /// <param name="prediction">ŷ, [outputs], overwritten.</param>
    public void Predict(ReadOnlySpan<double> regressor, Span<double> prediction)
    {
        Require.Length(regressor.Length, Regressors, nameof(regressor));
        Require.Length(prediction.Length, Outputs, nameof(prediction));
        for (int output = 0; output < Outputs; output++)
            prediction[output] = TensorPrimitives.Dot(_weights.AsSpan(output * Regressors, Regressors), regressor);
    }

    /// <summary>Learns that z is followed by <paramref name="target"/>.</summary>
    /// <param name="regressor">z, [D].</param>
    /// <param name="target">d, [outputs].</param>
    public void Learn(ReadOnlySpan<double> regressor, ReadOnlySpan<double> target)
    {
        Require.Length(regressor.Length, Regressors, nameof(regressor));
        Require.Length(target.Length, Outputs, nameof(target));
        double forgetting = _trace <= Regressors / _spec.Regularisation ? _spec.ForgettingFactor : 1;

        for (int row = 0; row < Regressors; row++)
            _gain[row] = TensorPrimitives.Dot(_inverse.AsSpan(row * Regressors, Regressors), regressor);
        double innovation = forgetting + TensorPrimitives.Dot<double>(_gain, regressor);  // > 0 as P is positive definite

        for (int output = 0; output < Outputs; output++)
        {
            Span<double> row = _weights.AsSpan(output * Regressors, Regressors);
            double error = target[output] - TensorPrimitives.Dot(row, regressor);
            TensorPrimitives.MultiplyAdd(_gain, error / innovation, row, row);
        }

        for (int row = 0; row < Regressors; row++)
        {
            Span<double> p = _inverse.AsSpan(row * Regressors, Regressors);
            TensorPrimitives.MultiplyAdd(_gain, -_gain[row] / innovation, p, p);
            if (forgetting != 1) TensorPrimitives.Divide(p, forgetting, p);
        }
        _trace = 0;
        for (int i = 0; i < Regressors; i++) _trace += _inverse[i * Regressors + i];
    }
}
