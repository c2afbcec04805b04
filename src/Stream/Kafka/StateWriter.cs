using System.IO.Hashing;
using System.Text;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Writes to the topic that state is kept in, plainly: chunks, which mean nothing before their manifest stands, and what deletes
/// records.
/// </summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="config">Where the brokers are, and the topic.</param>
/// <param name="topic">Says how large a record may be.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of what the client says.</param>
sealed class StateWriter(EsnConfig config, StateTopic topic, TimeProvider time, ILogger log) : IDisposable
{
    const int MostAtOnce = 8;       // chunks on their way: so many are in memory
    const int Overhead = 512;       // of a record and its batch, beside key and value
    const int LargestChunk = 1 << 20;

    static readonly TimeSpan QueueFull = TimeSpan.FromMilliseconds(50);

    readonly Lock _making = new();
    readonly List<IProducer<byte[]?, byte[]?>> _before = [];  // of other limits: somebody may still be at it
    IProducer<byte[]?, byte[]?>? _producer;
    int _largest;  // record that the producer was made for

    /// <summary>Writes a payload in chunks. Returns once they last.</summary>
    /// <param name="number">Of the partition of the topic.</param>
    /// <param name="prefix">What the keys of its records begin with.</param>
    /// <param name="write">Writes the payload.</param>
    /// <exception cref="KafkaException">They can't be written.</exception>
    public WrittenSet Write(int number, string prefix, Action<System.IO.Stream> write)
    {
        IProducer<byte[]?, byte[]?> producer = Producer(out int largest);
        var set = new UInt128(BitConverter.ToUInt64(Guid.NewGuid().ToByteArray()), BitConverter.ToUInt64(Guid.NewGuid().ToByteArray()));
        int room = largest - Overhead - Encoding.UTF8.GetByteCount(prefix + StateName.OfChunk(set, int.MaxValue));
        if (room < 1) throw new SnapshotException($"topic {topic.Name} takes records of {largest} bytes at the most: raise its "
            + "max.message.bytes");
        using var chunks = new ChunkWriter(producer, new TopicPartition(topic.Name, number), prefix, set, Math.Min(room, LargestChunk));
        try
        {
            write(chunks);
            return chunks.End();
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.MsgSizeTooLarge)
        {
            topic.Forget();  // its limit is another one now: the next are smaller
            throw;
        }
    }

    /// <summary>Writes records, one after the other. Returns once they last.</summary>
    /// <returns>The offset of the last.</returns>
    /// <exception cref="KafkaException">They can't be written.</exception>
    public async Task<long> Put(int number, IEnumerable<(string Key, byte[]? Value)> records)
    {
        IProducer<byte[]?, byte[]?> producer = Producer(out _);
        var sent = new List<Task<DeliveryResult<byte[]?, byte[]?>>>();
        foreach ((string key, byte[]? value) in records)
        {
            var message = new Message<byte[]?, byte[]?> { Key = Encoding.UTF8.GetBytes(key), Value = value };
            while (true)
            {
                Task<DeliveryResult<byte[]?, byte[]?>> one = producer.ProduceAsync(new TopicPartition(topic.Name, number), message);
                if (one.Exception?.InnerException is not KafkaException { Error.Code: ErrorCode.Local_QueueFull })
                {
                    sent.Add(one);
                    break;
                }
                await Task.Delay(QueueFull, time).ConfigureAwait(false);  // it empties as the broker takes what is in it
            }
        }
        await Task.WhenAll(sent).ConfigureAwait(false);
        return sent.Count == 0 ? -1 : (await sent[^1].ConfigureAwait(false)).Offset.Value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IProducer<byte[]?, byte[]?> old in _before) old.Dispose();
        _producer?.Dispose();
    }

    // A batch of records has the limit of a record: the client must know it.
    IProducer<byte[]?, byte[]?> Producer(out int largest)
    {
        lock (_making)
        {
            int limit = topic.LargestRecord;
            if (_producer is null || _largest != limit)
            {
                if (_producer is not null) _before.Add(_producer);
                var said = new ClientLog(log, time);
                ProducerConfig settings = ClientSettings.StateProducer(config, limit);
                _producer = new ProducerBuilder<byte[]?, byte[]?>(settings)
                    .SetErrorHandler((_, error) => said.Error(error)).SetLogHandler((_, line) => said.Line(line)).Build();
                _largest = limit;
            }
            largest = _largest;
            return _producer;
        }
    }

    // Sends a chunk whenever it is full.
    sealed class ChunkWriter(IProducer<byte[]?, byte[]?> producer, TopicPartition to, string prefix, UInt128 set, int size)
        : System.IO.Stream
    {
        readonly XxHash3 _hash = new();
        readonly SemaphoreSlim _room = new(MostAtOnce);
        readonly List<long> _offsets = [];
        readonly Lock _lock = new();
        byte[] _chunk = new byte[Math.Min(size, 1 << 16)];
        int _filled, _sent;
        long _bytes;
        Error? _error;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _bytes;

        public override long Position { get => _bytes; set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _hash.Append(buffer);
            _bytes += buffer.Length;
            while (!buffer.IsEmpty)
            {
                if (_filled == _chunk.Length && _filled < size) Array.Resize(ref _chunk, (int)Math.Min(size, 2L * _filled));
                int count = Math.Min(buffer.Length, _chunk.Length - _filled);
                buffer[..count].CopyTo(_chunk.AsSpan(_filled));
                _filled += count;
                buffer = buffer[count..];
                if (_filled == size) Send();
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        /// <summary>Sends the rest, and waits for all.</summary>
        public WrittenSet End()
        {
            if (_filled > 0 || _sent == 0) Send();
            for (int i = 0; i < MostAtOnce; i++) _room.Wait();
            Check();
            return new WrittenSet(set, [.. _offsets], _bytes, _hash.GetCurrentHashAsUInt64());
        }

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        void Send()
        {
            _room.Wait();
            Check();
            int index = _sent++;
            lock (_lock) _offsets.Add(-1);
            byte[] key = Encoding.UTF8.GetBytes(prefix + StateName.OfChunk(set, index));
            var message = new Message<byte[]?, byte[]?>
            {
                Key = key, Value = StateManifest.WriteChunk(key, _chunk.AsSpan(0, _filled)),
            };
            _filled = 0;
            while (true)
            {
                try
                {
                    producer.Produce(to, message, delivered =>
                    {
                        lock (_lock)
                        {
                            _offsets[index] = delivered.Offset.Value;
                            if (delivered.Error.IsError) _error ??= delivered.Error;
                        }
                        _room.Release();
                    });
                    return;
                }
                catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                {
                    Thread.Sleep(QueueFull);  // it empties as the broker takes what is in it
                }
            }
        }

        void Check()
        {
            lock (_lock)
                if (_error is not null) throw new KafkaException(_error);
        }
    }
}

/// <summary>Chunks that last.</summary>
/// <param name="Set">Which.</param>
/// <param name="Offsets">Where they stand.</param>
/// <param name="Bytes">In all of them.</param>
/// <param name="Hash">Of all of them.</param>
sealed record WrittenSet(UInt128 Set, IReadOnlyList<long> Offsets, long Bytes, ulong Hash);
