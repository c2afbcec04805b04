using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>A stream that falls silent leaves memory and comes back as if it had never gone: the store knows more names than
/// memory.</summary>
public sealed class SleepersTests : IAsyncDisposable
{
    static readonly PartitionId Partition = new("steps", 0);
    static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    readonly FakeTimeProvider _time = new(Start);
    readonly FaultyFiles _files = new();
    readonly RecordingLog _log = new();
    readonly DirectoryStore _store;

    public SleepersTests() => _store = new DirectoryStore("root", "g", _log, _files);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    static EsnConfig Config(int maxStreams = 100, string after = "1 h") => Pipelines.Config(source => source with
    {
        MaxStreams = maxStreams,
        ForgetAfter = Duration.Parse(after),
    }) with { State = new StateConfig { IntervalSeconds = 86_400 } };

    StreamTable Table(EsnConfig? config = null) => new(config ?? Config(), _time, store: _store);

    // What an outbox does once all is stored.
    async Task Keep(StreamTable table, ScoredBatch batch)
    {
        foreach (SlotSnapshot slot in batch.Asleep)
        {
            await _store.Sleep([slot], TestContext.Current.CancellationToken);
            table.Kept(slot.Stream, true);
        }
    }

    static FeedRecord[] Records(string key, int from, int count, long offset) =>
        [.. Enumerable.Range(from, count).Select(t => Pipelines.Record(t, key, Pipelines.Value(t)) with { Offset = offset + t - from })];

    [Fact]
    public async Task A_stream_that_slept_goes_on_to_the_bit()
    {
        StreamTable table = Table(), whole = Table(Config(after: "3000 days"));
        FeedRecord[] first = Records("pump", 0, 700, 0), second = Records("pump", 700, 200, 800);
        table.Take(new RecordBatch(first));
        whole.Take(new RecordBatch(first));
        _time.Advance(TimeSpan.FromMinutes(61));
        FeedRecord[] other = Records("other", 0, 20, 700);
        ScoredBatch falling = table.Take(new RecordBatch(other));
        Assert.Equal(["pump"], falling.Asleep.Select(slot => slot.Stream.Key));
        Assert.Equal(2, falling.StreamCount);
        await Keep(table, falling);
        ScoredBatch gone = table.Take(new TimePassed());
        Assert.Equal(["pump"], gone.Gone.Select(stream => stream.Key));
        Assert.Equal(1, gone.StreamCount);
        whole.Take(new RecordBatch(other));

        ScoredBatch woken = table.Take(new RecordBatch(second));
        Assert.Equal((1, 2), (woken.Restored, woken.StreamCount));
        Assert.Equal(whole.Take(new RecordBatch(second)).Frames.Select(frame => (frame.Result.Position, frame.Result.Score)),
            woken.Frames.Select(frame => (frame.Result.Position, frame.Result.Score)));
        Assert.Equal(700, woken.Frames[0].Result.Position);
        Assert.Equal(Ended(whole).Digest, Ended(table).Digest);
    }

    [Fact]
    public async Task One_that_speaks_while_it_is_being_kept_stays_and_so_does_one_that_can_not_be_kept()
    {
        StreamTable table = Table();
        table.Take(new RecordBatch([.. Records("a", 0, 30, 0), .. Records("b", 0, 30, 30)]));
        _time.Advance(TimeSpan.FromMinutes(61));
        ScoredBatch falling = table.Take(new TimePassed());
        Assert.Equal(2, falling.Asleep.Count);
        table.Take(new RecordBatch(Records("a", 30, 1, 60)));
        await Keep(table, falling with { Asleep = [.. falling.Asleep.Where(slot => slot.Stream.Key == "a")] });
        table.Kept(new StreamId("steps", 0, "b"), false);
        ScoredBatch after = table.Take(new TimePassed());
        Assert.Empty(after.Gone);
        Assert.Equal(2, after.StreamCount);
        Assert.Equal(31, table.Take(new RecordBatch(Records("a", 31, 1, 61))).Frames[0].Result.Position);
        // It is tried again.
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["b"], table.Take(new TimePassed()).Asleep.Select(slot => slot.Stream.Key));
    }

    [Fact]
    public async Task More_names_than_may_be_in_memory_are_taken_one_after_the_other()
    {
        StreamTable table = Table(Config(maxStreams: 40, after: "10 m"));
        var letters = new List<DeadLetter>();
        long offset = 0;
        for (int pod = 0; pod < 300; pod++)
        {
            // Pods that live for a minute: by the wall clock they all come in no time, as a backlog.
            ScoredBatch batch = table.Take(new RecordBatch([.. Enumerable.Range(0, 2).Select(i =>
                Pipelines.Record(60 * pod + 30 * i, $"pod-{pod}", pod + i) with { Offset = offset++ })]));
            letters.AddRange(batch.DeadLetters);
            Assert.InRange(batch.StreamCount, 1, 40);
            await Keep(table, batch);
        }
        Assert.Empty(letters);
        ScoredBatch pump = table.Take(new RecordBatch(Records("pump-7", 20_000, 100, offset)));
        Assert.Equal(100, pump.Frames.Count);
        Assert.Equal(1, table.Take(new RecordBatch([Pipelines.Record(18_100, "pod-7", 1) with { Offset = offset + 100 }])).Restored);
    }

    [Fact]
    public async Task A_crash_between_sleep_and_snapshot_loses_and_repeats_nothing()
    {
        StreamTable table = Table(), whole = Table(Config(after: "3000 days"));
        FeedRecord[] first = Records("pump", 0, 500, 0), other = Records("other", 0, 10, 500), second = Records("pump", 500, 300, 510);
        foreach (StreamTable one in new[] { table, whole }) one.Take(new RecordBatch(first));
        PartitionSnapshot early = Ended(table);
        _time.Advance(TimeSpan.FromMinutes(61));
        foreach (StreamTable one in new[] { table, whole })
        {
            await Keep(one, one.Take(new RecordBatch(other)));
            one.Take(new TimePassed());
        }
        PartitionSnapshot without = Ended(table);
        Assert.DoesNotContain(without.Slots, slot => slot.Stream.Key == "pump");
        foreach (StreamTable one in new[] { table, whole }) one.Take(new RecordBatch(second[..100]));
        whole.Take(new RecordBatch(second[100..]));

        // Killed: from the snapshot before it slept, and from the one while it slept.
        foreach (PartitionSnapshot snapshot in new[] { early, without })
        {
            StreamTable after = Table();
            after.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, snapshot, 610)] });
            FeedRecord[] all = [.. first, .. other, .. second];
            ScoredBatch told = after.Take(new RecordBatch(all[(int)snapshot.Next..]));
            Assert.Equal(Enumerable.Range(600, 200).Select(t => (long)t), told.Frames.Select(frame => frame.Result.Position));
            Assert.Equal(Ended(whole).Digest, Ended(after).Digest);
        }
    }

    [Fact]
    public async Task A_topic_that_was_made_anew_does_not_cost_a_sleeper_its_records()
    {
        StreamTable table = Table();
        table.Take(new RecordBatch(Records("pump", 0, 500, 100_000)));
        _time.Advance(TimeSpan.FromMinutes(61));
        await Keep(table, table.Take(new TimePassed()));
        await _store.Renumber(Partition, TestContext.Current.CancellationToken);
        StreamTable after = Table();
        after.Take(new PartitionsAssigned([Partition]));
        ScoredBatch woken = after.Take(new RecordBatch(Records("pump", 500, 10, 0)));
        Assert.Equal((10, 500L), (woken.Frames.Count, woken.Frames[0].Result.Position));
    }

    [Fact]
    public async Task One_that_can_not_be_used_is_a_dead_letter_with_its_reason_and_does_not_begin_anew()
    {
        StreamTable table = Table();
        table.Take(new RecordBatch(Records("pump", 0, 100, 0)));
        _time.Advance(TimeSpan.FromMinutes(61));
        await Keep(table, table.Take(new TimePassed()));
        table.Take(new TimePassed());
        string file = _files.Names.Single(name => name.EndsWith(".slot", StringComparison.Ordinal));
        byte[] whole = _files[file];
        _files[file] = whole[..^1];
        DeadLetter letter = Assert.Single(table.Take(new RecordBatch(Records("pump", 100, 1, 100))).DeadLetters);
        Assert.Equal(Rejection.NoModel, letter.Reason);
        Assert.Contains("can't use the state of stream pump", letter.Detail, StringComparison.Ordinal);
        _files[file] = whole;
        // The record that was refused is a gap of one.
        Assert.Equal(101, table.Take(new RecordBatch(Records("pump", 101, 1, 101))).Frames[0].Result.Position);
    }

    [Fact]
    public async Task Brokers_that_are_away_hold_a_stream_that_may_sleep_up_only_until_it_is_stopped()
    {
        EsnConfig config = Config() with
        {
            Kafka = new KafkaConfig { BootstrapServers = "127.0.0.1:1" },  // nobody listens there
            State = new StateConfig { Store = StateStore.Topic },
        };
        await using var store = new TopicStore(config, TimeProvider.System, _log);
        using var stop = new CancellationTokenSource();
        var table = new StreamTable(config, _time, store, stop.Token);
        Task<ScoredBatch> waits = Task.Run(() => table.Take(new RecordBatch(Records("pump", 0, 1, 0))));
        await Task.WhenAny(waits, Task.Delay(500, TestContext.Current.CancellationToken));
        Assert.False(waits.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Where_nothing_is_kept_nothing_can_be_forgotten()
    {
        ConfigException e = Assert.Throws<ConfigException>(() =>
            ConfigFile.Parse("source: { forgetAfter: 2 hours }\nstate: { store: none }", "esn.yaml", _ => null));
        Assert.Contains("source.forgetAfter needs a store", e.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromHours(2), ConfigFile.Parse("source: { forgetAfter: 2 hours }", "esn.yaml", _ => null)
            .Source.ForgetAfter!.Time);
        Assert.Throws<ConfigException>(() => ConfigFile.Parse("source: { forgetAfter: soon }", "esn.yaml", _ => null));
    }

    static PartitionSnapshot Ended(StreamTable table) => Assert.Single(table.Take(new SourceEnded()).Snapshots);
}
