using System.Collections.Concurrent;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using Confluent.Kafka;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// What the topics bring, in order: batches of records, and which partitions come and go. The consumer waits while
/// <see cref="MaxInFlight"/> messages are on their way, so memory stays bounded under any backlog. It commits nothing: that is
/// the outbox's.
/// </summary>
public sealed class KafkaSource : IDisposable
{
    /// <summary>Messages between the consumer and the end of the pipeline.</summary>
    public const int MaxInFlight = 4;

    /// <summary>How long partitions that are to go are held for what came of them; shorter than what a stop is given.</summary>
    public static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(5);

    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan PauseAfter = TimeSpan.FromSeconds(1);  // of waiting: a paused partition throws its prefetched records away

    readonly EsnConfig _config;
    readonly Readiness _readiness;
    readonly ILogger _log;
    readonly TimeProvider _time;
    readonly RateLimit _complaints;
    readonly StartOffsets _starts;
    readonly SnapshotStarts _snapshots;
    readonly Lock _lock = new();
    readonly ManualResetEventSlim _room = new(initialState: true), _drained = new(initialState: true);
    readonly CancellationTokenSource _closing = new();  // nothing is waited for any more
    readonly HashSet<TopicPartition> _paused = [];
    readonly Dictionary<TopicPartition, long> _next = [];  // how far the partitions that are here were emitted
    readonly Dictionary<TopicPartition, long> _kept = [];  // the same of those that were lost and whose streams are still here
    readonly ConcurrentDictionary<PartitionId, bool> _gone = new();  // that went while something of them was on its way
    List<FeedRecord> _collected = [];
    IObserver<SourceMessage>? _observer;
    Thread? _consuming;
    int _inFlight;
    Error? _fatal;

    /// <summary>Makes the client; connects when <see cref="Messages"/> is subscribed to.</summary>
    /// <param name="config">Validated.</param>
    /// <param name="readiness">Told of progress.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">What the process says.</param>
    /// <param name="store">Says where a partition begins that is known from before; null: where the group has committed.</param>
    public KafkaSource(EsnConfig config, Readiness readiness, TimeProvider time, ILogger log, ISnapshotStore? store = null)
    {
        (_config, _readiness, _time, _log) = (config, readiness, time, log);
        _complaints = new RateLimit(time, TimeSpan.FromMinutes(1));
        var said = new ClientLog(log, time);
        Consumer = new ConsumerBuilder<byte[]?, byte[]?>(ClientSettings.Consumer(config))
            .SetPartitionsAssignedHandler((_, partitions) => Assign(partitions))
            .SetPartitionsRevokedHandler((_, partitions) => Revoke(partitions))
            .SetPartitionsLostHandler((_, partitions) => Lose(partitions))
            .SetStatisticsHandler((_, statistics) => readiness.Heard(statistics))
            .SetErrorHandler((_, error) =>
            {
                if (error.IsFatal) _fatal = error;
                said.Error(error);
            })
            .SetLogHandler((_, line) => said.Line(line))
            .Build();
        _starts = new StartOffsets(config, Consumer, log);
        _snapshots = new SnapshotStarts(store, Consumer, log);
    }

    /// <summary>The client, for an outbox to store offsets of.</summary>
    public IConsumer<byte[]?, byte[]?> Consumer { get; }

    /// <summary>
    /// Whether a partition went while something that came of it was on its way: another may have it, and read on from the last
    /// commit. Nothing of it is to be told once any more.
    /// </summary>
    public bool IsGone(PartitionId partition) => _gone.ContainsKey(partition);

    /// <summary>Whether what came of records is committed with them: what is here and is not committed is then not told either.</summary>
    public bool Transactional { get; set; }

    /// <summary>Records that wait in here for room in the pipeline.</summary>
    internal int Collected => _collected.Count;

    /// <summary>
    /// The messages, until <paramref name="stop"/>; then it completes. One subscriber, which says of each when it is done.
    /// </summary>
    /// <remarks>Ends with an error only where the client says that it can't go on.</remarks>
    public IObservable<SourceMessage> Messages(CancellationToken stop) => Observable.Create<SourceMessage>(observer =>
    {
        _consuming = new Thread(() => Consume(observer, stop)) { IsBackground = true, Name = "consume" };
        _consuming.Start();
        return Disposable.Empty;
    });

    /// <summary>A message went the whole way.</summary>
    public void Done(SourceMessage message)
    {
        if (message is SourceEnded or TimePassed or ConfigChanged) return;  // it came from none of ours
        if (message is RecordBatch) _readiness.Progressed();
        lock (_lock)
        {
            _inFlight--;
            if (_inFlight < MaxInFlight) _room.Set();
            if (_inFlight == 0) _drained.Set();
        }
    }

    /// <summary>Ends the consumer's thread, commits what is marked as done and leaves the group.</summary>
    /// <param name="within">After which it is given up, as brokers that are away can't be told.</param>
    /// <returns>What became of it; where it was not left, the client must not be disposed of.</returns>
    public async Task<Departure> Close(TimeSpan within)
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        Task<bool> closed = Task.Run(() =>
        {
            _consuming?.Join();
            bool committed = Commit();
            // A member that holds nothing does not tell the group when it is closed (librdkafka 2.x, cooperative protocol): it
            // would be waited for until its session ends. It does when it takes its subscription back.
            if (Consumer.Assignment.Count == 0) Consumer.Unsubscribe();
            Consumer.Close();
            return committed;
        });
        if (await Task.WhenAny(closed, Task.Delay(within, _time)).ConfigureAwait(false) != closed) return Departure.NotLeft;
        return await closed.ConfigureAwait(false) ? Departure.Committed : Departure.NotCommitted;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Consumer.Dispose();
        _room.Dispose();
        _drained.Dispose();
        _closing.Dispose();
    }

    void Consume(IObserver<SourceMessage> observer, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, _closing.Token);
        _observer = observer;
        try
        {
            _starts.Start();
            Consumer.Subscribe(_config.Source.Topics);
            while (!ending.IsCancellationRequested && _fatal is null)
            {
                if (!WaitForRoom(ending.Token)) continue;
                Collect();
                EmitCollected();
            }
            _observer = null;
            if (_fatal is null) observer.OnCompleted();
            else observer.OnError(new KafkaException(_fatal));
        }
        // Whatever it is, it ends the pipeline in order, not the process without.
        catch (Exception e)
        {
            _observer = null;
            observer.OnError(e);
        }
    }

    // The group must hear from a consumer that waits, or it gives its partitions away.
    bool WaitForRoom(CancellationToken ending)
    {
        DateTimeOffset since = _time.GetUtcNow();
        while (_time.GetUtcNow() - since < PauseAfter)
        {
            if (_room.Wait(Poll, CancellationToken.None)) return true;
            if (ending.IsCancellationRequested) return false;
        }
        while (!_room.IsSet && !ending.IsCancellationRequested)
        {
            // Those that are assigned meanwhile too.
            TopicPartition[] running = [.. Consumer.Assignment.Where(_paused.Add)];
            if (running.Length > 0) Consumer.Pause(running);
            Take(Poll);
        }
        Consumer.Resume(Consumer.Assignment.Intersect(_paused));
        _paused.Clear();
        return _room.IsSet;
    }

    void Collect()
    {
        if (_collected.Count == 0) Take(Poll);
        while (_collected.Count > 0 && _collected.Count < _config.Source.BatchSize && Take(TimeSpan.Zero)) { }
    }

    bool Take(TimeSpan wait)
    {
        try
        {
            if (Consumer.Consume(wait) is not { } result) return false;
            Message<byte[]?, byte[]?> message = result.Message;
            _collected.Add(new FeedRecord(result.Topic, result.Partition, result.Offset, message.Timestamp.UnixTimestampMs, message.Key,
                message.Value)
            {
                Headers = message.Headers is { Count: > 0 } headers
                    ? [.. headers.Select(header => new RecordHeader(header.Key, header.GetValueBytes()))] : [],
            });
            return true;
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            // Such as a topic that is not there yet: it may come.
            if (_complaints.Allows(out int repeats)) _log.CannotConsume(e.Error.Reason, repeats);
            return false;
        }
    }

    void EmitCollected()
    {
        if (_collected.Count == 0) return;
        List<FeedRecord> collected = _collected;
        _collected = [];
        foreach (FeedRecord record in collected) _next[new TopicPartition(record.Topic, record.Partition)] = record.Offset + 1;
        Emit(new RecordBatch(collected));
    }

    void Emit(SourceMessage message)
    {
        lock (_lock)
        {
            _inFlight++;
            _drained.Reset();
            if (_inFlight >= MaxInFlight) _room.Reset();
        }
        _observer!.OnNext(message);
    }

    // This and the next two run inside Consume() or Close(), on their thread.
    List<TopicPartitionOffset> Assign(List<TopicPartition> partitions)
    {
        _readiness.Joined();
        if (_observer is null) return [.. partitions.Select(partition => new TopicPartitionOffset(partition, Offset.Unset))];
        try
        {
            return Begin(partitions);
        }
        catch (OperationCanceledException)
        {
            return [.. partitions.Select(partition => new TopicPartitionOffset(partition, Offset.Unset))];  // nothing is read any more
        }
    }

    List<TopicPartitionOffset> Begin(List<TopicPartition> partitions)
    {
        Dictionary<TopicPartition, Offset> begins = [];
        List<PartitionOffset> resumed = [];
        if (partitions.Count > 0)
        {
            // What was on its way when they went is committed by now, or given up.
            if (!_gone.IsEmpty) _drained.Wait(_closing.Token);
            _gone.Clear();
            Dictionary<TopicPartition, long> committed = _starts.Committed(partitions, _closing.Token);
            foreach (IGrouping<string, TopicPartition> topic in partitions.Where(partition => !committed.ContainsKey(partition))
                .GroupBy(partition => partition.Topic))
                foreach ((TopicPartition partition, Offset begin) in _starts.Begin(topic.Key, [.. topic], _closing.Token))
                    begins[partition] = begin;
            foreach (TopicPartition partition in partitions)
            {
                if (committed.TryGetValue(partition, out long next)) begins[partition] = next;
                if (begins[partition].Value >= 0) _next[partition] = begins[partition];
                // Somebody may have read on meanwhile; if not, what is here is ahead of the group, or where it is.
                if (!_kept.TryGetValue(partition, out long here) || here < next) continue;
                if (Transactional && here != next) continue;
                begins[partition] = here;
                _next[partition] = here;
                _kept.Remove(partition);
                resumed.Add(new PartitionOffset(Id(partition), here));
            }
        }
        // Whatever is not here by now is another's.
        if (_kept.Count > 0) Emit(new PartitionsLost([.. _kept.Keys.Select(Id)]));
        _kept.Clear();
        if (resumed.Count > 0) _log.Resumed(string.Join(", ", resumed.Select(partition => partition.Partition)));
        if (partitions.Count > 0)
        {
            TopicPartition[] come = [.. partitions.Where(partition => !resumed.Exists(other => other.Partition == Id(partition)))];
            if (come.Length > 0) _log.Assigned(string.Join(", ", come.Select(Id)));
            IReadOnlyList<PartitionStart> starts = _snapshots.Of(come, _closing.Token);
            foreach (PartitionStart start in starts)
                if (start.Snapshot is { } snapshot)
                {
                    var partition = new TopicPartition(start.Partition.Topic, start.Partition.Number);
                    begins[partition] = snapshot.Next;
                    _next[partition] = snapshot.Next;
                }
            Emit(new PartitionsAssigned([.. come.Select(Id)]) { Resumed = resumed, Starts = starts });
        }
        return [.. partitions.Select(partition => new TopicPartitionOffset(partition, begins[partition]))];
    }

    // Returns when all that came of the partitions is stored and committed: only then may the next owner begin.
    void Revoke(List<TopicPartitionOffset> partitions)
    {
        if (partitions.Count == 0) return;
        _log.Revoked(string.Join(", ", partitions.Select(partition => partition.TopicPartition)));
        foreach (TopicPartitionOffset partition in partitions) _next.Remove(partition.TopicPartition);
        Withdraw(partitions, new PartitionsRevoked([.. partitions.Select(partition => Id(partition.TopicPartition))]));
    }

    // Mostly nobody else has them: the broker was away for longer than a session.
    void Lose(List<TopicPartitionOffset> partitions)
    {
        if (partitions.Count == 0) return;
        _readiness.Left();
        _log.MembershipLost(string.Join(", ", partitions.Select(partition => partition.TopicPartition)));
        foreach (TopicPartitionOffset partition in partitions) _gone[Id(partition.TopicPartition)] = true;
        Withdraw(partitions, message: null);
        foreach (TopicPartitionOffset partition in partitions)
            if (_next.Remove(partition.TopicPartition, out long next)) _kept[partition.TopicPartition] = next;
    }

    void Withdraw(List<TopicPartitionOffset> partitions, SourceMessage? message)
    {
        // The client keeps a pause through loss and assignment: a partition that came back would never be read. This returns
        // when it is done; nothing is fetched by it, as the client itself holds what is about to go.
        TopicPartition[] paused = [.. partitions.Select(partition => partition.TopicPartition).Where(_paused.Remove)];
        if (paused.Length > 0) Consumer.Resume(paused);
        if (_observer is null) return;  // closing: the pipeline is empty already
        EmitCollected();
        if (message is null) return;
        Emit(message);
        try
        {
            if (_drained.Wait(DrainWithin, _closing.Token)) return;
            _log.NotDrained(_inFlight);
            foreach (TopicPartitionOffset partition in partitions) _gone[Id(partition.TopicPartition)] = true;
        }
        catch (OperationCanceledException)
        {
            // The pipeline ended with an error: nothing more will be stored.
        }
    }

    // What was stored since the last commit.
    bool Commit()
    {
        try
        {
            Consumer.Commit();
            return true;
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_NoOffset)
        {
            return true;  // nothing new since the last commit
        }
        catch (KafkaException e)
        {
            _log.NotCommitted(e.Error.Reason);
            return false;
        }
    }

    static PartitionId Id(TopicPartition partition) => new(partition.Topic, partition.Partition.Value);
}

/// <summary>How the group was left.</summary>
public enum Departure
{
    /// <summary>All that was done is committed, and the group knows.</summary>
    Committed,

    /// <summary>The group knows; the last records will be read again.</summary>
    NotCommitted,

    /// <summary>The brokers could not be told in time.</summary>
    NotLeft,
}
