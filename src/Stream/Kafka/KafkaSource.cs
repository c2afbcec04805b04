using System.Reactive.Disposables;
using System.Reactive.Linq;
using Confluent.Kafka;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Batches of records from the topics. The consumer waits while <see cref="MaxInFlight"/> batches are on their way, so
/// memory stays bounded under any backlog; an offset is stored once all that came of its batch is published.
/// </summary>
public sealed class KafkaSource : IDisposable
{
    /// <summary>Batches between the consumer and the end of the pipeline.</summary>
    public const int MaxInFlight = 4;

    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan PauseAfter = TimeSpan.FromSeconds(1);  // of waiting: a paused partition throws its prefetched records away
    static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(8);

    readonly EsnConfig _config;
    readonly Readiness _readiness;
    readonly ILogger _log;
    readonly TimeProvider _time;
    readonly IConsumer<byte[]?, byte[]?> _consumer;
    readonly Lock _lock = new();
    readonly ManualResetEventSlim _room = new(initialState: true), _drained = new(initialState: true);
    List<FeedRecord> _collected = [];
    IObserver<RecordBatch>? _observer;
    DateTimeOffset _complained = DateTimeOffset.MinValue;
    int _inFlight;
    Error? _fatal;

    /// <summary>Makes the client; connects when <see cref="Batches"/> is subscribed to.</summary>
    public KafkaSource(EsnConfig config, Readiness readiness, TimeProvider time, ILogger log)
    {
        (_config, _readiness, _time, _log) = (config, readiness, time, log);
        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(ClientSettings.Consumer(config))
            .SetPartitionsAssignedHandler((_, partitions) =>
            {
                readiness.Joined();
                if (partitions.Count > 0) log.Assigned(string.Join(", ", partitions));
            })
            .SetPartitionsRevokedHandler((_, partitions) => Revoke(partitions, commit: true))
            .SetPartitionsLostHandler((_, partitions) => Revoke(partitions, commit: false))
            .SetStatisticsHandler((_, statistics) => readiness.Heard(statistics))
            .SetErrorHandler((_, error) =>
            {
                if (error.IsFatal) _fatal = error;
                log.ClientError(error.Reason, error.Code.ToString());
            })
            .SetLogHandler((_, _) => { })  // told by the error handler already
            .Build();
    }

    /// <summary>The batches, until <paramref name="stop"/>; then it completes. One subscriber.</summary>
    /// <remarks>Ends with an error only where the client says that it can't go on.</remarks>
    public IObservable<RecordBatch> Batches(CancellationToken stop) => Observable.Create<RecordBatch>(observer =>
    {
        var consuming = new Thread(() => Consume(observer, stop)) { IsBackground = true, Name = "consume" };
        consuming.Start();
        return Disposable.Empty;
    });

    /// <summary>All that came of a batch is stored: its offsets may be committed.</summary>
    public void Done(RecordBatch batch)
    {
        foreach (var partition in batch.Records.GroupBy(record => (record.Topic, record.Partition)))
        {
            var offset = new TopicPartitionOffset(partition.Key.Topic, partition.Key.Partition, partition.Max(record => record.Offset) + 1);
            try
            {
                _consumer.StoreOffset(offset);
            }
            catch (KafkaException e)
            {
                _log.OffsetNotStored(offset.TopicPartition.ToString(), e.Error.Reason);
            }
        }
        if (batch.Records.Count > 0) _readiness.Progressed();
        lock (_lock)
        {
            _inFlight--;
            _room.Set();
            if (_inFlight == 0) _drained.Set();
        }
    }

    /// <summary>Commits what is done and leaves the group.</summary>
    public void Close()
    {
        try
        {
            _consumer.Close();
        }
        catch (KafkaException e)
        {
            _log.NotCommitted(e.Error.Reason);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _consumer.Dispose();
        _room.Dispose();
        _drained.Dispose();
    }

    void Consume(IObserver<RecordBatch> observer, CancellationToken stop)
    {
        _observer = observer;
        try
        {
            _consumer.Subscribe(_config.Source.Topics);
            while (!stop.IsCancellationRequested && _fatal is null)
            {
                if (!WaitForRoom(stop)) continue;
                Collect();
                Emit(revoked: []);
            }
            _observer = null;
            if (_fatal is null) observer.OnCompleted();
            else observer.OnError(new KafkaException(_fatal));
        }
        catch (KafkaException e)
        {
            observer.OnError(e);
        }
    }

    // The group must hear from a consumer that waits, or it gives its partitions away.
    bool WaitForRoom(CancellationToken stop)
    {
        DateTimeOffset since = _time.GetUtcNow();
        while (_time.GetUtcNow() - since < PauseAfter)
        {
            if (_room.Wait(Poll, CancellationToken.None)) return true;
            if (stop.IsCancellationRequested) return false;
        }
        List<TopicPartition> paused = _consumer.Assignment;
        _consumer.Pause(paused);
        while (!_room.IsSet && !stop.IsCancellationRequested) Take(Poll);
        _consumer.Resume(_consumer.Assignment.Intersect(paused));
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
            if (_consumer.Consume(wait) is not { } result) return false;
            _collected.Add(new FeedRecord(result.Topic, result.Partition, result.Offset, result.Message.Timestamp.UtcDateTime, result.Message.Key, result.Message.Value));
            return true;
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            // Such as a topic that is not there yet: it may come. Said once a minute.
            DateTimeOffset now = _time.GetUtcNow();
            if (now - _complained > TimeSpan.FromMinutes(1))
            {
                _log.CannotConsume(e.Error.Reason);
                _complained = now;
            }
            return false;
        }
    }

    void Emit(IReadOnlyList<(string, int)> revoked)
    {
        if (_collected.Count == 0 && revoked.Count == 0) return;
        var batch = new RecordBatch(_collected, revoked);
        _collected = [];
        lock (_lock)
        {
            _inFlight++;
            _drained.Reset();
            if (_inFlight >= MaxInFlight) _room.Reset();
        }
        _observer!.OnNext(batch);
    }

    // Runs inside Consume() or Close(), on their thread.
    void Revoke(List<TopicPartitionOffset> partitions, bool commit)
    {
        if (partitions.Count == 0) return;
        _log.Revoked(string.Join(", ", partitions.Select(partition => partition.TopicPartition)));
        if (_observer is null) return;  // closing: the pipeline is empty already
        Emit(revoked: []);
        if (!_drained.Wait(DrainWithin)) _log.NotDrained(_inFlight);
        if (commit)
        {
            try
            {
                _consumer.Commit();
            }
            catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_NoOffset)
            {
                // Nothing new since the last commit.
            }
            catch (KafkaException e)
            {
                _log.NotCommitted(e.Error.Reason);
            }
        }
        Emit([.. partitions.Select(partition => (partition.Topic, partition.Partition.Value))]);
    }
}
