namespace Esn;

/// <summary>Where in a field an alarm lies.</summary>
/// <param name="Rows">Of the map.</param>
/// <param name="Columns">Of the map.</param>
/// <param name="Frames">Frames since the onset that the map is of.</param>
/// <param name="Heat">
/// Mean over these frames of (smoothed error)² over its usual deviation in the cell and in the field, [rows×columns], summed over the
/// quantities; 1 is usual of a field, 0 is land.
/// </param>
/// <param name="Row">Of the centroid of the cells above a third of the hottest, of the first frames after the onset, by heat.</param>
/// <param name="Column">Of the same.</param>
/// <param name="Regions">Connected cells above half of the hottest, of the first frames after the onset; the hottest region first.</param>
public sealed record FieldEvidence(int Rows, int Columns, int Frames, IReadOnlyList<float> Heat, double Row, double Column,
    IReadOnlyList<FieldRegion> Regions)
{
    // What changes where something slopes, such as the ground below a flow, shows as a pair of hot places beside it, and the weaker of
    // them must count if the middle of both is to be found. Above a half: 94 of 100 inside on an ocean, in place of 98.
    const double Part = 1.0 / 3;

    /// <summary>From a map alone: regions are of its cells above half of the hottest, the centroid of those above a third.</summary>
    /// <param name="heat">[rows×columns], ≥ 0; kept.</param>
    /// <param name="rows">Of the map.</param>
    /// <param name="columns">Of the map.</param>
    /// <param name="frames">That it is the mean of.</param>
    public static FieldEvidence Of(IReadOnlyList<float> heat, int rows, int columns, int frames) =>
        Of(heat, [.. heat.Select(one => (double)one)], rows, columns, frames);

    /// <summary>From a map, and that of the first frames, which tells where it began.</summary>
    internal static FieldEvidence Of(IReadOnlyList<float> heat, ReadOnlySpan<double> first, int rows, int columns, int frames)
    {
        double hottest = 0, sum = 0, row = 0, column = 0;
        foreach (double one in first) hottest = Math.Max(hottest, one);
        for (int cell = 0; cell < first.Length; cell++)
        {
            if (first[cell] < Part * hottest) continue;
            (sum, row, column) = (sum + first[cell], row + first[cell] * (cell / columns), column + first[cell] * (cell % columns));
        }
        return new FieldEvidence(rows, columns, frames, heat, sum > 0 ? row / sum : 0, sum > 0 ? column / sum : 0,
            FieldRegion.Of(first, rows, columns));
    }
}
