using System.Globalization;
using System.Text;
using CloudNative.CloudEvents;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Pipeline;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>Anomaly events as CloudEvents (Kafka binding, binary mode) and dead letters with their bytes as they came.</summary>
public sealed class KafkaSink : ISink, IDisposable
{
    const int PartBytes = 256 * 1024;  // below any broker's limit that anyone sets

    readonly EsnConfig _config;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly IProducer<byte[]?, byte[]?> _producer;
    DateTimeOffset _told = DateTimeOffset.MinValue;
    int _untold;

    /// <summary>Makes the client.</summary>
    public KafkaSink(EsnConfig config, TimeProvider time, ILogger log)
    {
        (_config, _time, _log) = (config, time, log);
        _producer = new ProducerBuilder<byte[]?, byte[]?>(ClientSettings.Producer(config))
            .SetErrorHandler((_, error) => log.ClientError(error.Reason, error.Code.ToString()))
            .SetLogHandler((_, _) => { })  // told by the error handler already
            .Build();
    }

    /// <inheritdoc/>
    public Task Publish(ScoredBatch batch, CancellationToken cancel)
    {
        var stored = new List<Task>();
        foreach ((Frame frame, StepResult result) in batch.Frames)
        {
            if (result.Alarm is not { } alarm) continue;
            _log.Alarm(Words.Of(alarm.Change), frame.Stream.Name, FeedTime.Write(alarm.Time), alarm.Position, Words.Of(alarm.Severity), alarm.PeakScore);
            stored.Add(_producer.ProduceAsync(_config.Sink.Events, Message(frame, alarm), cancel));
        }
        foreach (DeadLetter letter in batch.DeadLetters)
        {
            Tell(letter);
            stored.Add(Publish(letter, cancel));
        }
        return Task.WhenAll(stored);
    }

    /// <inheritdoc/>
    public void Dispose() => _producer.Dispose();

    Message<byte[]?, byte[]?> Message(Frame frame, AlarmEvent alarm)
    {
        CloudEvent cloudEvent = AnomalyCloudEvent.Of(frame, alarm, _config.Source.Fields.Channels);
        (var attributes, ReadOnlyMemory<byte> data) = AnomalyCloudEvent.Binary(cloudEvent);
        var headers = new Headers { { "content-type", Encoding.UTF8.GetBytes(cloudEvent.DataContentType!) } };
        foreach ((string name, string value) in attributes) headers.Add($"ce_{name}", Encoding.UTF8.GetBytes(value));
        return new Message<byte[]?, byte[]?> { Key = frame.Record.Key, Value = data.ToArray(), Headers = headers };
    }

    async Task Publish(DeadLetter letter, CancellationToken cancel)
    {
        byte[]? value = letter.Record.Value;
        try
        {
            await _producer.ProduceAsync(_config.Sink.DeadLetters, Message(letter, value), cancel).ConfigureAwait(false);
        }
        // What just fitted through the broker's limit no longer does with headers: in parts, each saying which it is.
        catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.MsgSizeTooLarge && value is { Length: > PartBytes })
        {
            int parts = (value.Length + PartBytes - 1) / PartBytes;
            for (int part = 0; part < parts; part++)
            {
                Message<byte[]?, byte[]?> message = Message(letter, value[(part * PartBytes)..Math.Min(value.Length, (part + 1) * PartBytes)]);
                message.Headers.Add("esn_part", Encoding.UTF8.GetBytes(FormattableString.Invariant($"{part + 1}/{parts}")));
                await _producer.ProduceAsync(_config.Sink.DeadLetters, message, cancel).ConfigureAwait(false);
            }
        }
    }

    static Message<byte[]?, byte[]?> Message(DeadLetter letter, byte[]? value)
    {
        FeedRecord record = letter.Record;
        var headers = new Headers();
        foreach ((string name, string text) in new[]
        {
            ("esn_reason", Words.Of(letter.Reason)),
            ("esn_detail", letter.Detail),
            ("esn_topic", record.Topic),
            ("esn_partition", record.Partition.ToString(CultureInfo.InvariantCulture)),
            ("esn_offset", record.Offset.ToString(CultureInfo.InvariantCulture)),
            ("esn_timestamp", FeedTime.Write(record.Timestamp)),
        })
            headers.Add(name, Encoding.UTF8.GetBytes(text));
        return new Message<byte[]?, byte[]?> { Key = record.Key, Value = value, Headers = headers };
    }

    // A feed that turned to garbage must not fill the disk with log lines: one a second, and how many were not told.
    void Tell(DeadLetter letter)
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (now - _told < TimeSpan.FromSeconds(1))
        {
            _untold++;
            return;
        }
        _log.DeadLetter(letter.Record.Topic, letter.Record.Partition, letter.Record.Offset, Words.Of(letter.Reason), letter.Detail, _untold);
        (_told, _untold) = (now, 0);
    }
}
