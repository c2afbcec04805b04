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
    readonly SnapshotStarts _starts;
    readonly Lock _lock = new();
    readonly ManualResetEventSlim _room = new(initialState: true), _drained = new(initialState: true);
    readonly CancellationTokenSource _closing = new();  // nothing is waited for any more
    readonly HashSet<TopicPartition> _paused = [];
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
            .SetPartitionsRevokedHandler((_, partitions) => Withdraw(partitions, ours => new PartitionsRevoked(ours)))
            .SetPartitionsLostHandler((_, partitions) => Withdraw(partitions, ours => new PartitionsLost(ours)))
            .SetStatisticsHandler((_, statistics) => readiness.Heard(statistics))
            .SetErrorHandler((_, error) =>
            {
                if (error.IsFatal) _fatal = error;
                said.Error(error);
            })
            .SetLogHandler((_, line) => said.Line(line))
            .Build();
        _starts = new SnapshotStarts(store, Consumer, log);
    }

    /// <summary>The client, for an outbox to store offsets of.</summary>
    public IConsumer<byte[]?, byte[]?> Consumer { get; }

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
        if (message is SourceEnded) return;  // it came from none of ours
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
    /// <returns>Whether it was done; if not, the client must not be disposed of.</returns>
    public async Task<bool> Close(TimeSpan within)
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        Task closed = Task.Run(() =>
        {
            _consuming?.Join();
            try
            {
                Consumer.Close();
            }
            catch (KafkaException e)
            {
                _log.NotCommitted(e.Error.Reason);
            }
        });
        return await Task.WhenAny(closed, Task.Delay(within, _time)).ConfigureAwait(false) == closed;
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
            if (_complaints.Allows(out _)) _log.CannotConsume(e.Error.Reason);
            return false;
        }
    }

    void EmitCollected()
    {
        if (_collected.Count == 0) return;
        List<FeedRecord> collected = _collected;
        _collected = [];
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

    // This and the next run inside Consume() or Close(), on their thread.
    List<TopicPartitionOffset> Assign(List<TopicPartition> partitions)
    {
        _readiness.Joined();
        List<TopicPartitionOffset> begin = [.. partitions.Select(partition => new TopicPartitionOffset(partition, Offset.Unset))];
        if (partitions.Count == 0 || _observer is null) return begin;
        _log.Assigned(string.Join(", ", partitions));
        IReadOnlyList<PartitionStart> starts = _starts.Of(partitions, _closing.Token);
        Emit(new PartitionsAssigned([.. partitions.Select(Id)]) { Starts = starts });
        return starts.Count == 0 ? begin : [.. partitions.Zip(starts, (partition, start) =>
            new TopicPartitionOffset(partition, start.Snapshot is { } snapshot ? snapshot.Next : Offset.Unset))];
    }

    // Returns when all that came of the partitions is stored and committed: only then may the next owner begin.
    void Withdraw(List<TopicPartitionOffset> partitions, Func<PartitionId[], SourceMessage> message)
    {
        if (partitions.Count == 0) return;
        _log.Revoked(string.Join(", ", partitions.Select(partition => partition.TopicPartition)));
        _paused.ExceptWith(partitions.Select(partition => partition.TopicPartition));
        if (_observer is null) return;  // closing: the pipeline is empty already
        EmitCollected();
        Emit(message([.. partitions.Select(partition => Id(partition.TopicPartition))]));
        try
        {
            if (!_drained.Wait(DrainWithin, _closing.Token)) _log.NotDrained(_inFlight);
        }
        catch (OperationCanceledException)
        {
            // The pipeline ended with an error: nothing more will be stored.
        }
    }

    static PartitionId Id(TopicPartition partition) => new(partition.Topic, partition.Partition.Value);
}
