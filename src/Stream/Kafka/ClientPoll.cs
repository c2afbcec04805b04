using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Records of a consumer, one after the other, where librdkafka has them. Confluent.Kafka's own Consume makes several objects of each,
/// and reads its message field by field: more than a third of what reading a record takes.
/// </summary>
/// <remarks>
/// For the thread of one consumer, and in place of its Consume: handlers of the client run within <see cref="Next"/> as they do there.
/// What the client keeps to itself is asked of it by name; the package's version is fixed, and nothing is read where a name is gone.
/// </remarks>
/// <param name="consumer">Not disposed of while this is used.</param>
sealed unsafe class ClientPoll(IConsumer<byte[]?, byte[]?> consumer)
{
    const string Functions = "Confluent.Kafka.Impl.Librdkafka, Confluent.Kafka";

    readonly nint _client = ((SafeHandle)HandleOf(consumer.Handle)).DangerousGetHandle();
    Exception? _thrown;   // by a handler
    byte[] _name = [];    // of the last topic, UTF-8
    string _topic = "";   // the same

    /// <summary>A handler of the client: what it throws ends the call of <see cref="Next"/> that it ran within.</summary>
    /// <remarks>For partitions and statistics; what handlers of errors and of the log throw, the client ignores.</remarks>
    public T Within<T>(Func<T> handler)
    {
        try
        {
            return handler();
        }
        catch (Exception e)
        {
            _thrown = e;
            throw;  // the client does not go on with what was asked for
        }
    }

    /// <inheritdoc cref="Within{T}"/>
    public void Within(Action handler) => Within(() =>
    {
        handler();
        return true;
    });

    /// <summary>The next record, to be disposed of before the one after it.</summary>
    /// <param name="wait">For so long at the most, where there is none.</param>
    /// <exception cref="ConsumeException">What the client says in place of a record; else whatever a handler threw.</exception>
    public PolledRecord Next(TimeSpan wait)
    {
        var record = new PolledRecord((PolledRecord.Message*)Poll(null, _client, (nint)wait.TotalMilliseconds));
        bool some = record is { Exists: true, Code: not ErrorCode.Local_PartitionEOF };
        if (_thrown is null && some && record.Code == ErrorCode.NoError) return record;
        using (record)
        {
            if (Interlocked.Exchange(ref _thrown, null) is { } thrown)
            {
                consumer.Consume(TimeSpan.Zero);  // which throws what the client keeps of it
                ExceptionDispatchInfo.Throw(thrown);
            }
            return some ? throw new ConsumeException(new ConsumeResult<byte[], byte[]>(), record.Error) : default;
        }
    }

    /// <summary>The topic of a record: mostly that of the one before it.</summary>
    public string TopicOf(in PolledRecord record)
    {
        ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)TopicName(null, record.Topic));
        if (!name.SequenceEqual(_name)) (_name, _topic) = (name.ToArray(), Encoding.UTF8.GetString(name));
        return _topic;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_LibrdkafkaHandle")]
    [return: UnsafeAccessorType("Confluent.Kafka.Impl.SafeKafkaHandle, Confluent.Kafka")]
    static extern object HandleOf(Handle handle);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "consumer_poll")]
    static extern nint Poll([UnsafeAccessorType(Functions)] object? functions, nint client, nint milliseconds);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "topic_name")]
    static extern nint TopicName([UnsafeAccessorType(Functions)] object? functions, nint topic);

    /// <summary>A message of librdkafka; the default is none.</summary>
    internal readonly ref struct PolledRecord(PolledRecord.Message* message) : IDisposable
    {
        /// <summary>Whether there is one.</summary>
        public bool Exists => message is not null;

        /// <summary>librdkafka's, which has the name.</summary>
        internal nint Topic => message->Topic;

        /// <summary>Where it was.</summary>
        public int Partition => message->Partition;

        /// <summary>Where it was.</summary>
        public long Offset => message->Offset;

        /// <summary>Its own timestamp, milliseconds since 1970; −1: it has none.</summary>
        public long Milliseconds => Timestamp(null, (nint)message, out _);

        /// <summary>Whether it has a key.</summary>
        public bool HasKey => message->Key is not null;

        /// <summary>Until it is disposed of; empty where it has none.</summary>
        public ReadOnlySpan<byte> Key => HasKey ? new ReadOnlySpan<byte>(message->Key, checked((int)message->KeyLength)) : default;

        /// <summary>Whether it has a value: a tombstone has none.</summary>
        public bool HasValue => message->Value is not null;

        /// <summary>Until it is disposed of; empty where it has none.</summary>
        public ReadOnlySpan<byte> Value => HasValue ? new ReadOnlySpan<byte>(message->Value, checked((int)message->Length)) : default;

        /// <summary>Copied, in their order.</summary>
        public IReadOnlyList<RecordHeader> Headers
        {
            get
            {
                if (HeadersOf(null, (nint)message, out nint all) != ErrorCode.NoError) return [];
                List<RecordHeader> headers = [];
                while (HeaderAt(null, all, headers.Count, out nint name, out nint value, out nint length) == ErrorCode.NoError)
                    headers.Add(new RecordHeader(Marshal.PtrToStringUTF8(name)!,
                        value == 0 ? null : new ReadOnlySpan<byte>((void*)value, checked((int)length)).ToArray()));
                return headers;
            }
        }

        /// <summary>What it is: a record, or what the client says in place of one.</summary>
        internal ErrorCode Code => message->Code;

        /// <summary>What the client says.</summary>
        internal Error Error => new(Code, Marshal.PtrToStringUTF8(ErrorText(null, (nint)message)), Code == ErrorCode.Local_Fatal);

        /// <inheritdoc/>
        public void Dispose()
        {
            if (Exists) Destroy(null, (nint)message);
        }

        [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "message_timestamp")]
        static extern long Timestamp([UnsafeAccessorType(Functions)] object? functions, nint message, out int kind);

        [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "message_headers")]
        static extern ErrorCode HeadersOf([UnsafeAccessorType(Functions)] object? functions, nint message, out nint headers);

        [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "header_get_all")]
        static extern ErrorCode HeaderAt([UnsafeAccessorType(Functions)] object? functions, nint headers, nint index, out nint name,
            out nint value, out nint length);

        [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "message_errstr")]
        static extern nint ErrorText([UnsafeAccessorType(Functions)] object? functions, nint message);

        [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "message_destroy")]
        static extern void Destroy([UnsafeAccessorType(Functions)] object? functions, nint message);

        /// <summary>rd_kafka_message_t, of librdkafka's public interface (rdkafka.h).</summary>
        [StructLayout(LayoutKind.Sequential)]
        internal readonly struct Message
        {
            public readonly ErrorCode Code;
            public readonly nint Topic;
            public readonly int Partition;
            public readonly void* Value;
            public readonly nuint Length;
            public readonly void* Key;
            public readonly nuint KeyLength;
            public readonly long Offset;
        }
    }
}
