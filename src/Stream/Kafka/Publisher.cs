using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Pipeline;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>The producer of an outbox.</summary>
sealed class Publisher : IDisposable
{
    static readonly TimeSpan QueueFull = TimeSpan.FromMilliseconds(50);

    // Trying again does not help.
    static readonly ErrorCode[] Hopeless =
    [
        ErrorCode.UnknownTopicOrPart, ErrorCode.Local_UnknownTopic, ErrorCode.Local_UnknownPartition, ErrorCode.TopicAuthorizationFailed,
        ErrorCode.ClusterAuthorizationFailed, ErrorCode.TransactionalIdAuthorizationFailed, ErrorCode.GroupAuthorizationFailed,
        ErrorCode.InvalidRecord, ErrorCode.PolicyViolation, ErrorCode.Local_MsgTimedOut,
    ];

    readonly ProducerConfig _settings;
    readonly IReadOnlyList<string> _names;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly ClientLog _said;
    readonly RateLimit _letters, _silences;

    /// <summary>Makes the producer.</summary>
    /// <param name="settings">Its own.</param>
    /// <param name="names">Of the channels, as configured.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">What the process says.</param>
    public Publisher(ProducerConfig settings, IReadOnlyList<string> names, TimeProvider time, ILogger log)
    {
        (_settings, _names, _time, _log, _said) = (settings, names, time, log, new ClientLog(log, time));
        (_letters, _silences) = (new RateLimit(time, TimeSpan.FromSeconds(1)), new RateLimit(time, TimeSpan.FromSeconds(1)));
        Producer = Make();
    }

    /// <summary>The client.</summary>
    public IProducer<byte[]?, byte[]?> Producer { get; private set; }

    /// <summary>Puts another client of the same settings into the place of the one that there is.</summary>
    /// <returns>The one that there was, to be disposed of.</returns>
    public IProducer<byte[]?, byte[]?> Renew()
    {
        IProducer<byte[]?, byte[]?> old = Producer;
        Producer = Make();
        return old;
    }

    /// <summary>Says what goes out.</summary>
    public void Say(ScoredBatch batch)
    {
        foreach (ScoredFrame frame in batch.Alarms)
            if (frame.Result.Alarm is { } alarm)
                _log.Alarm(Words.Of(alarm.Change), frame.Frame.Stream.Key, FeedTime.Write(alarm.Time), alarm.Position,
                    Words.Of(alarm.Severity), alarm.PeakScore, AlarmText.Named(alarm, _names));
        foreach (ScoredFrame frame in batch.ModelChanges)
            foreach (ModelChange change in ModelCloudEvent.All(frame.Result.Model!))
                _log.Model(frame.Frame.Stream.Key, FeedTime.Write(frame.Frame.Time), ModelCloudEvent.Say(change, _names));
        foreach (SilenceChange change in batch.Silences)
            if (_silences.Allows(out int untold))
                _log.Silence(change.Stream.Key, change.Channel < 0 ? "all" : AnomalyCloudEvent.NameOrNumber(_names, change.Channel),
                    change.Ended ? "speaks again" : "is silent", FeedTime.Write(change.Since), untold);
        foreach (DeadLetter letter in batch.DeadLetters)
            if (_letters.Allows(out int suppressed))
                _log.DeadLetter(letter.Record.Topic, letter.Record.Partition, letter.Record.Offset, Words.Of(letter.Reason),
                    letter.Detail, suppressed);
    }

    /// <summary>Sends all, each as it is to be sent now.</summary>
    /// <returns>Those that their topics did not take, as they are too large.</returns>
    /// <exception cref="OutboxException">A topic takes nothing at all.</exception>
    /// <exception cref="KafkaException">Something else, which may pass.</exception>
    public async Task<IReadOnlyList<Outgoing>> Send(IReadOnlyList<Outgoing> outgoing, CancellationToken cancel)
    {
        Outgoing[] together = [.. outgoing.Where(one => one.Attempt == 0)];
        List<Outcome> outcomes = [.. await Task.WhenAll(together.Select(one => Try(one, cancel))).ConfigureAwait(false)];
        foreach (Outgoing one in outgoing.Where(one => one.Attempt > 0)) outcomes.Add(await Try(one, cancel).ConfigureAwait(false));
        List<Outgoing> large = [.. outcomes.Where(outcome => !outcome.Fits && outcome.Error is null).Select(outcome => outcome.One)];
        // One that is too large spoils a transaction for the others, whose errors then say nothing.
        return large.Count == 0 && outcomes.Find(outcome => outcome.Error is not null).Error is { } error ? throw error : large;
    }

    /// <summary>Notes that something was too large.</summary>
    /// <returns>Whether it can be tried smaller; if not, it is lost, and said to be.</returns>
    public bool Shrink(Outgoing one)
    {
        one.Attempt++;
        if (one.Messages().Count > 0) return true;
        _log.NotFitting(one.Topic, one.What);
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => Producer.Dispose();

    IProducer<byte[]?, byte[]?> Make() => new ProducerBuilder<byte[]?, byte[]?>(_settings)
        .SetErrorHandler((_, error) => _said.Error(error))
        .SetLogHandler((_, line) => _said.Line(line))
        .Build();

    // A transaction has an end of its own: what it did not bring to the brokers in time goes with the next one. Its fatal errors
    // are those of its producer.
    bool IsHopeless(Error error) => _settings.TransactionalId is null
        ? error.IsFatal || Hopeless.Contains(error.Code)
        : error.Code != ErrorCode.Local_MsgTimedOut && Hopeless.Contains(error.Code);

    async Task<Outcome> Try(Outgoing one, CancellationToken cancel)
    {
        try
        {
            return new Outcome(one, await TrySend(one, cancel).ConfigureAwait(false), null);
        }
        catch (KafkaException e)
        {
            return new Outcome(one, false, e);
        }
    }

    // One message after the other: the first one is the largest.
    async Task<bool> TrySend(Outgoing one, CancellationToken cancel)
    {
        foreach (Message<byte[]?, byte[]?> message in one.Messages())
            if (!await TryProduce(one.Topic, one.Partition, message, cancel).ConfigureAwait(false)) return false;
        return true;
    }

    // Whether the topic's limit lets it through.
    async Task<bool> TryProduce(string topic, int? partition, Message<byte[]?, byte[]?> message, CancellationToken cancel)
    {
        var to = new TopicPartition(topic, partition ?? Partition.Any);
        while (true)
        {
            try
            {
                await Producer.ProduceAsync(to, message, cancel).ConfigureAwait(false);
                return true;
            }
            catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                await Task.Delay(QueueFull, _time, cancel).ConfigureAwait(false);  // it empties as the broker takes what is in it
            }
            catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.MsgSizeTooLarge)
            {
                return false;
            }
            catch (KafkaException e) when (IsHopeless(e.Error))
            {
                throw new OutboxException($"can't write to topic {topic}: {e.Error.Reason}", e);
            }
        }
    }

    readonly record struct Outcome(Outgoing One, bool Fits, KafkaException? Error);
}
