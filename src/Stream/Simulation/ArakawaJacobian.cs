using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Esn.Streaming.Simulation;

/// <summary>J(a, b) = ∂ₓa ∂ᵧb − ∂ᵧa ∂ₓb as the mean of Arakawa's three forms.</summary>
/// <remarks>
/// A. Arakawa, J. Comput. Phys. 1 (1966), doi:10.1016/0021-9991(66)90015-5. With a and b zero on the walls the sums of
/// aJ and bJ over the nodes vanish to rounding: energy and enstrophy are conserved.
/// </remarks>
static class ArakawaJacobian
{
    /// <summary>12 d² J(a, b) at four nodes, d being the distance of two nodes.</summary>
    /// <param name="a">First number of a field.</param>
    /// <param name="b">First number of a field.</param>
    /// <param name="node">The first of the nodes, with neighbours on all sides.</param>
    /// <param name="stride">From a node to its neighbour in x.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Times12(ref double a, ref double b, nuint node, nuint stride)
    {
        nuint west = node - stride, east = node + stride;
        Vector256<double> north = Vector256.LoadUnsafe(ref b, node + 1), south = Vector256.LoadUnsafe(ref b, node - 1);
        Vector256<double> eastern = Vector256.LoadUnsafe(ref b, east), western = Vector256.LoadUnsafe(ref b, west);
        Vector256<double> northEast = Vector256.LoadUnsafe(ref b, east + 1), southEast = Vector256.LoadUnsafe(ref b, east - 1);
        Vector256<double> northWest = Vector256.LoadUnsafe(ref b, west + 1), southWest = Vector256.LoadUnsafe(ref b, west - 1);

        // What the three forms multiply each neighbour of a with, gathered.
        Vector256<double> inY = north - south, inX = eastern - western;
        Vector256<double> sum = Vector256.LoadUnsafe(ref a, east) * (inY + (northEast - southEast));
        sum -= Vector256.LoadUnsafe(ref a, west) * (inY + (northWest - southWest));
        sum -= Vector256.LoadUnsafe(ref a, node + 1) * (inX + (northEast - northWest));
        sum += Vector256.LoadUnsafe(ref a, node - 1) * (inX + (southEast - southWest));
        sum += Vector256.LoadUnsafe(ref a, east + 1) * (north - eastern);
        sum += Vector256.LoadUnsafe(ref a, east - 1) * (eastern - south);
        sum -= Vector256.LoadUnsafe(ref a, west + 1) * (north - western);
        sum -= Vector256.LoadUnsafe(ref a, west - 1) * (western - south);
        return sum;
    }

    /// <summary>J(a, b) at every node between the walls, 0 on them.</summary>
    public static void Apply(PaddedGrid grid, ReadOnlySpan<double> a, ReadOnlySpan<double> b, Span<double> result)
    {
        int n = grid.Intervals;
        ref double first = ref MemoryMarshal.GetReference(a), second = ref MemoryMarshal.GetReference(b);
        ref double to = ref MemoryMarshal.GetReference(result);
        Vector256<double> scale = Vector256.Create(n * (double)n / 12);
        result.Clear();
        for (int i = 1; i < n; i++)
        {
            for (int j = 1; j <= n; j += Vector256<double>.Count)
            {
                nuint node = (nuint)grid[i, j];
                (scale * Times12(ref first, ref second, node, (nuint)grid.Stride)).StoreUnsafe(ref to, node);
            }
            result[grid[i, n]] = 0;  // the last vector reaches the wall
        }
    }
}
