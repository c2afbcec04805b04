using System.Runtime.CompilerServices;

namespace Esn;

sealed unsafe partial class Kernel<V>
{
    const int TilesAtOnce = 32;  // 16 kB: they stay in the first-level cache, with 4 kB of a frame, while all frames pass over them

    const int FewestToPrefetch = 4;  // frames; fewer take less time than the reading

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void MultiplyPanels(double* matrix, int blocks, int first, int last, double** z, double** y, int frames)
    {
        double* room = stackalloc double[(frames + 1) * Tile + Line], sums = ToCacheLine(room), spread = sums + frames * Tile;
        for (int panel = first; panel < last; panel++)
        {
            double* tiles = matrix + Offset(blocks, panel);
            int step = frames <= 2 ? blocks : TilesAtOnce;
            for (int from = panel; from < blocks; from += step)
            {
                int to = Math.Min(from + step, blocks), f = 0;
                double* some = tiles + (nint)(from - panel) * Tile;
                if (V.Width == 8)
                {
                    for (; f + 2 <= frames; f += 2)
                    {
                        if (frames >= FewestToPrefetch && blocks >= Far)
                            PrefetchPart(some + TilesAtOnce * Tile, to - from, f / 2, frames / 2);
                        PanelOfTwo(some, panel, from, to, z[f], y[f], z[f + 1], y[f + 1], sums + f * Tile, spread);
                    }
                    if (f < frames) PanelOfOne(some, panel, from, to, z[f], y[f], sums + f * Tile);
                }
                else
                {
                    for (; f < frames; f++)
                    {
                        HalfPanelOfOne(some, panel, from, to, 0, z[f], y[f], sums + f * Tile);
                        HalfPanelOfOne(some, panel, from, to, 1, z[f], y[f], sums + f * Tile);
                    }
                }
            }
            for (int f = 0; f < frames; f++) AddLaneSums(sums + f * Tile, y[f] + 8 * panel);
        }
    }

    // Of the tiles that come next, the share of one of so many parts: one that is spread over the whole work does not hold it up.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void PrefetchPart(double* tiles, int count, int part, int parts)
    {
        for (double* tile = tiles, end = tiles + (nint)count * Tile; tile < end; tile += Tile)
            for (int line = part; line < Tile / Line; line += parts) Prefetch(tile + Line * line);
    }

    // Below: the tiles from … to−1 of a panel. The first is the diagonal one; the others add to the lane sums so far.

    // One frame, 8 lanes: every element of the panel is read once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void PanelOfOne(double* tiles, int panel, int from, int to, double* z, double* y, double* sums)
    {
        double* zj = z + 8 * panel;
        V b0 = V.All(zj[0]), b1 = V.All(zj[1]), b2 = V.All(zj[2]), b3 = V.All(zj[3]);
        V b4 = V.All(zj[4]), b5 = V.All(zj[5]), b6 = V.All(zj[6]), b7 = V.All(zj[7]);
        double* tile = tiles;
        double* yi = y + 8 * from;
        double* zi = z + 8 * from;
        double* end = y + 8 * to;
        V t, a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        if (from == panel)
        {
            t = V.Load(yi);
            t = V.MultiplyAdd(V.Load(tile), b0, t);
            t = V.MultiplyAdd(V.Load(tile + 8), b1, t);
            t = V.MultiplyAdd(V.Load(tile + 16), b2, t);
            t = V.MultiplyAdd(V.Load(tile + 24), b3, t);
            t = V.MultiplyAdd(V.Load(tile + 32), b4, t);
            t = V.MultiplyAdd(V.Load(tile + 40), b5, t);
            t = V.MultiplyAdd(V.Load(tile + 48), b6, t);
            t = V.MultiplyAdd(V.Load(tile + 56), b7, t);
            V.Store(t, yi);
            tile += Tile;
            yi += 8;
            zi += 8;
        }
        else
        {
            a0 = V.Load(sums);
            a1 = V.Load(sums + 8);
            a2 = V.Load(sums + 16);
            a3 = V.Load(sums + 24);
            a4 = V.Load(sums + 32);
            a5 = V.Load(sums + 40);
            a6 = V.Load(sums + 48);
            a7 = V.Load(sums + 56);
        }
        for (; yi < end; tile += Tile, yi += 8, zi += 8)
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

    // Two frames, 8 lanes: each element serves both. The multipliers of the second have no registers left: they are spread over
    // whole cache lines, where the stack's own would straddle two.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void PanelOfTwo(double* tiles, int panel, int from, int to, double* z, double* y, double* z2, double* y2, double* sums,
        double* spread)
    {
        double* tile = tiles;
        nint i = 8 * panel;
        double* zj = z + i;
        double* zj2 = z2 + i;
        V b0 = V.All(zj[0]), b1 = V.All(zj[1]), b2 = V.All(zj[2]), b3 = V.All(zj[3]);
        V b4 = V.All(zj[4]), b5 = V.All(zj[5]), b6 = V.All(zj[6]), b7 = V.All(zj[7]);
        for (int j = 0; j < 8; j++) V.Store(V.All(zj2[j]), spread + 8 * j);
        V a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        V e0 = default, e1 = default, e2 = default, e3 = default, e4 = default, e5 = default, e6 = default, e7 = default;
        V t, t2, c;
        if (from == panel)
        {
            t = V.Load(y + i);
            t2 = V.Load(y2 + i);
            c = V.Load(tile);
            t = V.MultiplyAdd(c, b0, t);
            t2 = V.MultiplyAdd(c, V.Load(spread), t2);
            c = V.Load(tile + 8);
            t = V.MultiplyAdd(c, b1, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 8), t2);
            c = V.Load(tile + 16);
            t = V.MultiplyAdd(c, b2, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 16), t2);
            c = V.Load(tile + 24);
            t = V.MultiplyAdd(c, b3, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 24), t2);
            c = V.Load(tile + 32);
            t = V.MultiplyAdd(c, b4, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 32), t2);
            c = V.Load(tile + 40);
            t = V.MultiplyAdd(c, b5, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 40), t2);
            c = V.Load(tile + 48);
            t = V.MultiplyAdd(c, b6, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 48), t2);
            c = V.Load(tile + 56);
            t = V.MultiplyAdd(c, b7, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 56), t2);
            V.Store(t, y + i);
            V.Store(t2, y2 + i);
            tile += Tile;
            i += 8;
        }
        else
        {
            a0 = V.Load(sums);
            a1 = V.Load(sums + 8);
            a2 = V.Load(sums + 16);
            a3 = V.Load(sums + 24);
            a4 = V.Load(sums + 32);
            a5 = V.Load(sums + 40);
            a6 = V.Load(sums + 48);
            a7 = V.Load(sums + 56);
            e0 = V.Load(sums + Tile);
            e1 = V.Load(sums + Tile + 8);
            e2 = V.Load(sums + Tile + 16);
            e3 = V.Load(sums + Tile + 24);
            e4 = V.Load(sums + Tile + 32);
            e5 = V.Load(sums + Tile + 40);
            e6 = V.Load(sums + Tile + 48);
            e7 = V.Load(sums + Tile + 56);
            i = 8 * from;
        }
        for (; i < 8 * to; tile += Tile, i += 8)
        {
            V x = V.Load(z + i), x2 = V.Load(z2 + i);
            t = V.Load(y + i);
            t2 = V.Load(y2 + i);
            c = V.Load(tile);
            t = V.MultiplyAdd(c, b0, t);
            t2 = V.MultiplyAdd(c, V.Load(spread), t2);
            a0 = V.MultiplyAdd(c, x, a0);
            e0 = V.MultiplyAdd(c, x2, e0);
            c = V.Load(tile + 8);
            t = V.MultiplyAdd(c, b1, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 8), t2);
            a1 = V.MultiplyAdd(c, x, a1);
            e1 = V.MultiplyAdd(c, x2, e1);
            c = V.Load(tile + 16);
            t = V.MultiplyAdd(c, b2, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 16), t2);
            a2 = V.MultiplyAdd(c, x, a2);
            e2 = V.MultiplyAdd(c, x2, e2);
            c = V.Load(tile + 24);
            t = V.MultiplyAdd(c, b3, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 24), t2);
            a3 = V.MultiplyAdd(c, x, a3);
            e3 = V.MultiplyAdd(c, x2, e3);
            c = V.Load(tile + 32);
            t = V.MultiplyAdd(c, b4, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 32), t2);
            a4 = V.MultiplyAdd(c, x, a4);
            e4 = V.MultiplyAdd(c, x2, e4);
            c = V.Load(tile + 40);
            t = V.MultiplyAdd(c, b5, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 40), t2);
            a5 = V.MultiplyAdd(c, x, a5);
            e5 = V.MultiplyAdd(c, x2, e5);
            c = V.Load(tile + 48);
            t = V.MultiplyAdd(c, b6, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 48), t2);
            a6 = V.MultiplyAdd(c, x, a6);
            e6 = V.MultiplyAdd(c, x2, e6);
            c = V.Load(tile + 56);
            t = V.MultiplyAdd(c, b7, t);
            t2 = V.MultiplyAdd(c, V.Load(spread + 56), t2);
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void HalfPanelOfOne(double* tiles, int panel, int from, int to, int half, double* z, double* y, double* sums)
    {
        int column = 4 * half, j = 8 * panel + column;
        V b0 = V.All(z[j]), b1 = V.All(z[j + 1]), b2 = V.All(z[j + 2]), b3 = V.All(z[j + 3]);
        for (int lane = 0; lane < 8; lane += 2 * V.Width)
        {
            double* tile = tiles + 8 * column + lane;
            double* lanes = sums + 8 * column + lane;
            nint i = 8 * from + lane;
            V t, a0 = default, a1 = default, a2 = default, a3 = default, e0 = default, e1 = default, e2 = default, e3 = default;
            if (from == panel)
            {
                t = V.Load(y + i);
                t = V.MultiplyAdd(V.Load(tile), b0, t);
                t = V.MultiplyAdd(V.Load(tile + 8), b1, t);
                t = V.MultiplyAdd(V.Load(tile + 16), b2, t);
                t = V.MultiplyAdd(V.Load(tile + 24), b3, t);
                V.Store(t, y + i);
                t = V.Load(y + i + V.Width);
                t = V.MultiplyAdd(V.Load(tile + V.Width), b0, t);
                t = V.MultiplyAdd(V.Load(tile + V.Width + 8), b1, t);
                t = V.MultiplyAdd(V.Load(tile + V.Width + 16), b2, t);
                t = V.MultiplyAdd(V.Load(tile + V.Width + 24), b3, t);
                V.Store(t, y + i + V.Width);
                tile += Tile;
                i += 8;
            }
            else
            {
                a0 = V.Load(lanes);
                a1 = V.Load(lanes + 8);
                a2 = V.Load(lanes + 16);
                a3 = V.Load(lanes + 24);
                e0 = V.Load(lanes + V.Width);
                e1 = V.Load(lanes + V.Width + 8);
                e2 = V.Load(lanes + V.Width + 16);
                e3 = V.Load(lanes + V.Width + 24);
            }
            for (; i < 8 * to; tile += Tile, i += 8)
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
            V.Store(a0, lanes);
            V.Store(a1, lanes + 8);
            V.Store(a2, lanes + 16);
            V.Store(a3, lanes + 24);
            V.Store(e0, lanes + V.Width);
            V.Store(e1, lanes + V.Width + 8);
            V.Store(e2, lanes + V.Width + 16);
            V.Store(e3, lanes + V.Width + 24);
        }
    }
}
