using System.Runtime.CompilerServices;

namespace Esn;

sealed unsafe partial class Kernel<V>
{
    const double MostDoubled = 40;  // |2x| from which tanh is ±1
    const double LogOfTwo = .6931471805599453, RestOfLogOfTwo = 2.3190468138462996e-17;  // ln 2 = their sum
    const double OneOverLogOfTwo = 1.4426950408889634;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Activate(double* keep, double* leak, double* x, double* y, int count)
    {
        int i = 0;
        for (; i + V.Width <= count; i += V.Width)
            V.Store(V.MultiplyAdd(V.Load(x + i), V.Load(keep + i), V.Multiply(V.Load(leak + i), Tanh(V.Load(y + i)))), y + i);
        if (i == count) return;
        // The last few as a vector too: one by one they would take as long as all the others.
        double* room = stackalloc double[5 * Line], k = ToCacheLine(room), a = k + Line, from = a + Line, to = from + Line;
        int rest = count - i;
        for (int lane = 0; lane < V.Width; lane++)
            (k[lane], a[lane], from[lane], to[lane]) = lane < rest ? (keep[i + lane], leak[i + lane], x[i + lane], y[i + lane]) : default;
        V.Store(V.MultiplyAdd(V.Load(from), V.Load(k), V.Multiply(V.Load(a), Tanh(V.Load(to)))), to);
        for (int lane = 0; lane < rest; lane++) y[i + lane] = to[lane];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void ActivateSideBySide(double* keep, double* leak, double* x, double* y, int rows, int runs, int used)
    {
        if (runs % Line == 0 && used < runs)
        {
            ActivateUsed(keep, leak, x, y, rows, runs, used);
            return;
        }
        for (int i = 0; i < rows; i++, x += runs, y += runs)
        {
            int run = 0;
            V k = V.All(keep[i]), a = V.All(leak[i]);
            for (; run + V.Width <= runs; run += V.Width)
                V.Store(V.MultiplyAdd(V.Load(x + run), k, V.Multiply(a, Tanh(V.Load(y + run)))), y + run);
            for (; run < runs; run++)
                y[run] = Math.FusedMultiplyAdd(x[run], keep[i], leak[i] * Kernel<Lanes1>.Tanh(y[run]));
        }
    }

    // tanh takes most of the time, and of a run that is none as long as of others: those in use are packed behind each other.
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void ActivateUsed(double* keep, double* leak, double* x, double* y, int rows, int runs, int used)
    {
        const int Room = 512;
        int most = Math.Max(1, Room / used), vectors = (used + V.Width - 1) / V.Width * V.Width;
        double* packed = stackalloc double[most * used + 2 * Line], mask = stackalloc double[2 * Line];
        new Span<double>(mask, Line).Fill(Lanes.AllBits);
        new Span<double>(mask + Line, Line).Clear();
        for (int first = 0; first < rows; first += most)
        {
            int count = Math.Min(most, rows - first);
            for (int i = 0; i < count; i++)
                for (int run = 0; run < vectors; run += V.Width)
                    V.Store(V.Load(y + (nint)(first + i) * runs + run), packed + i * used + run);
            for (int i = 0; i < count * used; i += V.Width) V.Store(Tanh(V.Load(packed + i)), packed + i);
            for (int run = 0; run < runs; run += V.Width)
            {
                V those = V.Load(mask + Line - Math.Clamp(used - run, 0, V.Width));
                double* from = packed + Math.Min(run, used);
                nint to = (nint)first * runs + run;
                for (int i = first; i < first + count; i++, from += used, to += runs)
                {
                    V value = V.MultiplyAdd(V.Load(x + to), V.All(keep[i]), V.Multiply(V.All(leak[i]), V.Load(from)));
                    V.Store(V.And(value, those), y + to);
                }
            }
        }
    }

    static double Tanh(double x)
    {
        double tanh;
        Lanes1.Store(Kernel<Lanes1>.Tanh(Lanes1.All(x)), &tanh);
        return tanh;
    }

    // tanh |x| = −m / (m + 2) with m = exp(−2|x|) − 1, which is exact near 0 too. The argument is reduced as by W. J. Cody and
    // W. Waite, Software Manual for the Elementary Functions (1980): −2|x| = k ln 2 + r, |r| ≤ ln(2)/2, so that
    // m = 2^k (exp(r) − 1) + (2^k − 1). exp(r) − 1 = r + r² q(r); q is of degree 10 through the Chebyshev nodes, within 1e−18.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Tanh(V x)
    {
        V y = V.AtMost(V.Multiply(V.Magnitude(x), V.All(2)), V.All(MostDoubled));
        V shifted = V.MultiplyAdd(y, V.All(-OneOverLogOfTwo), V.All(Lanes.Rounding));
        V k = V.Add(shifted, V.All(-Lanes.Rounding));
        V r = V.MultiplyAdd(k, V.All(-LogOfTwo), V.Multiply(y, V.All(-1)));
        r = V.MultiplyAdd(k, V.All(-RestOfLogOfTwo), r);
        V q = V.All(2.091467938417506e-09);
        q = V.MultiplyAdd(q, r, V.All(2.510520638458724e-08));
        q = V.MultiplyAdd(q, r, V.All(2.75572736613304e-07));
        q = V.MultiplyAdd(q, r, V.All(2.7557255425720897e-06));
        q = V.MultiplyAdd(q, r, V.All(2.4801587325533377e-05));
        q = V.MultiplyAdd(q, r, V.All(.00019841269874800512));
        q = V.MultiplyAdd(q, r, V.All(.0013888888888883752));
        q = V.MultiplyAdd(q, r, V.All(.008333333333326141));
        q = V.MultiplyAdd(q, r, V.All(.04166666666666667));
        q = V.MultiplyAdd(q, r, V.All(.1666666666666667));
        q = V.MultiplyAdd(q, r, V.All(.5));
        V power = V.PowerOfTwo(shifted);
        V less = V.MultiplyAdd(power, V.MultiplyAdd(V.Multiply(r, r), q, r), V.Add(power, V.All(-1)));
        return V.WithSign(V.Magnitude(V.Divide(less, V.Add(less, V.All(2)))), x);
    }
}
