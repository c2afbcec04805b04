namespace Esn;

/// <summary>
/// What a field map takes or gives: quantities on a grid, field by field, the first row first. A flat vector is one field of one row.
/// </summary>
sealed class FieldShape
{
    const int MostValues = 10_000_000;

    readonly bool[] _land;  // [cells]; empty: none

    /// <param name="fields">≥ 1.</param>
    /// <param name="rows">≥ 1.</param>
    /// <param name="columns">≥ 1.</param>
    /// <param name="land">Cells that are no part of the field, [rows×columns]; empty: there are none.</param>
    /// <exception cref="ArgumentOutOfRangeException">More values than a map may have.</exception>
    public FieldShape(int fields, int rows, int columns, bool[] land)
    {
        Require.Range((double)fields * rows * columns, 1, MostValues, "values of a field map");
        (Fields, Rows, Columns) = (fields, rows, columns);
        LandCells = [.. Enumerable.Range(0, land.Length).Where(cell => land[cell])];
        _land = LandCells.Length == 0 ? [] : land;
    }

    /// <summary>Quantities in each cell.</summary>
    public int Fields { get; }

    /// <summary>Rows of cells; y grows with them.</summary>
    public int Rows { get; }

    /// <summary>Columns of cells; x grows with them.</summary>
    public int Columns { get; }

    /// <summary>Cells of one field.</summary>
    public int Cells => Rows * Columns;

    /// <summary>Values of all fields.</summary>
    public int Length => Fields * Cells;

    /// <summary>Land, ascending.</summary>
    public int[] LandCells { get; }

    /// <summary>The shape of a frame.</summary>
    /// <param name="grid">Valid.</param>
    public static FieldShape Of(GridSpec grid) => new(grid.Fields, grid.Rows, grid.Columns, [.. grid.Land]);

    /// <summary>A vector without geometry.</summary>
    public static FieldShape Flat(int length) => new(1, 1, length, []);

    /// <summary>The same grid and land with another number of fields.</summary>
    public FieldShape WithFields(int fields) => new(fields, Rows, Columns, _land);

    /// <summary>Whether a cell is land.</summary>
    public bool IsLand(int cell) => _land.Length > 0 && _land[cell];

    /// <summary>Land is 0.</summary>
    /// <param name="values">[fields×cells] of any number of fields.</param>
    public void ClearLand(Span<double> values)
    {
        if (LandCells.Length == 0) return;
        for (int field = 0; field < values.Length; field += Cells)
            foreach (int cell in LandCells) values[field + cell] = 0;
    }
}
