using System.Runtime.CompilerServices;

namespace Esn;

sealed unsafe partial class Kernel<V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Dots(double* rows, nint stride, int count, double* x, int blocks, double* result)
    {
        double* room = stackalloc double[Tile + Line], sums = ToCacheLine(room);
        int r = 0;
        for (; r + 8 <= count; r += 8)
        {
            Dots4(rows + r * stride, stride, x, blocks, sums);
            Dots4(rows + (r + 4) * stride, stride, x, blocks, sums + 32);
            LaneSums(sums, result + r);
        }
        for (; r + 4 <= count; r += 4)
        {
            Dots4(rows + r * stride, stride, x, blocks, sums);
            for (int j = 0; j < 4; j++) result[r + j] = LaneSum(sums + 8 * j);
        }
        for (; r < count; r++)
        {
            double* row = rows + r * stride;
            for (int lane = 0; lane < 8; lane += V.Width)
            {
                V a = default;
                for (nint i = lane; i < 8 * blocks; i += 8) a = V.MultiplyAdd(V.Load(row + i), V.Load(x + i), a);
                V.Store(a, sums + lane);
            }
            result[r] = LaneSum(sums);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Dots4(double* row, nint stride, double* x, int blocks, double* sums)
    {
        double* row1 = row + stride, row2 = row1 + stride, row3 = row2 + stride;
        for (int lane = 0; lane < 8; lane += V.Width)
        {
            V a0 = default, a1 = default, a2 = default, a3 = default;
            for (nint i = lane; i < 8 * blocks; i += 8)
            {
                V b = V.Load(x + i);
                a0 = V.MultiplyAdd(V.Load(row + i), b, a0);
                a1 = V.MultiplyAdd(V.Load(row1 + i), b, a1);
                a2 = V.MultiplyAdd(V.Load(row2 + i), b, a2);
                a3 = V.MultiplyAdd(V.Load(row3 + i), b, a3);
            }
            V.Store(a0, sums + lane);
            V.Store(a1, sums + 8 + lane);
            V.Store(a2, sums + 16 + lane);
            V.Store(a3, sums + 24 + lane);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Products(
        double* rows, nint stride, int count, double** x, int frames, int blocks, double* result, nint resultStride)
    {
        double* room = stackalloc double[Tile + 2 * Line], sums = ToCacheLine(room), lines = sums + Tile;
        int r = 0;
        for (; r + 4 <= count; r += 4)
        {
            double* row = rows + r * stride;
            int frame = 0;
            for (; frame + 2 <= frames; frame += 2)
            {
                Dots4Of2(row, stride, x[frame], x[frame + 1], blocks, sums);
                LaneSums(sums, lines);
                double* to = result + frame * resultStride + r;
                for (int j = 0; j < 4; j++) (to[j], to[resultStride + j]) = (lines[j], lines[4 + j]);
            }
            if (frame < frames) Dots(row, stride, 4, x[frame], blocks, result + frame * resultStride + r);
        }
        for (int frame = 0; r < count && frame < frames; frame++)
            Dots(rows + r * stride, stride, count - r, x[frame], blocks, result + frame * resultStride + r);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Dots4Of2(double* row, nint stride, double* x, double* x2, int blocks, double* sums)
    {
        double* row1 = row + stride, row2 = row1 + stride, row3 = row2 + stride;
        for (int lane = 0; lane < 8; lane += V.Width)
        {
            V a0 = default, a1 = default, a2 = default, a3 = default, e0 = default, e1 = default, e2 = default, e3 = default;
            for (nint i = lane; i < 8 * blocks; i += 8)
            {
                V b = V.Load(x + i), d = V.Load(x2 + i);
                V c = V.Load(row + i);
                a0 = V.MultiplyAdd(c, b, a0);
                e0 = V.MultiplyAdd(c, d, e0);
                c = V.Load(row1 + i);
                a1 = V.MultiplyAdd(c, b, a1);
                e1 = V.MultiplyAdd(c, d, e1);
                c = V.Load(row2 + i);
                a2 = V.MultiplyAdd(c, b, a2);
                e2 = V.MultiplyAdd(c, d, e2);
                c = V.Load(row3 + i);
                a3 = V.MultiplyAdd(c, b, a3);
                e3 = V.MultiplyAdd(c, d, e3);
            }
            V.Store(a0, sums + lane);
            V.Store(a1, sums + 8 + lane);
            V.Store(a2, sums + 16 + lane);
            V.Store(a3, sums + 24 + lane);
            V.Store(e0, sums + 32 + lane);
            V.Store(e1, sums + 40 + lane);
            V.Store(e2, sums + 48 + lane);
            V.Store(e3, sums + 56 + lane);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Combine(double* x, double* rows, nint stride, double* coefficients, int count, int blocks)
    {
        if (count == 0) return;
        nint i = 0, length = 8 * (nint)blocks;
        for (; i + 4 * V.Width <= length; i += 4 * V.Width)
        {
            double* row = rows + i;
            V a0 = V.Load(x + i), a1 = V.Load(x + i + V.Width), a2 = V.Load(x + i + 2 * V.Width), a3 = V.Load(x + i + 3 * V.Width);
            for (int j = 0; j < count; j++, row += stride)
            {
                V k = V.All(coefficients[j]);
                a0 = V.MultiplyAdd(V.Load(row), k, a0);
                a1 = V.MultiplyAdd(V.Load(row + V.Width), k, a1);
                a2 = V.MultiplyAdd(V.Load(row + 2 * V.Width), k, a2);
                a3 = V.MultiplyAdd(V.Load(row + 3 * V.Width), k, a3);
            }
            V.Store(a0, x + i);
            V.Store(a1, x + i + V.Width);
            V.Store(a2, x + i + 2 * V.Width);
            V.Store(a3, x + i + 3 * V.Width);
        }
        for (; i < length; i += V.Width)
        {
            double* row = rows + i;
            V a = V.Load(x + i);
            for (int j = 0; j < count; j++, row += stride) a = V.MultiplyAdd(V.Load(row), V.All(coefficients[j]), a);
            V.Store(a, x + i);
        }
    }
}
