using MathNet.Numerics.Random;

namespace Esn;

/// <summary>A sparse random matrix whose graph is strongly connected by construction.</summary>
static class ConnectedGraph
{
    /// <summary>
    /// One random cycle through all units gives each of them its first input; the others are drawn among the rest
    /// without repetition. Along the cycle every unit reaches every other.
    /// </summary>
    /// <param name="order">N ≥ 2.</param>
    /// <param name="degree">Inputs per row, 1 … N−1.</param>
    /// <param name="random">Consumed.</param>
    /// <returns>Values uniform in ±1, never 0; no unit feeds itself.</returns>
    public static CsrMatrix Build(int order, int degree, Xoshiro256StarStar random)
    {
        int[] cycle = [.. Enumerable.Range(0, order)];
        for (int i = order - 1; i > 0; i--)
        {
            int j = random.Next(i + 1);
            (cycle[i], cycle[j]) = (cycle[j], cycle[i]);
        }
        int[] predecessor = new int[order];
        for (int i = 0; i < order; i++) predecessor[cycle[i]] = cycle[(i + order - 1) % order];

        int[] columns = new int[order * degree];
        var taken = new HashSet<int>();
        for (int row = 0; row < order; row++)
        {
            taken.Clear();
            taken.Add(predecessor[row]);
            while (taken.Count < degree)
            {
                int column = random.Next(order);
                if (column != row) taken.Add(column);
            }
            Span<int> slot = columns.AsSpan(row * degree, degree);
            int next = 0;
            foreach (int column in taken) slot[next++] = column;
            slot.Sort();
        }

        double[] values = new double[columns.Length];
        for (int i = 0; i < values.Length; i++)
            do values[i] = 2 * random.NextDouble() - 1;
            while (values[i] == 0);
        return new CsrMatrix(order, degree, columns, values);
    }
}
