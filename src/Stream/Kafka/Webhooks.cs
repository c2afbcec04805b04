using System.Text;
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
        _hooks = [.. config.Sink.Webhooks.Select(hook =>
            new Webhook(hook, config.Source.Fields.Channels, config.Http.LinkTo, time, log, counted, Fail))];
        _producer = new Lazy<IProducer<byte[]?, byte[]?>>(() =>
            new ProducerBuilder<byte[]?, byte[]?>(ClientSettings.Producer(config)).SetLogHandler((_, _) => { }).Build());
    }

    /// <summary>Posts what a batch brought; returns at once.</summary>
    public void Observe(ScoredBatch batch)
    {
        if (_hooks.Length == 0) return;
        foreach (Webhook hook in batch.Back.Count > 0 ? _hooks : [])
            hook.Post(new WebhookChange(batch.Back[0].Stream, null, batch.ScoredAt) { Back = batch.Back });
        foreach (ScoredFrame frame in batch.Alarms)
        {
            if (frame.Result.Alarm is not { } alarm) continue;
            CloudEvent cloudEvent = AnomalyCloudEvent.Of(frame.Frame, alarm, frame.AlarmId, _config.Source.Fields.Channels,
                ended: frame.EndedBy);
            foreach (Webhook hook in _hooks)
                hook.Post(new WebhookChange(frame.Frame.Stream, Linked(cloudEvent, frame.Frame.Stream), batch.ScoredAt)
                {
                    Alarm = alarm, Id = frame.AlarmId,
                });
        }
        foreach (SilenceChange silence in batch.Silences)
        {
            CloudEvent cloudEvent = FeedCloudEvent.Of(silence.Stream, silence.Channel, silence.Ended, silence.Since, silence.Time,
                silence.Interval, silence.SinceAt, silence.At, _config.Source.Fields.Channels);
            foreach (Webhook hook in _hooks)
                hook.Post(new WebhookChange(silence.Stream, Linked(cloudEvent, silence.Stream), batch.ScoredAt) { Silence = silence });
        }
        foreach (ScoredFrame frame in batch.ModelChanges)
        foreach (CloudEvent cloudEvent in ModelCloudEvent.All(frame.Frame, frame.Result.Position, frame.Result.Model!,
            _config.Source.Fields.Channels))
        {
            // It has no end that could resolve an alert.
            foreach (Webhook hook in _hooks.Where(hook => hook.Format == WebhookFormat.Json))
                hook.Post(new WebhookChange(frame.Frame.Stream, Linked(cloudEvent, frame.Frame.Stream), batch.ScoredAt));
        }
        foreach (StreamId stream in batch.Gone)
            foreach (Webhook hook in _hooks) hook.Post(new WebhookChange(stream, null, batch.ScoredAt));
    }

    CloudEvent Linked(CloudEvent cloudEvent, StreamId stream)
    {
        if (_config.Http.LinkTo(stream) is { } link) cloudEvent["link"] = link;
        return cloudEvent;
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
}
