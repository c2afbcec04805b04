using System.IO.Hashing;
using System.Text;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>Reads the topic that state is kept in: what is committed, of one partition at a time.</summary>
/// <remarks>
/// Thread-safe: who comes second waits. A client that hears nothing for long, not even that the end is reached, is replaced by another
/// one that goes on where it was: what it had found out of brokers that stood still or went away may be what keeps it waiting.
/// </remarks>
/// <param name="config">Where the brokers are, and the topic.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of what the client says.</param>
/// <param name="patience">How long brokers may give nothing; infinite: they are waited for.</param>
sealed class StateReader(EsnConfig config, TimeProvider time, ILogger log, TimeSpan patience) : IDisposable
{
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100), SayAfter = TimeSpan.FromSeconds(10),
        AnotherAfter = TimeSpan.FromSeconds(20);

    readonly string _topic = config.State.Topic;
    readonly RateLimit _complaints = new(time, TimeSpan.FromMinutes(1));
    readonly Lock _one = new();
    IConsumer<byte[]?, byte[]?>? _consumer;
    TopicPartitionOffset? _at;  // where it goes on
    Task _replaced = Task.CompletedTask;  // the end of the client before

    /// <summary>Goes through all that a partition of the topic holds, and keeps nothing of it.</summary>
    /// <param name="number">Of the partition.</param>
    /// <param name="take">Told of each record: key, value (null: what stood there is gone), offset.</param>
    /// <param name="cancel">Ends the waiting.</param>
    /// <exception cref="SnapshotException">It can't be read.</exception>
    public void Scan(int number, Action<byte[], byte[]?, long> take, CancellationToken cancel)
    {
        lock (_one)
            From(number, Offset.Beginning, () =>
            {
                while (Next(cancel) is { IsPartitionEOF: false } record)
                    if (record.Message.Key is { } key) take(key, record.Message.Value, record.Offset);
                return true;
            });
    }

    /// <summary>Reads what the chunks of a manifest carry, one chunk in memory at a time.</summary>
    /// <param name="number">Of the partition of the topic.</param>
    /// <param name="prefix">What the keys of the partition's records begin with.</param>
    /// <param name="manifest">Whose.</param>
    /// <param name="places">Where the chunks stand.</param>
    /// <param name="read">Makes something of it.</param>
    /// <param name="cancel">Ends the waiting.</param>
    /// <exception cref="InvalidDataException">A chunk is missing or damaged.</exception>
    /// <exception cref="SnapshotException">It can't be read.</exception>
    public T Read<T>(int number, string prefix, StateManifest manifest, ChunkPlaces places, Func<System.IO.Stream, T> read,
        CancellationToken cancel)
    {
        // Before anything is made: what it says is worth what is there.
        if (manifest.Chunks < 1 || places.Count < manifest.Chunks)
            throw new InvalidDataException($"the manifest says {manifest.Chunks} chunks, and {places.Count} are there");
        lock (_one)
            return From(number, places[0] >= 0 ? places[0] : Offset.Beginning, () =>
            {
                using var chunks = new ChunkStream(manifest, index => Chunk(prefix, manifest.Set, index, places[index], cancel));
                return read(chunks);
            });
    }

    /// <inheritdoc/>
    public void Dispose() => _consumer?.Dispose();

    ReadOnlyMemory<byte> Chunk(string prefix, UInt128 set, int index, long at, CancellationToken cancel)
    {
        string name = StateName.OfChunk(set, index);
        if (at < 0) throw new InvalidDataException($"{name} is not there");
        // What is written at the same time stands between; what was tried again may stand before.
        if (_at!.Offset is { IsSpecial: false } here && here > at) Assign(at);
        while (Next(cancel) is { IsPartitionEOF: false } record && record.Offset <= at)
        {
            if (record.Offset < at) continue;
            byte[] key = Encoding.UTF8.GetBytes(prefix + name);
            if (record.Message.Value is not { } value || !key.AsSpan().SequenceEqual(record.Message.Key)) break;
            return StateManifest.ReadChunk(key, value);
        }
        throw new InvalidDataException($"{name} is not where it was");
    }

    T From<T>(int number, Offset begin, Func<T> read)
    {
        _consumer ??= Make();
        _at = new TopicPartitionOffset(_topic, number, begin);
        try
        {
            Assign(begin);
            return read();
        }
        catch (KafkaException e)
        {
            throw new SnapshotException($"can't read partition {number} of topic {_topic}: {e.Error.Reason}", e);
        }
        finally
        {
            _consumer.Unassign();
        }
    }

    void Assign(Offset begin)
    {
        _at = new TopicPartitionOffset(_at!.TopicPartition, begin);
        _consumer!.Assign(_at);
    }

    ConsumeResult<byte[]?, byte[]?> Next(CancellationToken cancel)
    {
        long since = time.GetTimestamp(), asked = since;
        string heard = "no answer";
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                if (_consumer!.Consume(Poll) is { } record)
                {
                    if (!record.IsPartitionEOF) _at = new TopicPartitionOffset(record.TopicPartition, record.Offset + 1);
                    return record;
                }
            }
            // The client tells of brokers that are away by itself, and tries again; so it does with a partition that was just made.
            catch (ConsumeException e) when (!e.Error.IsFatal && e.Error.Code is not (ErrorCode.TopicAuthorizationFailed
                or ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic))
            {
                heard = e.Error.Reason;
            }
            if (time.GetElapsedTime(since) > SayAfter && _complaints.Allows(out int repeats)) log.StateWaits(_topic, heard, repeats);
            if (patience != Timeout.InfiniteTimeSpan && time.GetElapsedTime(since) > patience)
                throw new SnapshotException($"can't read topic {_topic} at {config.Kafka.BootstrapServers}: nothing came within "
                    + $"{patience.TotalSeconds} s: {heard}");
            // One more at the most: the end of a client that waits for brokers may wait for them too.
            if (time.GetElapsedTime(asked) < AnotherAfter || !_replaced.IsCompleted) continue;
            log.StateAnother(_topic, _at!.Partition.Value, AnotherAfter.TotalSeconds);
            Replace();
            asked = time.GetTimestamp();
        }
    }

    void Replace()
    {
        IConsumer<byte[]?, byte[]?> old = _consumer!;
        _consumer = Make();
        _replaced = Task.Factory.StartNew(old.Dispose, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assign(_at!.Offset);
    }

    IConsumer<byte[]?, byte[]?> Make() => Clients.Consumer(ClientSettings.StateConsumer(config), time, log);

    // All chunks, one after the other, checked against the manifest.
    sealed class ChunkStream(StateManifest manifest, Func<int, ReadOnlyMemory<byte>> chunk) : System.IO.Stream
    {
        readonly XxHash3 _hash = new();
        ReadOnlyMemory<byte> _left;
        int _next;
        long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => manifest.Bytes;

        public override long Position { get => _read - _left.Length; set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            while (_left.IsEmpty)
            {
                if (_next == manifest.Chunks)
                    return _read == manifest.Bytes && _hash.GetCurrentHashAsUInt64() == manifest.Hash ? 0
                        : throw new InvalidDataException($"its chunks hold {_read} bytes that are not those of its manifest: it was "
                            + "damaged");
                _left = chunk(_next++);
                _hash.Append(_left.Span);
                _read += _left.Length;
            }
            int count = Math.Min(buffer.Length, _left.Length);
            _left[..count].Span.CopyTo(buffer);
            _left = _left[count..];
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
