using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;

namespace Esn.Streaming.Kafka;

/// <summary>Sends a feed to a topic for a person, who waits: what can't be sent is an error within half a minute, not silence.</summary>
sealed class TopicSender : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly IProducer<byte[], byte[]> _producer;
    readonly string _topic, _servers;
    readonly long _start = TimeProvider.System.GetTimestamp();
    Error? _failure;

    /// <param name="config">Where the brokers are.</param>
    /// <param name="topic">Where to.</param>
    public TopicSender(EsnConfig config, string topic)
    {
        ProducerConfig settings = ClientSettings.Producer(config);
        if (!config.Kafka.Producer.ContainsKey("message.timeout.ms")) settings.MessageTimeoutMs = (int)Patience.TotalMilliseconds;
        (_topic, _servers) = (topic, config.Kafka.BootstrapServers);
        _producer = new ProducerBuilder<byte[], byte[]>(settings).SetLogHandler((_, _) => { }).Build();
    }

    /// <summary>Waits until the next is due, from the making of this on.</summary>
    /// <param name="sent">How many were.</param>
    /// <param name="rate">So many a second; 0: as fast as it goes.</param>
    /// <param name="stop">Ends it.</param>
    public async Task Pace(long sent, double rate, CancellationToken stop)
    {
        if (rate > 0)
        {
            TimeSpan ahead = TimeSpan.FromSeconds(sent / rate) - TimeProvider.System.GetElapsedTime(_start);
            if (ahead > TimeSpan.FromMilliseconds(5)) await Task.Delay(ahead, stop).ConfigureAwait(false);
        }
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>Sends a record, once there is room for it.</summary>
    /// <param name="key">The stream's name.</param>
    /// <param name="value">Of the record.</param>
    /// <param name="headers">Its own, or null.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="FeedException">One before it, or it, could not be sent.</exception>
    public void Send(byte[] key, byte[] value, Headers? headers, CancellationToken stop)
    {
        Complain(value.Length);
        var message = new Message<byte[], byte[]> { Key = key, Value = value, Headers = headers };
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                _producer.Produce(_topic, message, report => _failure ??= report.Error.IsError ? report.Error : null);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                _producer.Poll(TimeSpan.FromMilliseconds(50));
            }
            catch (ProduceException<byte[], byte[]> e)
            {
                _failure = e.Error;
                Complain(value.Length);
            }
        }
    }

    /// <summary>Waits until all is there.</summary>
    /// <exception cref="FeedException">Something could not be sent.</exception>
    public void Flush(CancellationToken stop)
    {
        _producer.Flush(stop);
        Complain(0);
    }

    /// <inheritdoc/>
    public void Dispose() => _producer.Dispose();

    void Complain(int bytes)
    {
        if (_failure is null) return;
        string advice = _failure.Code == ErrorCode.MsgSizeTooLarge
            ? $": a record {(bytes > 0 ? FormattableString.Invariant($"of {bytes} bytes ") : "")}is above the limit of the topic or of "
                + "the producer (message.max.bytes); --tiles 30x30 cuts fields into smaller ones"
            : "";
        throw new FeedException($"can't send to {_topic} at {_servers}: {_failure.Reason}{advice}");
    }
}
