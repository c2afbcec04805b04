using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Esn;

/// <summary>The kernels over one vector width.</summary>
/// <remarks>
/// Accumulators and what they take stay within the registers: 32 of 512 bits, else 16. Passes over narrower lanes and
/// over halves of a panel do not change the order of any sum. No method waits for the runtime to find it hot: before that a
/// vector kernel is slower than any scalar loop.
/// </remarks>
[SkipLocalsInit]
sealed unsafe partial class Kernel<V> : Kernel where V : unmanaged, ILanes<V>
{
    const int Tile = 64;  // doubles of an 8×8 tile
    const int Line = 8;   // of a cache line
    const int Far = 32;   // blocks of a matrix, 270 kB packed, from which it may lie beyond the second-level cache, with others like it

    public override string ToString() => $"{V.Width} lanes";

    // Into the second-level cache, while the work goes on: the processor by itself reads ahead to the end of a page only. Past the end of
    // a matrix it does nothing.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Prefetch(double* line)
    {
        if (Sse.IsSupported) Sse.Prefetch1(line);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double LaneSum(double* s) => ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));

    // The stack is aligned to 16 bytes only, and a vector that lies across two cache lines takes twice as long: by chance, in each
    // process anew. The room must have a line to spare.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double* ToCacheLine(double* room) => (double*)(((nuint)room + 63) & ~(nuint)63);

    static void AddLaneSums(double* sums, double* to)
    {
        double* room = stackalloc double[2 * Line], lines = ToCacheLine(room);
        LaneSums(sums, lines);
        for (int j = 0; j < 8; j++) to[j] += lines[j];
    }

    // The lane sum of each of eight vectors that lie one after the other.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void LaneSumsOfFour(double* s, double* to)
    {
        Vector256<double> low = Quarter(s), high = Quarter(s + 4);
        (low + high).Store(to);

        // ((0+1) + (2+3)) of four vectors.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<double> Quarter(double* s)
        {
            Vector256<double> first = Avx.HorizontalAdd(Vector256.Load(s), Vector256.Load(s + 8));
            Vector256<double> second = Avx.HorizontalAdd(Vector256.Load(s + 16), Vector256.Load(s + 24));
            return Avx.Permute2x128(first, second, 0x20) + Avx.Permute2x128(first, second, 0x31);
        }
    }
}
