using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Esn.Streaming.Wire;

/// <summary>
/// A field as a record: the value is its numbers, little-endian, the first row first, one quantity after the other; headers say
/// the rest.
/// </summary>
public static class FieldRecord
{
    /// <summary>What the header content-type says of such a record; without it, a header esn-shape makes it one.</summary>
    public const string ContentType = "application/vnd.esn.field";

    /// <summary>Names of the headers.</summary>
    public const string Type = "content-type", Shape = "esn-shape", Dtype = "esn-dtype", Time = "esn-time", Field = "esn-field",
        Fill = "esn-fill", Latitudes = "esn-latitudes", Longitudes = "esn-longitudes";

    const int MostFields = 100, MostSide = 10_000, MostValues = 1_000_000;

    /// <summary>Whether a record is a field; else it is JSON.</summary>
    public static bool Is(FeedRecord record)
    {
        foreach (RecordHeader header in record.Headers)
        {
            if (header.Name == Shape) return true;
        }
        return IsOf(record, ContentType) || IsOf(record, ArrowField.ContentType);
    }

    static bool IsOf(FeedRecord record, string contentType)
    {
        foreach (RecordHeader header in record.Headers)
            if (header.Name.Equals(Type, StringComparison.OrdinalIgnoreCase) && header.Value is { } type
                && Encoding.UTF8.GetString(type).StartsWith(contentType, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    /// <summary>The field in a record; values may be NaN, which is land.</summary>
    /// <exception cref="FrameDecoder.Rejected">A header is missing or wrong, or the value has another length than they say.</exception>
    internal static (DateTime? Time, double[] Values, FieldLayout Layout) Decode(FeedRecord record)
    {
        byte[] value = record.Value ?? throw new FrameDecoder.Rejected(Rejection.NoValue, "the record has no value");
        if (IsOf(record, ArrowField.ContentType)) return DecodeArrow(record, value);
        FieldLayout layout = LayoutOf(record);
        bool wide = IsWide(record);
        int size = wide ? sizeof(double) : sizeof(float);
        if (value.Length != (long)layout.Values * size)
            throw new FrameDecoder.Rejected(Rejection.WrongLength, FormattableString.Invariant(
                $"{Shape} {layout} of {Word(wide)} makes {(long)layout.Values * size} bytes, the value has {value.Length}"));
        double? fill = FillOf(record);
        // As the numbers are written: −1e34 in single precision is another number than in double precision.
        if (fill is { } number && !wide) fill = (float)number;
        var values = new double[layout.Values];
        for (int i = 0; i < values.Length; i++)
        {
            double one = wide ? BinaryPrimitives.ReadDoubleLittleEndian(value.AsSpan(i * size))
                : BinaryPrimitives.ReadSingleLittleEndian(value.AsSpan(i * size));
            values[i] = one == fill ? double.NaN : one;
        }
        CheckFinite(values, layout);
        return (TimeOf(record), values, layout);
    }

    // The shape is the tensor's; degrees, tile, time and fill are headers as ever.
    static (DateTime?, double[], FieldLayout) DecodeArrow(FeedRecord record, byte[] value)
    {
        (double[] values, FieldLayout layout) = ArrowField.Decode(value);
        CheckSize(layout.Fields, layout.Rows, layout.Columns, layout.ToString());
        if (FillOf(record) is { } fill)
            for (int i = 0; i < values.Length; i++)
                if (values[i] == fill || (float)values[i] == (float)fill) values[i] = double.NaN;
        CheckFinite(values, layout);
        return (TimeOf(record), values, Placed(record, layout));
    }

    static double? FillOf(FeedRecord record) => Text(record, Fill) is not { } text ? null : Number(text)
        ?? throw new FrameDecoder.Rejected(Rejection.BadHeader, $"{Fill} must be the number that stands for no value, was '{Short(text)}'");

    static DateTime? TimeOf(FeedRecord record) => Text(record, Time) is not { } said ? null : FeedTime.Parse(said)
        ?? throw new FrameDecoder.Rejected(Rejection.BadTimestamp, $"{Time} must be ISO 8601 or a number since 1970, was '{Short(said)}'");

    static void CheckFinite(double[] values, FieldLayout layout)
    {
        int at = Array.FindIndex(values, double.IsInfinity);
        if (at >= 0)
            throw new FrameDecoder.Rejected(Rejection.NotFinite,
                $"{Place(layout, at)} is {values[at].ToString(CultureInfo.InvariantCulture)}: a number is expected, or NaN on land");
    }

    static void CheckSize(int fields, int rows, int columns, string said)
    {
        if ((long)fields * rows * columns > MostValues)
            throw new FrameDecoder.Rejected(Rejection.TooManyChannels,
                $"{Shape} {said} has {(long)fields * rows * columns} values, at most {MostValues} are possible: cut it into tiles, each a "
                + "stream of its own");
    }

    /// <summary>A record's value and headers from a field.</summary>
    /// <param name="layout">Of the field.</param>
    /// <param name="values">[fields×rows×columns], NaN on land.</param>
    /// <param name="time">UTC.</param>
    /// <param name="wide">Whether in double precision.</param>
    public static (byte[] Value, IReadOnlyList<RecordHeader> Headers) Encode(FieldLayout layout, ReadOnlySpan<double> values, DateTime time,
        bool wide)
    {
        var value = new byte[values.Length * (wide ? sizeof(double) : sizeof(float))];
        for (int i = 0; i < values.Length; i++)
        {
            if (wide) BinaryPrimitives.WriteDoubleLittleEndian(value.AsSpan(i * sizeof(double)), values[i]);
            else BinaryPrimitives.WriteSingleLittleEndian(value.AsSpan(i * sizeof(float)), (float)values[i]);
        }
        return (value, Headers(layout, time, wide));
    }

    /// <summary>The bytes of a map, little-endian.</summary>
    public static byte[] Bytes(IReadOnlyList<float> map)
    {
        var bytes = new byte[map.Count * sizeof(float)];
        for (int i = 0; i < map.Count; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), map[i]);
        return bytes;
    }

    internal static IReadOnlyList<RecordHeader> Headers(FieldLayout layout, DateTime time, bool wide)
    {
        string shape = layout.Fields == 1 ? $"{layout.Rows},{layout.Columns}" : $"{layout.Fields},{layout.Rows},{layout.Columns}";
        List<RecordHeader> headers =
        [
            Header(Type, ContentType), Header(Shape, shape), Header(Dtype, Word(wide)), Header(Time, FeedTime.Write(time)),
        ];
        if (layout.Names.Count > 0) headers.Add(Header(Field, string.Join(',', layout.Names)));
        if (layout.Latitudes.Count > 0) headers.Add(Header(Latitudes, Degrees(layout.Latitudes)));
        if (layout.Longitudes.Count > 0) headers.Add(Header(Longitudes, Degrees(layout.Longitudes)));
        return headers;
    }

    static RecordHeader Header(string name, string value) => new(name, Encoding.UTF8.GetBytes(value));

    /// <summary>Where a value of a frame is, for a person.</summary>
    internal static string Place(FieldLayout layout, int channel)
    {
        int cells = layout.Rows * layout.Columns, field = channel / cells, cell = channel % cells;
        string name = field < layout.Names.Count ? layout.Names[field] : layout.Fields == 1 ? "the value"
            : FormattableString.Invariant($"field {field}");
        return FormattableString.Invariant($"{name} at row {cell / layout.Columns}, column {cell % layout.Columns}");
    }

    static FieldLayout LayoutOf(FeedRecord record)
    {
        string text = Text(record, Shape) ?? throw new FrameDecoder.Rejected(Rejection.BadHeader,
            $"header {Shape} is missing: rows,columns or fields,rows,columns");
        string[] parts = text.Trim('(', ')', '[', ']', ' ').Split(',', StringSplitOptions.TrimEntries);
        int[] sides = [.. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int side) ? side
            : 0)];
        if (sides.Length is not (2 or 3) || sides[^1] is < 1 or > MostSide || sides[^2] is < 1 or > MostSide
            || (sides.Length == 3 && sides[0] is < 1 or > MostFields))
            throw new FrameDecoder.Rejected(Rejection.BadHeader,
                $"{Shape} must be rows,columns or fields,rows,columns, of at most {MostFields} fields and {MostSide} cells a side, was "
                    + $"'{Short(text)}'");
        int fields = sides.Length == 3 ? sides[0] : 1;
        CheckSize(fields, sides[^2], sides[^1], text);
        string said = Text(record, Field) ?? "";
        string[] names = said.Length > 0 ? said.Split(',', StringSplitOptions.TrimEntries) : [];
        if (names.Length > 0 && names.Length != fields)
            throw new FrameDecoder.Rejected(Rejection.BadHeader,
                $"{Field} must name {fields} field{(fields == 1 ? "" : "s")}, was '{Short(said)}'");
        return Placed(record, new FieldLayout(fields, sides[^2], sides[^1]) { Names = names });
    }

    // Where on the globe, and where in a whole field.
    static FieldLayout Placed(FeedRecord record, FieldLayout layout) => layout with
    {
        Latitudes = Degrees(record, Latitudes, layout.Rows, 90),
        Longitudes = Degrees(record, Longitudes, layout.Columns, 360),
        Tile = TileOf(record, layout.Rows, layout.Columns),
    };

    static FieldTilePlace? TileOf(FeedRecord record, int rows, int columns)
    {
        if (Text(record, FieldTilePlace.Header) is not { } text) return null;
        return FieldTilePlace.Parse(text) is { } tile && tile.LiesIn(rows, columns) ? tile : throw new FrameDecoder.Rejected(
            Rejection.BadHeader, $"{FieldTilePlace.Header} must be row,column,rows,columns of the tile's own cells in the whole field, "
                + $"and row and "
                + $"column of the record's first cell, such that {rows}×{columns} cells hold all of them, was '{Short(text)}'");
    }

    static bool IsWide(FeedRecord record)
    {
        string? text = Text(record, Dtype);
        return text?.Trim().ToLowerInvariant() switch
        {
            "float32" or "fp32" or "f4" or "<f4" => false,
            "float64" or "fp64" or "f8" or "<f8" => true,
            null => throw new FrameDecoder.Rejected(Rejection.BadHeader, $"header {Dtype} is missing: float32 or float64, little-endian"),
            _ => throw new FrameDecoder.Rejected(Rejection.BadHeader,
                $"{Dtype} must be float32 or float64, little-endian, was '{Short(text)}'"),
        };
    }

    // All of them, or the first and the step: from -30 in steps of 2 is -30:2.
    static double[] Degrees(FeedRecord record, string name, int count, double limit)
    {
        if (Text(record, name) is not { } text) return [];
        string[] parts = text.Split(':');
        double?[] degrees = parts.Length == 2
            ? [.. Enumerable.Range(0, count).Select(i => Number(parts[0]) + i * Number(parts[1]))]
            : [.. text.Split(',').Select(Number)];
        return degrees.Length == count && Array.TrueForAll(degrees, one => Math.Abs(one ?? double.NaN) <= limit)
            ? [.. degrees.Select(one => one!.Value)]
            : throw new FrameDecoder.Rejected(Rejection.BadHeader,
                $"{name} must be {count} degrees within ±{limit}, or the first one and the step as -30:2, was '{Short(text)}'");
    }

    static string Degrees(IReadOnlyList<double> degrees)
    {
        double step = degrees.Count > 1 ? degrees[1] - degrees[0] : 0;
        for (int i = 0; i < degrees.Count; i++)
            if (degrees[i] != degrees[0] + i * step) return string.Join(',',
                degrees.Select(one => one.ToString("R", CultureInfo.InvariantCulture)));
        return string.Create(CultureInfo.InvariantCulture, $"{degrees[0]:R}:{step:R}");
    }

    static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && !double.IsInfinity(number) ? number
            : null;

    static string? Text(FeedRecord record, string name)
    {
        foreach (RecordHeader header in record.Headers)
            if (header.Name == name && header.Value is { } value) return Encoding.UTF8.GetString(value);
        return null;
    }

    static string Word(bool wide) => wide ? "float64" : "float32";

    static string Short(string text) => text.Length <= 60 ? text : text[..60] + " …";
}
