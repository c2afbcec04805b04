using System.Text;
using CloudNative.CloudEvents;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Joining;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>Alarms of tiles become one, whatever process joins them.</summary>
public sealed class JoinTests(RealKafkaFixture broker) : IClassFixture<RealKafkaFixture>
{
    const int Tiles = 12, Partitions = 3;

    static readonly TimeSpan Patience = EndToEnd.Patience;

    // Row after row of tiles of a field; each alarm overlaps with its neighbours', so that all of a field are one.
    static async Task Send(string servers, string topic, string field, int from, int to, int? partition = null)
    {
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[],
            byte[]>(new ProducerConfig { BootstrapServers = servers, EnableIdempotence = true }).Build();
        for (int i = from; i < to; i++)
        {
            (int tile, bool closes) = (i % Tiles, i >= Tiles);
            string stream = FormattableString.Invariant($"{field}/{4 * tile}-0");
            var time = new DateTime(2026, 1, 1, 0, i, 0, DateTimeKind.Utc);
            var alarm = new AlarmEvent
            {
                Change = closes ? AlarmChange.Closed : AlarmChange.Opened, Position = i, Start = tile, Peak = tile, Time = time,
                StartTime = new DateTime(2026, 1, 1, 0, tile, 0, DateTimeKind.Utc), PeakTime = time, Score = 2, PeakScore = 2 + tile,
                Severity = Severity.Minor, Normality = .1, Expected = [], Observed = [], Contributions = [], Scores = [], Forecast = null,
                Drift = null, Field = FieldEvidence.Of([.. Enumerable.Repeat(1f + tile, 16)], 4, 4, 1),
            };
            var layout = new FieldLayout(1, 4, 4) { Tile = new FieldTilePlace(4 * tile, 0, 4, 4, 4 * tile, 0) };
            var frame = new Frame(new FeedRecord("frames", 0, i, 0, null, null), new StreamId("frames", 0, stream), time,
                []) { Field = layout };
            CloudEvent told = AnomalyCloudEvent.Of(frame, alarm, $"frames/0/{stream}/{tile}", []);
            (var attributes, ReadOnlyMemory<byte> data) = AnomalyCloudEvent.Binary(told);
            var headers = new Headers();
            foreach ((string name, string value) in attributes) headers.Add($"ce_{name}", Encoding.UTF8.GetBytes(value));
            await producer.ProduceAsync(new TopicPartition(topic, partition ?? Partition.Any), new Message<byte[],
                byte[]> { Key = Encoding.UTF8.GetBytes(field), Value = data.ToArray(), Headers = headers });
        }
    }

    static async Task<JoinRun> Until(EsnConfig config, int told)
    {
        using var stop = new CancellationTokenSource(Patience);
        var run = new JoinRun(config, NullLogger.Instance);
        Task<bool> running = run.Run(TimeProvider.System, stop.Token);
        while (run.Told < told && !stop.IsCancellationRequested && !running.IsCompleted) await Task.Delay(20,
            TestContext.Current.CancellationToken);
        Assert.True(run.Told >= told, $"told {run.Told} of {told} within {Patience.TotalSeconds} s");
        await stop.CancelAsync();
        Assert.True(await running);
        return run;
    }

    [Fact]
    public async Task Each_joined_event_is_there_once_however_often_the_processes_come_and_go()
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string servers = broker.BootstrapServers!, events = await broker.Topic("events", Partitions),
            joined = await broker.Topic("joined", Partitions);
        var config = new EsnConfig
        {
            Kafka = new KafkaConfig { BootstrapServers = servers },
            Source = new SourceConfig { Group = $"g-{Guid.NewGuid():N}" },
            Sink = new SinkConfig { Events = events, Joined = joined },
        };
        string[] fields = ["ocean", "air", "soil", "ice"];
        foreach (string field in fields) await Send(servers, events, field, 0, 7);
        (await Until(config, 4 * 7)).Dispose();
        foreach (string field in fields) await Send(servers, events, field, 7, 15);

        // Two at a time, one of which is gone without a word amid its work.
        var killed = new JoinRun(config, NullLogger.Instance);
        using (var stop = new CancellationTokenSource(Patience))
        {
            Task<bool> running = killed.Run(TimeProvider.System, stop.Token);
            while (killed.Told < 5 && !running.IsCompleted) await Task.Delay(5, TestContext.Current.CancellationToken);
            await stop.CancelAsync();
            await running;
        }
        int left = 4 * 8 - (int)killed.Told;
        if (left > 0) (await Until(config, left)).Dispose();
        killed.Dispose();
        foreach (string field in fields) await Send(servers, events, field, 15, 2 * Tiles);
        (await Until(config, 4 * (2 * Tiles - 15))).Dispose();

        // A last process reads all again, and has nothing to tell but what comes last in each partition.
        for (int partition = 0; partition < Partitions; partition++) await Send(servers, events, $"sea-{partition}", 0, 1, partition);
        using (JoinRun last = await Until(config, Partitions)) Assert.Equal(Partitions, last.Told);
        List<ConsumeResult<byte[], byte[]>> told = await Topics.ReadAll(servers, joined);
        Assert.Equal(4 * 2 * Tiles + Partitions, told.Count);
        Assert.Equal(told.Count, told.Select(one => one.Header("ce_id")).Distinct().Count());
        foreach (string field in fields)
        {
            ConsumeResult<byte[], byte[]>[] own = [.. told.Where(one => one.Header("ce_subject") == field)];
            Assert.Equal(["opened", .. Enumerable.Repeat("updated", 2 * Tiles - 2), "closed"],
                own.Select(one => one.Data().GetProperty("change").GetString()!));
            Assert.Single(own.Select(one => one.Data().GetProperty("alarm").GetString()).Distinct());
            Assert.Equal(4 * Tiles, own[^1].Data().GetProperty("field").GetProperty("rows").GetInt32());
        }
    }
}
