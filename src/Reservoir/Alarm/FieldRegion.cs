namespace Esn;

/// <summary>A connected part of a field, in cells: rows and columns from 0.</summary>
/// <param name="PeakRow">Of the hottest cell.</param>
/// <param name="PeakColumn">Of the hottest cell.</param>
/// <param name="Peak">Its heat.</param>
/// <param name="Row">Of the centroid, weighed by heat.</param>
/// <param name="Column">Of the centroid, weighed by heat.</param>
/// <param name="Top">First row.</param>
/// <param name="Left">First column.</param>
/// <param name="Bottom">Last row.</param>
/// <param name="Right">Last column.</param>
/// <param name="Cells">Area.</param>
/// <param name="Share">Part of the heat of all regions, (0, 1].</param>
public sealed record FieldRegion(
    int PeakRow, int PeakColumn, double Peak, double Row, double Column, int Top, int Left, int Bottom, int Right, int Cells, double Share)
{
    const int Most = 5;

    /// <summary>
    /// The hot parts of a heat map: connected components, corners included, of the cells that reach a part of the hottest; the hottest
    /// component first, at most five.
    /// </summary>
    /// <param name="heat">[rows×columns], ≥ 0.</param>
    /// <param name="rows">Of the map.</param>
    /// <param name="columns">Of the map.</param>
    /// <param name="part">Of the hottest cell's heat, (0, 1].</param>
    internal static IReadOnlyList<FieldRegion> Of(ReadOnlySpan<double> heat, int rows, int columns, double part = .5)
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
