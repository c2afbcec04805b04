using System.Buffers.Binary;
using System.Text.Json;
using Esn.Streaming.Wire;
using SkiaSharp;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class FieldEventTests
{
    static readonly FieldRegion Region = new(PeakRow: 3, PeakColumn: 2, Peak: 90, Row: 2.5, Column: 1.25, Top: 1, Left: 1, Bottom: 3,
        Right: 2, Cells: 5, Share: .75);

    static AlarmEvent Alarm(int rows, int columns) => new()
    {
        Change = AlarmChange.Opened, Position = 7, Start = 7, Peak = 7, Time = Waves.Time(7), StartTime = Waves.Time(7),
            PeakTime = Waves.Time(7),
        Score = 2, PeakScore = 2, Severity = Severity.Minor, Normality = .1, Expected = new double[rows * columns],
            Observed = new double[rows * columns],
        Contributions = [], Scores = [], Forecast = null, Drift = null,
        Field = new FieldEvidence(rows, columns, 3, [.. Enumerable.Range(0, rows * columns).Select(i => (float)i)], 2.5, 1.25, [Region]),
    };

    static GridSpec Grid(int rows, int columns, double firstLatitude = -10, double step = 1) => new()
    {
        Rows = rows, Columns = columns,
        Latitudes = [.. Enumerable.Range(0, rows).Select(i => firstLatitude + step * i)],
        Longitudes = [.. Enumerable.Range(0, columns).Select(i => 100.0 + 2 * i)],
    };

    static JsonElement Data(int rows, int columns, GridSpec? grid, string? maps = "maps", int most = AnomalyCloudEvent.MostBytes)
    {
        Frame frame = new(Waves.Record(7), new StreamId("frames", 0, "ocean"), Waves.Time(7), []);
        ReadOnlyMemory<byte> data = AnomalyCloudEvent.Binary(AnomalyCloudEvent.Of(frame, Alarm(rows, columns), "frames/0/ocean/7", [], most,
            grid, maps)).Data;
        Assert.True(data.Length <= most, $"{data.Length} bytes");
        return JsonDocument.Parse(data).RootElement;
    }

    [Fact]
    public void An_event_tells_its_regions_in_cells_and_degrees_in_place_of_all_cells()
    {
        JsonElement data = Data(4, 5, Grid(4, 5)), field = data.GetProperty("field"), region = field.GetProperty("regions")[0],
            box = region.GetProperty("box");
        Assert.Equal(0, data.GetProperty("expected").GetArrayLength() + data.GetProperty("observed").GetArrayLength());
        Assert.Equal((4, 5, 3), (field.GetProperty("rows").GetInt32(), field.GetProperty("columns").GetInt32(),
            field.GetProperty("frames").GetInt32()));
        Assert.Equal((2.5, 1.25), (region.GetProperty("row").GetDouble(), region.GetProperty("column").GetDouble()));
        Assert.Equal((-7.5, 102.5), (region.GetProperty("latitude").GetDouble(), region.GetProperty("longitude").GetDouble()));
        Assert.Equal((-9.0, -7.0), (box.GetProperty("south").GetDouble(), box.GetProperty("north").GetDouble()));
        Assert.Equal((102.0, 104.0), (box.GetProperty("west").GetDouble(), box.GetProperty("east").GetDouble()));
        Assert.Equal((-7.0, 104.0), (region.GetProperty("peak").GetProperty("latitude").GetDouble(),
            region.GetProperty("peak").GetProperty("longitude").GetDouble()));
        Assert.Equal((5, .75), (region.GetProperty("cells").GetInt32(), region.GetProperty("share").GetDouble()));
    }

    [Fact]
    public void Rows_from_north_to_south_have_their_south_at_the_bottom()
    {
        JsonElement box = Data(4, 5, Grid(4, 5, firstLatitude: 60, step: -2)).GetProperty("field").GetProperty("regions")[0]
            .GetProperty("box");
        Assert.Equal((54.0, 58.0), (box.GetProperty("south").GetDouble(), box.GetProperty("north").GetDouble()));
    }

    [Fact]
    public void Without_degrees_places_are_cells_alone() =>
        Assert.False(Data(4, 5, null).GetProperty("field").GetProperty("regions")[0].TryGetProperty("latitude", out _));

    [Fact]
    public void A_small_map_is_in_the_event_number_by_number()
    {
        JsonElement map = Data(4, 5, null).GetProperty("field").GetProperty("map");
        byte[] bytes = Convert.FromBase64String(map.GetProperty("data").GetString()!);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (float)i),
            bytes.Chunk(4).Select(four => BinaryPrimitives.ReadSingleLittleEndian(four)));
        Assert.False(map.TryGetProperty("topic", out _));
    }

    [Fact]
    public void A_large_map_is_claimed_from_its_topic()
    {
        JsonElement map = Data(90, 180, null).GetProperty("field").GetProperty("map");
        Assert.Equal("maps", map.GetProperty("topic").GetString());
        Assert.False(map.TryGetProperty("data", out _));
        Assert.Equal((90, 180, 1), (map.GetProperty("rows").GetInt32(), map.GetProperty("columns").GetInt32(),
            map.GetProperty("every").GetInt32()));
    }

    [Fact]
    public void An_event_that_must_be_smaller_claims_its_map_too() =>
        Assert.Equal("maps", Data(30, 30, null, most: 6000).GetProperty("field").GetProperty("map").GetProperty("topic").GetString());

    [Theory]
    [InlineData(256, 256, 1)]
    [InlineData(257, 256, 2)]
    [InlineData(2160, 4320, 16)]
    public void A_map_is_always_below_the_limit_and_keeps_its_hottest_cell(int rows, int columns, int every)
    {
        var heat = new float[rows * columns];
        heat[(rows - 1) * columns + columns - 1] = 9;
        FieldMap map = FieldMap.Of(new FieldEvidence(rows, columns, 1, heat, 0, 0, []), AnomalyCloudEvent.MostBytes);
        Assert.Equal(every, map.Every);
        Assert.True(map.Bytes <= AnomalyCloudEvent.MostBytes);
        Assert.Equal(9, map.Heat[^1]);
    }

    [Fact]
    public void A_picture_is_as_the_map_lies_with_land_grey()
    {
        var grid = new GridSpec { Rows = 2, Columns = 2, Land = [false, true, false, false], Latitudes = [0, 10], Longitudes = [0, 10] };
        using SKBitmap picture = SKBitmap.Decode(FieldPicture.Heat(new FieldEvidence(2, 2, 1, [100, 0, 0, 0], 0, 0, []), grid));
        int right = picture.Width - 1, bottom = picture.Height - 1;
        Assert.Equal(new SKColor(150, 150, 150), picture.GetPixel(right, bottom));  // row 0 is the southern one
        Assert.Equal(Colour(1), picture.GetPixel(0, bottom));
        Assert.Equal(Colour(0), picture.GetPixel(0, 0));
    }

    static SKColor Colour(double part)
    {
        (byte r, byte g, byte b) = FieldPicture.Colour(ColourScale.Inferno, part, 0, 1);
        return new SKColor(r, g, b);
    }

    [Theory]
    [InlineData(ColourScale.Viridis)]
    [InlineData(ColourScale.Inferno)]
    public void A_scale_grows_lighter_all_the_way(ColourScale scale)
    {
        double[] light = [.. Enumerable.Range(0, 101).Select(i => FieldPicture.Colour(scale, i, 0, 100)).Select(c => .2126 * c.R
            + .7152 * c.G + .0722 * c.B)];
        for (int i = 1; i < light.Length; i++) Assert.True(light[i] >= light[i - 1] - .5, $"{i}: {light[i - 1]} → {light[i]}");
    }
}
