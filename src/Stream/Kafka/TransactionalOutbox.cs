using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Pipeline;
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

    static readonly TimeSpan Call = TimeSpan.FromSeconds(10), Describe = TimeSpan.FromSeconds(3), TryAgain = TimeSpan.FromMilliseconds(200),
        CommitEvery = TimeSpan.FromSeconds(1);

    readonly EsnConfig _config;
    readonly IConsumer<byte[]?, byte[]?> _consumer;
    readonly Func<PartitionId, bool> _gone;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly Publisher _publisher;
    readonly RateLimit _complaints;
    readonly Dictionary<PartitionId, long> _offsets = [];  // that are not committed yet
    readonly SemaphoreSlim _one = new(1);
    readonly CancellationTokenSource _ended = new();
    readonly Task _committing;
    Exception? _failed;  // nothing is committed any more: offsets that wait may be of a batch that was not told

    TransactionalOutbox(EsnConfig config, IConsumer<byte[]?, byte[]?> consumer, Func<PartitionId, bool> gone, Publisher publisher,
        TimeProvider time, ILogger log)
    {
        (_config, _consumer, _gone, _publisher, _time, _log) = (config, consumer, gone, publisher, time, log);
        _complaints = new RateLimit(time, TimeSpan.FromMinutes(1));
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
        string? why = null;
        Publisher? publisher = null;
        while (why is null)
        {
            try
            {
                publisher ??= new Publisher(ClientSettings.TransactionalProducer(config), time, log);
                // On a thread of its own: the call blocks.
                await Task.Run(() => publisher.Producer.InitTransactions(Call), CancellationToken.None).ConfigureAwait(false);
                if (config.Sink.ExactlyOnce == ExactlyOnce.Auto && await Embedded(consumer).ConfigureAwait(false))
                {
                    why = "the embedded broker does not keep the offsets of a transaction";
                    break;
                }
                log.ExactlyOnce();
                return new TransactionalOutbox(config, consumer, gone, publisher, time, log);
            }
            catch (KafkaException e) when (e is KafkaRetriableException || e.Error.Code is ErrorCode.Local_TimedOut)
            {
                log.NoTransactionsYet(e.Error.Reason);
                stop.ThrowIfCancellationRequested();
            }
            catch (Exception e) when (e is KafkaException or InvalidOperationException)
            {
                why = e.Message.TrimEnd('.');
            }
        }
        publisher?.Dispose();
        if (config.Sink.ExactlyOnce == ExactlyOnce.True)
            throw new OutboxException($"sink.exactlyOnce is true, but the brokers at {config.Kafka.BootstrapServers} have no transaction for us: {why}");
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
            foreach ((PartitionId partition, long next) in done) _offsets[partition] = next;
            if (batch.Message is PartitionsLost lost)
                foreach (PartitionId partition in lost.Partitions) _offsets.Remove(partition);
            List<Outgoing> outgoing = Outgoing.Of(batch, _config);
            if (outgoing.Count > 0 || batch.Message is not RecordBatch) await Commit(outgoing, cancel).ConfigureAwait(false);
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
            await Commit([], late.Token).WaitAsync(late.Token).ConfigureAwait(false);
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

    // Until it is done, or nothing of it is ours to tell any more.
    async Task Commit(List<Outgoing> outgoing, CancellationToken cancel)
    {
        while (true)
        {
            outgoing.RemoveAll(one => _gone(one.Source));
            foreach (PartitionId partition in _offsets.Keys.Where(_gone).ToArray()) _offsets.Remove(partition);
            if (outgoing.Count == 0 && _offsets.Count == 0) return;
            try
            {
                _publisher.Producer.BeginTransaction();
                IReadOnlyList<Outgoing> large = await _publisher.Send(outgoing, cancel).ConfigureAwait(false);
                if (large.Count == 0)
                {
                    // What is sent to a generation that is over is refused: the partitions may be another's.
                    await Task.Run(CommitTransaction, CancellationToken.None).ConfigureAwait(false);
                    _offsets.Clear();
                    return;
                }
                // A message that was refused spoils its transaction.
                await Abort().ConfigureAwait(false);
                foreach (Outgoing one in large)
                    if (!_publisher.Shrink(one)) outgoing.Remove(one);
            }
            catch (KafkaException e) when (!e.Error.IsFatal)
            {
                if (_complaints.Allows(out int repeats)) _log.TransactionAborted(e.Error.Reason, repeats);
                await Abort().ConfigureAwait(false);
                await Task.Delay(TryAgain, _time, cancel).ConfigureAwait(false);
            }
            catch (KafkaException e)
            {
                throw new OutboxException($"the transaction can't go on: {e.Error.Reason}", e);
            }
        }
    }

    void CommitTransaction()
    {
        IProducer<byte[]?, byte[]?> producer = _publisher.Producer;
        if (_offsets.Count > 0)
            Retried(() => producer.SendOffsetsToTransaction(_offsets.Select(offset =>
                new TopicPartitionOffset(offset.Key.Topic, offset.Key.Number, offset.Value)), _consumer.ConsumerGroupMetadata, Call));
        Retried(producer.CommitTransaction);
    }

    Task Abort() => Task.Run(() =>
    {
        try
        {
            Retried(_publisher.Producer.AbortTransaction);
        }
        catch (KafkaException e) when (e.Error.IsFatal)
        {
            throw new OutboxException($"the transaction can't go on: {e.Error.Reason}", e);
        }
    });

    // As librdkafka prescribes: the same call again where it says so.
    static void Retried(Action call)
    {
        while (true)
        {
            try
            {
                call();
                return;
            }
            catch (KafkaRetriableException)
            {
                Thread.Sleep(TryAgain);
            }
        }
    }

    async Task CommitOften()
    {
        while (!_ended.IsCancellationRequested && _failed is null)
        {
            await Task.Delay(CommitEvery, _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _one.WaitAsync().ConfigureAwait(false);
            try
            {
                if (_failed is null) await Commit([], _ended.Token).ConfigureAwait(false);
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

    // librdkafka's mock cluster answers every call of a transaction, and keeps nothing of its offsets. It is one that has just
    // answered, but never says which cluster it is.
    static async Task<bool> Embedded(IConsumer<byte[]?, byte[]?> consumer)
    {
        using IAdminClient admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        try
        {
            var options = new Confluent.Kafka.Admin.DescribeClusterOptions { RequestTimeout = Describe };
            return (await admin.DescribeClusterAsync(options).ConfigureAwait(false)).ClusterId is null;
        }
        catch (KafkaException)
        {
            return true;
        }
    }
}
