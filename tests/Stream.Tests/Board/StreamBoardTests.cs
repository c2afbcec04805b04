using System.Globalization;
using System.Text;
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
    readonly List<ScoredFrame> _changes = [];
    long _next;

    public StreamBoardTests()
    {
        _board = new StreamBoard(new HttpConfig(), [], _time, _ => false, _ => default);
        _table = new StreamTable(Pipelines.Config(), _time);
    }

    static readonly StreamQuery Everything = new(StreamOrder.Matter, false, null, "", 0, 100);

    static StreamId Id(string key) => new("steps", 0, key);

    void Feed(int steps, params string[] streams)
    {
        for (int t = 0; t < steps; t++, _next++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            ScoredBatch batch = _table.Take(Pipelines.Batch([.. streams.Select(stream =>
                Pipelines.Record(_next, stream, Pipelines.Value(_next)))]));
            _changes.AddRange(batch.Frames.Where(frame => frame.Result.Alarm is not null));
            _board.Observe(batch);
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

    // An event tells the peak when it is told; who looks sees that of the last step.
    [Fact]
    public void The_peak_of_an_open_alarm_is_the_highest_score_since_it_opened()
    {
        double highest = 0;
        for (int step = 0; step < 620; step++)
        {
            Feed(1, "a");
            StreamSummary now = _board.Streams(Everything).Streams[0];
            if (now.State != StreamState.Alarm) continue;
            highest = Math.Max(highest, now.Score);
            Assert.True(now.AlarmPeak >= highest, $"step {step}: peak {now.AlarmPeak}, score {now.Score}, highest {highest}");
        }
        Assert.True(highest > 1, $"{highest}");
    }

    [Fact]
    public void Where_no_record_can_be_taken_the_last_is_told()
    {
        Assert.Null(_board.Health(new Readiness(_time, TimeSpan.FromSeconds(30))).LastDeadLetter);
        _board.Observe(_table.Take(Pipelines.Batch(new FeedRecord("steps", 0, 7, 1000, "a"u8.ToArray(), """{"temp": 1}"""u8.ToArray()))));
        Assert.Equal("steps[0]@7: neither field value nor field values is there; the record has temp: source.fields says which are meant",
            _board.Health(new Readiness(_time, TimeSpan.FromSeconds(30))).LastDeadLetter);
    }

    [Fact]
    public void A_channel_that_gives_nothing_is_named_beside_the_state_of_its_stream()
    {
        FeedRecord Of(int t, bool second)
        {
            string other = second ? Pipelines.Value(t, 1).ToString("R", CultureInfo.InvariantCulture) : "null";
            return new("steps", 0, t, 1000 * t, "pair"u8.ToArray(), Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $$"""{"values": [{{Pipelines.Value(t):R}}, {{other}}]}""")));
        }

        void Take(int from, int to, bool second)
        {
            for (int t = from; t < to; t++) _board.Observe(_table.Take(Pipelines.Batch(Of(t, second))));
        }
        Take(0, 300, second: true);
        Assert.Empty(_board.Streams(Everything).Streams[0].SilentChannels);
        Take(300, 400, second: false);
        Assert.Equal(["1"], _board.Streams(Everything).Streams[0].SilentChannels);
        Take(400, 410, second: true);
        Assert.Empty(_board.Streams(Everything).Streams[0].SilentChannels);
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
    public void A_stream_that_comes_to_a_silence_that_was_told_before_is_silent_and_keeps_its_past()
    {
        Feed(200, "a");
        int points = _board.Stream(Id("a"), double.MinValue, double.MaxValue, 0, 1000)!.Points.Time.Length;
        ScoredBatch back = _table.Take(new SilencesTold([new SilenceTold(Id("a"), DateTime.UnixEpoch, _next - 1)]));
        Assert.Single(back.Back);
        _board.Observe(back);
        StreamDetail detail = _board.Stream(Id("a"), double.MinValue, double.MaxValue, 0, 1000)!;
        Assert.Equal((StreamState.Silent, points), (detail.Summary.State, detail.Points.Time.Length));
        Feed(1, "a");
        Assert.NotEqual(StreamState.Silent, _board.Streams(Everything).Streams[0].State);
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
    public void Scores_of_an_alarm_have_the_names_of_their_channels()
    {
        AlarmEvent told = EsnMetricsTests.OfThree(AlarmChange.Opened) with { Scores = [new("level 10[1]", 2), new("meanError", 1)] };
        ScoredFrame frame = EsnMetricsTests.Scored(1.5, told, open: true, null, 1, 2, 3).Frames[0];
        BoardAlarm alarm = new AlarmBook(["heat", "flow", "pressure"]).Take(in frame, 3, 1000, 1);
        Assert.Equal(["level 10[flow]", "meanError"], alarm.Scores.Select(score => score.Name));
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

    [Fact]
    public void What_was_told_before_this_process_is_on_the_board_and_an_alarm_goes_on_if_its_model_came_back()
    {
        BoardAlarm Past(string stream, long opened, AlarmState state) => new()
        {
            Id = $"steps/0/{stream}/{opened}", Topic = "steps", Partition = 0, Stream = stream, State = state, Severity = Severity.Major,
            Start = DateTime.UnixEpoch.AddSeconds(opened), StartPosition = opened, Peak = DateTime.UnixEpoch, PeakScore = 1.7,
            Updated = DateTime.UnixEpoch.AddSeconds(opened + 3), End = state == AlarmState.Open ? null : DateTime.UnixEpoch,
        };
        Feed(605, "a");
        BoardAlarm own = Assert.Single(_board.Alarms(open: true, 10));
        _board.Recall([Past("b", 100, AlarmState.Open), Past("a", 300, AlarmState.Closed), Past("c", 400, AlarmState.Open),
            own with { PeakScore = 99 }], []);
        Assert.Equal([600, 400, 300, 100], _board.Alarms(open: false, 10).Select(alarm => alarm.StartPosition / 10 * 10));
        Assert.NotEqual(99, _board.Alarms(open: false, 10).Single(alarm => alarm.Id == own.Id).PeakScore);  // what is known here stands

        // The model of b goes on within its alarm, that of c begins anew.
        StreamSteps First(string stream, bool open)
        {
            var frame = new Frame(Pipelines.Record(700, stream, 1), Id(stream), DateTime.UnixEpoch.AddSeconds(700), [1]);
            var scored = new ScoredFrame(frame, new StepResult(700, false, 2, 0, open, null), new double[1], Muted: false, OpenedAt: -1);
            return new StreamSteps(frame.Stream, [scored], default, default, null, TimeSpan.Zero);
        }
        StreamSteps[] steps = [First("b", true), First("c", false)];
        _board.Observe(new ScoredBatch(Pipelines.Batch([.. steps.Select(one => one.Frames[0].Frame.Record)])) { Streams = steps,
            Frames = [.. steps.Select(one => one.Frames[0])], ScoredAt = _time.GetUtcNow().UtcDateTime });
        Assert.Equal(["a", "b"], _board.Alarms(open: true, 10).Select(alarm => alarm.Stream).Order());
        Assert.Equal("steps/0/b/100", _board.Streams(Everything).Streams.Single(stream => stream.Stream == "b").Alarm);
        Assert.Equal(AlarmState.Closed, _board.Alarms(open: false, 10).Single(alarm => alarm.Stream == "c").State);
    }

    [Fact]
    public void An_event_that_was_told_is_the_alarm_that_it_was()
    {
        Feed(2000, "a");
        BoardAlarm kept = _board.Alarms(open: false, 10)[^1];
        ScoredFrame[] told = [.. _changes.Where(frame => frame.AlarmId == kept.Id)];
        BoardAlarm past = PastAlarm.Of(AnomalyCloudEvent.Read(AnomalyCloudEvent.Binary(
            AnomalyCloudEvent.Of(told[^1].Frame, told[^1].Result.Alarm!, kept.Id, [])).Data.Span))!;
        Assert.Equal((kept.Id, kept.State, kept.Severity, kept.Start, kept.StartPosition, kept.Peak, kept.PeakScore, kept.Updated,
            kept.End),
            (past.Id, past.State, past.Severity, past.Start, past.StartPosition, past.Peak, past.PeakScore, past.Updated, past.End));
        Assert.Equal(kept.Scores, past.Scores);
        Assert.Equal(kept.Channels, past.Channels);
        Assert.Throws<System.Text.Json.JsonException>(() => AnomalyCloudEvent.Read("{}"u8));
        // Others may write to the topic: a forecast whose points are not alike is none.
        var uneven = AnomalyCloudEvent.Read(AnomalyCloudEvent.Binary(AnomalyCloudEvent.Of(told[^1].Frame, told[^1].Result.Alarm!, kept.Id,
            [])).Data.Span) with { Forecast = new(0, [[1, 2], [3], null!]) };
        Assert.Null(PastAlarm.Of(uneven)!.Forecast);
    }

    [Fact]
    public void A_field_is_a_picture_of_what_came_what_was_expected_and_the_error()
    {
        const int Rows = 3, Columns = 300;
        var land = new bool[Rows * Columns];
        land[0] = land[1] = land[2] = land[Columns] = land[Columns + 1] = land[Columns + 2] = land[2 * Columns] = land[2 * Columns + 1] =
            land[2 * Columns + 2] = true;
        double[] values = new double[2 * Rows * Columns], expected = new double[2 * Rows * Columns];
        for (int i = 0; i < values.Length; i++) (values[i], expected[i]) = (i >= Rows * Columns ? 7 : i % Columns, i % Columns);
        values[Rows * Columns - 1] += 5;
        var frame = new Frame(Pipelines.Record(5, "field", 1), Id("field"), DateTime.UnixEpoch, values)
        {
            Field = new FieldLayout(2, Rows, Columns) { Names = ["u", "v"] },
        };
        var scored = new ScoredFrame(frame, new StepResult(5, false, 0, 0, false, null), expected, Muted: false, OpenedAt: -1)
        {
            Grid = new GridSpec { Fields = 2, Rows = Rows, Columns = Columns, Land = land },
        };
        _board.Observe(new ScoredBatch(Pipelines.Batch(frame.Record)) { Frames = [scored], ScoredAt = _time.GetUtcNow().UtcDateTime,
            Streams = [new StreamSteps(frame.Stream, [scored], default, default, null, TimeSpan.Zero)] });
        FieldView view = _board.Field(frame.Stream, 0)!;
        Assert.Equal((1, 100, 3), (view.Rows, view.Columns, view.Cells));
        Assert.Equal(["u", "v"], view.Shape.Names);
        Assert.Equal(255, view.Observed.Steps[0]);  // land
        Assert.Equal((4, 2687 / 9.0), (view.Observed.Low, view.Observed.High));
        Assert.Equal((view.Observed.Low, view.Observed.High), (view.Expected.Low, view.Expected.High));
        Assert.Equal(254, view.Observed.Steps[^1]);
        Assert.Equal(0, view.Observed.Steps[1]);
        Assert.Equal((-5.0, 5.0, (byte)254, (byte)127), (view.Error.Low, view.Error.High, view.Error.Steps[^1], view.Error.Steps[5]));
        Assert.Null(_board.Field(frame.Stream, 2));
        Feed(1, "a");
        Assert.Null(_board.Field(Id("a"), 0));
        Assert.NotNull(_board.Stream(frame.Stream, 0, 1e12, 0, 10)!.Shape);
        Assert.Null(_board.Stream(Id("a"), 0, 1e12, 0, 10)!.Shape);
    }

    // An alarm of a field, as a detector tells it.
    BoardAlarm Field(float[] heat, int rows, int columns)
    {
        DateTime time = DateTime.UnixEpoch.AddSeconds(5);
        var told = new AlarmEvent
        {
            Change = AlarmChange.Opened, Position = 5, Start = 5, Peak = 5, Time = time, StartTime = time, PeakTime = time, Score = 2,
                PeakScore = 2,
            Severity = Severity.Critical, Normality = 0, Expected = [0, 0], Observed = [1, 1], Contributions = [], Scores = [],
                Forecast = null, Drift = null,
            Field = new FieldEvidence(rows, columns, 1, heat, 0, 0, []),
        };
        var frame = new Frame(Pipelines.Record(5, "field", 1), Id("field"), time, [1, 1]);
        var scored = new ScoredFrame(frame, new StepResult(5, false, 2, 0, true, told), new double[2], Muted: false, OpenedAt: 5);
        _board.Observe(new ScoredBatch(Pipelines.Batch(frame.Record)) { Frames = [scored],
            Streams = [new StreamSteps(frame.Stream, [scored], default, default, null, TimeSpan.Zero)],
            ScoredAt = _time.GetUtcNow().UtcDateTime });
        return _board.Stream(frame.Stream, 0, 1e12, 0, 10)!.Alarms[0];
    }
}
