using System.Net;
using System.Net.Http.Headers;
using System.Threading.Channels;
using CloudNative.CloudEvents;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>A change of an alarm, of what a feed gives, or of a model; without an event, its stream is another process's now, or
/// some came back.</summary>
sealed record WebhookChange(StreamId Stream, CloudEvent? Event, DateTime At)
{
    public AlarmEvent? Alarm { get; init; }

    public string Id { get; init; } = "";

    public SilenceChange? Silence { get; init; }

    public IReadOnlyList<StreamBack> Back { get; init; } = [];
}

/// <summary>One address that changes are posted to, one after another; what can't be posted is handed back.</summary>
sealed class Webhook : IAsyncDisposable
{
    const int MostWaiting = 10_000;

    static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(2);

    static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(500), LongestWait = TimeSpan.FromSeconds(60);

    // Alertmanager takes what it hears no more of for resolved, after 5 min.
    static readonly TimeSpan Refresh = TimeSpan.FromSeconds(60);

    readonly WebhookConfig _config;
    readonly AlertmanagerAlerts? _alerts;  // null: it takes events
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly Action<string> _counted;
    readonly Func<string, StreamId, byte[], string, Task> _fail;
    readonly HttpClient _client;
    readonly Uri _url;
    readonly Channel<WebhookChange> _waiting = Channel.CreateBounded<WebhookChange>(MostWaiting);
    readonly CancellationTokenSource _ending = new();
    readonly Task _worker;
    long? _away;  // since when it takes nothing

    public Webhook(WebhookConfig config, IReadOnlyList<string> names, Func<StreamId, string?> link, TimeProvider time, ILogger log,
        Action<string> counted, Func<string, StreamId, byte[], string, Task> fail)
    {
        (_config, _time, _log, _counted, _fail, _url) = (config, time, log, counted, fail, new Uri(config.Url));
        _alerts = config.Format == WebhookFormat.Alertmanager ? new AlertmanagerAlerts(names, link) : null;
        _client = new HttpClient { Timeout = TimeSpan.FromSeconds(config.TimeoutSeconds) };
        foreach ((string name, string value) in config.Headers) _client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        _worker = Task.Run(Work);
    }

    public WebhookFormat Format => _config.Format;

    public void Post(WebhookChange change)
    {
        if (_waiting.Writer.TryWrite(change) || change.Event is null) return;
        _counted("failed");
        _ = _fail(_url.Host, change.Stream, AnomalyCloudEvent.Structured(change.Event).ToArray(),
            $"{MostWaiting} changes wait already");
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.Complete();
        if (await Task.WhenAny(_worker, Task.Delay(EndWithin, _time)).ConfigureAwait(false) != _worker)
            await _ending.CancelAsync().ConfigureAwait(false);
        await _worker.ConfigureAwait(false);
        _client.Dispose();
        _ending.Dispose();
    }

    async Task Work()
    {
        Task refresh = Task.Delay(Refresh, _time, _ending.Token);
        try
        {
            while (true)
            {
                Task<bool> more = _waiting.Reader.WaitToReadAsync(_ending.Token).AsTask();
                while (await Task.WhenAny(more, refresh).ConfigureAwait(false) == refresh)
                {
                    if (_alerts?.Open() is { } open) await Attempt(open).ConfigureAwait(false);
                    refresh = Task.Delay(Refresh, _time, _ending.Token);
                }
                if (!await more.ConfigureAwait(false)) return;
                while (_waiting.Reader.TryRead(out WebhookChange? change)) await Take(change).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }

    async Task Take(WebhookChange change)
    {
        if (change.Event is null) _alerts?.HandOver(change);
        else
            await Deliver(change.Stream, _alerts?.Of(change) ?? AnomalyCloudEvent.Structured(change.Event).ToArray()).ConfigureAwait(false);
    }

    async Task Deliver(StreamId stream, byte[] body)
    {
        long since = _time.GetTimestamp();
        TimeSpan wait = FirstWait;
        while (true)
        {
            (bool done, bool again, string said) = await Attempt(body).ConfigureAwait(false);
            if (done)
            {
                _counted("delivered");
                return;
            }
            if (!again || _time.GetElapsedTime(since) + wait > TimeSpan.FromSeconds(_config.RetrySeconds))
            {
                _counted("failed");
                await _fail(_url.Host, stream, body, said).ConfigureAwait(false);
                return;
            }
            _counted("retried");
            await Task.Delay(wait, _time, _ending.Token).ConfigureAwait(false);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }

    // Whether it was taken, whether it may be later, and what was said. An outage is told when it begins and when it ends; what is
    // refused for good is none.
    async Task<(bool Done, bool Again, string Said)> Attempt(byte[] body)
    {
        (bool done, bool again, string said) = await Send(body).ConfigureAwait(false);
        if (done && _away is { } since)
        {
            _away = null;
            _log.WebhookBack(_url.Host, _time.GetElapsedTime(since).TotalSeconds);
        }
        else if (again && _away is null)
        {
            _away = _time.GetTimestamp();
            _log.WebhookAway(_url.Host, said, _config.RetrySeconds);
        }
        return (done, again, said);
    }

    async Task<(bool Done, bool Again, string Said)> Send(byte[] body)
    {
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue(
                _config.Format == WebhookFormat.Json ? "application/cloudevents+json" : "application/json");
            using HttpResponseMessage answer = await _client.PostAsync(_url, content, _ending.Token).ConfigureAwait(false);
            bool again = (int)answer.StatusCode >= 500
                || answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests;
            return (answer.IsSuccessStatusCode, again, $"{(int)answer.StatusCode} {answer.ReasonPhrase}");
        }
        catch (HttpRequestException e)
        {
            return (false, true, e.Message);
        }
        catch (OperationCanceledException) when (!_ending.IsCancellationRequested)
        {
            return (false, true, $"no answer within {_config.TimeoutSeconds} s");
        }
    }
}
