using System.Collections.Concurrent;
using System.Text;
using CloudNative.CloudEvents;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// The log of commands as a compacted topic. Every process reads all of it, from the beginning on: it is what was said, with who and
/// why, and from which record on it holds.
/// </summary>
public sealed class CommandTopic : ICommandLog, IDisposable
{
    /// <summary>How long who asks waits for the brokers.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    readonly string _topic;
    readonly bool _create;
    readonly CommandBook _book;
    readonly ILogger _log;
    readonly TimeProvider _time;
    readonly RateLimit _complaints;
    readonly IConsumer<byte[]?, byte[]?> _consumer;
    readonly IProducer<byte[]?, byte[]?> _producer;
    readonly ConcurrentDictionary<TopicPartition, long> _next = new();  // how far each partition was read
    readonly CancellationTokenSource _closing = new();
    Thread? _reading;
    readonly Lock _beginning = new();
    readonly TopicIds _ids;
    bool _gone;
    volatile bool _anew;  // another topic is read than before, which may lack what is in force

    /// <summary>Makes the clients.</summary>
    /// <param name="config">With a topic of commands.</param>
    /// <param name="book">Hears of all commands.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">What the process says.</param>
    public CommandTopic(EsnConfig config, CommandBook book, TimeProvider time, ILogger log)
    {
        (_topic, _create, _book, _time, _log) = (config.Control.Topic, config.Sink.CreateTopics, book, time, log);
        _complaints = new RateLimit(time, TimeSpan.FromMinutes(1));
        var said = new ClientLog(log, time);
        ConsumerConfig reading = ClientSettings.Consumer(config);
        // Read by everybody for himself: nothing is committed, and no group knows of it.
        (reading.GroupId, reading.EnableAutoCommit) = ($"{config.Source.Group}-commands", false);
        (reading.GroupInstanceId, reading.StatisticsIntervalMs, reading.FetchWaitMaxMs, reading.EnablePartitionEof) = (null, 0, 100, true);
        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(reading)
            .SetErrorHandler((_, error) => said.Error(error)).SetLogHandler((_, line) => said.Line(line)).Build();
        _ids = new TopicIds(_consumer, log);
        ProducerConfig writing = ClientSettings.Producer(config);
        (writing.MessageTimeoutMs, writing.LingerMs) = ((int)Patience.TotalMilliseconds, 0);  // who asks is a person, and waits
        _producer = new ProducerBuilder<byte[]?, byte[]?>(writing)
            .SetErrorHandler((_, error) => said.Error(error)).SetLogHandler((_, line) => said.Line(line)).Build();
    }

    /// <summary>Hears of all that was said so far, and from then on of what is said.</summary>
    /// <param name="stop">Ends the waiting for brokers.</param>
    public async Task Start(CancellationToken stop)
    {
        // On a thread of its own: the calls block.
        await Task.Run(() => Begin(Timeout.InfiniteTimeSpan, stop), stop).ConfigureAwait(false);
        _reading = new Thread(Read) { IsBackground = true, Name = "commands" };
        _reading.Start();
        while (!CatchUp(Patience) && !stop.IsCancellationRequested)
            if (_complaints.Allows(out int repeats)) _log.CommandsUnknown(_topic, repeats);
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>Returns once all that stood in the topic at the call was heard of.</summary>
    /// <param name="within">After which it is given up.</param>
    /// <returns>Whether it was.</returns>
    public bool CatchUp(TimeSpan within)
    {
        long since = _time.GetTimestamp();
        try
        {
            foreach (TopicPartition partition in _next.Keys)
            {
                long read = _next.GetValueOrDefault(partition), end = _consumer.QueryWatermarkOffsets(partition, within).High;
                if (end < read && !Begin(within, _closing.Token)) return false;
                while (_next.GetValueOrDefault(partition) < end)
                    if (_time.GetElapsedTime(since) > within
                        || _closing.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(10))) return false;
            }
            return true;
        }
        catch (KafkaException e)
        {
            if (_complaints.Allows(out int repeats)) _log.CommandsUnread(_topic, e.Error.Reason, repeats);
            return false;
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>
    /// Looks whether the topic is still there. One that is gone is told of once, and made anew where that is allowed: the mutes in force
    /// are written into it again, feedback from before is known to the processes that heard it, until they end. One that another process
    /// made anew meanwhile is read from its beginning too.
    /// </summary>
    /// <param name="admin">Asks.</param>
    internal async Task Look(IAdminClient admin)
    {
        try
        {
            Metadata found = await Task.Run(() => admin.GetMetadata(_topic, Patience), CancellationToken.None).ConfigureAwait(false);
            bool gone = found.Topics.Exists(topic => topic.Topic == _topic && topic.Error.Code == ErrorCode.UnknownTopicOrPart);
            if (gone && !_gone) _log.CommandsGone(_topic);
            _gone |= gone;
            if (gone && !(_create && await Topics.TryCreate(admin, _topic, _log).ConfigureAwait(false))) return;
            if (!_gone && (await _ids.Others(admin).ConfigureAwait(false)).Length > 0)
            {
                _log.CommandsAnew(_topic);
                _gone = true;
            }
            // Where it has no partitions yet, with the next look.
            if (_gone)
                _gone = !await Task.Run(() => Begin(Patience, _closing.Token), CancellationToken.None).ConfigureAwait(false);
            if (_anew) await WriteAgain().ConfigureAwait(false);
        }
        catch (KafkaException e)
        {
            if (_complaints.Allows(out int repeats)) _log.CommandsUnread(_topic, e.Error.Reason, repeats);
        }
    }

    // Each process writes what it knows: it is the same record under the same key. What was ended in the new topic is heard of before.
    async Task WriteAgain()
    {
        if (!await Task.Run(() => CatchUp(Patience), CancellationToken.None).ConfigureAwait(false)) return;  // with the next look
        foreach (ControlCommand command in _book.InForce)
        {
            // What was ended while those before it were written stays so.
            if (!_book.InForce.Contains(command)) continue;
            await _producer.ProduceAsync(_topic, MessageOf(command), _closing.Token).ConfigureAwait(false);
        }
        _anew = false;
    }

    /// <inheritdoc/>
    public async Task Append(ControlCommand command, CancellationToken cancel)
    {
        Dictionary<TopicPartition, long> before = new(_next);
        DeliveryResult<byte[]?, byte[]?> kept;
        try
        {
            kept = await _producer.ProduceAsync(_topic, MessageOf(command), cancel).ConfigureAwait(false);
        }
        catch (KafkaException e)
        {
            throw new CommandException($"it can't be written to topic {_topic}: {e.Error.Reason}", e);
        }
        long since = _time.GetTimestamp();
        // Below what was read already: it stands in another topic than the one that was read.
        bool reads = kept.Offset.Value >= before.GetValueOrDefault(kept.TopicPartition)
            || await Task.Run(() => Begin(Patience, _closing.Token), cancel).ConfigureAwait(false);
        while (!reads || _next.GetValueOrDefault(kept.TopicPartition) <= kept.Offset.Value)
        {
            if (_time.GetElapsedTime(since) > Patience)
                throw new CommandException($"it is in topic {_topic}, but was not heard of within {Patience.TotalSeconds} s: it will be");
            await Task.Delay(5, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>The record of a command.</summary>
    internal static Message<byte[]?, byte[]?> MessageOf(ControlCommand command)
    {
        CloudEvent cloudEvent = ControlEvent.Of(command);
        (var attributes, ReadOnlyMemory<byte> data) = AnomalyCloudEvent.Binary(cloudEvent);
        var headers = new Headers { { "content-type", Encoding.UTF8.GetBytes(cloudEvent.DataContentType!) } };
        foreach ((string name, string value) in attributes) headers.Add($"ce_{name}", Encoding.UTF8.GetBytes(value));
        return new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes(command.Key), Value = data.ToArray(), Headers = headers };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _closing.Cancel();
        _reading?.Join();
        lock (_beginning) _consumer.Dispose();  // a client that is freed under its own call takes the process with it
        _producer.Dispose();
        _closing.Dispose();
    }

    // Reads all of it, from its beginning; false where it had no partitions for as long.
    bool Begin(TimeSpan within, CancellationToken stop)
    {
        lock (_beginning)
        {
            TopicPartition[] partitions = Partitions(within, stop);
            if (partitions.Length == 0) return false;
            _anew |= !_next.IsEmpty;
            _ids.Forget(_next.Keys);
            _ids.Remember(partitions, _ids.Of([_topic], stop));
            _next.Clear();
            foreach (TopicPartition partition in partitions) _next[partition] = 0;
            _consumer.Assign(partitions.Select(partition => new TopicPartitionOffset(partition, Offset.Beginning)));
            return true;
        }
    }

    TopicPartition[] Partitions(TimeSpan within, CancellationToken stop)
    {
        using IAdminClient admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
        long since = _time.GetTimestamp();
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                // One that was just made has none for a moment.
                TopicMetadata topic = admin.GetMetadata(_topic, Patience).Topics.Single();
                if (topic.Partitions.Count > 0)
                    return [.. topic.Partitions.Select(partition => new TopicPartition(_topic, partition.PartitionId))];
                if (_time.GetElapsedTime(since) > Patience && _complaints.Allows(out int repeats))
                    _log.CommandsUnread(_topic, topic.Error.Reason, repeats);
            }
            catch (KafkaException e)
            {
                if (_complaints.Allows(out int repeats)) _log.CommandsUnread(_topic, e.Error.Reason, repeats);
            }
            if (within != Timeout.InfiniteTimeSpan && _time.GetElapsedTime(since) > within) return [];
            stop.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(500));
        }
    }

    void Read()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                if (_consumer.Consume(Poll) is not { } record) continue;
                if (record.IsPartitionEOF)
                {
                    _next[record.TopicPartition] = record.Offset.Value;  // beyond what ends a transaction, which is no record
                    continue;
                }
                if (record.Message.Value is { } value) Take(record, value);
                _next[record.TopicPartition] = record.Offset.Value + 1;
            }
            catch (ConsumeException e)
            {
                if (_complaints.Allows(out int repeats)) _log.CommandsUnread(_topic, e.Error.Reason, repeats);
            }
        }
    }

    // Whatever stands there, the rest is heard of.
    void Take(ConsumeResult<byte[]?, byte[]?> record, byte[] value)
    {
        try
        {
            _book.Take(ControlEvent.Read(value));
        }
        catch (InvalidDataException e)
        {
            _log.NoCommand($"{_topic}[{record.Partition.Value}]@{record.Offset.Value}", e.Message);
        }
    }
}
