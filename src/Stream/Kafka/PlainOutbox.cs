using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Pipeline;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// At least once: events and dead letters are produced, and when the brokers have them the offsets are stored, which the
/// consumer commits every second, when partitions go, and at the end.
/// </summary>
/// <param name="config">Validated.</param>
/// <param name="consumer">That of the source, whose offsets it stores.</param>
/// <param name="time">The clock.</param>
/// <param name="log">What the process says.</param>
public sealed class PlainOutbox(EsnConfig config, IConsumer<byte[]?, byte[]?> consumer, TimeProvider time, ILogger log)
    : IOutbox, IDisposable
{
    readonly Publisher _publisher = new(ClientSettings.Producer(config), config.Source.Fields.Channels, time, log);
    readonly RateLimit _notStored = new(time, TimeSpan.FromMinutes(1));

    /// <inheritdoc/>
    public async Task Store(ScoredBatch batch, CancellationToken cancel)
    {
        _publisher.Say(batch);
        List<Outgoing> outgoing = Outgoing.Of(batch, config);
        try
        {
            while (outgoing.Count > 0)
                outgoing = [.. (await _publisher.Send(outgoing, cancel).ConfigureAwait(false)).Where(_publisher.Shrink)];
        }
        catch (KafkaException e)
        {
            throw new OutboxException($"can't write what came of a batch: {e.Error.Reason}", e);
        }
        Mark(batch.Offsets);
        if (batch.Message is PartitionsAssigned assigned) Mark(assigned.Resumed);  // all that came of them before is stored
        // On a thread of its own: the call blocks.
        if (batch.Message is PartitionsRevoked) await Task.Run(Commit, cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _publisher.Dispose();

    void Mark(IReadOnlyList<PartitionOffset> offsets)
    {
        foreach ((PartitionId partition, long next) in offsets)
        {
            try
            {
                consumer.StoreOffset(new TopicPartitionOffset(partition.Topic, partition.Number, next));
            }
            catch (KafkaException e)
            {
                if (_notStored.Allows(out int repeats)) log.OffsetNotStored(partition.ToString(), e.Error.Reason, repeats);
            }
        }
    }

    void Commit()
    {
        try
        {
            consumer.Commit();
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_NoOffset)
        {
            // Nothing new since the last commit.
        }
        catch (KafkaException e)
        {
            log.NotCommitted(e.Error.Reason);
        }
    }
}
