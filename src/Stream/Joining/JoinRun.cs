using System.Globalization;
using System.Text;
using System.Text.Json;
using CloudNative.CloudEvents;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Joining;

/// <summary>
/// Reads the events of tiles, and writes those of their alarms joined, each exactly once. Events of a field's tiles are all in one
/// partition; a partition is one process's at a time.
/// </summary>
/// <remarks>
/// No state is kept: a partition is read from its beginning, and what was told already is known from the topic that it was told to,
/// where each record says the offset of the event that it came of. A process that had the partition before is fenced first, by the id
/// of the partition's transactions. A record of that topic is written in a transaction, so that all that came of an event is there or
/// nothing.
/// </remarks>
public sealed class JoinRun : IDisposable
{
    const string Source = "esn-source";  // header: partition and offset of the event that a record came of
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), Idle = TimeSpan.FromMilliseconds(200);

    readonly EsnConfig _config;
    readonly ILogger _log;
    readonly IConsumer<byte[], byte[]> _consumer;
    readonly Dictionary<int, Part> _parts = [];  // of the events, that are this process's
    int _partitions;                             // of the topic that is written

    // A partition of the events: its alarms, and how far they were told.
    sealed class Part(IProducer<byte[], byte[]> producer, long told) : IDisposable
    {
        public TileJoin Join { get; } = new();

        public IProducer<byte[], byte[]> Producer => producer;

        public long Told { get; set; } = told;

        public void Dispose() => producer.Dispose();
    }

    /// <param name="config">Validated.</param>
    /// <param name="log">What the process says.</param>
    public JoinRun(EsnConfig config, ILogger log)
    {
        (_config, _log) = (config, log);
        ConsumerConfig settings = ClientSettings.Consumer(config);
        settings.GroupId = $"{config.Source.Group}-join";
        settings.EnableAutoCommit = false;
        // All of a member's partitions go before others come: none is two processes' for a moment.
        settings.PartitionAssignmentStrategy = PartitionAssignmentStrategy.Range;
        settings.GroupInstanceId = null;
        settings.StatisticsIntervalMs = 0;
        _consumer = new ConsumerBuilder<byte[], byte[]>(settings).SetLogHandler((_, _) => { })
            .SetPartitionsAssignedHandler((_, partitions) => partitions.Select(Begin))
            .SetPartitionsRevokedHandler((_, _) => Forget())
            .SetPartitionsLostHandler((_, _) => Forget())
            .Build();
    }

    /// <summary>Events that were told since it began.</summary>
    public long Told { get; private set; }

    /// <summary>Partitions that are this process's.</summary>
    public int Partitions => _parts.Count;

    /// <summary>Runs until it is told to stop.</summary>
    /// <returns>Whether it was told to; else it could not write, and says why: started again, it goes on where it was.</returns>
    /// <exception cref="ConfigException">A topic is missing.</exception>
    public async Task<bool> Run(TimeProvider time, CancellationToken stop)
    {
        await Topics.Ensure(_config, time, _log, stop, [_config.Sink.Events, _config.Sink.Joined]).ConfigureAwait(false);
        using (IAdminClient admin = new DependentAdminClientBuilder(_consumer.Handle).Build())
            _partitions = admin.GetMetadata(_config.Sink.Joined, Patience).Topics[0].Partitions.Count;
        _consumer.Subscribe(_config.Sink.Events);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await Task.Run(() => _consumer.Consume(Idle), CancellationToken.None).ConfigureAwait(false) is { } record) Take(record);
            }
            catch (ConsumeException e) when (!e.Error.IsFatal)
            {
                _log.JoinWaits(e.Error.Reason);
            }
            catch (KafkaException e) when (
                e.Error.Code is ErrorCode.Local_Fenced or ErrorCode.InvalidProducerEpoch or ErrorCode.ProducerFenced)
            {
                // Another process has the partition by now: it tells what is left.
                _log.JoinFenced(e.Error.Reason);
                Forget();
            }
            catch (KafkaException e)
            {
                _log.JoinEnded(_config.Sink.Joined, e.Error.Reason);
                return false;
            }
        }
        _consumer.Close();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _consumer.Dispose();
    }

    TopicPartitionOffset Begin(TopicPartition partition)
    {
        ProducerConfig settings = ClientSettings.Producer(_config);
        settings.TransactionalId = string.Create(CultureInfo.InvariantCulture,
            $"{_config.Source.Group}-join-{partition.Topic}-{partition.Partition.Value}");
        settings.MessageTimeoutMs = null;
        IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(settings).SetLogHandler((_, _) => { }).Build();
        producer.InitTransactions(Patience);
        long told = LastTold(partition.Partition.Value);
        _parts[partition.Partition.Value] = new Part(producer, told);
        _log.JoinBegins(partition.Partition.Value, told + 1);
        return new TopicPartitionOffset(partition, Offset.Beginning);
    }

    void Forget()
    {
        foreach (Part part in _parts.Values) part.Dispose();
        _parts.Clear();
    }

    // Offset of the last event of a partition that something was told of; −1: none was. It is looked for from the end.
    long LastTold(int source)
    {
        var to = new TopicPartition(_config.Sink.Joined, source % _partitions);
        ConsumerConfig settings = ClientSettings.Consumer(_config);
        (settings.GroupId, settings.EnableAutoCommit, settings.EnablePartitionEof) = ($"{_config.Source.Group}-join-tail", false, true);
        (settings.GroupInstanceId, settings.StatisticsIntervalMs) = (null, 0);
        using IConsumer<byte[], byte[]> tail = new ConsumerBuilder<byte[], byte[]>(settings).SetLogHandler((_, _) => { }).Build();
        WatermarkOffsets marks = tail.QueryWatermarkOffsets(to, Patience);
        for (long back = 100; marks.High > marks.Low; back *= 10)
        {
            long from = Math.Max(marks.Low, marks.High - back), found = -1;
            tail.Assign(new TopicPartitionOffset(to, from));
            while (tail.Consume(Patience) is var record)
            {
                if (record is null) throw new KafkaException(new Error(ErrorCode.Local_TimedOut,
                    $"the end of {to} was not reached within {Patience.TotalSeconds} s"));
                if (record.IsPartitionEOF) break;
                if (SourceOf(record.Message.Headers) is { } came && came.Partition == source) found = Math.Max(found, came.Offset);
            }
            if (found >= 0 || from == marks.Low) return found;
        }
        return -1;
    }

    static (int Partition, long Offset)? SourceOf(Headers headers) =>
        headers.TryGetLastBytes(Source, out byte[] bytes) && Encoding.UTF8.GetString(bytes).Split('/') is [var partition, var offset]
            ? (int.Parse(partition, CultureInfo.InvariantCulture), long.Parse(offset, CultureInfo.InvariantCulture)) : null;

    void Take(ConsumeResult<byte[], byte[]> record)
    {
        if (!_parts.TryGetValue(record.Partition.Value, out Part? part)) return;
        TileEvent? one;
        try
        {
            one = TileOf(record.Message.Headers, record.Message.Value);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            _log.JoinUnread(record.Partition.Value, record.Offset.Value, e.Message);
            return;
        }
        if (one is null) return;
        IReadOnlyList<JoinedEvent> told = part.Join.Take(one);
        if (told.Count == 0 || record.Offset.Value <= part.Told) return;
        part.Producer.BeginTransaction();
        foreach (JoinedEvent joined in told) part.Producer.Produce(new TopicPartition(_config.Sink.Joined,
            record.Partition.Value % _partitions), Message(joined, record));
        part.Producer.CommitTransaction(Patience);
        part.Told = record.Offset.Value;
        Told += told.Count;
    }

    /// <summary>What an event tells of a tile's alarm; null: nothing, as those of silent feeds and of models, which stand
    /// beside them.</summary>
    /// <exception cref="JsonException">It is no event of ours.</exception>
    internal static TileEvent? TileOf(Headers headers, byte[]? value)
    {
        if (value is null || !headers.TryGetLastBytes("ce_id", out byte[] id)) return null;
        bool other = headers.TryGetLastBytes("ce_type", out byte[] type)
            && !Encoding.UTF8.GetString(type).StartsWith(AnomalyCloudEvent.TypePrefix, StringComparison.Ordinal);
        return other ? null : TileEvent.Read(Encoding.UTF8.GetString(id), value);
    }

    static Message<byte[], byte[]> Message(JoinedEvent joined, ConsumeResult<byte[], byte[]> record)
    {
        CloudEvent cloudEvent = AnomalyCloudEvent.Joined(joined.Id, joined.Change, joined.Time, joined.Data);
        (var attributes, ReadOnlyMemory<byte> data) = AnomalyCloudEvent.Binary(cloudEvent);
        var headers = new Headers { { "content-type", Encoding.UTF8.GetBytes(cloudEvent.DataContentType!) } };
        foreach ((string name, string value) in attributes) headers.Add($"ce_{name}", Encoding.UTF8.GetBytes(value));
        headers.Add(Source, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{record.Partition.Value}/{record.Offset.Value}")));
        return new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(joined.Data.Stream), Value = data.ToArray(), Headers = headers };
    }
}
