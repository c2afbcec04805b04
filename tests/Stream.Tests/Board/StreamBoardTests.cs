using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class StreamBoardTests
{
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    readonly StreamBoard _board;
    readonly StreamTable _table;
    long _next;

    public StreamBoardTests()
    {
        _board = new StreamBoard(new HttpConfig(), [], _time, _ => false);
        _table = new StreamTable(Pipelines.Config(), _time);
    }

    static readonly StreamQuery Everything = new(StreamOrder.Matter, false, null, "", 0, 100);

    static StreamId Id(string key) => new("steps", 0, key);

    void Feed(int steps, params string[] streams)
    {
        for (int t = 0; t < steps; t++, _next++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _board.Observe(_table.Take(Pipelines.Batch([.. streams.Select(stream => Pipelines.Record(_next, stream, Pipelines.Value(_next)))])));
        }
    }

    [Fact]
    public void An_alarm_is_open_then_closed_and_can_be_looked_at_step_by_step_long_after()
    {
        Feed(605, "a");
        BoardAlarm open = Assert.Single(_board.Alarms(open: true, 10));
        Assert.Equal(StreamState.Alarm, _board.Streams(Everything).Streams[0].State);
        Feed(2000, "a");
        Assert.Empty(_board.Alarms(open: true, 10));
        StreamDetail detail = _board.Stream(Id("a"), 550_000, 650_000, 0, 600)!;
        BoardAlarm closed = detail.Alarms.Single(alarm => alarm.Id == open.Id);
        Assert.NotNull(closed.End);
        Assert.True(closed.PeakScore >= 1);
        Assert.Equal(Enumerable.Range(590, 50).Select(t => (long)t), detail.Points.Position.Where(t => t is >= 590 and < 640));
        Assert.Contains(detail.Points.Channels[0].Forecast, double.IsFinite);
    }

    [Fact]
    public void A_stream_from_which_nothing_comes_is_silent()
    {
        Feed(200, "a", "b");
        Feed(99, "a");
        Assert.Equal(2, _board.Streams(Everything).Counts[StreamState.WarmingUp]);
        Feed(3, "a");
        StreamPage page = _board.Streams(Everything);
        Assert.Equal(("b", StreamState.Silent), (page.Streams[0].Stream, page.Streams[0].State));
        Assert.Equal(1, page.Counts[StreamState.Silent]);
    }

    [Fact]
    public void A_stream_goes_with_its_partition_and_so_does_its_open_alarm()
    {
        Feed(605, "a");
        Assert.Single(_board.Alarms(open: true, 10));
        _board.Observe(_table.Take(new PartitionsRevoked([new PartitionId("steps", 0)])));
        Assert.Equal(0, _board.Streams(Everything).Total);
        Assert.Empty(_board.Alarms(open: true, 10));
        Assert.Null(_board.Stream(Id("a"), 0, 1e12, 0, 10));
    }

    [Fact]
    public void Pages_are_cut_by_name_state_and_place()
    {
        Feed(1, [.. Enumerable.Range(0, 30).Select(i => $"pump-{i:00}"), "valve"]);
        StreamPage page = _board.Streams(Everything with { Order = StreamOrder.Name, Search = "PUMP", Offset = 10, Limit = 5 });
        Assert.Equal((31, 30), (page.Total, page.Matching));
        Assert.Equal(["pump-10", "pump-11", "pump-12", "pump-13", "pump-14"], page.Streams.Select(stream => stream.Stream));
        Assert.Equal("valve", _board.Streams(Everything with { Order = StreamOrder.Name, Reverse = true }).Streams[0].Stream);
        Assert.Empty(_board.Streams(Everything with { State = StreamState.Alarm }).Streams);
    }

    [Fact]
    public void Changes_are_those_since_a_version()
    {
        Feed(2, "a", "b");
        long version = _board.Version;
        Assert.Empty(_board.Changes(version).Streams);
        Feed(1, "b");
        Assert.Equal("b", Assert.Single(_board.Changes(version).Streams).Stream);
        Assert.Equal(2, _board.Changes(0).Streams.Count);
    }

    [Fact]
    public void Health_counts_steps_and_dead_letters()
    {
        Feed(4, "a");
        _board.Observe(_table.Take(Pipelines.Batch(new FeedRecord("steps", 0, 99, 0, null, null), Pipelines.Record(0, "a", 1))));
        BoardHealth health = _board.Health(new Readiness(_time, TimeSpan.FromSeconds(30)));
        Assert.False(health.Ready);
        Assert.Equal((4, 1, 2), (health.Steps, health.Streams, health.DeadLetters.Values.Sum()));
        Assert.Contains("no_key", health.DeadLetters.Keys);
    }

    [Fact]
    public void A_heat_map_of_a_large_field_keeps_its_hottest_cells()
    {
        const int Rows = 300, Columns = 500;
        var heat = new float[Rows * Columns];
        heat[299 * Columns + 499] = 77;
        BoardAlarm alarm = Field(heat, Rows, Columns);
        Assert.Equal((4, 75, 125), (alarm.Field!.Cells, alarm.Field.Rows, alarm.Field.Columns));
        Assert.Equal(77, alarm.Field.Heat[^1]);
        Assert.Equal(77, alarm.Field.Heat.Max());
    }

    // An alarm of a field, as a detector tells it.
    BoardAlarm Field(float[] heat, int rows, int columns)
    {
        DateTime time = DateTime.UnixEpoch.AddSeconds(5);
        var told = new AlarmEvent
        {
            Change = AlarmChange.Opened, Position = 5, Start = 5, Peak = 5, Time = time, StartTime = time, PeakTime = time, Score = 2, PeakScore = 2,
            Severity = Severity.Critical, Normality = 0, Expected = [0, 0], Observed = [1, 1], Contributions = [], Scores = [], Forecast = null, Drift = null,
            Field = new FieldEvidence(rows, columns, 1, heat, 0, 0, []),
        };
        var frame = new Frame(Pipelines.Record(5, "field", 1), Id("field"), time, [1, 1]);
        var scored = new ScoredFrame(frame, new StepResult(5, false, 2, 0, true, told), new double[2], Muted: false, OpenedAt: 5);
        _board.Observe(new ScoredBatch(Pipelines.Batch(frame.Record)) { Frames = [scored], Streams = [new StreamSteps(frame.Stream, [scored], default, default, null, TimeSpan.Zero)], ScoredAt = _time.GetUtcNow().UtcDateTime });
        return _board.Stream(frame.Stream, 0, 1e12, 0, 10)!.Alarms[0];
    }
}
