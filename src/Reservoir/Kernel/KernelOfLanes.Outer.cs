using System.Runtime.CompilerServices;

namespace Esn;

sealed unsafe partial class Kernel<V>
{
    const int TilesAhead = 16;  // of a fold, that are prefetched

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void FoldPanel(double* matrix, int blocks, int panel, double** columns, int count, double scale)
    {
        double* tiles = matrix + Offset(blocks, panel);
        double* negated = stackalloc double[8 * count];
        for (int t = 0; t < count; t++)
            for (int j = 0; j < 8; j++) negated[8 * t + j] = -columns[t][8 * panel + j];
        int last = 8 * (blocks - panel);  // rows of the panel
        V factor = V.All(scale);
        int whole = last / (3 * V.Width) * (3 * V.Width);
        if (V.Width == 8)
        {
            for (int row = 0; row < whole; row += 3 * V.Width)
            {
                if (blocks >= Far)
                    for (int line = 0; line < 3 * Tile / Line; line++) Prefetch(tiles + 8 * row + TilesAhead * Tile + Line * line);
                Outer3x8(Row(row, 0), Row(row + V.Width, 0), Row(row + 2 * V.Width, 0), 8,
                    columns, 8 * panel + row, negated, 8, count, factor);
            }
        }
        for (int half = 0; half < 2; half++)
        {
            int row = V.Width == 8 ? whole : 0;
            for (; row < whole; row += 3 * V.Width)
                Outer3x4(Row(row, half), Row(row + V.Width, half), Row(row + 2 * V.Width, half), 8,
                    columns, 8 * panel + row, negated + 4 * half, 8, count, factor);
            for (; row < last; row += V.Width)
                for (int j = 4 * half; j < 4 * half + 4; j++)
                    Outer1x1(tiles + (row >> 3) * Tile + (row & 7) + 8 * j, columns, 8 * panel + row, negated + j, 8, count, factor);
        }

        double* Row(int row, int half) => tiles + (row >> 3) * Tile + (row & 7) + 32 * half;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AddOuter(
        double* rows, nint stride, int rowCount, double** columns, double* coefficients, nint coefficientStride, int count, int blocks)
    {
        int length = 8 * blocks, r = 0;
        V one = V.All(1);
        for (; V.Width == 8 && r + 8 <= rowCount; r += 8)
        {
            double* row = rows + r * stride;
            int i = 0;
            for (; i + 3 * V.Width <= length; i += 3 * V.Width)
                Outer3x8(row + i, row + i + V.Width, row + i + 2 * V.Width, stride,
                    columns, i, coefficients + r, coefficientStride, count, one);
            for (; i < length; i += V.Width)
                for (int j = 0; j < 8; j++)
                    Outer1x1(row + j * stride + i, columns, i, coefficients + r + j, coefficientStride, count, one);
        }
        for (; r + 4 <= rowCount; r += 4)
        {
            double* row = rows + r * stride;
            int i = 0;
            for (; i + 3 * V.Width <= length; i += 3 * V.Width)
                Outer3x4(row + i, row + i + V.Width, row + i + 2 * V.Width, stride,
                    columns, i, coefficients + r, coefficientStride, count, one);
            for (; i < length; i += V.Width)
                for (int j = 0; j < 4; j++)
                    Outer1x1(row + j * stride + i, columns, i, coefficients + r + j, coefficientStride, count, one);
        }
        for (; r < rowCount; r++)
            for (int i = 0; i < length; i += V.Width)
                Outer1x1(rows + r * stride + i, columns, i, coefficients + r, coefficientStride, count, one);
    }

    // p_r[c] ← factor (p_r[c] + Σ_t column_t[r] coefficient_t[c]) for three vectors r and four c.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Outer3x4(
        double* p0, double* p1, double* p2, nint step,
        double** columns, nint offset, double* coefficients, nint coefficientStride, int count, V factor)
    {
        V a0 = V.Load(p0), a1 = V.Load(p0 + step), a2 = V.Load(p0 + 2 * step), a3 = V.Load(p0 + 3 * step);
        V b0 = V.Load(p1), b1 = V.Load(p1 + step), b2 = V.Load(p1 + 2 * step), b3 = V.Load(p1 + 3 * step);
        V c0 = V.Load(p2), c1 = V.Load(p2 + step), c2 = V.Load(p2 + 2 * step), c3 = V.Load(p2 + 3 * step);
        for (int t = 0; t < count; t++, coefficients += coefficientStride)
        {
            double* column = columns[t] + offset;
            V x = V.Load(column), y = V.Load(column + V.Width), z = V.Load(column + 2 * V.Width);
            V k = V.All(coefficients[0]);
            a0 = V.MultiplyAdd(x, k, a0);
            b0 = V.MultiplyAdd(y, k, b0);
            c0 = V.MultiplyAdd(z, k, c0);
            k = V.All(coefficients[1]);
            a1 = V.MultiplyAdd(x, k, a1);
            b1 = V.MultiplyAdd(y, k, b1);
            c1 = V.MultiplyAdd(z, k, c1);
            k = V.All(coefficients[2]);
            a2 = V.MultiplyAdd(x, k, a2);
            b2 = V.MultiplyAdd(y, k, b2);
            c2 = V.MultiplyAdd(z, k, c2);
            k = V.All(coefficients[3]);
            a3 = V.MultiplyAdd(x, k, a3);
            b3 = V.MultiplyAdd(y, k, b3);
            c3 = V.MultiplyAdd(z, k, c3);
        }
        V.Store(V.Multiply(a0, factor), p0);
        V.Store(V.Multiply(a1, factor), p0 + step);
        V.Store(V.Multiply(a2, factor), p0 + 2 * step);
        V.Store(V.Multiply(a3, factor), p0 + 3 * step);
        V.Store(V.Multiply(b0, factor), p1);
        V.Store(V.Multiply(b1, factor), p1 + step);
        V.Store(V.Multiply(b2, factor), p1 + 2 * step);
        V.Store(V.Multiply(b3, factor), p1 + 3 * step);
        V.Store(V.Multiply(c0, factor), p2);
        V.Store(V.Multiply(c1, factor), p2 + step);
        V.Store(V.Multiply(c2, factor), p2 + 2 * step);
        V.Store(V.Multiply(c3, factor), p2 + 3 * step);
    }

    // The same for eight c: where there are registers for it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Outer3x8(
        double* p0, double* p1, double* p2, nint step,
        double** columns, nint offset, double* coefficients, nint coefficientStride, int count, V factor)
    {
        V a0 = V.Load(p0), a1 = V.Load(p0 + step), a2 = V.Load(p0 + 2 * step), a3 = V.Load(p0 + 3 * step);
        V a4 = V.Load(p0 + 4 * step), a5 = V.Load(p0 + 5 * step), a6 = V.Load(p0 + 6 * step), a7 = V.Load(p0 + 7 * step);
        V b0 = V.Load(p1), b1 = V.Load(p1 + step), b2 = V.Load(p1 + 2 * step), b3 = V.Load(p1 + 3 * step);
        V b4 = V.Load(p1 + 4 * step), b5 = V.Load(p1 + 5 * step), b6 = V.Load(p1 + 6 * step), b7 = V.Load(p1 + 7 * step);
        V c0 = V.Load(p2), c1 = V.Load(p2 + step), c2 = V.Load(p2 + 2 * step), c3 = V.Load(p2 + 3 * step);
        V c4 = V.Load(p2 + 4 * step), c5 = V.Load(p2 + 5 * step), c6 = V.Load(p2 + 6 * step), c7 = V.Load(p2 + 7 * step);
        for (int t = 0; t < count; t++, coefficients += coefficientStride)
        {
            double* column = columns[t] + offset;
            V x = V.Load(column), y = V.Load(column + V.Width), z = V.Load(column + 2 * V.Width);
            V k = V.All(coefficients[0]);
            a0 = V.MultiplyAdd(x, k, a0);
            b0 = V.MultiplyAdd(y, k, b0);
            c0 = V.MultiplyAdd(z, k, c0);
            k = V.All(coefficients[1]);
            a1 = V.MultiplyAdd(x, k, a1);
            b1 = V.MultiplyAdd(y, k, b1);
            c1 = V.MultiplyAdd(z, k, c1);
            k = V.All(coefficients[2]);
            a2 = V.MultiplyAdd(x, k, a2);
            b2 = V.MultiplyAdd(y, k, b2);
            c2 = V.MultiplyAdd(z, k, c2);
            k = V.All(coefficients[3]);
            a3 = V.MultiplyAdd(x, k, a3);
            b3 = V.MultiplyAdd(y, k, b3);
            c3 = V.MultiplyAdd(z, k, c3);
            k = V.All(coefficients[4]);
            a4 = V.MultiplyAdd(x, k, a4);
            b4 = V.MultiplyAdd(y, k, b4);
            c4 = V.MultiplyAdd(z, k, c4);
            k = V.All(coefficients[5]);
            a5 = V.MultiplyAdd(x, k, a5);
            b5 = V.MultiplyAdd(y, k, b5);
            c5 = V.MultiplyAdd(z, k, c5);
            k = V.All(coefficients[6]);
            a6 = V.MultiplyAdd(x, k, a6);
            b6 = V.MultiplyAdd(y, k, b6);
            c6 = V.MultiplyAdd(z, k, c6);
            k = V.All(coefficients[7]);
            a7 = V.MultiplyAdd(x, k, a7);
            b7 = V.MultiplyAdd(y, k, b7);
            c7 = V.MultiplyAdd(z, k, c7);
        }
        V.Store(V.Multiply(a0, factor), p0);
        V.Store(V.Multiply(a1, factor), p0 + step);
        V.Store(V.Multiply(a2, factor), p0 + 2 * step);
        V.Store(V.Multiply(a3, factor), p0 + 3 * step);
        V.Store(V.Multiply(a4, factor), p0 + 4 * step);
        V.Store(V.Multiply(a5, factor), p0 + 5 * step);
        V.Store(V.Multiply(a6, factor), p0 + 6 * step);
        V.Store(V.Multiply(a7, factor), p0 + 7 * step);
        V.Store(V.Multiply(b0, factor), p1);
        V.Store(V.Multiply(b1, factor), p1 + step);
        V.Store(V.Multiply(b2, factor), p1 + 2 * step);
        V.Store(V.Multiply(b3, factor), p1 + 3 * step);
        V.Store(V.Multiply(b4, factor), p1 + 4 * step);
        V.Store(V.Multiply(b5, factor), p1 + 5 * step);
        V.Store(V.Multiply(b6, factor), p1 + 6 * step);
        V.Store(V.Multiply(b7, factor), p1 + 7 * step);
        V.Store(V.Multiply(c0, factor), p2);
        V.Store(V.Multiply(c1, factor), p2 + step);
        V.Store(V.Multiply(c2, factor), p2 + 2 * step);
        V.Store(V.Multiply(c3, factor), p2 + 3 * step);
        V.Store(V.Multiply(c4, factor), p2 + 4 * step);
        V.Store(V.Multiply(c5, factor), p2 + 5 * step);
        V.Store(V.Multiply(c6, factor), p2 + 6 * step);
        V.Store(V.Multiply(c7, factor), p2 + 7 * step);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Outer1x1(double* p, double** columns, nint offset, double* coefficients, nint coefficientStride, int count, V factor)
    {
        V a = V.Load(p);
        for (int t = 0; t < count; t++, coefficients += coefficientStride)
            a = V.MultiplyAdd(V.Load(columns[t] + offset), V.All(*coefficients), a);
        V.Store(V.Multiply(a, factor), p);
    }
}
