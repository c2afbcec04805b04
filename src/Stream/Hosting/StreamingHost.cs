using System.Net;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Esn.Streaming.Http;
using Esn.Streaming.Kafka;
using Esn.Streaming.Pipeline;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace Esn.Streaming.Hosting;

/// <summary>The whole running system of one process: source, pipeline, sink, metrics and health.</summary>
public sealed class StreamingHost : IAsyncDisposable
{
    static readonly TimeSpan FlushWithin = TimeSpan.FromSeconds(7);  // of a request to stop; containers get 10

    readonly EsnConfig _config;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly WebApplication _web;
    readonly Readiness _readiness;
    readonly Mutes _mutes;
    readonly Subject<ScoredBatch> _batches = new();

    /// <param name="config">Validated.</param>
    /// <param name="time">The clock of everything.</param>
    /// <param name="log">What the process says.</param>
    public StreamingHost(EsnConfig config, TimeProvider time, ILoggerFactory log)
    {
        (_config, _time, _log) = (config, time, log.CreateLogger("esn"));
        Metrics = new EsnMetrics(config.Http);
        _readiness = new Readiness(time, TimeSpan.FromSeconds(config.Http.StallSeconds));
        _mutes = new Mutes(time);
        _web = Web(log);
    }

    /// <summary>All instruments.</summary>
    public EsnMetrics Metrics { get; }

    /// <summary>Each batch once all that came of it is stored.</summary>
    public IObservable<ScoredBatch> Batches => _batches;

    /// <summary>Where /metrics and /health are; known once <see cref="Run"/> is under way.</summary>
    public Uri? Address { get; private set; }

    /// <summary>Runs until <paramref name="stop"/>, then publishes what is on its way, commits and leaves.</summary>
    /// <returns>Whether it ended as it should.</returns>
    /// <exception cref="ConfigException">A topic is missing.</exception>
    public async Task<bool> Run(CancellationToken stop)
    {
        using IDisposable? traces = Tracing.Start(_config.Tracing, _config.Source.Group);
        try
        {
            await _web.StartAsync(stop).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new ConfigException($"http.listen: can't listen on {_config.Http.Listen}: {e.Message}");
        }
        Address = new Uri(_web.Urls.First());
        _log.Started(Build.Version, string.Join(", ", _config.Source.Topics), _config.Kafka.BootstrapServers, _config.Source.Group, $"{Address.Host}:{Address.Port}");
        try
        {
            await Topics.Ensure(_config, _log, stop).ConfigureAwait(false);
            return await Stream(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return true;  // asked to stop before there was anything to flush
        }
        finally
        {
            using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await _web.StopAsync(hurry.Token).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _batches.Dispose();
        await _web.DisposeAsync().ConfigureAwait(false);
    }

    async Task<bool> Stream(CancellationToken stop)
    {
        using var source = new KafkaSource(_config, _readiness, _time, _log);
        using var sink = new KafkaSink(_config, _time, _log);
        using var scoring = new EventLoopScheduler(start => new Thread(start) { IsBackground = true, Name = "score" });
        var streams = new StreamTable(_config, Metrics, _time, _mutes);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        using IDisposable pipeline = DetectionPipeline.Run(source.Batches(stop), streams, sink, scoring).Subscribe(
            batch =>
            {
                source.Done(batch.Batch);
                _batches.OnNext(batch);
            },
            ended.SetException,
            ended.SetResult);

        Task stopped = Task.Delay(Timeout.InfiniteTimeSpan, stop);
        await Task.WhenAny(ended.Task, stopped).ConfigureAwait(false);
        if (!ended.Task.IsCompleted) await Task.WhenAny(ended.Task, Task.Delay(FlushWithin, _time, CancellationToken.None)).ConfigureAwait(false);
        if (!ended.Task.IsCompleted)
        {
            _log.NotFlushed(FlushWithin.TotalSeconds);
            return false;
        }
        if (ended.Task.IsFaulted)
        {
            _log.Stopped(ended.Task.Exception!.GetBaseException().Message);
            return false;
        }
        source.Close();
        _log.Ended(Metrics.StepCount);
        return true;
    }

    WebApplication Web(ILoggerFactory log)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(log);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPEndPoint.Parse(_config.Http.Listen)));
        WebApplication web = builder.Build();
        Metrics.Registry.AddBeforeCollectCallback(() =>
        {
            Metrics.Ready.Set(_readiness.Missing is null ? 1 : 0);
            Metrics.Lag.Set(_readiness.Waiting);
        });
        web.MapMetrics("/metrics", Metrics.Registry);
        web.MapGet("/health/live", () => "live\n");
        web.MapGet("/health/ready", () => _readiness.Missing is { } missing
            ? Results.Text($"not ready: {missing}\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("ready\n"));
        web.MapMutes(_mutes, _config.Http.Mutes, _log);
        return web;
    }
}
