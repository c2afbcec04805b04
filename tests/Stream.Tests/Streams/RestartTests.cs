using System.Buffers;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>A stream that is captured and restored goes on to the bit, and tells nothing twice.</summary>
public sealed class RestartTests
{
    const int Frames = 900, Batch = 60;

    static readonly PartitionId Partition = new("steps", 0);

    // Two streams in turn, an alarm in each, and now and then what can't be read.
    static readonly FeedRecord[] Feed = [.. Enumerable.Range(0, 2 * Frames).Select(i =>
    {
        FeedRecord record = Pipelines.Record(i, i % 2 == 0 ? "a" : "b", Pipelines.Value(i / 2, i % 2));
        return i % 50 == 7 ? record with { Value = "{"u8.ToArray() } : record;
    })];

    static EsnConfig Config(int intervalSeconds = 86_400) => Pipelines.Config()
        with { State = new StateConfig { IntervalSeconds = intervalSeconds } };

    [Theory]
    [InlineData(240, 240)]    // stopped in order, while the models warm up
    [InlineData(1230, 1230)]  // within an alarm
    [InlineData(900, 1260)]   // killed: the snapshot is older than what was committed
    [InlineData(60, 1800)]    // all of it is taken again
    [InlineData(1260, 1200)]  // killed before the last commit: the snapshot is newer
    public void A_restart_anywhere_gives_the_bits_and_the_events_of_an_undisturbed_run(int captured, int committed)
    {
        StreamTable undisturbed = Table();
        Run whole = Take(undisturbed, Feed);
        StreamTable before = Table();
        Run first = Take(before, Feed[..Math.Max(captured, committed)]);
        StreamTable stopped = Table();
        Take(stopped, Feed[..captured]);
        PartitionSnapshot snapshot = Through(Ended(stopped));

        StreamTable after = Table();
        ScoredBatch began = after.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, snapshot,
            committed)] });
        Assert.Equal(2, began.Restored);
        Run second = Take(after, Feed[captured..]);

        Assert.Equal(whole.Told.Order(StringComparer.Ordinal), first.Told.Concat(second.Told).Order(StringComparer.Ordinal));
        Assert.Contains(whole.Told, line => line.Contains("Opened", StringComparison.Ordinal));
        PartitionSnapshot expected = Ended(undisturbed), found = Ended(after);
        Assert.Equal(expected.Digest, found.Digest);
        Assert.Equal(expected.Slots.Select(slot => (slot.Stream.Key, slot.Position, slot.Digest)).Order(),
            found.Slots.Select(slot => (slot.Stream.Key, slot.Position, slot.Digest)).Order());
        Assert.Equal(Math.Max(0, committed - captured) > 0, second.Replayed > 0);
        // The commit never goes back behind what was told.
        Assert.All(second.Offsets, offset => Assert.True(offset > committed));
    }

    [Fact]
    public void An_alarm_that_is_open_in_a_snapshot_is_on_the_page_and_in_the_metrics_at_once_until_it_has_ended_in_what_is_not_told_again()
    {
        StreamTable stopped = Table();
        Take(stopped, Feed[..1206]);  // within the alarm of both
        PartitionSnapshot snapshot = Through(Ended(stopped));
        (StreamTable after, StreamBoard board, EsnMetrics metrics) = (Table(), new StreamBoard(new HttpConfig(), [], TimeProvider.System,
            _ => false, _ => default), new EsnMetrics(new HttpConfig(), [], TimeProvider.System));
        ScoredBatch Taken(SourceMessage message)
        {
            ScoredBatch batch = after.Take(message);
            board.Observe(batch);
            metrics.Observe(batch);
            return batch;
        }
        StreamSummary Seen() => board.Streams(new StreamQuery(StreamOrder.Name, false, null, "a", 0, 10)).Streams[0];
        string Shown(string name)
        {
            using var text = new MemoryStream();
            metrics.Registry.CollectAndExportAsTextAsync(text).GetAwaiter().GetResult();
            return System.Text.Encoding.UTF8.GetString(text.ToArray()).Split('\n')
                .Single(line => line.StartsWith($"{name}{{topic=\"steps\",partition=\"0\",stream=\"a\"}}", StringComparison.Ordinal))
                .Split(' ')[^1];
        }
        StreamBack back = Taken(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, snapshot, 1500)] })
            .Back.Single(one => one.Stream.Key == "a");
        Assert.Equal("steps/0/a/1200", back.Alarm);
        Assert.Equal((StreamState.Alarm, back.Alarm, back.Severity, back.PeakScore),
            (Seen().State, Seen().Alarm, Seen().Severity, Seen().AlarmPeak));
        Assert.Equal(("1", ((int)back.Severity! + 1).ToString(System.Globalization.CultureInfo.InvariantCulture)),
            (Shown("esn_alarm_active"), Shown("esn_alarm_severity")));
        // Told of before: it closed.
        Taken(new RecordBatch(Feed[1206..1400]));
        Assert.Equal((StreamState.Normal, null, "0"), (Seen().State, Seen().Alarm, Shown("esn_alarm_active")));
        Taken(new RecordBatch(Feed[1400..1600]));
        Assert.Equal((StreamState.Normal, null, "0"), (Seen().State, Seen().Alarm, Shown("esn_alarm_active")));
    }

    [Fact]
    public void A_stream_takes_no_record_twice_whose_own_snapshot_is_newer_than_its_partitions()
    {
        StreamTable one = Table(), other = Table();
        Take(one, Feed[..1200]);
        Take(other, Feed[..600]);
        PartitionSnapshot newer = Ended(one), older = Ended(other);
        PartitionSnapshot mixed = older
            with { Slots = [older.Slots.Single(slot => slot.Stream.Key == "a"), newer.Slots.Single(slot => slot.Stream.Key == "b")] };
        StreamTable after = Table(), whole = Table();
        after.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, mixed, 1200)] });
        Take(after, Feed[600..]);
        Take(whole, Feed);
        Assert.Equal(Ended(whole).Digest, Ended(after).Digest);
    }

    [Fact]
    public void Snapshots_come_with_the_batch_they_stand_for_on_the_interval_and_when_the_partition_goes_but_not_when_it_is_lost()
    {
        var time = new Clock();
        StreamTable table = new(Config(intervalSeconds: 10), time);
        Assert.Empty(table.Take(new RecordBatch(Feed[..10])).Snapshots);
        time.Now += TimeSpan.FromSeconds(10);
        PartitionSnapshot snapshot = Assert.Single(table.Take(new RecordBatch(Feed[10..20])).Snapshots);
        Assert.Equal((20, 2), (snapshot.Next, snapshot.Slots.Count));
        Assert.Empty(table.Take(new RecordBatch(Feed[20..30])).Snapshots);
        ScoredBatch revoked = table.Take(new PartitionsRevoked([Partition]));
        Assert.Equal(30, Assert.Single(revoked.Snapshots).Next);
        Assert.Empty(table.Take(new SourceEnded()).Snapshots);

        table.Take(new RecordBatch(Feed[..10]));
        Assert.Empty(table.Take(new PartitionsLost([Partition])).Snapshots);
    }

    [Fact]
    public void What_came_in_one_go_is_kept_on_the_interval_though_nothing_comes_after_it()
    {
        var time = new Clock();
        StreamTable table = new(Config(intervalSeconds: 10), time);
        table.Take(new RecordBatch(Feed[..10]));
        time.Now += TimeSpan.FromSeconds(5);
        Assert.Empty(table.Take(new TimePassed()).Snapshots);
        time.Now += TimeSpan.FromSeconds(5);
        Assert.Equal(10, Assert.Single(table.Take(new TimePassed()).Snapshots).Next);
        time.Now += TimeSpan.FromSeconds(10);
        Assert.Empty(table.Take(new TimePassed()).Snapshots);  // it is
        table.NotKept(Partition);
        Assert.Equal(10, Assert.Single(table.Take(new TimePassed()).Snapshots).Next);
        time.Now += TimeSpan.FromSeconds(10);
        Assert.Empty(table.Take(new TimePassed()).Snapshots);
        PartitionSnapshot kept = Assert.Single(table.Take(new PartitionsRevoked([Partition])).Snapshots);
        table.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, kept, 10)] });
        time.Now += TimeSpan.FromSeconds(10);
        Assert.Empty(table.Take(new TimePassed()).Snapshots);
    }

    [Fact]
    public void Nothing_is_captured_where_nothing_is_kept()
    {
        StreamTable table = new(Pipelines.Config() with { State = new StateConfig { Store = StateStore.None } }, TimeProvider.System);
        table.Take(new RecordBatch(Feed[..10]));
        Assert.Empty(table.Take(new SourceEnded()).Snapshots);
    }

    [Fact]
    public void A_model_that_learns_in_another_way_stops_the_start_or_begins_anew_and_another_policy_is_simply_taken()
    {
        StreamTable table = Table();
        Take(table, Feed[..600]);
        PartitionSnapshot snapshot = Ended(table);
        var assigned = new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, snapshot, 600)] };

        ModelSpec another = ((ErrorModelSpec)Config().Detector) with { ScalingSteps = 60 };
        EsnConfig other = Config() with { Models = [new ModelConfig { Streams = ["b"], Detector = another }] };
        SnapshotException e = Assert.Throws<SnapshotException>(() => new StreamTable(other, TimeProvider.System).Take(assigned));
        Assert.Contains("stream b of steps[0]", e.Message, StringComparison.Ordinal);
        Assert.Contains("--on-spec-change reset", e.Message, StringComparison.Ordinal);

        ScoredBatch began = new StreamTable(other with { State = other.State with { OnSpecChange = SpecChange.Reset } },
            TimeProvider.System).Take(assigned);
        Assert.Equal(1, began.Restored);
        Assert.Equal([new StreamId("steps", 0, "b")], began.Reset);

        EsnConfig policy = Config() with { Alarms = new AlarmsConfig { Budget = AlarmBudget.Parse("1 per 5000 steps") } };
        StreamTable taken = new(policy, TimeProvider.System);
        Assert.Equal(2, taken.Take(assigned).Restored);
        Assert.Equal(300, taken.Take(new RecordBatch(Feed[600..601])).Frames[0].Result.Position);
    }

    [Theory]
    [InlineData(600)]
    [InlineData(601)]
    [InlineData(1203)]
    public void Frames_that_wait_to_be_put_in_order_and_what_did_not_come_outlast_a_restart(int captured)
    {
        EsnConfig config = Config() with { Source = new SourceConfig { Times = new TimesConfig { DelaySeconds = 5, SilentAfter = 20 } } };
        FeedRecord[] feed = [.. Enumerable.Range(0, 1500).Where(i => i % 200 is not (150 or 151)).Select((t, at) =>
            Pipelines.Record(t % 10 == 4 ? t + 1 : t % 10 == 5 ? t - 1 : t, "a",
                Pipelines.Value(t % 10 == 4 ? t + 1 : t % 10 == 5 ? t - 1 : t))
                with { Offset = at })];
        StreamTable whole = new(config, TimeProvider.System), before = new(config, TimeProvider.System),
            after = new(config, TimeProvider.System);
        List<ScoredFrame> undisturbed = [], told = [];
        foreach (FeedRecord[] chunk in feed.Chunk(Batch)) undisturbed.AddRange(whole.Take(new RecordBatch(chunk)).Frames);
        foreach (FeedRecord[] chunk in feed[..captured].Chunk(7)) told.AddRange(before.Take(new RecordBatch(chunk)).Frames);
        PartitionSnapshot snapshot = Through(Ended(before));
        // What had been told, and a piece that was not, is read again.
        after.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, snapshot, captured)] });
        foreach (FeedRecord[] chunk in feed[captured..].Chunk(11)) told.AddRange(after.Take(new RecordBatch(chunk)).Frames);
        Assert.Equal(undisturbed.Select(frame => (frame.Frame.Time, frame.Frame.Record.Offset, frame.At, frame.Result.Score)),
            told.Select(frame => (frame.Frame.Time, frame.Frame.Record.Offset, frame.At, frame.Result.Score)));
        Assert.Equal(undisturbed.Select(frame => frame.Frame.Time).Order(), undisturbed.Select(frame => frame.Frame.Time));
        Assert.Contains(undisturbed, frame => frame.Result.Alarm is { Change: AlarmChange.Opened });
        Assert.Equal(Ended(whole).Digest, Ended(after).Digest);
    }

    [Fact]
    public void A_model_that_learns_in_another_way_can_go_on_as_it_has_learnt_under_the_policy_of_now()
    {
        StreamTable whole = Table(), table = Table();
        Take(whole, Feed[..1200]);
        Take(table, Feed[..1200]);
        PartitionSnapshot snapshot = Through(Ended(table));
        ModelSpec another = Presets.Metric() with { Alarm = new AlarmSpec { Critical = 1.5 } };
        ModelSpec severe = ((ErrorModelSpec)Config().Detector)
            with { ScalingSteps = 60, Alarm = new AlarmSpec { Major = 1.01, Critical = 1.02 } };
        EsnConfig other = Config() with
        {
            Detector = severe,
            Models = [new ModelConfig { Streams = ["b"], Detector = another }],
            State = new StateConfig { IntervalSeconds = 86_400, OnSpecChange = SpecChange.KeepOld },
        };
        StreamTable after = new(other, TimeProvider.System);
        ScoredBatch began = after.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, snapshot, 1200)] });
        Assert.Equal((2, 0), (began.Restored, began.Reset.Count));
        Assert.Equal(["a", "b"], began.KeptOld.Select(stream => stream.Key).Order(StringComparer.Ordinal));
        // The first is judged with the new severities, the second, whose kind has no such policy, as before.
        ScoredFrame[] expected = [.. Feed[1200..1300].SelectMany(record => whole.Take(new RecordBatch([record])).Frames)];
        ScoredFrame[] found = [.. Feed[1200..1300].SelectMany(record => after.Take(new RecordBatch([record])).Frames)];
        Assert.Equal(expected.Select(frame => frame.Result.Score), found.Select(frame => frame.Result.Score));
        Assert.Equal(Severity.Critical, found.First(frame => frame.Frame.Stream.Key == "a" && frame.Result.Alarm is not null)
            .Result.Alarm!.Severity);

        // And so it is kept: it takes no second choice.
        PartitionSnapshot again = Through(Ended(after));
        StreamTable third = new(other, TimeProvider.System);
        Assert.Equal(2, third.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, again, 1300)] })
            .KeptOld.Count);
    }

    [Fact]
    public void A_snapshot_that_does_not_say_what_it_learnt_with_can_not_be_gone_on_with_in_another_way()
    {
        StreamTable table = Table();
        Take(table, Feed[..600]);
        PartitionSnapshot snapshot = Ended(table);
        snapshot = snapshot with { Slots = [.. snapshot.Slots.Select(slot => slot with { Model = default })] };
        EsnConfig other = Config() with
        {
            Detector = Presets.Metric(),
            State = new StateConfig { OnSpecChange = SpecChange.KeepOld },
        };
        SnapshotException e = Assert.Throws<SnapshotException>(() => new StreamTable(other, TimeProvider.System)
            .Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, snapshot, 600)] }));
        Assert.Contains("did not keep the specification", e.Message, StringComparison.Ordinal);
    }

    static StreamTable Table() => new(Config(), TimeProvider.System);

    static PartitionSnapshot Ended(StreamTable table) => Assert.Single(table.Take(new SourceEnded()).Snapshots);

    // As a store keeps it.
    static PartitionSnapshot Through(PartitionSnapshot snapshot)
    {
        using var file = new MemoryStream();
        SnapshotFile.Write(snapshot, file);
        file.Position = 0;
        return SnapshotFile.Read(file);
    }

    sealed record Run(List<string> Told, List<long> Offsets, int Replayed);

    static Run Take(StreamTable table, FeedRecord[] records)
    {
        var run = new Run([], [], 0);
        int replayed = 0;
        foreach (FeedRecord[] chunk in records.Chunk(Batch))
        {
            ScoredBatch batch = table.Take(new RecordBatch(chunk));
            run.Told.AddRange(batch.Frames.Select(frame =>
                $"{frame.Frame.Record.Offset} {frame.Result.Score:R} {frame.Result.Alarm?.Change} "
                + $"{(frame.Result.Alarm is null ? "" : frame.AlarmId)}"));
            run.Told.AddRange(batch.DeadLetters.Select(letter => $"{letter.Record.Offset} {letter.Reason}"));
            run.Offsets.AddRange(batch.Offsets.Select(offset => offset.Next));
            Assert.Equal(batch.Frames.Count, batch.Streams.Sum(steps => steps.Frames.Count(frame => !frame.Bridged)));
            replayed += batch.Replayed;
        }
        return run with { Replayed = replayed };
    }

    sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
