using System.Runtime.CompilerServices;

namespace Esn;

sealed unsafe partial class Kernel<V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void DotsSideBySide(double* a, double* b, int rows, int runs, double* result)
    {
        int run = 0;
        for (; run + V.Width <= runs; run += V.Width) V.Store(Dot<V>(a + run, b + run, rows, runs), result + run);
        for (; run < runs; run++) Lanes1.Store(Dot<Lanes1>(a + run, b + run, rows, runs), result + run);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static L Dot<L>(double* a, double* b, int rows, nint runs) where L : unmanaged, ILanes<L>
        {
            L s0 = default, s1 = default, s2 = default, s3 = default, one = L.All(1);
            int i = 0;
            for (; i + 4 <= rows; i += 4, a += 4 * runs, b += 4 * runs)
            {
                s0 = L.MultiplyAdd(L.Load(a), L.Load(b), s0);
                s1 = L.MultiplyAdd(L.Load(a + runs), L.Load(b + runs), s1);
                s2 = L.MultiplyAdd(L.Load(a + 2 * runs), L.Load(b + 2 * runs), s2);
                s3 = L.MultiplyAdd(L.Load(a + 3 * runs), L.Load(b + 3 * runs), s3);
            }
            for (; i < rows; i++, a += runs, b += runs) s0 = L.MultiplyAdd(L.Load(a), L.Load(b), s0);
            return L.MultiplyAdd(L.MultiplyAdd(s0, one, s1), one, L.MultiplyAdd(s2, one, s3));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void DriveSideBySide(double* bias, double* weights, int channels, double* u, double* y, int rows, int runs)
    {
        for (int i = 0; i < rows; i++, weights += channels, y += runs)
        {
            int run = 0;
            for (; run + V.Width <= runs; run += V.Width) V.Store(Row<V>(bias[i], weights, channels, u + run, runs), y + run);
            for (; run < runs; run++) Lanes1.Store(Row<Lanes1>(bias[i], weights, channels, u + run, runs), y + run);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static L Row<L>(double bias, double* weights, int channels, double* u, nint runs) where L : unmanaged, ILanes<L>
        {
            L sum = L.All(bias);
            for (int c = 0; c < channels; c++, u += runs) sum = L.MultiplyAdd(L.All(weights[c]), L.Load(u), sum);
            return sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void SparseSideBySide(double* values, int* columns, int degree, double* x, double* y, int rows, int runs)
    {
        for (int i = 0; i < rows; i++, values += degree, columns += degree, y += runs)
        {
            int run = 0;
            // Two vectors at once: what it takes to find a column is paid once.
            for (; run + 2 * V.Width <= runs; run += 2 * V.Width) Two(values, columns, degree, x + run, y + run, runs);
            for (; run + V.Width <= runs; run += V.Width) Row<V>(values, columns, degree, x + run, y + run, runs);
            for (; run < runs; run++) Row<Lanes1>(values, columns, degree, x + run, y + run, runs);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Two(double* values, int* columns, int degree, double* x, double* y, nint runs)
        {
            V one = V.Load(y), other = V.Load(y + V.Width);
            nint k = 0;
            for (; k + 2 <= degree; k += 2)
            {
                V first = V.All(values[k]), second = V.All(values[k + 1]);
                double* from = x + columns[k] * runs, next = x + columns[k + 1] * runs;
                one = V.MultiplyAdd(second, V.Load(next), V.MultiplyAdd(first, V.Load(from), one));
                other = V.MultiplyAdd(second, V.Load(next + V.Width), V.MultiplyAdd(first, V.Load(from + V.Width), other));
            }
            if (k < degree)
            {
                V last = V.All(values[k]);
                double* from = x + columns[k] * runs;
                one = V.MultiplyAdd(last, V.Load(from), one);
                other = V.MultiplyAdd(last, V.Load(from + V.Width), other);
            }
            V.Store(one, y);
            V.Store(other, y + V.Width);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Row<L>(double* values, int* columns, int degree, double* x, double* y, nint runs) where L : unmanaged, ILanes<L>
        {
            L sum = L.Load(y);
            for (nint k = 0; k < degree; k++) sum = L.MultiplyAdd(L.All(values[k]), L.Load(x + columns[k] * runs), sum);
            L.Store(sum, y);
        }
    }
}
