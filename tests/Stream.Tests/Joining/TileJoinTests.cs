using System.Text.Json;
using CloudNative.CloudEvents;
using Esn.Streaming.Joining;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class TileJoinTests
{
    static readonly DateTime Begin = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    // Tiles of 4×4 in a field, row and column in tiles; times in minutes.
    static TileEvent Event(int row, int column, AlarmChange change, int time, int start, int offset, Severity severity = Severity.Minor,
        float heat = 1)
    {
        string stream = FormattableString.Invariant($"ocean/{4 * row}-{4 * column}");
        var tile = new TileEventData("ocean", 4 * row, 4 * column, 4, 4, 4 * row, 4 * column,
            [-10 + 4 * row, -7 + 4 * row], [100 + 4 * column, 103 + 4 * column]);
        return new TileEvent(FormattableString.Invariant($"frames/0/{offset}/{Words.Of(change)}"), stream, "frames",
            FormattableString.Invariant($"frames/0/{stream}/{start}"), change, severity, Begin.AddMinutes(time), Begin.AddMinutes(start),
            Begin.AddMinutes(start), 2 + heat, 2, .1, 3, tile, [.. Enumerable.Repeat(heat, 16)]);
    }

    static List<JoinedEvent> Take(TileJoin join, params TileEvent[] events) => [.. events.SelectMany(join.Take)];

    static string[] Told(IEnumerable<JoinedEvent> events) => [.. events.Select(one => $"{one.Data.Alarm} {one.Data.Change}")];

    [Fact]
    public void Neighbours_that_alarm_at_the_same_time_are_one_alarm_with_one_map()
    {
        List<JoinedEvent> told = Take(new TileJoin(),
            Event(1, 1, AlarmChange.Opened, 10, 10, offset: 1, heat: 2), Event(1, 2, AlarmChange.Opened, 12, 12, offset: 2, heat: 8),
            Event(1, 1, AlarmChange.Closed, 20, 10, offset: 3, heat: 2), Event(1, 2, AlarmChange.Closed, 25, 12, offset: 4, heat: 8));
        const string Alarm = "frames/0/ocean/4-4/10";
        Assert.Equal([$"{Alarm} opened", $"{Alarm} updated", $"{Alarm} updated", $"{Alarm} closed"], Told(told));
        AnomalyCloudEvent.AnomalyData last = told[^1].Data;
        Assert.Equal(("ocean", FeedTime.Write(Begin.AddMinutes(10)), FeedTime.Write(Begin.AddMinutes(25)), 10.0),
            (last.Stream, last.Start, last.End, last.PeakScore));
        FieldEventData field = last.Field!;
        Assert.Equal((4, 8, 4, 4), (field.Rows, field.Columns, field.Top, field.Left));
        Assert.Equal(["ocean/4-4", "ocean/4-8"], field.Tiles);
        byte[] map = Convert.FromBase64String(field.Map!.Data!);
        Assert.Equal((2f, 8f), (BitConverter.ToSingle(map, 0), BitConverter.ToSingle(map, 4 * 4)));
        // The hot half: rows 4 … 7, columns 8 … 11 of the whole field.
        RegionEventData region = Assert.Single(field.Regions);
        Assert.Equal((4, 8, 7, 11), (region.Box.Top, region.Box.Left, region.Box.Bottom, region.Box.Right));
        Assert.Equal((5.5, 9.5), (region.Row, region.Column));
        Assert.Equal((-4.5, 109.5), (region.Latitude, region.Longitude));
    }

    [Theory]
    [InlineData(1, 3, 12)]  // not a neighbour
    [InlineData(1, 2, 30)]  // not at the same time
    public void What_is_elsewhere_or_at_another_time_is_an_alarm_of_its_own(int row, int column, int start)
    {
        List<JoinedEvent> told = Take(new TileJoin(), Event(1, 1, AlarmChange.Opened, 10, 10, 1),
            Event(1, 1, AlarmChange.Closed, 20, 10, 2),
            Event(row, column, AlarmChange.Opened, start, start, 3));
        Assert.Equal(2, told.Select(one => one.Data.Alarm).Distinct().Count());
    }

    [Fact]
    public void Corners_touch_and_fields_do_not_meet()
    {
        Assert.Single(Take(new TileJoin(), Event(0, 0, AlarmChange.Opened, 1, 1, 1), Event(1, 1, AlarmChange.Opened, 2, 2, 2))
            .Select(one => one.Data.Alarm).Distinct());
        TileEvent other = Event(0, 1, AlarmChange.Opened, 2, 2, 2);
        other = other with { Tile = other.Tile with { Field = "air" }, Stream = "air/0-4" };
        Assert.Equal(2, Take(new TileJoin(), Event(0, 0, AlarmChange.Opened, 1, 1, 1), other).Select(one => one.Data.Alarm).Distinct()
            .Count());
    }

    [Fact]
    public void A_tile_between_two_alarms_makes_them_one_and_the_later_one_says_where_it_has_gone()
    {
        List<JoinedEvent> told = Take(new TileJoin(), Event(0, 0, AlarmChange.Opened, 10, 10, 1),
            Event(0, 2, AlarmChange.Opened, 11, 11, 2),
            Event(0, 1, AlarmChange.Opened, 12, 12, 3), Event(0, 2, AlarmChange.Closed, 13, 11, 4));
        const string First = "frames/0/ocean/0-0/10", Second = "frames/0/ocean/0-8/11";
        Assert.Equal([$"{First} opened", $"{Second} opened", $"{First} updated", $"{Second} closed", $"{First} updated"], Told(told));
        Assert.Equal(First, told[3].Data.Into);
        Assert.Equal(["ocean/0-0", "ocean/0-4", "ocean/0-8"], told[^1].Data.Field!.Tiles);
    }

    [Fact]
    public void A_worker_that_is_behind_still_finds_the_alarm_that_closed_meanwhile()
    {
        List<JoinedEvent> told = Take(new TileJoin(), Event(0, 0, AlarmChange.Opened, 10, 10, 1),
            Event(0, 0, AlarmChange.Closed, 30, 10, 2),
            Event(0, 1, AlarmChange.Opened, 12, 12, 3), Event(0, 1, AlarmChange.Closed, 28, 12, 4));
        Assert.Equal(["opened", "closed", "reopened", "closed"], told.Select(one => one.Data.Change));
        Assert.Single(told.Select(one => one.Data.Alarm).Distinct());
    }

    [Fact]
    public void A_repeat_is_told_once_and_the_whole_topic_read_again_tells_the_same()
    {
        TileEvent[] events = [.. Enumerable.Range(0, 200).Select(i => Event(i * 7 % 5, i * 3 % 5,
            i % 3 == 0 ? AlarmChange.Opened : i % 3 == 1 ? AlarmChange.Updated : AlarmChange.Closed, 2 * i, 2 * i - i % 3, i))];
        List<JoinedEvent> once = Take(new TileJoin(), events),
            again = Take(new TileJoin(), [.. events.SelectMany(one => new[] { one, one })]);
        Assert.Equal(once.Select(one => one.Id), again.Select(one => one.Id));
        Assert.Equal(once.Count, once.Select(one => one.Id).Distinct().Count());
    }

    [Fact]
    public void What_is_more_severe_escalates()
    {
        List<JoinedEvent> told = Take(new TileJoin(), Event(0, 0, AlarmChange.Opened, 10, 10, 1),
            Event(0, 1, AlarmChange.Opened, 11, 11, 2, Severity.Critical),
            Event(0, 0, AlarmChange.Updated, 12, 10, 3));
        Assert.Equal([("opened", "minor"), ("escalated", "critical"), ("updated", "critical")],
            told.Select(one => (one.Data.Change, one.Data.Severity)));
    }

    [Fact]
    public void Of_an_event_of_a_tile_the_halo_is_cut_off_and_events_of_other_streams_are_passed_by()
    {
        // Own cells are rows 4 … 7 and columns 8 … 11; the record begins at row 2 and column 6.
        var layout = new FieldLayout(1, 8, 8) { Tile = FieldTilePlace.Parse("4,8,4,4,2,6") };
        var heat = new float[64];
        for (int i = 0; i < 64; i++) heat[i] = 100 * (2 + i / 8) + 6 + i % 8;
        var grid = new GridSpec { Rows = 8, Columns = 8, Latitudes = [.. Enumerable.Range(0, 8).Select(row => 2.0 + row)],
            Longitudes = [.. Enumerable.Range(0, 8).Select(column => 6.0 + column)] };
        var alarm = new AlarmEvent
        {
            Change = AlarmChange.Opened, Position = 7, Start = 7, Peak = 7, Time = Begin, StartTime = Begin, PeakTime = Begin,
            Score = 2, PeakScore = 2, Severity = Severity.Major, Normality = .1, Expected = new double[64], Observed = new double[64],
            Contributions = [], Scores = [], Forecast = null, Drift = null, Field = FieldEvidence.Of(heat, 8, 8, 1),
        };
        Frame frame = new(new FeedRecord("frames", 3, 7, 0, null, null), new StreamId("frames", 3, "ocean/4-8"), Begin,
            new double[64]) { Field = layout };
        CloudEvent told = AnomalyCloudEvent.Of(frame, alarm, "frames/3/ocean/4-8/7", [], grid: grid);
        TileEvent read = TileEvent.Read(told.Id!, AnomalyCloudEvent.Binary(told).Data.Span)!;
        Assert.Equal(("ocean/4-8", "frames/3/ocean/4-8/7", 7L, Severity.Major, true),
            (read.Stream, read.Alarm, read.Offset, read.Severity, read.Open));
        Assert.Equal(Enumerable.Range(0, 16).Select(i => 100f * (4 + i / 4) + 8 + i % 4), read.Heat!);
        Assert.Equal([4.0, 7], read.Tile.Latitudes!);
        Assert.Equal([8.0, 11], read.Tile.Longitudes!);
        CloudEvent whole = AnomalyCloudEvent.Of(frame with { Field = layout with { Tile = null } }, alarm, "a", [], grid: grid);
        Assert.Null(TileEvent.Read(whole.Id!, AnomalyCloudEvent.Binary(whole).Data.Span));
        Assert.Throws<JsonException>(() => TileEvent.Read("a", "{"u8));
    }

    [Theory]
    [InlineData("4,8,4,4,2,6", true)]
    [InlineData("0, 0, 8, 8", true)]     // no halo: the record begins with it
    [InlineData("4,8,12,4", false)]      // reaches beyond the record
    [InlineData("1,8,4,4,2,6", false)]   // begins before the record
    [InlineData("4,8,4", null)]
    [InlineData("4,8,-4,4,2,6", null)]
    [InlineData("north", null)]
    public void The_place_of_a_tile_must_lie_in_its_records(string text, bool? fits) =>
        Assert.Equal(fits, FieldTilePlace.Parse(text)?.LiesIn(8, 8));
}
