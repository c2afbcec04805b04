using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>A stream that stops, and a channel that gives nothing, are told of: once, and once more when they speak again.</summary>
public sealed class SilenceTests
{
    static readonly PartitionId Partition = new("steps", 0);
    static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    static EsnConfig Config() => Pipelines.Config(source => source with { Fields = new FrameFields { Channels = ["flow", "heat"] } });

    // A record a second.
    static FeedRecord At(long second, string key = "pump", string heat = "1.5", long? offset = null) => new("steps", 0, offset ?? second,
        (Start + TimeSpan.FromSeconds(second)).ToUnixTimeMilliseconds(), Encoding.UTF8.GetBytes(key),
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"flow": {{Math.Sin(second):R}}, "heat": {{heat}}}""")));

    [Fact]
    public void By_the_wall_clock_a_stream_that_stops_is_told_once_and_again_when_it_speaks()
    {
        var time = new FakeTimeProvider(Start);
        var metrics = new EsnMetrics(new HttpConfig(), ["flow", "heat"], time);
        StreamTable table = new(Config(), time);
        ScoredBatch Take(SourceMessage message)
        {
            ScoredBatch batch = table.Take(message);
            metrics.Observe(batch);
            return batch;
        }
        for (int second = 0; second < 100; second++)
        {
            time.SetUtcNow(Start + TimeSpan.FromSeconds(second));
            Assert.Empty(Take(new RecordBatch([At(second, offset: 2 * second), At(second, "other", offset: 2 * second + 1)])).Silences);
        }
        List<SilenceChange> told = [];
        for (int second = 100; second < 300; second++)
        {
            time.SetUtcNow(Start + TimeSpan.FromSeconds(second));
            Take(new RecordBatch([At(second, "other", offset: 1000 + second)]));
            told.AddRange(Take(new TimePassed()).Silences);
        }
        SilenceChange silent = Assert.Single(told);
        Assert.Equal(("pump", -1, false, Start.UtcDateTime.AddSeconds(99)),
            (silent.Stream.Key, silent.Channel, silent.Ended, silent.Since));
        Assert.Equal(TimeSpan.FromSeconds(1), silent.Interval);
        Assert.Contains("esn_stream_silent{topic=\"steps\",partition=\"0\",stream=\"pump\"} 1", Shown(metrics),
            StringComparison.Ordinal);

        // A restart meanwhile does not tell it again.
        PartitionSnapshot snapshot = Assert.Single(Take(new PartitionsRevoked([Partition])).Snapshots);
        ScoredBatch back = Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, snapshot, snapshot.Next)] });
        // It is there at once, on the page too, in a process that has never heard it.
        var page = new StreamBoard(new HttpConfig(), ["flow", "heat"], time, _ => false, _ => default);
        var other = new EsnMetrics(new HttpConfig(), ["flow", "heat"], time);
        page.Observe(back);
        other.Observe(back);
        StreamSummary seen = Assert.Single(page.Streams(new StreamQuery(StreamOrder.Name, false, null, "pump", 0, 10)).Streams);
        Assert.Equal((StreamState.Silent, 99L, Start.UtcDateTime.AddSeconds(99)), (seen.State, seen.Position, seen.Seen));
        Assert.NotNull(page.Stream(new StreamId("steps", 0, "pump"), 0, double.MaxValue, 0, 50));
        Assert.Contains("esn_stream_silent{topic=\"steps\",partition=\"0\",stream=\"pump\"} 1", Shown(other), StringComparison.Ordinal);
        Assert.Contains("esn_stream_silent{topic=\"steps\",partition=\"0\",stream=\"other\"} 0", Shown(other), StringComparison.Ordinal);
        Assert.DoesNotContain("esn_anomaly_score{topic=\"steps\",partition=\"0\",stream=\"pump\"}", Shown(other),
            StringComparison.Ordinal);
        Assert.Contains("esn_silence_seconds{topic=\"steps\",partition=\"0\",stream=\"pump\"} 200", Shown(other),
            StringComparison.Ordinal);
        time.SetUtcNow(Start + TimeSpan.FromSeconds(400));
        Take(new RecordBatch([At(400, "other", offset: 1400)]));
        Assert.DoesNotContain(Take(new TimePassed()).Silences, change => change.Stream.Key == "pump");

        SilenceChange resumed = Assert.Single(Take(new RecordBatch([At(401, offset: 1401)])).Silences);
        Assert.Equal((true, silent.Since, silent.SinceAt, 1401), (resumed.Ended, resumed.Since, resumed.SinceAt, resumed.At));
        Assert.Contains("esn_stream_silent{topic=\"steps\",partition=\"0\",stream=\"pump\"} 0", Shown(metrics),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_silence_is_since_the_last_frame_that_was_given_though_it_waits_to_be_put_in_order()
    {
        var time = new FakeTimeProvider(Start);
        StreamTable table = new(Pipelines.Config(source => source with
        {
            Fields = new FrameFields { Channels = ["flow", "heat"] }, Times = new TimesConfig { DelaySeconds = 5 },
        }), time);
        int frames = 0;
        for (int second = 0; second < 100; second++)
        {
            time.SetUtcNow(Start + TimeSpan.FromSeconds(second));
            frames += table.Take(new RecordBatch([At(second)])).Frames.Count;
        }
        Assert.Equal(95, frames);
        time.SetUtcNow(Start + TimeSpan.FromSeconds(300));
        SilenceChange silent = Assert.Single(table.Take(new TimePassed()).Silences);
        Assert.Equal((Start.UtcDateTime.AddSeconds(99), 99L), (silent.Since, silent.SinceAt));

        // It speaks again with the record that comes, not with one that had waited, and once.
        List<SilenceChange> told = [];
        for (int second = 301; second < 320; second++)
        {
            // A restart while the frame that ends it waits tells neither again.
            if (second == 304)
            {
                PartitionSnapshot[] taken = [.. table.Take(new PartitionsRevoked([Partition])).Snapshots.Select(Through)];
                table.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, taken[0], taken[0].Next)] });
            }
            time.SetUtcNow(Start + TimeSpan.FromSeconds(second));
            told.AddRange(table.Take(new RecordBatch([At(second)])).Silences);
        }
        SilenceChange resumed = Assert.Single(told);
        Assert.Equal((true, silent.Since, silent.SinceAt, 301L), (resumed.Ended, resumed.Since, resumed.SinceAt, resumed.At));
    }

    // What the clock told is in no record; a process that takes these again sees but the gap.
    [Theory]
    [InlineData(0, 302)]
    [InlineData(5, 302)]
    [InlineData(5, 303)]
    [InlineData(5, 306)]
    [InlineData(5, 310)]
    public void A_silence_is_told_once_though_a_process_is_killed_while_the_frame_that_ends_it_waits(double delay, int killed)
    {
        var time = new FakeTimeProvider(Start);
        EsnConfig config = Pipelines.Config(source => source with
        {
            Fields = new FrameFields { Channels = ["flow", "heat"] }, Times = new TimesConfig { DelaySeconds = delay },
        });
        StreamTable table = new(config, time);
        List<SilenceChange> told = [];
        void Take(params FeedRecord[] records) => told.AddRange(table.Take(new RecordBatch(records)).Silences);
        for (int second = 0; second < 100; second++)
        {
            time.SetUtcNow(Start + TimeSpan.FromSeconds(second));
            Take(At(second));
        }
        PartitionSnapshot kept = Through(Assert.Single(table.Take(new PartitionsRevoked([Partition])).Snapshots));
        table.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, kept, kept.Next)] });
        time.SetUtcNow(Start + TimeSpan.FromSeconds(300));
        told.AddRange(table.Take(new TimePassed()).Silences);
        // 302 is overtaken by 303.
        FeedRecord[] after = [.. Enumerable.Range(301, 20).Select(i => At(i == 302 && delay > 0 ? 303 : i == 303 && delay > 0 ? 302 : i,
            offset: i))];
        foreach (FeedRecord record in after.Where(record => record.Offset < killed)) Take(record);

        table = new StreamTable(config, time);
        table.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, kept, killed)] });
        Take(after);
        Assert.Equal([(false, 99L), (true, 99L)], told.Select(change => (change.Ended, change.SinceAt)));
    }

    // The clock told it after the last snapshot, and no record says so.
    [Theory]
    [InlineData(0, 506)]
    [InlineData(300, 600)]  // longer than an interval by far, but what it overtook may still come
    public void A_silence_that_a_killed_process_told_is_not_told_again_and_ends(double delay, int speaks)
    {
        var time = new FakeTimeProvider(Start);
        EsnConfig config = Pipelines.Config(source => source with
        {
            Fields = new FrameFields { Channels = ["flow", "heat"] }, Times = new TimesConfig { DelaySeconds = delay },
        });
        StreamTable table = new(config, time);
        for (int second = 0; second < 500; second++)
        {
            time.SetUtcNow(Start + TimeSpan.FromSeconds(second));
            table.Take(new RecordBatch([At(second, offset: 2 * second), At(second, "other", offset: 2 * second + 1)]));
        }
        PartitionSnapshot kept = Assert.Single(table.Take(new PartitionsRevoked([Partition])).Snapshots);
        table.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, kept, kept.Next)] });
        time.SetUtcNow(Start + TimeSpan.FromSeconds(700));
        SilenceChange[] silent = [.. table.Take(new TimePassed()).Silences];
        Assert.Equal(["pump", "other"], silent.Select(change => change.Stream.Key));

        table = new StreamTable(config, time);
        table.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, kept, kept.Next)] });
        // Of one that has spoken since, the end is told; that of a stream that is not here waits for it.
        table.Take(new RecordBatch([At(speaks, "other", offset: 1300)]));
        ScoredBatch back = table.Take(new SilencesTold([.. silent.Select(Told), new(new StreamId("steps", 7, "pump"), default, 3),
            new(new StreamId("steps", 0, "new"), Start.UtcDateTime, 3)]));
        Assert.Equal([("pump", true)], back.Back.Select(one => (one.Stream.Key, one.Silent)));
        SilenceChange resumed = Assert.Single(back.Silences);
        Assert.Equal((true, "other", Start.UtcDateTime.AddSeconds(499), 999L, 1300L),
            (resumed.Ended, resumed.Stream.Key, resumed.Since, resumed.SinceAt, resumed.At));
        Assert.Empty(table.Take(new SilencesTold([.. silent.Select(Told)])).Back);
        time.SetUtcNow(Start + TimeSpan.FromSeconds(1700));
        Assert.Equal(["other"], table.Take(new TimePassed()).Silences.Select(change => change.Stream.Key));
        SilenceChange ended = Assert.Single(table.Take(new RecordBatch([At(speaks, offset: 1400)])).Silences);
        Assert.Equal((true, "pump", 998L, 1400L), (ended.Ended, ended.Stream.Key, ended.SinceAt, ended.At));
    }

    // With it, as long as it is read, the history of what was told is there before the records that were told of.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_silence_that_was_told_before_holds_once_a_backlog_has_come_to_it(bool known, bool reloaded)
    {
        var time = new FakeTimeProvider(Start);
        StreamTable table = new(Config(), time);
        FeedRecord[] records = [.. Enumerable.Range(0, 500).Select(second => At(second))];
        if (known) table.Take(new RecordBatch(records[..200]));
        table.Take(new PartitionsAssigned([Partition]));
        Assert.Empty(table.Take(new SilencesTold([new(new StreamId("steps", 0, "pump"), Start.UtcDateTime.AddSeconds(499), 499)])).Back);
        if (reloaded) table.Take(new ConfigChanged(Pipelines.Config(source => source with
        {
            Fields = Config().Source.Fields, Times = source.Times with { SilentSeconds = 70 },
        })));
        foreach (FeedRecord[] some in records[(known ? 200 : 0)..].Chunk(100)) Assert.Empty(table.Take(new RecordBatch(some)).Silences);
        time.SetUtcNow(Start + TimeSpan.FromSeconds(1700));
        ScoredBatch passed = table.Take(new TimePassed());
        Assert.Empty(passed.Silences);
        Assert.True(Assert.Single(passed.Back).Silent);
        SilenceChange ended = Assert.Single(table.Take(new RecordBatch([At(1700, offset: 500)])).Silences);
        Assert.Equal((true, 499L, 500L), (ended.Ended, ended.SinceAt, ended.At));
    }

    // Without a state there is nothing but the record that ends it.
    [Fact]
    public void A_silence_that_was_told_before_ends_with_the_first_record_of_a_stream_that_is_not_known_any_more()
    {
        StreamTable table = new(Config(), new FakeTimeProvider(Start));
        table.Take(new PartitionsAssigned([Partition]));
        table.Take(new SilencesTold([new(new StreamId("steps", 0, "pump"), Start.UtcDateTime.AddSeconds(99), 99)]));
        SilenceChange ended = Assert.Single(table.Take(new RecordBatch([At(301), At(302)])).Silences);
        Assert.Equal((true, Start.UtcDateTime.AddSeconds(99), Start.UtcDateTime.AddSeconds(301), 99L, 301L),
            (ended.Ended, ended.Since, ended.Time, ended.SinceAt, ended.At));
    }

    static SilenceTold Told(SilenceChange change) => new(change.Stream, change.Since, change.SinceAt);

    [Fact]
    public void A_stream_by_batches_or_irregular_or_paused_as_ever_is_not_silent()
    {
        var time = new FakeTimeProvider(Start);
        StreamTable table = new(Config(), time);
        List<SilenceChange> told = [];
        // Ten records in a batch every two minutes: a second of feed time each.
        for (int minute = 0; minute < 60; minute += 2)
        {
            time.SetUtcNow(Start + TimeSpan.FromMinutes(minute));
            told.AddRange(table.Take(new RecordBatch([.. Enumerable.Range(0, 10)
                .Select(i => At(60 * minute + i, offset: 10 * minute + i))])).Silences);
            for (int second = 0; second < 120; second += 5)
            {
                time.SetUtcNow(Start + TimeSpan.FromMinutes(minute) + TimeSpan.FromSeconds(second));
                told.AddRange(table.Take(new TimePassed()).Silences);
            }
        }
        // At first it can't be known.
        Assert.InRange(told.Count(change => !change.Ended), 0, 3);
        Assert.DoesNotContain(told, change => change.Since > Start.UtcDateTime.AddMinutes(10));
    }

    [Fact]
    public void By_feed_time_a_gap_is_told_with_the_frame_that_ends_it()
    {
        StreamTable table = new(Config(), TimeProvider.System);
        FeedRecord[] records = [.. Enumerable.Range(0, 200).Select(i => At(i < 100 ? i : i + 500, offset: i))];
        SilenceChange[] told = [.. table.Take(new RecordBatch(records)).Silences];
        Assert.Equal([false, true], told.Select(change => change.Ended));
        Assert.Equal(Start.UtcDateTime.AddSeconds(109), told[0].Time);
        Assert.Equal(Start.UtcDateTime.AddSeconds(600), told[1].Time);
        Assert.Equal((99, 100), (told[0].SinceAt, told[0].At));
    }

    [Fact]
    public void A_channel_that_gives_only_nulls_is_named_and_the_others_go_on()
    {
        var time = new FakeTimeProvider(Start);
        var metrics = new EsnMetrics(new HttpConfig(), ["flow", "heat"], time);
        StreamTable table = new(Config(), time);
        ScoredBatch batch = table.Take(new RecordBatch([.. Enumerable.Range(0, 300)
            .Select(i => At(i, heat: i is >= 100 and < 200 ? "null" : "1.5"))]));
        metrics.Observe(batch);
        Assert.Equal(300, batch.Frames.Count);
        Assert.Equal([(1, false, 109L), (1, true, 200L)], batch.Silences.Select(change => (change.Channel, change.Ended, change.At)));
        Assert.Contains("esn_channel_silent{topic=\"steps\",partition=\"0\",stream=\"pump\",channel=\"heat\"} 0", Shown(metrics),
            StringComparison.Ordinal);
        metrics.Observe(table.Take(new RecordBatch([.. Enumerable.Range(300, 20).Select(i => At(i, heat: "null"))])));
        Assert.Contains("esn_channel_silent{topic=\"steps\",partition=\"0\",stream=\"pump\",channel=\"heat\"} 1", Shown(metrics),
            StringComparison.Ordinal);
        Assert.Contains("esn_channel_silent{topic=\"steps\",partition=\"0\",stream=\"pump\",channel=\"flow\"} 0", Shown(metrics),
            StringComparison.Ordinal);

        SilenceChange silent = batch.Silences[0];
        var told = FeedCloudEvent.Of(silent.Stream, silent.Channel, silent.Ended, silent.Since, silent.Time, silent.Interval,
            silent.SinceAt, silent.At, ["flow", "heat"]);
        JsonElement written = JsonDocument.Parse(AnomalyCloudEvent.Structured(told)).RootElement;
        Assert.Equal("esn.feed.silent", written.GetProperty("type").GetString());
        Assert.Equal("heat", written.GetProperty("data").GetProperty("name").GetString());
        Assert.Equal(10, written.GetProperty("data").GetProperty("silentSeconds").GetDouble());
    }

    // Out and back.
    static PartitionSnapshot Through(PartitionSnapshot snapshot)
    {
        var bytes = new ArrayBufferWriter<byte>();
        snapshot.Slots[0].Write(bytes);
        return snapshot with { Slots = [SlotSnapshot.Read(new MemoryStream(bytes.WrittenSpan.ToArray()))] };
    }

    static string Shown(EsnMetrics metrics)
    {
        using var text = new MemoryStream();
        metrics.Registry.CollectAndExportAsTextAsync(text).GetAwaiter().GetResult();
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
