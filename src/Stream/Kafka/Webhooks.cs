using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using CloudNative.CloudEvents;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Posts the changes of alarms, of feeds that fall silent, and of models, to addresses outside, for those who have no consumer on call: in
/// their order, with growing waits between attempts. What can't be posted becomes a dead letter. The topic of events is what counts:
/// a webhook that is away holds nothing up, and what is on its way when the process ends is lost to it.
/// </summary>
public sealed class Webhooks : IAsyncDisposable
{
    static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(2);

    readonly EsnConfig _config;
    readonly ILogger _log;
    readonly Webhook[] _hooks;
    readonly Lazy<IProducer<byte[]?, byte[]?>> _producer;

    /// <param name="config">Validated.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">What the process says.</param>
    /// <param name="counted">Told what became of each post: delivered, retried or failed.</param>
    public Webhooks(EsnConfig config, TimeProvider time, ILogger log, Action<string> counted)
    {
        (_config, _log) = (config, log);
        _hooks = [.. config.Sink.Webhooks.Select(hook => new Webhook(hook, config.Source.Fields.Channels, time, counted, Fail))];
        _producer = new Lazy<IProducer<byte[]?, byte[]?>>(() =>
            new ProducerBuilder<byte[]?, byte[]?>(ClientSettings.Producer(config)).SetLogHandler((_, _) => { }).Build());
    }

    /// <summary>Posts what a batch brought; returns at once.</summary>
    public void Observe(ScoredBatch batch)
    {
        if (_hooks.Length == 0) return;
        foreach (Webhook hook in batch.Back.Count > 0 ? _hooks : [])
            hook.Post(new Change(batch.Back[0].Stream, null, batch.ScoredAt) { Back = batch.Back });
        foreach (ScoredFrame frame in batch.Alarms)
        {
            if (frame.Result.Alarm is not { } alarm) continue;
            CloudEvent cloudEvent = AnomalyCloudEvent.Of(frame.Frame, alarm, frame.AlarmId, _config.Source.Fields.Channels,
                ended: frame.EndedBy);
            foreach (Webhook hook in _hooks) hook.Post(new Change(frame.Frame.Stream, cloudEvent, batch.ScoredAt)
            {
                Alarm = alarm, Id = frame.AlarmId,
            });
        }
        foreach (SilenceChange silence in batch.Silences)
        {
            CloudEvent cloudEvent = FeedCloudEvent.Of(silence.Stream, silence.Channel, silence.Ended, silence.Since, silence.Time,
                silence.Interval, silence.SinceAt, silence.At, _config.Source.Fields.Channels);
            foreach (Webhook hook in _hooks) hook.Post(new Change(silence.Stream, cloudEvent, batch.ScoredAt) { Silence = silence });
        }
        foreach (ScoredFrame frame in batch.ModelChanges)
        {
            CloudEvent cloudEvent = ModelCloudEvent.Of(frame.Frame, frame.Result.Position, frame.Result.Model!,
                _config.Source.Fields.Channels);
            // It has no end that could resolve an alert.
            foreach (Webhook hook in _hooks.Where(hook => hook.Format == WebhookFormat.Json))
                hook.Post(new Change(frame.Frame.Stream, cloudEvent, batch.ScoredAt));
        }
        foreach (StreamId stream in batch.Gone)
            foreach (Webhook hook in _hooks) hook.Post(new Change(stream, null, batch.ScoredAt));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_hooks.Select(hook => hook.DisposeAsync().AsTask())).ConfigureAwait(false);
        if (_producer.IsValueCreated) _producer.Value.Dispose();
    }

    async Task Fail(string host, StreamId stream, byte[] body, string reason)
    {
        _log.NotPosted(host, stream.Key, reason);
        var headers = new Headers();
        foreach ((string name, string value) in new[] { ("esn_reason", "webhook"), ("esn_detail", reason), ("esn_topic", stream.Topic),
            ("esn_webhook", host) })
            headers.Add(name, Encoding.UTF8.GetBytes(value));
        try
        {
            await _producer.Value.ProduceAsync(_config.Sink.DeadLetters,
                new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes(stream.Key), Value = body,
                    Headers = headers }).ConfigureAwait(false);
        }
        catch (KafkaException e)
        {
            _log.NotKept(host, e.Error.Reason);
        }
    }

    /// <summary>A change of an alarm, of what a feed gives, or of a model; without an event, its stream is another process's now, or
    /// some came back.</summary>
    sealed record Change(StreamId Stream, CloudEvent? Event, DateTime At)
    {
        public AlarmEvent? Alarm { get; init; }

        public string Id { get; init; } = "";

        public SilenceChange? Silence { get; init; }

        public IReadOnlyList<StreamBack> Back { get; init; } = [];
    }

    sealed class Webhook : IAsyncDisposable
    {
        const int MostWaiting = 10_000;

        static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(500), LongestWait = TimeSpan.FromSeconds(60);

        // Alertmanager takes what it hears no more of for resolved, after 5 min.
        static readonly TimeSpan Refresh = TimeSpan.FromSeconds(60);

        readonly WebhookConfig _config;
        readonly IReadOnlyList<string> _names;  // of the channels; empty: none
        readonly TimeProvider _time;
        readonly Action<string> _counted;
        readonly Func<string, StreamId, byte[], string, Task> _fail;
        readonly HttpClient _client;
        readonly Uri _url;
        readonly Channel<Change> _waiting = Channel.CreateBounded<Change>(MostWaiting);
        readonly CancellationTokenSource _ending = new();
        readonly Dictionary<(StreamId Stream, string What), Alert> _open = [];  // what Alertmanager is reminded of
        readonly Task _worker;

        public Webhook(WebhookConfig config, IReadOnlyList<string> names, TimeProvider time, Action<string> counted,
            Func<string, StreamId, byte[], string, Task> fail)
        {
            (_config, _names, _time, _counted, _fail, _url) = (config, names, time, counted, fail, new Uri(config.Url));
            _client = new HttpClient { Timeout = TimeSpan.FromSeconds(config.TimeoutSeconds) };
            foreach ((string name, string value) in config.Headers) _client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
            _worker = Task.Run(Work);
        }

        public WebhookFormat Format => _config.Format;

        public void Post(Change change)
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
                        if (_open.Count > 0) await Attempt(JsonSerializer.SerializeToUtf8Bytes(_open.Values, Layout)).ConfigureAwait(false);
                        refresh = Task.Delay(Refresh, _time, _ending.Token);
                    }
                    if (!await more.ConfigureAwait(false)) return;
                    while (_waiting.Reader.TryRead(out Change? change)) await Take(change).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException)
            {
                // The process ends.
            }
        }

        async Task Take(Change change)
        {
            if (change.Event is null)
            {
                // Its next owner reminds of it, or it resolves by itself.
                HashSet<StreamId> streams = [change.Stream, .. change.Back.Select(back => back.Stream)];
                foreach ((StreamId Stream, string) open in _open.Keys.Where(open => streams.Contains(open.Stream)).ToArray())
                    _open.Remove(open);
                if (_config.Format == WebhookFormat.Alertmanager)
                    foreach (StreamBack back in change.Back) Remember(change with { Stream = back.Stream }, back);
                return;
            }
            await Deliver(change.Stream, _config.Format == WebhookFormat.Json ? AnomalyCloudEvent.Structured(change.Event).ToArray()
                : JsonSerializer.SerializeToUtf8Bytes(change.Silence is { } silence ? Alerts(change, silence)
                    : Alerts(change, change.Alarm!), Layout)).ConfigureAwait(false);
        }

        // What the process before this one told goes on firing: it is reminded of with the others.
        void Remember(Change change, StreamBack back)
        {
            if (back is { Alarm: { } alarm, Severity: { } severity })
                Alerts(change, "alarm", ended: false, LabelsOf(back.Stream, severity, alarm, back.LaterChannels),
                    AlarmText(back.Stream),
                    string.Create(CultureInfo.InvariantCulture, $"Open since before this process began; peak score {back.PeakScore:F2} "
                        + $"(1 = threshold), {Words.Of(severity)}."));
            foreach (int channel in back.Silent ? [-1, .. back.SilentChannels] : back.SilentChannels)
                Alerts(change, FormattableString.Invariant($"silence {channel}"), ended: false, LabelsOf(back.Stream, channel),
                    SilentText(back.Stream, channel, null), "Silent since before this process began.");
        }

        Dictionary<string, string> LabelsOf(StreamId stream, Severity severity, string alarm, IReadOnlyList<int> later)
        {
            var labels = new Dictionary<string, string>
            {
                ["alertname"] = "EsnAnomaly",
                ["severity"] = severity switch { Severity.Critical => "critical", Severity.Major => "warning", _ => "info" },
                ["topic"] = stream.Topic, ["stream"] = stream.Key, ["partition"] = FormattableString.Invariant($"{stream.Partition}"),
                ["alarm"] = alarm,
            };
            // Alertmanager tells again of an alert whose labels are others.
            if (later.Count > 0) labels["later_channels"] = string.Join(", ", later.Select(NameOf));
            return labels;
        }

        string NameOf(int channel) => AnomalyCloudEvent.NameOrNumber(_names, channel);

        static Dictionary<string, string> LabelsOf(StreamId stream, int channel)
        {
            var labels = new Dictionary<string, string>
            {
                ["alertname"] = "EsnFeedSilent", ["severity"] = "warning", ["topic"] = stream.Topic, ["stream"] = stream.Key,
                ["partition"] = FormattableString.Invariant($"{stream.Partition}"),
            };
            if (channel >= 0) labels["channel"] = FormattableString.Invariant($"{channel}");
            return labels;
        }

        static string AlarmText(StreamId stream) => $"{stream.Key} ({stream.Topic}) does not behave as it used to";

        static string SilentText(StreamId stream, int channel, string? name)
        {
            string what = channel < 0 ? "" : $"channel {name ?? FormattableString.Invariant($"{channel}")} of ";
            return $"{what}{stream.Key} ({stream.Topic}) gives nothing any more";
        }

        List<Alert> Alerts(Change change, AlarmEvent alarm)
        {
            return Alerts(change, "alarm", ended: alarm.Change is AlarmChange.Closed or AlarmChange.Adapted,
                LabelsOf(change.Stream, alarm.Severity, change.Id, alarm.LaterChannels), AlarmText(change.Stream),
                string.Create(CultureInfo.InvariantCulture, $"Open since step {alarm.Start}, feed time "
                    + $"{FeedTime.Write(alarm.StartTime)}; peak score {alarm.PeakScore:F2} (1 = threshold), "
                    + $"{Words.Of(alarm.Severity)}{Where(alarm)}; now {Words.Of(alarm.Change)}."));
        }

        // The channels that an alarm is about, where there are several; of a field there are regions.
        string Where(AlarmEvent alarm)
        {
            const double part = .2;  // of the peak, that is worth a word at night
            if (alarm.Observed.Length < 2 || alarm.Field is not null) return "";
            string first = string.Join(", ", alarm.Contributions.Where(one => one.Share >= part).Select(one => NameOf(one.Channel)));
            string later = string.Join(", ", alarm.LaterChannels.Select(NameOf));
            return (first.Length > 0 ? $"; in {first}" : "") + (later.Length > 0 ? $"; later in {later}" : "");
        }

        List<Alert> Alerts(Change change, SilenceChange silence)
        {
            var data = (FeedCloudEvent.FeedData)change.Event!.Data!;
            return Alerts(change, FormattableString.Invariant($"silence {silence.Channel}"), silence.Ended,
                LabelsOf(change.Stream, silence.Channel), SilentText(change.Stream, silence.Channel, data.Name),
                string.Create(CultureInfo.InvariantCulture, $"The last it gave is of feed time {data.Since}; a frame comes every "
                    + $"{data.IntervalSeconds:G3} s else; now it {(silence.Ended ? "speaks again" : "is silent")}."));
        }

        // An alert is its labels: one whose severity changes is resolved, and another one fires.
        List<Alert> Alerts(Change change, string what, bool ended, Dictionary<string, string> labels, string summary, string description)
        {
            var alerts = new List<Alert>();
            Alert? before = _open.GetValueOrDefault((change.Stream, what));
            bool same = before is not null && before.labels.OrderBy(label => label.Key).SequenceEqual(labels.OrderBy(label => label.Key));
            if (before is not null && !same) alerts.Add(before with { endsAt = FeedTime.Write(change.At) });
            var alert = new Alert(labels, new Dictionary<string, string> { ["summary"] = summary, ["description"] = description },
                same ? before!.startsAt : FeedTime.Write(change.At), ended ? FeedTime.Write(change.At) : null);
            alerts.Add(alert);
            if (ended) _open.Remove((change.Stream, what));
            else _open[(change.Stream, what)] = alert;
            return alerts;
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

        // Whether it was taken, whether it may be later, and what was said.
        async Task<(bool Done, bool Again, string Said)> Attempt(byte[] body)
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

        static readonly JsonSerializerOptions Layout = new()
        {
            DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        };

        // Named as Alertmanager's API names them.
        sealed record Alert(Dictionary<string, string> labels, Dictionary<string, string> annotations, string startsAt, string? endsAt);
    }
}
