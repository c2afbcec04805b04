namespace Esn;

/// <summary>The geometry of a frame that is a field: one or several quantities on a grid, the first row first.</summary>
/// <remarks>Channel (field·rows + row)·columns + column is the value of a field in a cell.</remarks>
public sealed record GridSpec
{
    /// <summary>Rows of cells, 1 … 10,000; from south to north, or as the feed has them.</summary>
    public int Rows { get; init; } = 1;

    /// <summary>Columns of cells, 1 … 10,000.</summary>
    public int Columns { get; init; } = 1;

    /// <summary>Quantities in each cell, such as u, v and height, 1 … 100.</summary>
    public int Fields { get; init; } = 1;

    /// <summary>
    /// Cells that are no part of the field, such as land, [rows×columns]; empty: there are none. They are 0 at the input and left
    /// out of every score.
    /// </summary>
    public IReadOnlyList<bool> Land { get; init; } = [];

    /// <summary>Degrees north of each row, [rows]; empty: rows are all worth the same, else the cosine of this.</summary>
    public IReadOnlyList<double> Latitudes { get; init; } = [];

    /// <summary>Degrees east of each column, [columns]; empty: not known.</summary>
    public IReadOnlyList<double> Longitudes { get; init; } = [];

    /// <summary>Cells of one field.</summary>
    public int Cells => Rows * Columns;

    /// <summary>Values of a frame.</summary>
    public int Channels => Fields * Cells;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentException">A value out of its range, or a list of another length.</exception>
    public void Validate()
    {
        Require.Range(Rows, 1, 10_000);
        Require.Range(Columns, 1, 10_000);
        Require.Range(Fields, 1, 100);
        if (Land.Count > 0) Require.Length(Land.Count, Cells, "land");
        if (Latitudes.Count > 0) Require.Length(Latitudes.Count, Rows, "latitudes");
        if (Longitudes.Count > 0) Require.Length(Longitudes.Count, Columns, "longitudes");
        foreach (double latitude in Latitudes) Require.Range(latitude, -90, 90);
        foreach (double longitude in Longitudes) Require.Range(longitude, -360, 360);
        if (Land.Count > 0 && !Land.Contains(false))
            throw new ArgumentOutOfRangeException(nameof(Land), "land must leave at least one cell");
    }
}
