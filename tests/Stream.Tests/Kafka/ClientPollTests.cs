using Confluent.Kafka;
using Esn.Streaming.Demo;
using Esn.Streaming.Kafka;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class ClientPollTests : IDisposable
{
    static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(200), Patience = TimeSpan.FromSeconds(60);

    readonly EmbeddedBroker _broker = new("steps", "others");

    public void Dispose() => _broker.Dispose();

    IConsumer<byte[]?, byte[]?> Client(string group, AutoOffsetReset reset = AutoOffsetReset.Earliest,
        Func<List<TopicPartition>, IEnumerable<TopicPartitionOffset>>? assigned = null)
    {
        var builder = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig
        {
            BootstrapServers = _broker.BootstrapServers, GroupId = group, AutoOffsetReset = reset, EnablePartitionEof = true,
            EnableAutoCommit = false,
        }).SetLogHandler((_, _) => { });
        if (assigned is not null) builder.SetPartitionsAssignedHandler((_, partitions) => assigned(partitions));
        IConsumer<byte[]?, byte[]?> client = builder.Build();
        client.Subscribe(["steps", "others"]);
        return client;
    }

    // Keys, values and headers that are there, empty, or none; in two topics, with the end of each partition told between them.
    [Fact]
    public void A_record_is_what_the_client_says_it_is()
    {
        Message<byte[]?, byte[]?>[] sent =
        [
            new()
            {
                Key = "pump"u8.ToArray(), Value = "{}"u8.ToArray(),
                Timestamp = new Timestamp(1_700_000_000_123, TimestampType.CreateTime),
            },
            new() { Key = null, Value = [], Timestamp = new Timestamp(5, TimestampType.CreateTime) },
            new() { Key = [], Value = null },
            new()
            {
                Key = new byte[3000], Value = new byte[100_000],
                Headers = new Headers { { "a", "ä"u8.ToArray() }, { "none", null }, { "a", [] } },
            },
        ];
        using IProducer<byte[]?, byte[]?> producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig
        {
            BootstrapServers = _broker.BootstrapServers,
        }).Build();
        for (int i = 0; i < 8 * sent.Length; i++)
            producer.Produce(new TopicPartition(i % 2 == 0 ? "steps" : "others", i % 3), sent[i / 2 % sent.Length]);
        producer.Flush(Patience);

        List<string> told = [], found = [];
        using IConsumer<byte[]?, byte[]?> one = Client("one"), other = Client("other");
        DateTime end = DateTime.UtcNow + Patience;
        while (told.Count < 8 * sent.Length && DateTime.UtcNow < end)
            if (one.Consume(Wait) is { Message: { } message } result)
                told.Add(Said(result.Topic, result.Partition, result.Offset, message.Timestamp.UnixTimestampMs, message.Key, message.Value,
                    message.Headers.Select(header => (header.Key, (byte[]?)header.GetValueBytes()))));
        var poll = new ClientPoll(other);
        while (found.Count < 8 * sent.Length && DateTime.UtcNow < end)
        {
            using ClientPoll.PolledRecord record = poll.Next(Wait);
            if (record.Exists)
                found.Add(Said(poll.TopicOf(in record), record.Partition, record.Offset, record.Milliseconds,
                    record.HasKey ? record.Key.ToArray() : null, record.HasValue ? record.Value.ToArray() : null,
                    record.Headers.Select(header => (header.Name, header.Value))));
        }
        Assert.Equal(8 * sent.Length, told.Count);
        Assert.Equal(told.Order(), found.Order());
        Assert.Contains(found, record => record.Contains("a=[195,164] none=null a=[]", StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_handler_throws_ends_the_call_that_it_ran_within()
    {
        ClientPoll? poll = null;
        using IConsumer<byte[]?, byte[]?> client = Client("thrown",
            assigned: _ => poll!.Within<List<TopicPartitionOffset>>(() => throw new InvalidOperationException("not now")));
        poll = new ClientPoll(client);
        Assert.Equal("not now", Assert.Throws<InvalidOperationException>(() => Until(poll)).Message);
        using ClientPoll.PolledRecord none = poll.Next(TimeSpan.Zero);  // once
        Assert.False(none.Exists);
        client.Close();  // the client has nothing left to throw
    }

    [Fact]
    public void What_a_handler_throws_is_thrown_though_the_client_keeps_nothing_of_it()
    {
        using IConsumer<byte[]?, byte[]?> client = Client("ignored");
        var poll = new ClientPoll(client);
        Assert.Throws<InvalidOperationException>(() => poll.Within(() => throw new InvalidOperationException("not now")));
        Assert.Equal("not now", Assert.Throws<InvalidOperationException>(() => poll.Next(TimeSpan.Zero)).Message);
        using ClientPoll.PolledRecord none = poll.Next(TimeSpan.Zero);  // once
        Assert.False(none.Exists);
    }

    [Fact]
    public void What_comes_in_place_of_a_record_is_an_error_with_its_reason()
    {
        using IConsumer<byte[]?, byte[]?> client = Client("nowhere", AutoOffsetReset.Error);
        ConsumeException told = Assert.Throws<ConsumeException>(() => Until(new ClientPoll(client)));
        Assert.Equal(ErrorCode.Local_AutoOffsetReset, told.Error.Code);
        Assert.Contains("no previously committed offset", told.Error.Reason, StringComparison.Ordinal);
        Assert.False(told.Error.IsFatal);
    }

    static void Until(ClientPoll poll)
    {
        for (DateTime end = DateTime.UtcNow + Patience; DateTime.UtcNow < end;)
        {
            using ClientPoll.PolledRecord record = poll.Next(Wait);
            Assert.False(record.Exists);
        }
    }

    static string Said(string topic, int partition, long offset, long sent, byte[]? key, byte[]? value,
        IEnumerable<(string Name, byte[]? Value)> headers) => FormattableString.Invariant(
            $"{topic}[{partition}]@{offset} {sent} {Bytes(key)} {Bytes(value)} ")
            + string.Join(' ', headers.Select(header => $"{header.Name}={Bytes(header.Value)}"));

    static string Bytes(byte[]? bytes) => bytes is null ? "null" : $"[{string.Join(',', bytes)}]";
}
