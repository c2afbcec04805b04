namespace Esn;

/// <summary>The hot parts of a heat map.</summary>
static class Regions
{
    const int Most = 5;

    /// <summary>
    /// Connected components, corners included, of the cells that reach a part of the hottest; the hottest component first, at most five.
    /// </summary>
    /// <param name="heat">[rows×columns], ≥ 0.</param>
    /// <param name="rows">Of the map.</param>
    /// <param name="columns">Of the map.</param>
    /// <param name="part">Of the hottest cell's heat, (0, 1].</param>
    public static IReadOnlyList<FieldRegion> Of(ReadOnlySpan<double> heat, int rows, int columns, double part = .5)
    {
        double hottest = 0;
        foreach (double h in heat) hottest = Math.Max(hottest, h);
        if (!(hottest > 0)) return [];
        var seen = new bool[heat.Length];
        var (found, open) = (new List<FieldRegion>(), new Stack<int>());
        for (int start = 0; start < heat.Length; start++)
        {
            if (seen[start] || heat[start] < part * hottest) continue;
            var (sum, row, column, cells, peak) = (0.0, 0.0, 0.0, 0, start);
            var (top, left, bottom, right) = (rows, columns, 0, 0);
            seen[start] = true;
            open.Push(start);
            while (open.TryPop(out int cell))
            {
                int r = cell / columns, c = cell % columns;
                (sum, row, column, cells) = (sum + heat[cell], row + heat[cell] * r, column + heat[cell] * c, cells + 1);
                if (heat[cell] > heat[peak]) peak = cell;
                (top, left, bottom, right) = (Math.Min(top, r), Math.Min(left, c), Math.Max(bottom, r), Math.Max(right, c));
                for (int y = Math.Max(0, r - 1); y <= Math.Min(rows - 1, r + 1); y++)
                    for (int x = Math.Max(0, c - 1); x <= Math.Min(columns - 1, c + 1); x++)
                    {
                        int next = y * columns + x;
                        if (seen[next] || heat[next] < part * hottest) continue;
                        seen[next] = true;
                        open.Push(next);
                    }
            }
            found.Add(new FieldRegion(peak / columns, peak % columns, heat[peak], row / sum, column / sum, top, left, bottom, right, cells,
                sum));
        }
        double total = found.Sum(region => region.Share);
        return [.. found.OrderByDescending(region => region.Peak).Take(Most)
            .Select(region => region with { Share = region.Share / total })];
    }
}
