using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra.Double;
using MathNet.Numerics.Random;

namespace Esn;

/// <summary>The largest modulus of a matrix's eigenvalues, ρ(A).</summary>
/// <remarks>
/// Small matrices: dense eigenvalues. Large ones: the growth rate of ‖Aᵏx‖ (Gelfand's formula,
/// ρ = lim ‖Aᵏ‖^(1/k)). The leading eigenvalues of a random matrix are complex pairs of nearly equal modulus, so a
/// power iteration has no limit; its growth, averaged under a smooth window, has: the oscillation cancels, and modes
/// closer than the tolerance do not matter.
/// </remarks>
static class SpectralRadius
{
    /// <summary>Orders up to this one take dense eigenvalues: O(N³), some 20 ms at the limit.</summary>
    public const int DenseLimit = 128;

    const double Tolerance = 1e-4;  // relative, between one window and one twice as long
    const int FirstWindow = 2048;
    const int LastWindow = 1 << 17;

    /// <summary>ρ(A), to 0.1 % or better.</summary>
    /// <exception cref="ArithmeticException">The growth did not settle, as for a nilpotent matrix.</exception>
    public static double Of(CsrMatrix matrix) => matrix.Order <= DenseLimit ? Dense(matrix) : Growth(matrix);

    /// <summary>ρ(A) from all eigenvalues.</summary>
    public static double Dense(CsrMatrix matrix)
    {
        var dense = new DenseMatrix(matrix.Order);
        for (int i = 0; i < matrix.Columns.Length; i++)
            dense[i / matrix.Degree, matrix.Columns[i]] += matrix.Values[i];
        return dense.Evd().EigenValues.Max(value => value.Magnitude);
    }

    /// <summary>ρ(A) from the growth of ‖Aᵏx‖.</summary>
    /// <exception cref="ArithmeticException">The growth did not settle.</exception>
    public static double Growth(CsrMatrix matrix)
    {
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        double[] x = new double[matrix.Order], y = new double[matrix.Order];
        for (int i = 0; i < x.Length; i++) x[i] = 2 * random.NextDouble() - 1;

        double previous = double.NaN;
        for (int window = FirstWindow; window <= LastWindow; window *= 2)
        {
            double logGrowth = 0, weights = 0;
            for (int k = 0; k < window; k++)
            {
                matrix.Multiply(x, y);
                double norm = TensorPrimitives.Norm<double>(y);
                if (!(norm > 0))
                    throw new ArithmeticException("the matrix has no eigenvalue but 0: it can't be scaled to a spectral radius");
                TensorPrimitives.Divide(y, norm, x);
                double weight = Math.Pow(Math.Sin(Math.PI * (k + .5) / window), 4);
                logGrowth += weight * Math.Log(norm);
                weights += weight;
            }
            double estimate = Math.Exp(logGrowth / weights);
            if (Math.Abs(estimate - previous) <= Tolerance * estimate) return estimate;
            previous = estimate;
        }
        throw new ArithmeticException($"the spectral radius did not settle within {LastWindow} products, last estimate {previous}");
    }
}
