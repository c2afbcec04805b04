namespace Esn.Streaming.Wire;

/// <summary>Where in a field an alarm lies, as an event tells it. Rows and columns count from 0.</summary>
/// <param name="Rows">Of the field.</param>
/// <param name="Columns">Of the field.</param>
/// <param name="Frames">Frames since the onset that the map is of.</param>
/// <param name="Row">Of the centroid of all that is hot.</param>
/// <param name="Column">Of the centroid of all that is hot.</param>
/// <param name="Latitude">Of this centroid, degrees north; absent: not known.</param>
/// <param name="Longitude">Of this centroid, degrees east.</param>
/// <param name="Regions">The hottest first.</param>
/// <param name="Map">Heat of each cell: 1 is usual, 0 is land.</param>
public sealed record FieldEventData(int Rows, int Columns, int Frames, double Row, double Column, double? Latitude, double? Longitude,
    IReadOnlyList<RegionEventData> Regions, MapEventData? Map)
{
    const int MostRegions = 20;

    /// <summary>Where in a whole field the stream lies; absent: it is no tile.</summary>
    public TileEventData? Tile { get; init; }

    /// <summary>Of alarms of tiles joined: the streams that have a part in it; rows and columns are those of the whole field.</summary>
    public IReadOnlyList<string>? Tiles { get; init; }

    /// <summary>Of alarms of tiles joined: row of the whole field at which the map begins.</summary>
    public int? Top { get; init; }

    /// <summary>Of alarms of tiles joined: column of the whole field at which the map begins.</summary>
    public int? Left { get; init; }

    /// <summary>From what the detector found.</summary>
    /// <param name="evidence">Of the alarm.</param>
    /// <param name="grid">Of the stream; with degrees, places are told in degrees too.</param>
    /// <param name="map">Where the map is.</param>
    public static FieldEventData Of(FieldEvidence evidence, GridSpec? grid, MapEventData? map) => new(
        evidence.Rows, evidence.Columns, evidence.Frames, evidence.Row, evidence.Column,
        RegionEventData.At(grid?.Latitudes ?? [], evidence.Row), RegionEventData.At(grid?.Longitudes ?? [], evidence.Column),
            [.. evidence.Regions.Take(MostRegions).Select(region => RegionEventData.Of(region, grid))], map);
}

/// <summary>A connected part of a field that is out of the ordinary.</summary>
/// <param name="Row">Of the centroid.</param>
/// <param name="Column">Of the centroid.</param>
/// <param name="Latitude">Of the centroid, degrees north; absent: not known, as all degrees.</param>
/// <param name="Longitude">Of the centroid, degrees east.</param>
/// <param name="Box">Around all its cells.</param>
/// <param name="Cells">Its area.</param>
/// <param name="Peak">Its hottest cell.</param>
/// <param name="Share">Part of the heat of all regions, (0, 1].</param>
public sealed record RegionEventData(
    double Row, double Column, double? Latitude, double? Longitude, BoxEventData Box, int Cells, PeakEventData Peak, double Share)
{
    /// <summary>From what the detector found.</summary>
    public static RegionEventData Of(FieldRegion region, GridSpec? grid)
    {
        IReadOnlyList<double> north = grid?.Latitudes ?? [], east = grid?.Longitudes ?? [];
        double?[] box = [At(north, region.Top), At(north, region.Bottom), At(east, region.Left), At(east, region.Right)];
        return new RegionEventData(region.Row, region.Column, At(north, region.Row), At(east, region.Column),
            new BoxEventData(region.Top, region.Left, region.Bottom, region.Right, box[0] < box[1] ? box[0] : box[1], box[2],
                box[0] < box[1] ? box[1] : box[0], box[3]),
            region.Cells, new PeakEventData(region.PeakRow, region.PeakColumn, region.Peak, At(north, region.PeakRow),
                At(east, region.PeakColumn)),
            region.Share);
    }

    // Between the middles of cells, by a straight line; across the date line there is no such line, and the nearer one counts.
    internal static double? At(IReadOnlyList<double> degrees, double place)
    {
        if (degrees.Count == 0) return null;
        int low = Math.Clamp((int)place, 0, degrees.Count - 1), high = Math.Min(low + 1, degrees.Count - 1);
        double step = degrees[high] - degrees[low];
        return Math.Abs(step) > 180 ? degrees[place - low < .5 ? low : high] : Math.Round(degrees[low] + (place - low) * step, 4);
    }
}

/// <summary>Rows and columns that hold all of a region, both ends included.</summary>
public sealed record BoxEventData(int Top, int Left, int Bottom, int Right, double? South, double? West, double? North, double? East);

/// <summary>The hottest cell of a region.</summary>
public sealed record PeakEventData(int Row, int Column, double Heat, double? Latitude, double? Longitude);

/// <summary>A heat map, or where it is to be fetched.</summary>
/// <param name="Dtype">float32, little-endian.</param>
/// <param name="Rows">Of the map.</param>
/// <param name="Columns">Of the map.</param>
/// <param name="Every">Cells of the field, in each direction, that one of the map stands for.</param>
/// <param name="Data">[rows×columns], the first row first, in base64; absent: it is in the topic.</param>
/// <param name="Topic">Where the map is a record whose header ce_id is that of this event; absent: it is in here.</param>
public sealed record MapEventData(string Dtype, int Rows, int Columns, int Every, string? Data, string? Topic);

/// <summary>Where in a whole field a tile lies, in cells of the whole field.</summary>
/// <param name="Field">The whole field's name.</param>
/// <param name="Row">First row of its own cells.</param>
/// <param name="Column">First column of its own cells.</param>
/// <param name="Rows">Of its own cells.</param>
/// <param name="Columns">Of its own cells.</param>
/// <param name="Top">Row at which the map begins: the halo's.</param>
/// <param name="Left">Column at which the map begins.</param>
/// <param name="Latitudes">Degrees north of the first and the last of its own rows; absent: not known.</param>
/// <param name="Longitudes">Degrees east of the first and the last of its own columns.</param>
public sealed record TileEventData(string Field, int Row, int Column, int Rows, int Columns, int Top, int Left,
    IReadOnlyList<double>? Latitudes, IReadOnlyList<double>? Longitudes)
{
    /// <summary>Of a stream.</summary>
    public static TileEventData? Of(string stream, FieldTilePlace? place, GridSpec? grid) => place is null ? null
        : new TileEventData(FieldTilePlace.FieldOf(stream), place.Row, place.Column, place.Rows, place.Columns, place.Top, place.Left,
            Ends(grid?.Latitudes, place.Row - place.Top, place.Rows), Ends(grid?.Longitudes, place.Column - place.Left, place.Columns));

    static double[]? Ends(IReadOnlyList<double>? degrees, int first, int count) =>
        degrees is { Count: > 0 } && first + count <= degrees.Count ? [degrees[first], degrees[first + count - 1]] : null;
}
