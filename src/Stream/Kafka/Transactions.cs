using System.Collections.Concurrent;
using Confluent.Kafka;
using Esn.Streaming.Pipeline;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Commits messages together with the offsets of the records that they came of, again and again until it is done or they are not
/// ours to tell.
/// </summary>
/// <remarks>
/// A producer that can't go on, or does not come back from a call, is replaced by one of the same transactional id: what the old one
/// began is then ended by the brokers, and what it still sends is refused. Whether its last commit counted is seen by the group's
/// offsets, which are part of it.
/// </remarks>
/// <param name="consumer">That of the source: its membership of the group goes with the offsets.</param>
/// <param name="gone">Whether a partition went while something that came of it was on its way.</param>
/// <param name="publisher">Sends the messages.</param>
/// <param name="producer">Its transactions.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of what is tried again.</param>
sealed class Transactions(IConsumer<byte[]?, byte[]?> consumer, Func<PartitionId, bool> gone, Publisher publisher,
    TransactionalProducer producer, TimeProvider time, ILogger log)
{
    static readonly TimeSpan TryAgain = TimeSpan.FromMilliseconds(200), Ask = TimeSpan.FromSeconds(5);

    const int MostRenewals = 5;  // of the producer, without a commit between them

    readonly RateLimit _complaints = new(time, TimeSpan.FromMinutes(1));
    readonly Dictionary<PartitionId, long> _offsets = [];  // that are not committed yet
    readonly Dictionary<PartitionId, long> _last = [];     // the last of each partition, committed or not
    readonly ConcurrentDictionary<PartitionId, bool> _gaveUp = new();
    int _renewals;  // of the producer since the last commit

    /// <summary>Whether something that came of a partition was given up, as it was gone, since it came last.</summary>
    public bool GaveUp(PartitionId partition) => _gaveUp.ContainsKey(partition);

    /// <summary>All before this offset is done once what is committed next is.</summary>
    public void Mark(PartitionOffset done) => _offsets[done.Partition] = _last[done.Partition] = done.Next;

    /// <summary>Nothing of a partition that went is committed any more.</summary>
    public void Forget(PartitionId partition) => _offsets.Remove(partition);

    /// <summary>A partition begins, with nothing of it on its way.</summary>
    public void Begin(PartitionId partition)
    {
        _gaveUp.TryRemove(partition, out _);
        _last.Remove(partition);
    }

    /// <summary>The group's offset where it begins.</summary>
    public void Begin(PartitionStart start)
    {
        if (start.Told >= 0 || start.Snapshot is not null)
            _last[start.Partition] = start.Told >= 0 ? start.Told : start.Snapshot!.Next;
    }

    /// <summary>Commits messages and all offsets that wait. Returns when it is done, or nothing of it is ours to tell any more.</summary>
    /// <param name="outgoing">What does not count any more is taken out of it.</param>
    /// <param name="cancel">Ends it, done or not.</param>
    /// <exception cref="OutboxException">It can't be, now or later.</exception>
    public async Task Commit(List<Outgoing> outgoing, CancellationToken cancel)
    {
        while (true)
        {
            // Before it is asked what is gone: whatever goes after this makes another generation, and this one is then refused.
            IConsumerGroupMetadata? member = Member();
            outgoing.RemoveAll(GiveUp);
            foreach (PartitionId partition in _offsets.Keys.Where(gone).ToArray()) _offsets.Remove(partition);
            if (outgoing.Count == 0 && _offsets.Count == 0) return;
            if (member is null)
            {
                // The consumer will hear that all is lost, or is a member again.
                await Task.Delay(TryAgain, time, cancel).ConfigureAwait(false);
                continue;
            }
            try
            {
                if (await TryOnce(outgoing, member, cancel).ConfigureAwait(false)) return;
            }
            catch (KafkaException e) when (!e.Error.IsFatal)
            {
                if (_complaints.Allows(out int repeats)) log.TransactionAborted(e.Error.Reason, repeats);
                await Abort(outgoing, cancel).ConfigureAwait(false);
                await Task.Delay(TryAgain, time, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (e is KafkaException or TimeoutException)
            {
                await Renew(outgoing, e, cancel).ConfigureAwait(false);
            }
        }
    }

    bool GiveUp(Outgoing one)
    {
        if (!gone(one.Source)) return false;
        if (one.Tells) _gaveUp[one.Source] = true;
        return true;
    }

    // Whether it is committed. If not, some of it was too large, and is smaller now.
    async Task<bool> TryOnce(List<Outgoing> outgoing, IConsumerGroupMetadata member, CancellationToken cancel)
    {
        publisher.Producer.BeginTransaction();
        IReadOnlyList<Outgoing> large = await publisher.Send(outgoing, cancel).ConfigureAwait(false);
        if (large.Count == 0)
        {
            // The membership is checked with offsets alone: what comes without any goes with that which stands already.
            var sent = new Dictionary<PartitionId, long>(_offsets);
            foreach (Outgoing one in outgoing)
                if (!sent.ContainsKey(one.Source) && _last.TryGetValue(one.Source, out long last)) sent[one.Source] = last;
            TopicPartitionOffset[] offsets = [.. sent.Select(offset =>
                new TopicPartitionOffset(offset.Key.Topic, offset.Key.Number, offset.Value))];
            await producer.Commit(offsets, member).ConfigureAwait(false);
            _offsets.Clear();
            _renewals = 0;
            return true;
        }
        // A message that was refused spoils its transaction.
        await producer.Abort().ConfigureAwait(false);
        foreach (Outgoing one in large)
            if (!publisher.Shrink(one)) outgoing.Remove(one);
        return false;
    }

    async Task Abort(List<Outgoing> outgoing, CancellationToken cancel)
    {
        try
        {
            await producer.Abort().ConfigureAwait(false);
        }
        catch (Exception e) when (e is KafkaException or TimeoutException)
        {
            await Renew(outgoing, e, cancel).ConfigureAwait(false);
        }
    }

    async Task Renew(List<Outgoing> outgoing, Exception why, CancellationToken cancel)
    {
        string reason = why is KafkaException e ? e.Error.Reason : why.Message;
        if (++_renewals > MostRenewals) throw new OutboxException($"the transaction can't go on: {reason}", why);
        log.ProducerRenewed(reason);
        try
        {
            await producer.Renew(cancel).ConfigureAwait(false);
        }
        catch (KafkaException refused)
        {
            throw new OutboxException($"the transaction can't go on: {refused.Error.Reason}", refused);
        }
        await Settle(outgoing, cancel).ConfigureAwait(false);
    }

    // What the old producer's last transaction brought to the brokers, or somebody else told meanwhile, is not told again.
    async Task Settle(List<Outgoing> outgoing, CancellationToken cancel)
    {
        while (_offsets.Count > 0)
        {
            TopicPartition[] partitions = [.. _offsets.Keys.Select(partition => new TopicPartition(partition.Topic, partition.Number))];
            try
            {
                List<TopicPartitionOffset> committed =
                    await Task.Run(() => consumer.Committed(partitions, Ask), cancel).ConfigureAwait(false);
                foreach (TopicPartitionOffset found in committed)
                {
                    var partition = new PartitionId(found.Topic, found.Partition);
                    if (found.Offset.Value < _offsets[partition]) continue;
                    _offsets.Remove(partition);
                    outgoing.RemoveAll(one => one.Source == partition && one.Tells);
                }
                return;
            }
            catch (KafkaException e) when (!e.Error.IsFatal)
            {
                if (_complaints.Allows(out int repeats)) log.TransactionAborted(e.Error.Reason, repeats);
                await Task.Delay(TryAgain, time, cancel).ConfigureAwait(false);
            }
        }
    }

    // Of a moment at which this process was a member; null: it is none now. The brokers refuse another member and another
    // generation, but take offsets of a transaction of no member at all.
    IConsumerGroupMetadata? Member()
    {
        string? member = consumer.MemberId;
        IConsumerGroupMetadata metadata = consumer.ConsumerGroupMetadata;
        return !string.IsNullOrEmpty(member) && consumer.MemberId == member ? metadata : null;
    }
}
