using System.Collections.Concurrent;
using Confluent.Kafka;
using Esn.Streaming.Board;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// The partitions of a member of the group: where they begin when they come, how they are given back, what becomes of those that
/// were lost, and which of them are paused.
/// </summary>
/// <remarks>Used on the consumer's thread, but for <see cref="IsGone"/> and <see cref="Done"/>.</remarks>
/// <param name="consumer">Of the group.</param>
/// <param name="topics">Which topics they are of.</param>
/// <param name="starts">Where partitions begin that have no snapshot.</param>
/// <param name="snapshots">Where those begin that have one.</param>
/// <param name="inFlight">Messages of the source that are on their way.</param>
/// <param name="readiness">Told of coming and going.</param>
/// <param name="log">What the process says.</param>
/// <param name="closing">Nothing is waited for any more.</param>
sealed class Membership(IConsumer<byte[]?, byte[]?> consumer, TopicIds topics, StartOffsets starts, SnapshotStarts snapshots,
    InFlight inFlight, Readiness readiness, ILogger log, CancellationToken closing)
{
    const int MostSeeks = 100;

    static readonly TimeSpan SeekAgain = TimeSpan.FromMilliseconds(100);

    readonly HashSet<TopicPartition> _paused = [];
    readonly Dictionary<TopicPartition, long> _next = [];  // how far the partitions that are here were emitted
    readonly Dictionary<TopicPartition, long> _kept = [];  // the same of those that were lost and whose streams are still here
    readonly ConcurrentDictionary<PartitionId, bool> _gone = new();
    Action<SourceMessage>? _emit;  // null: nobody listens, as it has not begun or ends
    Action? _flush;

    /// <summary>
    /// Whether something that came of a partition was given up, as it was gone: its streams are then ahead of what was told, and do
    /// not go on.
    /// </summary>
    public Func<PartitionId, bool> GaveUp { get; set; } = _ => false;

    /// <summary>
    /// Whether a partition went while something that came of it was on its way, and has not come back: another may have it, and
    /// read on from the last commit. Nothing of it is to be told any more.
    /// </summary>
    public bool IsGone(PartitionId partition) => _gone.ContainsKey(partition);

    /// <summary>Begins to say what comes and goes.</summary>
    /// <param name="emit">Takes messages.</param>
    /// <param name="flush">Emits the records that were read and wait.</param>
    public void Begin(Action<SourceMessage> emit, Action flush) => (_emit, _flush) = (emit, flush);

    /// <summary>Says nothing any more.</summary>
    public void End() => (_emit, _flush) = (null, null);

    /// <summary>A record was read.</summary>
    public void Read(FeedRecord record) => _next[new TopicPartition(record.Topic, record.Partition)] = record.Offset + 1;

    /// <summary>
    /// A message went the whole way. A partition that begins here is no longer gone once that was said to everybody: until then,
    /// what waits somewhere is from before.
    /// </summary>
    public void Done(SourceMessage message)
    {
        if (message is not PartitionsAssigned assigned) return;
        foreach (PartitionId partition in assigned.Partitions) _gone.TryRemove(partition, out _);
    }

    /// <summary>Nothing more is fetched, of partitions that were assigned meanwhile neither.</summary>
    public void Pause()
    {
        TopicPartition[] running = [.. consumer.Assignment.Where(_paused.Add)];
        if (running.Length > 0) consumer.Pause(running);
    }

    /// <summary>Goes on with those that were paused.</summary>
    public void Resume()
    {
        consumer.Resume(consumer.Assignment.Intersect(_paused));
        _paused.Clear();
    }

    /// <summary>Partitions came. Like the next two, it runs inside Consume() or Close(), on their thread.</summary>
    /// <returns>Where they begin.</returns>
    public List<TopicPartitionOffset> Assign(List<TopicPartition> partitions)
    {
        try
        {
            if (_emit is not null)
            {
                List<TopicPartitionOffset> begins = Start(partitions, _emit);
                readiness.Joined();  // not before it is said where they begin: what is sent from now on is read
                return begins;
            }
        }
        catch (OperationCanceledException)
        {
            // It ends: nothing is read any more.
        }
        return [.. partitions.Select(partition => new TopicPartitionOffset(partition, Offset.Unset))];
    }

    /// <summary>
    /// Partitions go to another. Returns when all that came of them is stored and committed: only then may the next owner begin.
    /// </summary>
    public void Revoke(List<TopicPartitionOffset> partitions)
    {
        if (partitions.Count == 0) return;
        log.Revoked(Said(partitions));
        foreach (TopicPartitionOffset partition in partitions) _next.Remove(partition.TopicPartition);
        topics.Forget(partitions.Select(partition => partition.TopicPartition));
        Unpause(partitions);
        if (_emit is null) return;  // it ends: the pipeline is empty already
        _flush!();
        _emit(new PartitionsRevoked([.. partitions.Select(partition => Id(partition.TopicPartition))]));
        try
        {
            if (inFlight.WaitUntilDrained(KafkaSource.DrainWithin, closing)) return;
            log.NotDrained(inFlight.Count);
            Miss(partitions);
        }
        catch (OperationCanceledException)
        {
            // The pipeline ended with an error: nothing more will be stored.
        }
    }

    /// <summary>Partitions are not ours any more. Mostly nobody else has them: the broker was away for longer than a session.</summary>
    public void Lose(List<TopicPartitionOffset> partitions)
    {
        if (partitions.Count == 0) return;
        log.MembershipLost(Said(partitions));
        Drop(partitions);
    }

    /// <summary>
    /// Topics are others than they were, and nobody has missed the old ones: the client goes on in the new ones where it was. They are
    /// read from their beginning.
    /// </summary>
    /// <param name="anew">Their names.</param>
    /// <exception cref="KafkaException">The client can't go there.</exception>
    public void BeginAnew(IReadOnlyCollection<string> anew)
    {
        // By the group they may have been begun with meanwhile.
        Dictionary<string, UInt128> ids = topics.Of(anew, closing);
        List<TopicPartition> partitions = [.. consumer.Assignment.Where(partition =>
            ids.TryGetValue(partition.Topic, out UInt128 id) && topics.IsAnother(partition, id))];
        if (partitions.Count == 0) return;
        Drop([.. partitions.Select(partition => new TopicPartitionOffset(partition, Offset.Unset))]);
        foreach (TopicPartitionOffset begin in Assign(partitions))
            for (int attempt = 1; begin.Offset != Offset.Unset; attempt++)
                try
                {
                    consumer.Seek(begin);
                    break;
                }
                catch (KafkaException) when (attempt < MostSeeks && !closing.WaitHandle.WaitOne(SeekAgain))
                {
                    // It is about to fetch, or has to find out first where: it can then.
                }
    }

    void Drop(List<TopicPartitionOffset> partitions)
    {
        readiness.Left();
        Miss(partitions);
        Unpause(partitions);
        _flush?.Invoke();
        foreach (TopicPartitionOffset partition in partitions)
            if (_next.Remove(partition.TopicPartition, out long next)) _kept[partition.TopicPartition] = next;
    }

    List<TopicPartitionOffset> Start(List<TopicPartition> partitions, Action<SourceMessage> emit)
    {
        Dictionary<TopicPartition, Offset> begins = [];
        Dictionary<TopicPartition, long> committed = [];
        Dictionary<string, UInt128> ids = topics.Of(partitions.Select(partition => partition.Topic), closing);
        TopicPartition[] anew = [.. partitions.Where(partition => topics.IsAnother(partition, ids[partition.Topic]))];
        if (partitions.Count > 0)
        {
            // What was on its way when they went is committed by now, or given up.
            if (partitions.Exists(partition => IsGone(Id(partition)))) inFlight.WaitUntilDrained(closing);
            committed = starts.Committed(partitions, closing);
            foreach (IGrouping<string, TopicPartition> topic in partitions.Except(anew)
                .Where(partition => !committed.ContainsKey(partition)).GroupBy(partition => partition.Topic))
                foreach ((TopicPartition partition, Offset begin) in starts.Begin(topic.Key, [.. topic], closing))
                    begins[partition] = begin;
            foreach ((TopicPartition partition, long next) in committed) begins[partition] = next;
            foreach (TopicPartition partition in anew) begins[partition] = Offset.Beginning;
            foreach (IGrouping<string, TopicPartition> topic in anew.GroupBy(partition => partition.Topic))
                log.Begins(topic.Key, "it was deleted and made anew, and is read from its beginning");
        }
        List<PartitionOffset> resumed = Resumed(partitions.Except(anew), committed, begins);
        // Whatever is not here by now is another's.
        if (_kept.Count > 0) emit(new PartitionsLost([.. _kept.Keys.Select(Id)]));
        topics.Forget(_kept.Keys.Except(partitions));
        _kept.Clear();
        if (resumed.Count > 0) log.Resumed(string.Join(", ", resumed.Select(partition => partition.Partition)));
        if (partitions.Count > 0)
        {
            TopicPartition[] come = [.. partitions.Where(partition => !resumed.Exists(other => other.Partition == Id(partition)))];
            if (come.Length > 0) log.Assigned(string.Join(", ", come.Select(Id)));
            IReadOnlyList<PartitionStart> known = snapshots.Of(come, committed, begins, ids, anew, closing);
            foreach (PartitionStart start in known)
                if (start.Snapshot is { } snapshot)
                    begins[new TopicPartition(start.Partition.Topic, start.Partition.Number)] = snapshot.Next;
            foreach ((TopicPartition partition, Offset begin) in begins)
                if (begin.Value >= 0) _next[partition] = begin;
            emit(new PartitionsAssigned([.. come.Select(Id)]) { Resumed = resumed, Starts = known });
        }
        topics.Remember(partitions, ids);
        return [.. partitions.Select(partition => new TopicPartitionOffset(partition, begins[partition]))];
    }

    // Somebody may have read on meanwhile; if not, what is here is ahead of the group, or where it is. Where the group has no
    // offset any more, the topic may be another one.
    List<PartitionOffset> Resumed(IEnumerable<TopicPartition> partitions, Dictionary<TopicPartition, long> committed,
        Dictionary<TopicPartition, Offset> begins)
    {
        List<PartitionOffset> resumed = [];
        foreach (TopicPartition partition in partitions)
        {
            if (!committed.TryGetValue(partition, out long next) || !_kept.TryGetValue(partition, out long here)) continue;
            if (here < next || GaveUp(Id(partition))) continue;
            begins[partition] = here;
            _kept.Remove(partition);
            _gone.TryRemove(Id(partition), out _);
            resumed.Add(new PartitionOffset(Id(partition), here));
        }
        return resumed;
    }

    // The client keeps a pause through loss and assignment: a partition that came back would never be read. This returns when it
    // is done; nothing is fetched by it, as the client itself holds what is about to go.
    void Unpause(List<TopicPartitionOffset> partitions)
    {
        TopicPartition[] paused = [.. partitions.Select(partition => partition.TopicPartition).Where(_paused.Remove)];
        if (paused.Length > 0) consumer.Resume(paused);
    }

    void Miss(List<TopicPartitionOffset> partitions)
    {
        foreach (TopicPartitionOffset partition in partitions) _gone[Id(partition.TopicPartition)] = true;
    }

    static string Said(List<TopicPartitionOffset> partitions) =>
        string.Join(", ", partitions.Select(partition => Id(partition.TopicPartition)));

    static PartitionId Id(TopicPartition partition) => new(partition.Topic, partition.Partition.Value);
}
