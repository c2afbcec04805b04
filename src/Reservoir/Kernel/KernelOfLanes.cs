using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Esn;

/// <summary>The kernels over one vector width.</summary>
/// <remarks>
/// Accumulators and what they take stay within the registers: 32 of 512 bits, else 16. Passes over narrower lanes and
/// over halves of a panel do not change the order of any sum.
/// </remarks>
[SkipLocalsInit]
sealed unsafe class Kernel<V> : Kernel where V : unmanaged, ILanes<V>
{
    const int Tile = 64;  // doubles of an 8×8 tile

    public override string ToString() => $"{V.Width} lanes";

    public override void MultiplyPanels(double* matrix, int blocks, int first, int last, double** z, double** y, int frames)
    {
        double* sums = stackalloc double[frames * Tile];
        for (int panel = first; panel < last; panel++)
        {
            double* tiles = matrix + Offset(blocks, panel);
            int f = 0;
            if (V.Width == 8)
            {
                for (; f + 2 <= frames; f += 2)
                    PanelOfTwo(tiles, panel, blocks, z[f], y[f], z[f + 1], y[f + 1], sums + f * Tile);
                if (f < frames) PanelOfOne(tiles, panel, blocks, z[f], y[f], sums + f * Tile);
            }
            else
            {
                // A half panel stays in the first-level cache while all frames pass over it.
                for (int half = 0; half < 2; half++)
                    for (f = 0; f < frames; f++) HalfPanelOfOne(tiles, panel, blocks, half, z[f], y[f], sums + f * Tile);
            }
            for (f = 0; f < frames; f++) AddLaneSums(sums + f * Tile, y[f] + 8 * panel);
        }
    }

    // One frame, 8 lanes: every element of the panel is read once.
    static void PanelOfOne(double* tiles, int panel, int blocks, double* z, double* y, double* sums)
    {
        double* zj = z + 8 * panel;
        V b0 = V.All(zj[0]), b1 = V.All(zj[1]), b2 = V.All(zj[2]), b3 = V.All(zj[3]);
        V b4 = V.All(zj[4]), b5 = V.All(zj[5]), b6 = V.All(zj[6]), b7 = V.All(zj[7]);
        double* tile = tiles;
        double* yi = y + 8 * panel;
        double* zi = z + 8 * panel;
        double* end = y + 8 * blocks;
        V t = V.Load(yi);
        t = V.MultiplyAdd(V.Load(tile), b0, t);
        t = V.MultiplyAdd(V.Load(tile + 8), b1, t);
        t = V.MultiplyAdd(V.Load(tile + 16), b2, t);
        t = V.MultiplyAdd(V.Load(tile + 24), b3, t);
        t = V.MultiplyAdd(V.Load(tile + 32), b4, t);
        t = V.MultiplyAdd(V.Load(tile + 40), b5, t);
        t = V.MultiplyAdd(V.Load(tile + 48), b6, t);
        t = V.MultiplyAdd(V.Load(tile + 56), b7, t);
        V.Store(t, yi);
        V a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (tile += Tile, yi += 8, zi += 8; yi < end; tile += Tile, yi += 8, zi += 8)
        {
            V x = V.Load(zi);
            t = V.Load(yi);
            V c = V.Load(tile);
            t = V.MultiplyAdd(c, b0, t);
            a0 = V.MultiplyAdd(c, x, a0);
            c = V.Load(tile + 8);
            t = V.MultiplyAdd(c, b1, t);
            a1 = V.MultiplyAdd(c, x, a1);
            c = V.Load(tile + 16);
            t = V.MultiplyAdd(c, b2, t);
            a2 = V.MultiplyAdd(c, x, a2);
            c = V.Load(tile + 24);
            t = V.MultiplyAdd(c, b3, t);
            a3 = V.MultiplyAdd(c, x, a3);
            c = V.Load(tile + 32);
            t = V.MultiplyAdd(c, b4, t);
            a4 = V.MultiplyAdd(c, x, a4);
            c = V.Load(tile + 40);
            t = V.MultiplyAdd(c, b5, t);
            a5 = V.MultiplyAdd(c, x, a5);
            c = V.Load(tile + 48);
            t = V.MultiplyAdd(c, b6, t);
            a6 = V.MultiplyAdd(c, x, a6);
            c = V.Load(tile + 56);
            t = V.MultiplyAdd(c, b7, t);
            a7 = V.MultiplyAdd(c, x, a7);
            V.Store(t, yi);
        }
        V.Store(a0, sums);
        V.Store(a1, sums + 8);
        V.Store(a2, sums + 16);
        V.Store(a3, sums + 24);
        V.Store(a4, sums + 32);
        V.Store(a5, sums + 40);
        V.Store(a6, sums + 48);
        V.Store(a7, sums + 56);
    }

    // Two frames, 8 lanes: each element serves both.
    static void PanelOfTwo(double* tiles, int panel, int blocks, double* z, double* y, double* z2, double* y2, double* sums)
    {
        double* tile = tiles;
        nint i = 8 * panel;
        double* zj = z + i;
        double* zj2 = z2 + i;
        V b0 = V.All(zj[0]), b1 = V.All(zj[1]), b2 = V.All(zj[2]), b3 = V.All(zj[3]);
        V b4 = V.All(zj[4]), b5 = V.All(zj[5]), b6 = V.All(zj[6]), b7 = V.All(zj[7]);
        V d0 = V.All(zj2[0]), d1 = V.All(zj2[1]), d2 = V.All(zj2[2]), d3 = V.All(zj2[3]);
        V d4 = V.All(zj2[4]), d5 = V.All(zj2[5]), d6 = V.All(zj2[6]), d7 = V.All(zj2[7]);
        V t = V.Load(y + i), t2 = V.Load(y2 + i), c = V.Load(tile);
        t = V.MultiplyAdd(c, b0, t);
        t2 = V.MultiplyAdd(c, d0, t2);
        c = V.Load(tile + 8);
        t = V.MultiplyAdd(c, b1, t);
        t2 = V.MultiplyAdd(c, d1, t2);
        c = V.Load(tile + 16);
        t = V.MultiplyAdd(c, b2, t);
        t2 = V.MultiplyAdd(c, d2, t2);
        c = V.Load(tile + 24);
        t = V.MultiplyAdd(c, b3, t);
        t2 = V.MultiplyAdd(c, d3, t2);
        c = V.Load(tile + 32);
        t = V.MultiplyAdd(c, b4, t);
        t2 = V.MultiplyAdd(c, d4, t2);
        c = V.Load(tile + 40);
        t = V.MultiplyAdd(c, b5, t);
        t2 = V.MultiplyAdd(c, d5, t2);
        c = V.Load(tile + 48);
        t = V.MultiplyAdd(c, b6, t);
        t2 = V.MultiplyAdd(c, d6, t2);
        c = V.Load(tile + 56);
        t = V.MultiplyAdd(c, b7, t);
        t2 = V.MultiplyAdd(c, d7, t2);
        V.Store(t, y + i);
        V.Store(t2, y2 + i);
        V a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        V e0 = default, e1 = default, e2 = default, e3 = default, e4 = default, e5 = default, e6 = default, e7 = default;
        for (tile += Tile, i += 8; i < 8 * blocks; tile += Tile, i += 8)
        {
            V x = V.Load(z + i), x2 = V.Load(z2 + i);
            t = V.Load(y + i);
            t2 = V.Load(y2 + i);
            c = V.Load(tile);
            t = V.MultiplyAdd(c, b0, t);
            t2 = V.MultiplyAdd(c, d0, t2);
            a0 = V.MultiplyAdd(c, x, a0);
            e0 = V.MultiplyAdd(c, x2, e0);
            c = V.Load(tile + 8);
            t = V.MultiplyAdd(c, b1, t);
            t2 = V.MultiplyAdd(c, d1, t2);
            a1 = V.MultiplyAdd(c, x, a1);
            e1 = V.MultiplyAdd(c, x2, e1);
            c = V.Load(tile + 16);
            t = V.MultiplyAdd(c, b2, t);
            t2 = V.MultiplyAdd(c, d2, t2);
            a2 = V.MultiplyAdd(c, x, a2);
            e2 = V.MultiplyAdd(c, x2, e2);
            c = V.Load(tile + 24);
            t = V.MultiplyAdd(c, b3, t);
            t2 = V.MultiplyAdd(c, d3, t2);
            a3 = V.MultiplyAdd(c, x, a3);
            e3 = V.MultiplyAdd(c, x2, e3);
            c = V.Load(tile + 32);
            t = V.MultiplyAdd(c, b4, t);
            t2 = V.MultiplyAdd(c, d4, t2);
            a4 = V.MultiplyAdd(c, x, a4);
            e4 = V.MultiplyAdd(c, x2, e4);
            c = V.Load(tile + 40);
            t = V.MultiplyAdd(c, b5, t);
            t2 = V.MultiplyAdd(c, d5, t2);
            a5 = V.MultiplyAdd(c, x, a5);
            e5 = V.MultiplyAdd(c, x2, e5);
            c = V.Load(tile + 48);
            t = V.MultiplyAdd(c, b6, t);
            t2 = V.MultiplyAdd(c, d6, t2);
            a6 = V.MultiplyAdd(c, x, a6);
            e6 = V.MultiplyAdd(c, x2, e6);
            c = V.Load(tile + 56);
            t = V.MultiplyAdd(c, b7, t);
            t2 = V.MultiplyAdd(c, d7, t2);
            a7 = V.MultiplyAdd(c, x, a7);
            e7 = V.MultiplyAdd(c, x2, e7);
            V.Store(t, y + i);
            V.Store(t2, y2 + i);
        }
        V.Store(a0, sums);
        V.Store(a1, sums + 8);
        V.Store(a2, sums + 16);
        V.Store(a3, sums + 24);
        V.Store(a4, sums + 32);
        V.Store(a5, sums + 40);
        V.Store(a6, sums + 48);
        V.Store(a7, sums + 56);
        V.Store(e0, sums + Tile);
        V.Store(e1, sums + Tile + 8);
        V.Store(e2, sums + Tile + 16);
        V.Store(e3, sums + Tile + 24);
        V.Store(e4, sums + Tile + 32);
        V.Store(e5, sums + Tile + 40);
        V.Store(e6, sums + Tile + 48);
        V.Store(e7, sums + Tile + 56);
    }

    // One frame, two vectors of lanes, four columns of the panel: 15 registers.
    static void HalfPanelOfOne(double* tiles, int panel, int blocks, int half, double* z, double* y, double* sums)
    {
        int column = 4 * half, j = 8 * panel + column;
        V b0 = V.All(z[j]), b1 = V.All(z[j + 1]), b2 = V.All(z[j + 2]), b3 = V.All(z[j + 3]);
        for (int lane = 0; lane < 8; lane += 2 * V.Width)
        {
            double* tile = tiles + 8 * column + lane;
            double* tile2 = tile + V.Width;
            nint i = 8 * panel + lane, i2 = i + V.Width;
            V t = V.Load(y + i);
            t = V.MultiplyAdd(V.Load(tile), b0, t);
            t = V.MultiplyAdd(V.Load(tile + 8), b1, t);
            t = V.MultiplyAdd(V.Load(tile + 16), b2, t);
            t = V.MultiplyAdd(V.Load(tile + 24), b3, t);
            V.Store(t, y + i);
            t = V.Load(y + i2);
            t = V.MultiplyAdd(V.Load(tile2), b0, t);
            t = V.MultiplyAdd(V.Load(tile2 + 8), b1, t);
            t = V.MultiplyAdd(V.Load(tile2 + 16), b2, t);
            t = V.MultiplyAdd(V.Load(tile2 + 24), b3, t);
            V.Store(t, y + i2);
            V a0 = default, a1 = default, a2 = default, a3 = default, e0 = default, e1 = default, e2 = default, e3 = default;
            for (tile += Tile, i += 8; i < 8 * blocks; tile += Tile, i += 8)
            {
                V x = V.Load(z + i), c = V.Load(tile);
                t = V.MultiplyAdd(c, b0, V.Load(y + i));
                a0 = V.MultiplyAdd(c, x, a0);
                c = V.Load(tile + 8);
                t = V.MultiplyAdd(c, b1, t);
                a1 = V.MultiplyAdd(c, x, a1);
                c = V.Load(tile + 16);
                t = V.MultiplyAdd(c, b2, t);
                a2 = V.MultiplyAdd(c, x, a2);
                c = V.Load(tile + 24);
                t = V.MultiplyAdd(c, b3, t);
                a3 = V.MultiplyAdd(c, x, a3);
                V.Store(t, y + i);
                x = V.Load(z + i + V.Width);
                c = V.Load(tile + V.Width);
                t = V.MultiplyAdd(c, b0, V.Load(y + i + V.Width));
                e0 = V.MultiplyAdd(c, x, e0);
                c = V.Load(tile + V.Width + 8);
                t = V.MultiplyAdd(c, b1, t);
                e1 = V.MultiplyAdd(c, x, e1);
                c = V.Load(tile + V.Width + 16);
                t = V.MultiplyAdd(c, b2, t);
                e2 = V.MultiplyAdd(c, x, e2);
                c = V.Load(tile + V.Width + 24);
                t = V.MultiplyAdd(c, b3, t);
                e3 = V.MultiplyAdd(c, x, e3);
                V.Store(t, y + i + V.Width);
            }
            double* to = sums + 8 * column + lane;
            V.Store(a0, to);
            V.Store(a1, to + 8);
            V.Store(a2, to + 16);
            V.Store(a3, to + 24);
            V.Store(e0, to + V.Width);
            V.Store(e1, to + V.Width + 8);
            V.Store(e2, to + V.Width + 16);
            V.Store(e3, to + V.Width + 24);
        }
    }

    public override void FoldPanel(double* matrix, int blocks, int panel, double** columns, int count, double scale)
    {
        double* tiles = matrix + Offset(blocks, panel);
        double* negated = stackalloc double[8 * count];
        for (int t = 0; t < count; t++)
            for (int j = 0; j < 8; j++) negated[8 * t + j] = -columns[t][8 * panel + j];
        int last = 8 * (blocks - panel);  // rows of the panel
        V factor = V.All(scale);
        for (int half = 0; half < 2; half++)
        {
            int row = 0;
            for (; row + 3 * V.Width <= last; row += 3 * V.Width)
                Outer3x4(Row(row, half), Row(row + V.Width, half), Row(row + 2 * V.Width, half), 8,
                    columns, 8 * panel + row, negated + 4 * half, 8, count, factor);
            for (; row < last; row += V.Width)
                for (int j = 4 * half; j < 4 * half + 4; j++)
                    Outer1x1(tiles + (row >> 3) * Tile + (row & 7) + 8 * j, columns, 8 * panel + row, negated + j, 8, count, factor);
        }

        double* Row(int row, int half) => tiles + (row >> 3) * Tile + (row & 7) + 32 * half;
    }

    public override void AddOuter(
        double* rows, nint stride, int rowCount, double** columns, double* coefficients, nint coefficientStride, int count, int blocks)
    {
        int length = 8 * blocks, r = 0;
        V one = V.All(1);
        for (; r + 4 <= rowCount; r += 4)
        {
            double* row = rows + r * stride;
            int i = 0;
            for (; i + 3 * V.Width <= length; i += 3 * V.Width)
                Outer3x4(row + i, row + i + V.Width, row + i + 2 * V.Width, stride, columns, i, coefficients + r, coefficientStride, count, one);
            for (; i < length; i += V.Width)
                for (int j = 0; j < 4; j++)
                    Outer1x1(row + j * stride + i, columns, i, coefficients + r + j, coefficientStride, count, one);
        }
        for (; r < rowCount; r++)
            for (int i = 0; i < length; i += V.Width)
                Outer1x1(rows + r * stride + i, columns, i, coefficients + r, coefficientStride, count, one);
    }

    // p_r[c] ← factor (p_r[c] + Σ_t column_t[r] coefficient_t[c]) for three vectors r and four c.
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

    static void Outer1x1(double* p, double** columns, nint offset, double* coefficients, nint coefficientStride, int count, V factor)
    {
        V a = V.Load(p);
        for (int t = 0; t < count; t++, coefficients += coefficientStride)
            a = V.MultiplyAdd(V.Load(columns[t] + offset), V.All(*coefficients), a);
        V.Store(V.Multiply(a, factor), p);
    }

    public override void Dots(double* rows, nint stride, int count, double* x, int blocks, double* result)
    {
        double* sums = stackalloc double[Tile];
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

    public override void Products(double* rows, nint stride, int count, double** x, int frames, int blocks, double* result, nint resultStride)
    {
        double* sums = stackalloc double[Tile];
        double* lines = stackalloc double[8];
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

    static double LaneSum(double* s) => ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));

    static void AddLaneSums(double* sums, double* to)
    {
        double* lines = stackalloc double[8];
        LaneSums(sums, lines);
        for (int j = 0; j < 8; j++) to[j] += lines[j];
    }

    // The lane sum of each of eight vectors that lie one after the other.
    static void LaneSums(double* sums, double* to)
    {
        if (Avx.IsSupported && V.Width >= 4)
        {
            LaneSumsOfFour(sums, to);
            LaneSumsOfFour(sums + 32, to + 4);
        }
        else
        {
            for (int j = 0; j < 8; j++) to[j] = LaneSum(sums + 8 * j);
        }
    }

    static void LaneSumsOfFour(double* s, double* to)
    {
        Vector256<double> low = Quarter(s), high = Quarter(s + 4);
        (low + high).Store(to);

        // ((0+1) + (2+3)) of four vectors.
        static Vector256<double> Quarter(double* s)
        {
            Vector256<double> first = Avx.HorizontalAdd(Vector256.Load(s), Vector256.Load(s + 8));
            Vector256<double> second = Avx.HorizontalAdd(Vector256.Load(s + 16), Vector256.Load(s + 24));
            return Avx.Permute2x128(first, second, 0x20) + Avx.Permute2x128(first, second, 0x31);
        }
    }
}
