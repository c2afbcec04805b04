using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Esn.Streaming.Simulation;

/// <summary>
/// Solves (∇² − F)ψ = q with ψ = 0 on the walls, ∇² the five-point Laplacian, to rounding: sines in y, and in x for each of
/// them one tridiagonal system whose elimination is done once, in the constructor.
/// </summary>
/// <remarks>
/// The sines with odd wave numbers are even about the middle, the others odd: the transform folds its input there and
/// multiplies by two matrices of a quarter of the size each. Allocates nothing after construction. Not thread-safe.
/// </remarks>
sealed class HelmholtzSolver
{
    const int Block = 16;  // outputs that stay in registers

    readonly PaddedGrid _grid;
    readonly int _half;                                   // h = n/2
    readonly double[] _oddForward, _evenForward;          // [h×h] y × mode, with the factors of both transforms and d²
    readonly double[] _oddBack, _evenBack;                // [h×h] mode × y
    readonly double[] _elimination;                       // [n×n] x × mode: 1/pivot; modes in the order odd, even
    readonly double[] _symmetric, _antisymmetric;         // [n×h] x × y; the last line is padding
    readonly double[] _odd, _even;                        // [n×h] x × mode

    /// <param name="grid">Intervals a multiple of 32.</param>
    /// <param name="f">F, at least 0.</param>
    public HelmholtzSolver(PaddedGrid grid, double f)
    {
        int n = grid.Intervals;
        _grid = grid;
        _half = n / 2;
        (_oddForward, _evenForward) = (new double[_half * _half], new double[_half * _half]);
        (_oddBack, _evenBack) = (new double[_half * _half], new double[_half * _half]);
        _elimination = new double[n * n];
        double spacing = grid.Spacing, scale = 2 * spacing * spacing / n;
        for (int j = 1; j <= _half; j++)
            for (int mode = 0; mode < _half; mode++)
            {
                int y = j - 1;
                double odd = Math.Sin(Math.PI * j * (2 * mode + 1) / n);
                double even = j == _half || mode == _half - 1 ? 0 : Math.Sin(Math.PI * j * (2 * mode + 2) / n);
                (_oddForward[y * _half + mode], _oddBack[mode * _half + y]) = (scale * odd, odd);
                (_evenForward[y * _half + mode], _evenBack[mode * _half + y]) = (scale * even, even);
            }
        for (int mode = 0; mode < n; mode++)
        {
            int waves = mode < _half ? 2 * mode + 1 : 2 * (mode - _half) + 2;
            double sine = Math.Sin(Math.PI * waves / (2 * n)), diagonal = -2 - 4 * sine * sine - f * spacing * spacing;
            double inverse = 0;
            for (int i = 0; i < n; i++) _elimination[i * n + mode] = inverse = 1 / (diagonal - inverse);
        }
        (_symmetric, _antisymmetric, _odd, _even) = (new double[n * _half], new double[n * _half], new double[n * _half],
            new double[n * _half]);
    }

    HelmholtzSolver(HelmholtzSolver other)
    {
        (_grid, _half, _elimination) = (other._grid, other._half, other._elimination);
        (_oddForward, _evenForward, _oddBack, _evenBack) = (other._oddForward, other._evenForward, other._oddBack, other._evenBack);
        int length = other._odd.Length;
        (_symmetric, _antisymmetric, _odd, _even) = (new double[length], new double[length], new double[length], new double[length]);
    }

    /// <summary>A solver that shares the coefficients and can be used beside this one.</summary>
    public HelmholtzSolver Clone() => new(this);

    /// <param name="q">A field; its walls are not read.</param>
    /// <param name="psi">ψ; its walls are left as they are.</param>
    public void Solve(ReadOnlySpan<double> q, Span<double> psi)
    {
        Fold(q);
        Multiply(_symmetric, _oddForward, _odd);
        Multiply(_antisymmetric, _evenForward, _even);
        Eliminate(_odd, 0);
        Eliminate(_even, _half);
        Multiply(_odd, _oddBack, _symmetric);
        Multiply(_even, _evenBack, _antisymmetric);
        Unfold(psi);
    }

    void Fold(ReadOnlySpan<double> q)
    {
        int n = _grid.Intervals, half = _half;
        for (int i = 1; i < n; i++)
        {
            ReadOnlySpan<double> line = q.Slice(_grid[i, 0], n);
            Span<double> symmetric = _symmetric.AsSpan((i - 1) * half, half);
            Span<double> antisymmetric = _antisymmetric.AsSpan((i - 1) * half, half);
            for (int j = 1; j < half; j++)
            {
                double low = line[j], high = line[n - j];
                symmetric[j - 1] = low + high;
                antisymmetric[j - 1] = low - high;
            }
            symmetric[half - 1] = line[half];
            antisymmetric[half - 1] = 0;
        }
    }

    void Unfold(Span<double> psi)
    {
        int n = _grid.Intervals, half = _half;
        for (int i = 1; i < n; i++)
        {
            Span<double> line = psi.Slice(_grid[i, 0], n);
            ReadOnlySpan<double> symmetric = _symmetric.AsSpan((i - 1) * half, half);
            ReadOnlySpan<double> antisymmetric = _antisymmetric.AsSpan((i - 1) * half, half);
            for (int j = 1; j < half; j++)
            {
                double even = symmetric[j - 1], odd = antisymmetric[j - 1];
                line[j] = even + odd;
                line[n - j] = even - odd;
            }
            line[half] = symmetric[half - 1];
        }
    }

    /// <summary>lines [n×h] · matrix [h×h]; two lines at once, so that the additions need not wait for each other.</summary>
    void Multiply(double[] lines, double[] matrix, double[] result)
    {
        int n = _grid.Intervals, half = _half;
        ref double from = ref MemoryMarshal.GetArrayDataReference(lines), with = ref MemoryMarshal.GetArrayDataReference(matrix);
        ref double to = ref MemoryMarshal.GetArrayDataReference(result);
        for (int i = 0; i < n; i += 2)
            for (int column = 0; column < half; column += Block)
            {
                Vector256<double> a0 = default, a1 = default, a2 = default, a3 = default;
                Vector256<double> b0 = default, b1 = default, b2 = default, b3 = default;
                nuint first = (nuint)(i * half), second = first + (nuint)half, row = (nuint)column;
                for (nuint k = 0; k < (nuint)half; k++, row += (nuint)half)
                {
                    Vector256<double> a = Vector256.Create(Unsafe.Add(ref from, first + k));
                    Vector256<double> b = Vector256.Create(Unsafe.Add(ref from, second + k));
                    Vector256<double> m0 = Vector256.LoadUnsafe(ref with, row), m1 = Vector256.LoadUnsafe(ref with, row + 4);
                    Vector256<double> m2 = Vector256.LoadUnsafe(ref with, row + 8), m3 = Vector256.LoadUnsafe(ref with, row + 12);
                    (a0, b0) = (Vector256.FusedMultiplyAdd(a, m0, a0), Vector256.FusedMultiplyAdd(b, m0, b0));
                    (a1, b1) = (Vector256.FusedMultiplyAdd(a, m1, a1), Vector256.FusedMultiplyAdd(b, m1, b1));
                    (a2, b2) = (Vector256.FusedMultiplyAdd(a, m2, a2), Vector256.FusedMultiplyAdd(b, m2, b2));
                    (a3, b3) = (Vector256.FusedMultiplyAdd(a, m3, a3), Vector256.FusedMultiplyAdd(b, m3, b3));
                }
                first += (nuint)column;
                second += (nuint)column;
                a0.StoreUnsafe(ref to, first);
                a1.StoreUnsafe(ref to, first + 4);
                a2.StoreUnsafe(ref to, first + 8);
                a3.StoreUnsafe(ref to, first + 12);
                b0.StoreUnsafe(ref to, second);
                b1.StoreUnsafe(ref to, second + 4);
                b2.StoreUnsafe(ref to, second + 8);
                b3.StoreUnsafe(ref to, second + 12);
            }
    }

    /// <summary>Thomas in x, in place, for the modes of one parity side by side.</summary>
    void Eliminate(double[] modes, int firstMode)
    {
        int n = _grid.Intervals, half = _half;
        ref double values = ref MemoryMarshal.GetArrayDataReference(modes);
        ref double inverse = ref MemoryMarshal.GetArrayDataReference(_elimination);
        for (int i = 0; i < n - 1; i++)
            for (int mode = 0; mode < half; mode += Vector256<double>.Count)
            {
                nuint at = (nuint)(i * half + mode);
                Vector256<double> value = Vector256.LoadUnsafe(ref values, at);
                if (i > 0) value -= Vector256.LoadUnsafe(ref values, at - (nuint)half);
                (value * Vector256.LoadUnsafe(ref inverse, (nuint)(i * n + firstMode + mode))).StoreUnsafe(ref values, at);
            }
        for (int i = n - 3; i >= 0; i--)
            for (int mode = 0; mode < half; mode += Vector256<double>.Count)
            {
                nuint at = (nuint)(i * half + mode);
                Vector256<double> value = Vector256.LoadUnsafe(ref values, at);
                Vector256<double> above = Vector256.LoadUnsafe(ref values, at + (nuint)half);
                value -= Vector256.LoadUnsafe(ref inverse, (nuint)(i * n + firstMode + mode)) * above;
                value.StoreUnsafe(ref values, at);
            }
    }
}
