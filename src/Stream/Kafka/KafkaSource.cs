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

    const int MostBytes = 16 * 1024 * 1024;  // of a batch's values, but for the last: records of fields are large

    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan PauseAfter = TimeSpan.FromSeconds(1);  // of waiting: a paused partition throws its prefetched records away

    readonly EsnConfig _config;
    readonly Readiness _readiness;
    readonly ILogger _log;
    readonly TimeProvider _time;
    readonly RateLimit _complaints;
    readonly TopicIds _topics;
    readonly StartOffsets _starts;
    readonly Membership _membership;
    readonly InFlight _inFlight = new(MaxInFlight);
    readonly BatchSize _size;
    readonly SharedKeys _keys = new();
    readonly RecordValues _values;
    readonly ClientPoll _poll;
    readonly CancellationTokenSource _closing = new();  // nothing is waited for any more
    RecordRows _collected = new();
    long _bytes;  // of their values
    readonly List<int> _ends = [];  // records of theirs after which one of another partition comes
    string _topic = "";  // of the last record
    int _partition;      // the same
    Thread? _consuming;
    long _waits;
    string[]? _anew;  // topics that were made anew, and are to be begun with
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
        _size = new BatchSize(config.Source.BatchSize, time);
        _values = new RecordValues(config.Source.Fields);
        var said = new ClientLog(log, time);
        Consumer = new ConsumerBuilder<byte[]?, byte[]?>(ClientSettings.Consumer(config))
            .SetPartitionsAssignedHandler((_, partitions) => _poll!.Within(() => _membership!.Assign(partitions)))
            .SetPartitionsRevokedHandler((_, partitions) => _poll!.Within(() => _membership!.Revoke(partitions)))
            .SetPartitionsLostHandler((_, partitions) => _poll!.Within(() => _membership!.Lose(partitions)))
            .SetStatisticsHandler((_, statistics) => _poll!.Within(() => readiness.Heard(statistics)))
            .SetErrorHandler((_, error) =>
            {
                if (error.IsFatal) _fatal = error;
                said.Error(error);
            })
            .SetLogHandler((_, line) => said.Line(line))
            .Build();
        _poll = new ClientPoll(Consumer);
        _starts = new StartOffsets(config, Consumer, log);
        _topics = new TopicIds(Consumer, log);
        _membership = new Membership(Consumer, _topics, _starts, new SnapshotStarts(store, Consumer, time, log), _inFlight, readiness,
            log, _closing.Token);
    }

    /// <summary>The client, for an outbox to store offsets of.</summary>
    public IConsumer<byte[]?, byte[]?> Consumer { get; }

    /// <inheritdoc cref="Membership.IsGone"/>
    public bool IsGone(PartitionId partition) => _membership.IsGone(partition);

    /// <inheritdoc cref="Membership.GaveUp"/>
    public Func<PartitionId, bool> GaveUp
    {
        get => _membership.GaveUp;
        set => _membership.GaveUp = value;
    }

    /// <summary>
    /// Looks whether a topic was deleted and made anew so quickly that the client goes on where the old one was; its partitions are
    /// then begun with.
    /// </summary>
    /// <param name="admin">Asks.</param>
    /// <exception cref="KafkaException">There was no answer.</exception>
    internal async Task LookAtTopics(IAdminClient admin)
    {
        string[] anew = await _topics.Others(admin).ConfigureAwait(false);
        if (anew.Length > 0) Volatile.Write(ref _anew, anew);
    }

    /// <summary>Records that wait in here for room in the pipeline.</summary>
    internal int Collected => _collected.Count;

    /// <summary>Whether its partitions are paused as there is no room; and how often it has looked since then, all in all.</summary>
    internal bool IsPaused { get; private set; }

    /// <inheritdoc cref="IsPaused"/>
    internal long Waits => Volatile.Read(ref _waits);

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
        // It came from none of ours.
        if (message is SourceEnded or CommandsGiven or TimePassed or ConfigChanged or SilencesTold) return;
        if (message is RecordBatch)
        {
            _readiness.Progressed();
            _size.End();
        }
        _membership.Done(message);
        _inFlight.End();
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

    /// <summary>Ends the consumer's thread, if <see cref="Close"/> has not, and frees the client.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        _consuming?.Join();  // a client that is freed under its own call takes the process with it
        Consumer.Dispose();
        _inFlight.Dispose();
        _closing.Dispose();
    }

    void Consume(IObserver<SourceMessage> observer, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, _closing.Token);
        void Emit(SourceMessage message)
        {
            _inFlight.Begin();
            observer.OnNext(message);
        }
        void Flush() => EmitCollected(Emit);
        _membership.Begin(Emit, Flush);
        try
        {
            _starts.Start();
            Consumer.Subscribe(_config.Source.Topics);
            while (!ending.IsCancellationRequested && _fatal is null)
            {
                if (Interlocked.Exchange(ref _anew, null) is { } anew) _membership.BeginAnew(anew);
                if (!WaitForRoom(ending.Token)) continue;
                Collect();
                Flush();
            }
            _membership.End();
            if (_fatal is null) observer.OnCompleted();
            else observer.OnError(new KafkaException(_fatal));
        }
        // Whatever it is, it ends the pipeline in order, not the process without.
        catch (Exception e)
        {
            _membership.End();
            observer.OnError(e);
        }
    }

    // The group must hear from a consumer that waits, or it gives its partitions away.
    bool WaitForRoom(CancellationToken ending)
    {
        DateTimeOffset since = _time.GetUtcNow();
        while (_time.GetUtcNow() - since < PauseAfter)
        {
            if (_inFlight.WaitForRoom(Poll)) return true;
            if (ending.IsCancellationRequested) return false;
        }
        while (!_inFlight.HasRoom && !ending.IsCancellationRequested)
        {
            _membership.Pause();
            IsPaused = true;
            Take(Poll);
            Interlocked.Increment(ref _waits);
        }
        _membership.Resume();
        IsPaused = false;
        return _inFlight.HasRoom;
    }

    void Collect()
    {
        if (_collected.Count == 0) Take(Poll);
        int most = _size.Most;
        while (_collected.Count > 0 && _collected.Count < most && _bytes < MostBytes && Take(TimeSpan.Zero)) { }
    }

    bool Take(TimeSpan wait)
    {
        try
        {
            using ClientPoll.PolledRecord record = _poll.Next(wait);
            if (!record.Exists) return false;
            string topic = _poll.TopicOf(in record);
            if (_collected.Count > 0 && (_partition != record.Partition || _topic != topic)) _ends.Add(_collected.Count - 1);
            (_topic, _partition) = (topic, record.Partition);
            _bytes += record.Value.Length;
            byte[]? key = _keys.Of(record.Key, !record.HasKey), value = _values.Of(record.Value, !record.HasValue);
            IReadOnlyList<RecordHeader> headers = record.Headers;
            _collected.Add(headers.Count == 0 && _values.Read is { } read
                ? new RecordRow(null, topic, _partition, record.Offset, record.Milliseconds)
                {
                    Key = key, Name = _keys.Name, Time = read.Time, Value = read.Value, Bytes = _values.Bytes,
                }
                : RecordRow.Of(new FeedRecord(topic, _partition, record.Offset, record.Milliseconds, key,
                    _values.Read is null ? value : [.. _values.Bytes]) { Headers = headers }));
            return true;
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            // Such as a topic that is not there yet: it may come.
            if (_complaints.Allows(out int repeats)) _log.CannotConsume(e.Error.Reason, repeats);
            return false;
        }
    }

    void EmitCollected(Action<SourceMessage> emit)
    {
        if (_collected.Count == 0) return;
        RecordRows collected = _collected;
        bool bounded = _bytes >= MostBytes;
        (_collected, _bytes) = (new RecordRows(), 0);
        // Records of a partition come together: the last of them says how far it is read.
        foreach (int end in _ends) _membership.Read(collected[end]);
        _membership.Read(collected[^1]);
        _ends.Clear();
        _size.Begin(collected.Count, bounded);
        emit(new RecordBatch(collected));
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
