using System.Buffers;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Esn.Stream.Tests;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.State;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>Snapshots in a compacted topic of Apache Kafka.</summary>
public sealed partial class TopicStoreTests(RealKafkaFixture broker) : IClassFixture<RealKafkaFixture>
{
    static readonly DateTime Now = new(2026, 3, 2, 0, 0, 0, DateTimeKind.Utc);

    readonly RecordingLog _log = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_saved_is_loaded_by_another_in_chunks_that_the_topic_takes_and_what_is_replaced_is_deleted()
    {
        EsnConfig config = await Config(partitions: 3);
        // The smallest limit that is any sense; the topic is else made by the store.
        await Compacted(config, partitions: 3, ("max.message.bytes", "3000"));
        PartitionId partition = new(config.Source.Topics[0], 2);
        await using (TopicStore store = await Made(config))
        {
            Assert.Null(await store.Load(partition, Cancel));
            for (int next = 1; next <= 4; next++) await store.Save(Snapshot(partition, next), Cancel);
            AssertSame(Snapshot(partition, 4), await store.Load(partition, Cancel));
        }
        await using TopicStore other = await Made(config);
        AssertSame(Snapshot(partition, 4), await other.Load(partition, Cancel));
        List<StoredSnapshot> listed = [];
        await foreach (StoredSnapshot stored in other.List(Cancel)) listed.Add(stored);
        Assert.Equal([(partition, 4L, true), (partition, 3L, false)], listed.Select(one => (one.Partition, one.Next, one.Newest)));
        Assert.All(listed, stored => Assert.Null(stored.Fault));

        List<ConsumeResult<byte[], byte[]>> records = await Topics.ReadAll(config.Kafka.BootstrapServers, config.State.Topic);
        Assert.All(records, record => Assert.Equal(2, record.Partition.Value));
        Assert.All(records, record => Assert.InRange(record.Message.Key.Length + (record.Message.Value?.Length ?? 0), 1, 3000));
        var last = records.GroupBy(record => Encoding.UTF8.GetString(record.Message.Key))
            .ToDictionary(same => same.Key, same => same.Last().Message.Value);
        int chunks = records.Count(record => record.Message.Value is not null) / 4 - 1;
        Assert.InRange(chunks, 10, 100);
        Assert.Equal(2 * (chunks + 1), last.Count(record => record.Value is not null));  // two generations
        Assert.Equal(2 * (chunks + 1), last.Count(record => record.Value is null));

        await using TopicStore stranger = await Made(config with { Source = config.Source with { Group = "another" } });
        Assert.Null(await stranger.Load(partition, Cancel));
        Assert.True(await other.Delete(partition, Cancel));
        Assert.False(await other.Delete(partition, Cancel));
        Assert.Null(await other.Load(partition, Cancel));
        // Of ours: what the client says of a busy broker is its own.
        Assert.DoesNotContain(_log.Lines, line => !line.StartsWith("Kafka: ", StringComparison.Ordinal)
            && !line.StartsWith("librdkafka: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_record_is_as_large_as_the_producer_may_send_whatever_all_clients_may()
    {
        EsnConfig config = await Config(partitions: 1);
        config = config with
        {
            Kafka = config.Kafka with
            {
                Settings = new Dictionary<string, string> { ["message.max.bytes"] = "50000" },
                Producer = new Dictionary<string, string> { ["message.max.bytes"] = "3000" },
            },
        };
        await using TopicStore store = await Made(config);
        await store.Save(Snapshot(new(config.Source.Topics[0], 0), 1), Cancel);
        Assert.All(await Topics.ReadAll(config.Kafka.BootstrapServers, config.State.Topic), record =>
            Assert.InRange(record.Message.Key.Length + record.Message.Value.Length, 1, 3000));
    }

    [Fact]
    public async Task A_snapshot_that_was_broken_off_is_never_taken_and_its_chunks_are_deleted()
    {
        EsnConfig config = await Config();
        PartitionId partition = new(config.Source.Topics[0], 0);
        await using (TopicStore store = await Made(config))
        {
            await store.Save(Snapshot(partition, 1), Cancel);
            store.Committing = (_, _) => throw new SnapshotException("the worker dies here");
            await Assert.ThrowsAsync<SnapshotException>(async () => await store.Save(Snapshot(partition, 2), Cancel));
        }
        await using TopicStore next = await Made(config);
        AssertSame(Snapshot(partition, 1), await next.Load(partition, Cancel));
        Assert.DoesNotContain(_log.Lines, line => line.Contains("can't be used", StringComparison.Ordinal));
        await next.Save(Snapshot(partition, 3), Cancel);
        var last = (await Topics.ReadAll(config.Kafka.BootstrapServers, config.State.Topic))
            .GroupBy(record => Encoding.UTF8.GetString(record.Message.Key)).Select(same => same.Last().Message.Value);
        Assert.Equal((4, 1), (last.Count(value => value is not null), last.Count(value => value is null)));
    }

    [Fact]
    public async Task A_newest_with_a_damaged_or_missing_chunk_or_a_manifest_that_lies_falls_back_loudly()
    {
        EsnConfig config = await Config(partitions: 5);
        string topic = config.Source.Topics[0];
        await using TopicStore store = await Made(config);
        for (int number = 0; number < 5; number++)
            for (int next = 1; next <= 2; next++) await store.Save(Snapshot(new(topic, number), next), Cancel);
        (Action<Dictionary<string, byte[]?>, string, string>, string)[] faults =
        [
            ((records, chunk, _) => records[chunk]![40] ^= 4, "checksum of a chunk"),
            ((records, chunk, _) => records[chunk] = null, "chunks, and 0 are there"),
            ((records, _, manifest) => records[manifest]![50] ^= 4, "manifest's checksum"),
            ((records, _, manifest) => Lie(records, manifest, said => said with { Chunks = int.MaxValue, Bytes = long.MaxValue }),
                "chunks, and 1 are there"),
            ((records, _, manifest) => Lie(records, manifest, said => said with { Bytes = long.MaxValue }), "not those of its manifest"),
        ];
        for (int number = 0; number < faults.Length; number++)
        {
            PartitionId partition = new(topic, number);
            (Action<Dictionary<string, byte[]?>, string, string> damage, string said) = faults[number];
            Dictionary<string, byte[]?> before = await Records(config, number), after = before.ToDictionary(one => one.Key, one =>
                (byte[]?)one.Value?.Clone());
            string manifest = before.Keys.Where(key => key.Contains("/snapshot/", StringComparison.Ordinal)).Max(StringComparer.Ordinal)!;
            string chunk = before.Keys.Single(key => key.Contains($"/chunk/{manifest.Split('-')[^1]}/", StringComparison.Ordinal));
            damage(after, chunk, manifest);
            await Put(config, number, after.Where(one => one.Value is null || !one.Value.AsSpan().SequenceEqual(before[one.Key])));
            await using TopicStore reads = await Made(config);
            _log.Lines.Clear();
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            AssertSame(Snapshot(partition, 1), await reads.Load(partition, Cancel));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 8_000_000);
            Assert.Contains(_log.Lines, line => line.Contains(said, StringComparison.Ordinal));
            Assert.Contains(_log.Lines, line => line.Contains("goes on from an older snapshot", StringComparison.Ordinal));
            // The whole one survives the next save, the damaged one does not.
            await reads.Save(Snapshot(partition, 3), Cancel);
        }
        List<StoredSnapshot> listed = [];
        await foreach (StoredSnapshot stored in store.List(Cancel)) listed.Add(stored);
        Assert.Equal(Enumerable.Range(0, 5).SelectMany(number => new[] { (number, 3L, (string?)null), (number, 1L, null) }),
            listed.Select(stored => (stored.Partition.Number, stored.Next, stored.Fault)));

        // Where none is whole, nothing begins anew by itself.
        Dictionary<string, byte[]?> all = await Records(config, 0);
        await Put(config, 0, all.Where(one => one.Key.Contains("/chunk/", StringComparison.Ordinal)).Select(one =>
            KeyValuePair.Create(one.Key, (byte[]?)[1, 2, 3])));
        await using TopicStore none = await Made(config);
        SnapshotException e = await Assert.ThrowsAsync<SnapshotException>(async () => await none.Load(new(topic, 0), Cancel));
        Assert.Contains("esn state reset", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_sleeps_is_woken_as_it_was_by_whoever_gets_its_partition()
    {
        EsnConfig config = await Config();
        PartitionId partition = new(config.Source.Topics[0], 1);
        SlotSnapshot[] slots = [.. Snapshot(partition, 7).Slots];
        await using (TopicStore store = await Made(config))
        {
            Assert.Null(await store.Wake(slots[0].Stream, Cancel));
            await store.Sleep(slots, Cancel);
            await store.Sleep([slots[0] with { Position = 555 }], Cancel);
            Assert.Equal(555, (await store.Wake(slots[0].Stream, Cancel))!.Position);
        }
        await using TopicStore other = await Made(config);
        Assert.Null(await other.Load(partition, Cancel));
        Assert.Equal(555, (await other.Wake(slots[0].Stream, Cancel))!.Position);
        Assert.Equal(7, (await other.Wake(slots[1].Stream, Cancel))!.Next);
        Assert.Equal(slots[1].Digest, (await other.Wake(slots[1].Stream, Cancel))!.Digest);
        // Records are counted anew; what sleeps from then on is counted so.
        await other.Renumber(partition, Cancel);
        await other.Sleep([slots[0] with { Next = 3 }], Cancel);
        foreach (TopicStore reads in new[] { other, await Made(config) })
        {
            await using TopicStore disposed = reads;
            Assert.Equal(3, (await reads.Wake(slots[0].Stream, Cancel))!.Next);
            Assert.Equal(0, (await reads.Wake(slots[1].Stream, Cancel))!.Next);
            if (reads == other) continue;
            Assert.True(await reads.Forget(slots[1].Stream, Cancel));
            List<string> asleep = [];
            await foreach (SlotSnapshot slot in reads.Asleep(partition, Cancel)) asleep.Add(slot.Stream.Key);
            Assert.Equal([slots[0].Stream.Key], asleep);
        }
    }

    [Fact]
    public async Task Where_a_partition_goes_while_its_streams_are_put_to_sleep_those_of_the_others_are_known_to_be()
    {
        EsnConfig config = await Config();
        string topic = config.Source.Topics[0];
        await using TopicStore store = await Made(config);
        SlotSnapshot stays = Slot(new(topic, 0), "a", 7), goes = Slot(new(topic, 1), "b", 7), large = Slot(new(topic, 0), "c", 7);
        store.Committing = (manifests, _) =>
        {
            manifests[2].Attempt = 2;  // as where it was found too large, alone too
            return Task.FromResult<IReadOnlyList<OutgoingManifest>>([manifests[0]]);
        };
        SnapshotException e = await Assert.ThrowsAsync<SnapshotException>(async () => await store.Sleep([stays, goes, large], Cancel));
        Assert.Equal($"not kept: {topic}[1] went to another replica before its state was whole; a manifest of {topic}[0] does not fit into "
            + store.Name, e.Message);
        Assert.Equal(stays.Digest, (await store.Wake(stays.Stream, Cancel))!.Digest);
        Assert.Null(await store.Wake(goes.Stream, Cancel));
        Assert.Null(await store.Wake(large.Stream, Cancel));
    }

    [Fact]
    public async Task A_topic_that_does_not_fit_is_refused_and_one_that_is_too_narrow_is_widened()
    {
        EsnConfig wide = await Config(partitions: 2), deleting = await Config(), narrow = await Config(partitions: 3);
        await Compacted(wide, partitions: 5);
        Assert.Contains("has 5 partitions where the widest of source.topics has 2",
            (await Assert.ThrowsAsync<ConfigException>(() => Made(wide))).Message, StringComparison.Ordinal);
        await Topics.Create(deleting.Kafka.BootstrapServers, deleting.State.Topic, 2);
        Assert.Contains("must have cleanup.policy=compact, has delete",
            (await Assert.ThrowsAsync<ConfigException>(() => Made(deleting))).Message, StringComparison.Ordinal);
        string file = Path.Combine(Directory.CreateTempSubdirectory("esn-test-").FullName, "esn.yaml");
        File.WriteAllText(file, $$"""
            kafka: { bootstrapServers: "{{deleting.Kafka.BootstrapServers}}" }
            source: { topics: [{{deleting.Source.Topics[0]}}] }
            state: { store: topic, topic: {{deleting.State.Topic}} }
            """);
        Assert.Contains($"warning: the start will stop: state.topic: topic {deleting.State.Topic} must have cleanup.policy=compact",
            await Said(0, "validate", "--config", file), StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        await Compacted(narrow, partitions: 1);
        EsnConfig strict = narrow with { Sink = narrow.Sink with { CreateTopics = false } };
        Assert.Contains("has 1 partitions where the widest of source.topics has 3: give it 3",
            (await Assert.ThrowsAsync<ConfigException>(() => Made(strict))).Message, StringComparison.Ordinal);
        await using TopicStore store = await Made(narrow);
        Assert.Null(await store.Load(new(narrow.Source.Topics[0], 2), Cancel));
        Assert.Contains(_log.Lines, line => line.Contains("had 1 partitions and has 3 now", StringComparison.Ordinal));

        // The source is widened while it runs.
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = narrow.Kafka.BootstrapServers })
            .Build();
        await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = narrow.Source.Topics[0], IncreaseTo = 4 }]);
        PartitionId added = new(narrow.Source.Topics[0], 3);
        Assert.Null(await store.Load(added, Cancel));
        await store.Save(Snapshot(added, 9), Cancel);
        AssertSame(Snapshot(added, 9), await store.Load(added, Cancel));
    }

    [Fact]
    public async Task A_broker_that_stands_still_for_longer_than_the_client_is_believed_is_asked_by_another_one()
    {
        string? home = Environment.GetEnvironmentVariable("KAFKA_HOME");
        Assert.SkipUnless(!string.IsNullOrEmpty(home), "no KAFKA_HOME: only a broker of our own may be stopped");
        await using var kafka = new KafkaProcess(home!);
        await kafka.Start();
        await Topics.Create(kafka.BootstrapServers, "steps", 1);
        var config = new EsnConfig
        {
            Kafka = new KafkaConfig { BootstrapServers = kafka.BootstrapServers }, Source = new SourceConfig { Topics = ["steps"] },
            State = new StateConfig { Store = StateStore.Topic },
        };
        PartitionId partition = new("steps", 0);
        await using var store = new TopicStore(config, TimeProvider.System, _log);
        await store.Ensure(Cancel);
        await store.Save(Snapshot(partition, 1), Cancel);
        AssertSame(Snapshot(partition, 1), await store.Load(partition, Cancel));
        kafka.Signal("STOP");
        Task<PartitionSnapshot?> loading = Task.Run(async () => await store.Load(partition, Cancel), Cancel);
        bool Asks()
        {
            lock (_log.Lines) return _log.Lines.Exists(line => line.EndsWith("another client asks", StringComparison.Ordinal));
        }
        for (DateTime end = DateTime.UtcNow + EndToEnd.Patience; !Asks(); await Task.Delay(50, Cancel))
            Assert.True(DateTime.UtcNow < end, string.Join('\n', _log.Lines));
        Assert.False(loading.IsCompleted);
        kafka.Signal("CONT");
        AssertSame(Snapshot(partition, 1), await loading);
    }

    async Task<EsnConfig> Config(int partitions = 2)
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string topic = await broker.Topic("kept", partitions);
        var config = new EsnConfig
        {
            Kafka = new KafkaConfig { BootstrapServers = broker.BootstrapServers! },
            Source = new SourceConfig { Topics = [topic], Group = "plant/a" },
            State = new StateConfig { Store = StateStore.Topic, Topic = $"state-{topic}" },
        };
        config.Validate();
        return config;
    }

    static async Task Compacted(EsnConfig config, int partitions, params (string Key, string Value)[] more)
    {
        using IAdminClient admin =
            new AdminClientBuilder(new AdminClientConfig { BootstrapServers = config.Kafka.BootstrapServers }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = config.State.Topic, NumPartitions = partitions, ReplicationFactor = 1,
            Configs = new(more.ToDictionary(one => one.Key, one => one.Value)) { ["cleanup.policy"] = "compact" },
        }]);
    }

    async Task<TopicStore> Made(EsnConfig config)
    {
        var store = new TopicStore(config, TimeProvider.System, _log, asks: true);
        try
        {
            await store.Ensure(Cancel);
            _log.Lines.RemoveAll(line => line.StartsWith("created topic", StringComparison.Ordinal));
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }
}
