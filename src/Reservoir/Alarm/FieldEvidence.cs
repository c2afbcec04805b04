namespace Esn;

/// <summary>Where in a field an alarm lies.</summary>
/// <param name="Rows">Of the map.</param>
/// <param name="Columns">Of the map.</param>
/// <param name="Frames">Frames since the onset that the map is of.</param>
/// <param name="Heat">
/// Mean over these frames of (smoothed error)² over its usual variance in the cell, [rows×columns], summed over the fields; 1 is
/// usual, 0 is land.
/// </param>
/// <param name="Row">Of the centroid of all cells above half of the hottest, of the first frames after the onset, weighed by heat.</param>
/// <param name="Column">Of the same.</param>
/// <param name="Regions">Connected cells above half of the hottest, of the first frames after the onset; the hottest region first.</param>
public sealed record FieldEvidence(int Rows, int Columns, int Frames, IReadOnlyList<float> Heat, double Row, double Column,
    IReadOnlyList<FieldRegion> Regions);

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
    int PeakRow, int PeakColumn, double Peak, double Row, double Column, int Top, int Left, int Bottom, int Right, int Cells, double Share);
