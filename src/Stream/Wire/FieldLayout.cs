namespace Esn.Streaming.Wire;

/// <summary>What a frame that is a field says of its grid.</summary>
/// <param name="Fields">Quantities in each cell, ≥ 1.</param>
/// <param name="Rows">Of cells, ≥ 1.</param>
/// <param name="Columns">Of cells, ≥ 1.</param>
public sealed record FieldLayout(int Fields, int Rows, int Columns)
{
    /// <summary>Of the quantities, [fields]; empty: not known.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Degrees north, [rows]; empty: not known.</summary>
    public IReadOnlyList<double> Latitudes { get; init; } = [];

    /// <summary>Degrees east, [columns]; empty: not known.</summary>
    public IReadOnlyList<double> Longitudes { get; init; } = [];

    /// <summary>Where in a whole field it lies; null: it is one.</summary>
    public FieldTilePlace? Tile { get; init; }

    /// <summary>Values of a frame.</summary>
    public int Values => Fields * Rows * Columns;

    /// <summary>The grid of a stream whose first frame this is: a cell in which a quantity is NaN is land.</summary>
    /// <param name="first">[fields×rows×columns], NaN on land.</param>
    public GridSpec Grid(ReadOnlySpan<double> first)
    {
        var land = new bool[Rows * Columns];
        bool any = false;
        for (int i = 0; i < first.Length; i++)
        {
            if (!double.IsNaN(first[i])) continue;
            any = land[i % land.Length] = true;
        }
        return new GridSpec { Fields = Fields, Rows = Rows, Columns = Columns, Land = any ? land : [], Latitudes = Latitudes,
            Longitudes = Longitudes };
    }

    /// <summary>Such as 2×30×60.</summary>
    public override string ToString() => Fields == 1 ? FormattableString.Invariant($"{Rows}×{Columns}")
        : FormattableString.Invariant($"{Fields}×{Rows}×{Columns}");
}
