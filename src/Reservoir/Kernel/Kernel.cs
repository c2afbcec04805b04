using System.Runtime.Intrinsics;

namespace Esn;

/// <summary>
/// The inner loops of linear algebra. Lengths are in blocks of 8 doubles, padded with zeros; matrices are rows of pointers
/// or rows with a stride in doubles. Every result has one order of sums, whatever the vector width.
/// </summary>
/// <remarks>
/// A symmetric matrix of n blocks is packed as column panels 8 wide. Panel J holds the tiles I = J … n−1, each 8×8 and
/// column by column; the diagonal tile is full.
/// </remarks>
abstract unsafe class Kernel
{
    /// <summary>The widest that this machine runs well.</summary>
    public static Kernel Best { get; } =
        Vector512.IsHardwareAccelerated ? new Kernel<Lanes8>()
        : Vector256.IsHardwareAccelerated && System.Runtime.Intrinsics.X86.Fma.IsSupported ? new Kernel<Lanes4>()
        : Vector128.IsHardwareAccelerated && System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.IsSupported ? new Kernel<Lanes2>()
        : new Kernel<Lanes1>();

    /// <summary>All of them: each gives the same bits.</summary>
    public static IReadOnlyList<Kernel> All { get; } =
        [new Kernel<Lanes8>(), new Kernel<Lanes4>(), new Kernel<Lanes2>(), new Kernel<Lanes1>()];

    /// <summary>Doubles of a symmetric matrix of n blocks before panel J.</summary>
    public static long Offset(long blocks, long panel) => 64 * (panel * blocks - panel * (panel - 1) / 2);

    /// <summary>y_f += S z_f for the panels first … last−1 of S (each element serves its row and its column).</summary>
    public abstract void MultiplyPanels(double* matrix, int blocks, int first, int last, double** z, double** y, int frames);

    /// <summary>S ← scale (S − Σ_t u_t u_tᵀ) in one panel, t ascending.</summary>
    public abstract void FoldPanel(double* matrix, int blocks, int panel, double** columns, int count, double scale);

    /// <summary>result_r = row_r · x.</summary>
    public abstract void Dots(double* rows, nint stride, int count, double* x, int blocks, double* result);

    /// <summary>result_f,r = row_r · x_f, with the bits of <see cref="Dots"/>.</summary>
    public abstract void Products(
        double* rows, nint stride, int count, double** x, int frames, int blocks, double* result, nint resultStride);

    /// <summary>x += Σ_j coefficient_j row_j, j ascending.</summary>
    public abstract void Combine(double* x, double* rows, nint stride, double* coefficients, int count, int blocks);

    /// <summary>row_r += Σ_j coefficient_j,r column_j, j ascending.</summary>
    public abstract void AddOuter(
        double* rows, nint stride, int rowCount, double** columns, double* coefficients, nint coefficientStride, int count, int blocks);

    /// <summary>y_i ← keep_i x_i + leak_i tanh(y_i), tanh within 3 units of its last place; NaN stays NaN.</summary>
    public abstract void Activate(double* keep, double* leak, double* x, double* y, int count);

    // Below, several runs lie side by side, [rows×runs]: each has the bits it would have alone.

    /// <summary>result_r = Σ_i a_i,r b_i,r, in four chains of every fourth row.</summary>
    public abstract void DotsSideBySide(double* a, double* b, int rows, int runs, double* result);

    /// <summary>y_i,r = bias_i + Σ_c weight_i,c u_c,r, c ascending.</summary>
    public abstract void DriveSideBySide(double* bias, double* weights, int channels, double* u, double* y, int rows, int runs);

    /// <summary>y_i,r += Σ_k value_i,k x_column(i,k),r, k ascending.</summary>
    public abstract void SparseSideBySide(double* values, int* columns, int degree, double* x, double* y, int rows, int runs);

    /// <summary>y_i,r ← keep_i x_i,r + leak_i tanh(y_i,r).</summary>
    /// <remarks>The first of the runs are used; where runs are a multiple of 8, y of the others is 0.</remarks>
    public abstract void ActivateSideBySide(double* keep, double* leak, double* x, double* y, int rows, int runs, int used);
}
