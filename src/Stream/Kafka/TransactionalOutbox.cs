using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Pipeline;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Once: events, dead letters and the offsets of the records that they came of go in one transaction. A reader of committed
/// records sees each once, whatever is killed when.
/// </summary>
/// <remarks>
/// <para>A transaction that is aborted is tried again with the same messages: they are still here, so the models are not ahead of
/// the log. Only where the partitions went meanwhile is what came of them given up; their streams are then forgotten, and made
/// anew from what lasts. Whoever tries to go on with partitions that the group has given to another is refused by the group's
/// generation, which goes with the offsets (KIP-447).</para>
/// <para>Offsets of batches that nothing came of wait for the next transaction, for a second at the most.</para>
/// </remarks>
public sealed class TransactionalOutbox : IOutbox, IDisposable
{
    /// <summary>How long a transaction may be open: a killed process keeps readers of committed records waiting for this long.</summary>
    public static readonly TimeSpan LongestTransaction = TimeSpan.FromSeconds(15);

    static readonly TimeSpan CommitEvery = TimeSpan.FromSeconds(1);

    readonly EsnConfig _config;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly Publisher _publisher;
    readonly Transactions _transactions;
    readonly SemaphoreSlim _one = new(1);
    readonly CancellationTokenSource _ended = new();
    readonly Task _committing;
    Exception? _failed;  // nothing is committed any more: offsets that wait may be of a batch that was not told

    TransactionalOutbox(EsnConfig config, Publisher publisher, Transactions transactions, TimeProvider time, ILogger log)
    {
        (_config, _publisher, _transactions, _time, _log) = (config, publisher, transactions, time, log);
        _committing = CommitOften();
    }

    /// <summary>Makes one where the brokers know transactions.</summary>
    /// <param name="config">Validated.</param>
    /// <param name="consumer">That of the source: its membership of the group goes with the offsets.</param>
    /// <param name="gone">Whether a partition went while something that came of it was on its way.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">What the process says.</param>
    /// <param name="stop">Ends the waiting for brokers.</param>
    /// <returns>Null: they know none, or do not let this user have one; <c>sink.exactlyOnce</c> does not ask for it.</returns>
    /// <exception cref="OutboxException">The same, and it does ask for it.</exception>
    public static async Task<TransactionalOutbox?> TryMake(EsnConfig config, IConsumer<byte[]?, byte[]?> consumer,
        Func<PartitionId, bool> gone, TimeProvider time, ILogger log, CancellationToken stop)
    {
        if (config.Sink.ExactlyOnce == ExactlyOnce.False)
        {
            log.AtLeastOnce("sink.exactlyOnce is false");
            return null;
        }
        string why;
        Publisher? publisher = null;
        try
        {
            publisher = new Publisher(ClientSettings.TransactionalProducer(config), config.Source.Fields.Channels, time, log);
            var producer = new TransactionalProducer(publisher, time, log);
            await producer.Begin(stop).ConfigureAwait(false);
            if (config.Sink.ExactlyOnce == ExactlyOnce.True || !await Embedded(consumer).ConfigureAwait(false))
            {
                log.ExactlyOnce();
                var transactions = new Transactions(consumer, gone, publisher, producer, time, log);
                return new TransactionalOutbox(config, publisher, transactions, time, log);
            }
            why = "the embedded broker does not keep the offsets of a transaction";
        }
        catch (Exception e) when (e is KafkaException or InvalidOperationException)
        {
            why = e.Message.TrimEnd('.');
        }
        publisher?.Dispose();
        if (config.Sink.ExactlyOnce == ExactlyOnce.True)
            throw new OutboxException($"sink.exactlyOnce is true, but the brokers at {config.Kafka.BootstrapServers} have no "
                + $"transaction for us: {why}");
        log.AtLeastOnce(why);
        return null;
    }

    /// <inheritdoc/>
    public async Task Store(ScoredBatch batch, CancellationToken cancel)
    {
        if (_failed is not null) throw new OutboxException(_failed.Message, _failed);
        _publisher.Say(batch);
        await _one.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            IReadOnlyList<PartitionOffset> done = batch.Message switch
            {
                RecordBatch => batch.Offsets,
                PartitionsAssigned assigned => assigned.Resumed,
                _ => [],
            };
            foreach (PartitionOffset offset in done) _transactions.Mark(offset);
            if (batch.Message is PartitionsLost lost)
                foreach (PartitionId partition in lost.Partitions) _transactions.Forget(partition);
            if (batch.Message is PartitionsAssigned { Partitions: var come, Starts: var starts })
            {
                foreach (PartitionId partition in come) _transactions.Begin(partition);
                foreach (PartitionStart start in starts) _transactions.Begin(start);
            }
            List<Outgoing> outgoing = Outgoing.Of(batch, _config);
            if (outgoing.Count > 0 || batch.Message is not RecordBatch) await _transactions.Commit(outgoing, cancel).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _failed = e;
            throw;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>
    /// Commits manifests of snapshots with the offsets of their partitions. They stand for what was stored before this is called:
    /// for no more than what is committed with them.
    /// </summary>
    /// <returns>Those that are committed: not those whose partitions are another's, nor those that do not fit.</returns>
    /// <exception cref="SnapshotException">Nothing is committed any more.</exception>
    internal async Task<IReadOnlyList<OutgoingManifest>> Keep(IReadOnlyList<OutgoingManifest> manifests, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_failed is not null) throw new SnapshotException(_failed.Message, _failed);
            List<Outgoing> outgoing = [.. manifests];
            await _transactions.Commit(outgoing, cancel).ConfigureAwait(false);
            return [.. outgoing.OfType<OutgoingManifest>()];
        }
        catch (OutboxException e)
        {
            _failed = e;  // told with the next batch
            throw new SnapshotException(e.Message, e);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc cref="Transactions.GaveUp"/>
    public bool GaveUp(PartitionId partition) => _transactions.GaveUp(partition);

    /// <summary>Commits what waits: at the end, before the group is left.</summary>
    /// <returns>Whether all is committed.</returns>
    public async Task<bool> Finish(TimeSpan within)
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _committing.ConfigureAwait(false);
        using var late = new CancellationTokenSource(within, _time);
        try
        {
            await _one.WaitAsync(late.Token).ConfigureAwait(false);
            if (_failed is not null) return false;
            await _transactions.Commit([], late.Token).WaitAsync(late.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or OutboxException)
        {
            _log.NotCommitted(e is OutboxException ? e.Message : "the brokers did not answer in time");
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _publisher.Dispose();
        _one.Dispose();
        _ended.Dispose();
    }

    async Task CommitOften()
    {
        while (!_ended.IsCancellationRequested && _failed is null)
        {
            await Task.Delay(CommitEvery, _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _one.WaitAsync().ConfigureAwait(false);
            try
            {
                if (_failed is null) await _transactions.Commit([], _ended.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Finish() does it.
            }
            catch (OutboxException e)
            {
                _failed = e;  // told with the next batch
            }
            finally
            {
                _one.Release();
            }
        }
    }

    static async Task<bool> Embedded(IConsumer<byte[]?, byte[]?> consumer)
    {
        using IAdminClient admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        try
        {
            return await TopicIds.IsEmbedded(admin).ConfigureAwait(false);
        }
        catch (KafkaException)
        {
            return false;  // one that is asked in vain is none that is within a process
        }
    }
}
