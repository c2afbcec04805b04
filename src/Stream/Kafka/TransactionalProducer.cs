using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>The transactions of a producer, and another producer where one can't go on.</summary>
/// <remarks>
/// Each call has an end of its own here. librdkafka's (2.16) have not: one that waits for a group's coordinator whose broker was
/// away may wait for good (confluentinc/librdkafka#5456).
/// </remarks>
/// <param name="publisher">Has the producer.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of brokers that are waited for.</param>
sealed class TransactionalProducer(Publisher publisher, TimeProvider time, ILogger log)
{
    static readonly TimeSpan Call = TimeSpan.FromSeconds(10), Longest = TransactionalOutbox.LongestTransaction + TimeSpan.FromSeconds(5),
        TryAgain = TimeSpan.FromMilliseconds(200);

    Task _calling = Task.CompletedTask;  // the last call of the producer, which it may not have come back from

    /// <summary>Begins to be the one of its transactional id: waits for the brokers, and for what was begun before to be ended.</summary>
    /// <exception cref="KafkaException">They refuse it.</exception>
    /// <exception cref="OperationCanceledException">Not waited for any more.</exception>
    public async Task Begin(CancellationToken cancel)
    {
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            IProducer<byte[]?, byte[]?> producer = publisher.Producer;
            try
            {
                await Within(Longest, () => producer.InitTransactions(Call)).ConfigureAwait(false);
                return;
            }
            catch (KafkaException e) when (e is KafkaRetriableException || e.Error.Code is ErrorCode.Local_TimedOut)
            {
                log.NoTransactionsYet(e.Error.Reason);
            }
            catch (TimeoutException e)
            {
                log.NoTransactionsYet(e.Message);
                Replace();
            }
            await Task.Delay(TryAgain, time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Puts another producer into the place of this one. What that began counts as a whole or not at all once this returns.
    /// </summary>
    /// <exception cref="KafkaException">The brokers refuse it.</exception>
    /// <exception cref="OperationCanceledException">Not waited for any more.</exception>
    public Task Renew(CancellationToken cancel)
    {
        Replace();
        return Begin(cancel);
    }

    /// <summary>Sends offsets and ends the transaction.</summary>
    /// <exception cref="KafkaException">It is to be aborted, or the producer to be replaced where the error is fatal.</exception>
    /// <exception cref="TimeoutException">The producer is to be replaced.</exception>
    public async Task Commit(TopicPartitionOffset[] offsets, IConsumerGroupMetadata member)
    {
        IProducer<byte[]?, byte[]?> producer = publisher.Producer;
        if (offsets.Length > 0) await Retried(() => producer.SendOffsetsToTransaction(offsets, member, Call)).ConfigureAwait(false);
        await Retried(producer.CommitTransaction).ConfigureAwait(false);
    }

    /// <summary>Takes the transaction back.</summary>
    /// <exception cref="KafkaException">The producer is to be replaced.</exception>
    /// <exception cref="TimeoutException">The same.</exception>
    public Task Abort() => Retried(publisher.Producer.AbortTransaction);

    // As librdkafka prescribes: the same call again where it says so.
    async Task Retried(Action call)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            TimeSpan left = Longest - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) throw new TimeoutException($"the brokers did not end a transaction within {Longest.TotalSeconds} s");
            try
            {
                await Within(left, call).ConfigureAwait(false);
                return;
            }
            catch (KafkaRetriableException)
            {
                await Task.Delay(TryAgain, time).ConfigureAwait(false);
            }
        }
    }

    async Task Within(TimeSpan longest, Action call)
    {
        // On a thread of its own: the call blocks, and may not come back.
        _calling = Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await _calling.WaitAsync(longest, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"librdkafka did not come back from a call within {longest.TotalSeconds:F0} s");
        }
    }

    // One that is within a call must not be disposed of: it is once it comes back.
    void Replace()
    {
        IProducer<byte[]?, byte[]?> old = publisher.Renew();
        _ = _calling.ContinueWith(called =>
        {
            _ = called.Exception;  // told where it was waited for, or of a producer that is fenced
            old.Dispose();
        }, CancellationToken.None, TaskContinuationOptions.LongRunning, TaskScheduler.Default);
    }
}
