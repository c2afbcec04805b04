using System.Runtime.InteropServices;

namespace Esn.Benchmarks;

/// <summary>OpenBLAS where it is installed (Debian: libopenblas0), on one thread: a yardstick, never a dependency.</summary>
static unsafe class OpenBlas
{
    const int ColumnMajor = 102, Lower = 122, NoTranspose = 111;
    const string Library = "libopenblas.so.0";

    /// <summary>Whether the library is there. It is set to one thread.</summary>
    public static bool IsInstalled { get; } = Load();

    static bool Load()
    {
        if (!NativeLibrary.TryLoad(Library, out nint handle)) return false;
        if (NativeLibrary.TryGetExport(handle, "openblas_set_num_threads", out nint threads))
            ((delegate* unmanaged<int, void>)threads)(1);
        return true;
    }

    /// <summary>One step's work on a P of its own.</summary>
    public static Action PairOf(int order)
    {
        double[] p = new double[order * order], z = new double[order], y = new double[order];
        for (int i = 0; i < order; i++) p[i * order + i] = 1e4;
        Array.Fill(z, .1);
        return () => Pair(p, z, y, order);
    }

    // y = P z (dsymv), then P ← P − α y yᵀ (dsyr), lower half of [D×D].
    static void Pair(double[] p, double[] z, double[] y, int order)
    {
        fixed (double* a = p, x = z, b = y)
        {
            Symv(ColumnMajor, Lower, order, 1, a, order, x, 1, 0, b, 1);
            Syr(ColumnMajor, Lower, order, -1e-12, b, 1, a, order);
        }
    }

    /// <summary>C = A B, A [D×D], B and C [D×columns].</summary>
    public static void Multiply(double[] a, double[] b, double[] c, int order, int columns)
    {
        fixed (double* pa = a, pb = b, pc = c)
            Gemm(ColumnMajor, NoTranspose, NoTranspose, order, columns, order, 1, pa, order, pb, order, 0, pc, order);
    }

    [DllImport(Library, EntryPoint = "cblas_dsymv")]
    static extern void Symv(int layout, int half, int n, double alpha, double* a, int lda, double* x, int incx, double beta,
        double* y, int incy);

    [DllImport(Library, EntryPoint = "cblas_dsyr")]
    static extern void Syr(int layout, int half, int n, double alpha, double* x, int incx, double* a, int lda);

    [DllImport(Library, EntryPoint = "cblas_dgemm")]
    static extern void Gemm(
        int layout, int transA, int transB, int m, int n, int k, double alpha, double* a, int lda, double* b, int ldb,
        double beta, double* c, int ldc);
}
