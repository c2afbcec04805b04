using System.Net.Sockets;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Esn.Streaming.Http;
using Esn.Streaming.Kafka;
using Esn.Streaming.Pipeline;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Hosting;

/// <summary>The whole running system of one process: source, pipeline, outbox, metrics and health.</summary>
public sealed class StreamingHost : IAsyncDisposable
{
    /// <summary>
    /// How long what is on its way may take after a request to stop, and how long leaving the group after it; containers get 10
    /// s.
    /// </summary>
    public static readonly TimeSpan FlushWithin = TimeSpan.FromSeconds(6.5), LeaveWithin = TimeSpan.FromSeconds(2);

    static readonly TimeSpan PassTime = TimeSpan.FromSeconds(5);

    readonly EsnConfig _config;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly WebApplication _web;
    readonly Readiness _readiness;
    readonly CommandBook _book;
    readonly StreamBoard _board;
    readonly Webhooks _webhooks;
    readonly EventHistory _past;
    readonly Subject<ScoredBatch> _batches = new();
    readonly Subject<SourceMessage> _told = new();  // before this process

    /// <param name="config">Validated.</param>
    /// <param name="time">The clock of everything.</param>
    /// <param name="log">What the process says.</param>
    /// <exception cref="ConfigException">A setting of librdkafka is none.</exception>
    public StreamingHost(EsnConfig config, TimeProvider time, ILoggerFactory log)
    {
        IReadOnlyList<string> ignored = ClientCheck.Settings(config);
        (_config, _time, _log) = (config, time, log.CreateLogger("esn"));
        foreach (string setting in ignored) _log.SettingIgnored(setting);
        Metrics = new EsnMetrics(config.Http, config.Source.Fields.Channels, time);
        _readiness = new Readiness(time, TimeSpan.FromSeconds(config.Http.StallSeconds), config.Kafka.BootstrapServers);
        _book = new CommandBook(time) { Log = config.Control.Topic.Length > 0 ? CommandBook.NotNow : null };
        _past = new EventHistory(config, time, _log);
        _webhooks = new Webhooks(config, time, _log, Metrics.CountPost);
        _board = new StreamBoard(config.Http, config.Source.Fields.Channels, time, _book.Mutes.Covers, _book.Notes.Of);
        _book.Mutes.Changed += _board.Touch;
        _book.Notes.Changed += _board.Touch;
        _web = WebServer.Make(config.Http, Metrics.Registry, _board, _readiness, _book, time, log, _log);
        Metrics.ShowBeforeCollecting(_readiness);
    }

    /// <summary>All instruments.</summary>
    public EsnMetrics Metrics { get; }

    /// <summary>Each batch once all that came of it is stored.</summary>
    public IObservable<ScoredBatch> Batches => _batches;

    /// <summary>Where /metrics and /health are; known once <see cref="Run"/> is under way.</summary>
    public Uri? Address { get; private set; }

    /// <summary>Runs until <paramref name="stop"/>, then publishes what is on its way, commits and leaves.</summary>
    /// <returns>Whether it ended as it should.</returns>
    /// <exception cref="ConfigException">A topic is missing, or the address can't be listened on.</exception>
    public async Task<bool> Run(CancellationToken stop)
    {
        using IDisposable? traces = Tracing.Start(_config.Tracing, _config.Source.Group);
        using IDisposable? exported = Otlp.Start(_config.Tracing, _config.Source.Group, Metrics, _time);
        try
        {
            await _web.StartAsync(stop).ConfigureAwait(false);
        }
        // In use, of another machine, or not for this user.
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new ConfigException($"http.listen: can't listen on {_config.Http.Address}: {e.GetBaseException().Message}; an address "
                + $"of this machine and a free port are expected, 0 for any{_config.Where("http.listen")}");
        }
        Address = new Uri(_web.Urls.First());
        _log.Started(Build.Version, string.Join(", ", _config.Source.Topics), _config.Kafka.BootstrapServers, _config.Source.Group,
            $"{Address.Host}:{Address.Port}", _config.State.Store switch
            {
                StateStore.Topic => $"in topic {_config.State.Topic}",
                StateStore.Directory => $"in {Path.GetFullPath(_config.StateDirectory)}",
                _ => "not kept",
            });
        try
        {
            bool heard = await Topics.Ensure(_config, _time, _log, stop).ConfigureAwait(false);
            _readiness.Reached();
            if (!heard) _log.NoCommands(_config.Control.Topic);
            using CommandTopic? commands = heard && _config.Control.Topic.Length > 0 ? new CommandTopic(_config, _book, _time, _log) : null;
            if (commands is not null) await commands.Start(stop).ConfigureAwait(false);
            _book.Log = heard ? commands : CommandBook.Missing(_config.Control.Topic);
            bool good = await Stream(commands, stop).ConfigureAwait(false);
            if (commands is not null) _book.Log = CommandBook.NotNow;
            return good;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return true;  // asked to stop before there was anything to flush
        }
        finally
        {
            using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(1), _time);
            await _web.StopAsync(hurry.Token).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _batches.Dispose();
        _told.OnCompleted();  // not disposed of: what is still being read from before then goes nowhere, and is no error
        await _webhooks.DisposeAsync().ConfigureAwait(false);
        await _web.DisposeAsync().ConfigureAwait(false);
    }

    async Task<bool> Stream(CommandTopic? commands, CancellationToken stop)
    {
        ISnapshotStore? store = await Store(stop).ConfigureAwait(false);
        var source = new KafkaSource(_config, _readiness, _time, _log, store);
        TransactionalOutbox? once = await TransactionalOutbox.TryMake(_config, source.Consumer, source.IsGone, _time, _log, stop)
            .ConfigureAwait(false);
        PlainOutbox? atLeastOnce = once is null ? new PlainOutbox(_config, source.Consumer, _time, _log) : null;
        if (once is not null) source.GaveUp = once.GaveUp;
        if (store is TopicStore topic && once is not null) topic.Committing = once.Keep;
        IOutbox outbox = (IOutbox?)once ?? atLeastOnce!;
        using var givenUp = new CancellationTokenSource();  // what is on its way is not waited for any more
        var streams = new StreamTable(_config, _time, store, givenUp.Token);
        if (store is not null)
        {
            Metrics.KeepEvery(_config.State.IntervalSeconds);
            outbox = new KeepingOutbox(outbox, new MeasuredStore(store, Metrics.CountSnapshot),
                TimeSpan.FromSeconds(_config.State.IntervalSeconds), source.IsGone, _time, _log, streams.Kept)
            {
                NotKept = streams.NotKept,
            };
        }
        using var scoring = new EventLoopScheduler(start => new Thread(start) { IsBackground = true, Name = "score" });
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool good;
        using var watched = new CancellationTokenSource();
        Task<bool> watch = new GroupWatch(_config, source, _readiness, commands, _time, _log).Run(watched.Token);
        // Where records wait, a stream that was not heard of is not silent for that.
        IObservable<SourceMessage> beside = Observable.Interval(PassTime).Where(_ => _readiness is { Missing: null, Waiting: 0 })
            .Select(SourceMessage (_) => new TimePassed()).Merge(Reloading.Of(_config, Metrics, _time, _log)).Merge(_told);
        using (DetectionPipeline.Run(
            CommandFeed.With(source.Messages(stop), _book, () => commands?.CatchUp(CommandTopic.Patience)), streams,
                outbox, scoring, beside)
            .Do(batch => Done(source, batch, stop))
            .Subscribe(_ => { }, error => ended.TrySetException(error), () => ended.TrySetResult()))
            good = await Ended(ended.Task, stop).ConfigureAwait(false);

        if (!good) await givenUp.CancelAsync().ConfigureAwait(false);
        await watched.CancelAsync().ConfigureAwait(false);
        bool unwatched = await watch.ConfigureAwait(false);
        if (once is not null && good) good = await once.Finish(LeaveWithin).ConfigureAwait(false);
        // Nothing reaches the clients any more. The group hears that this member goes, whatever the reason.
        Departure departure = await source.Close(LeaveWithin).ConfigureAwait(false);
        if (departure == Departure.NotLeft)
        {
            _log.NotLeft(LeaveWithin.TotalSeconds);
            return false;
        }
        // With something still to be sent to brokers that are away, the end of a client waits for them; that of the process does not.
        // The store has clients too, and may be within a call.
        if (!good || departure != Departure.Committed) return false;
        once?.Dispose();
        atLeastOnce?.Dispose();
        if (unwatched) source.Dispose();
        if (store is not null) await store.DisposeAsync().ConfigureAwait(false);
        _log.Ended(Metrics.StepCount);
        return true;
    }

    // Before anything is read: a directory that can't be written to, or a topic that does not fit, stops the start.
    async Task<ISnapshotStore?> Store(CancellationToken stop)
    {
        if (_config.State.Store == StateStore.None) return null;
        if (_config.State.Store == StateStore.Topic)
        {
            var kept = new TopicStore(_config, _time, _log);
            await kept.Ensure(stop).ConfigureAwait(false);
            return kept;
        }
        var store = new DirectoryStore(_config.StateDirectory, _config.Source.Group, _log);
        try
        {
            if (store.Try() is { } full) _log.DiskFull(full);
        }
        catch (SnapshotException e)
        {
            throw new ConfigException($"state.directory: {e.Message}; state.store: none keeps nothing{_config.Where("state.directory")}");
        }
        return store;
    }

    void Done(KafkaSource source, ScoredBatch batch, CancellationToken stop)
    {
        Metrics.Observe(batch);
        _board.Observe(batch);
        _webhooks.Observe(batch);
        _batches.OnNext(batch);
        source.Done(batch.Message);
        // Nobody waits for it, the end of the process neither: it only reads, and may wait for a broker that is away.
        if (batch.Message is PartitionsAssigned { Partitions: { Count: > 0 } partitions })
            _ = Unawaited.Told(() => Recall(_past.Read(partitions, stop), partitions), e => _log.NoPast(_config.Sink.Events, e));
    }

    void Recall(PastEvents past, IReadOnlyList<PartitionId> of)
    {
        _board.Recall(past.Alarms, past.Whole ? of : []);
        if (past.Silences.Count > 0) _told.OnNext(new SilencesTold(past.Silences));
    }

    async Task<bool> Ended(Task ended, CancellationToken stop)
    {
        Task stopped = Task.Delay(Timeout.InfiniteTimeSpan, stop);
        await Task.WhenAny(ended, stopped).ConfigureAwait(false);
        if (!ended.IsCompleted) await Task.WhenAny(ended, Task.Delay(FlushWithin, _time, CancellationToken.None)).ConfigureAwait(false);
        if (!ended.IsCompleted) _log.NotFlushed(FlushWithin.TotalSeconds);
        if (ended.IsFaulted) _log.Stopped(ended.Exception!.GetBaseException().Message);
        return ended.IsCompletedSuccessfully;
    }
}
