using System.Text.Json;
using Confluent.Kafka;

namespace Esn.Streaming.Demo;

/// <summary>Reads the alarms of the demo back from their topic, as on-call would.</summary>
/// <param name="servers">Of the broker.</param>
/// <param name="topic">Of events.</param>
sealed class DemoAlarms(string servers, string topic)
{
    long _read;

    /// <summary>Events of alarms read so far.</summary>
    public long Count => Interlocked.Read(ref _read);

    /// <summary>Reads until it is told to stop.</summary>
    /// <param name="opened">Told of each alarm that opened: its step and its score.</param>
    /// <param name="stop">Ends it.</param>
    public void Read(Action<long, double> opened, CancellationToken stop) => ReadAll(data =>
    {
        if (data.GetProperty("change").GetString() == "opened")
            opened(data.GetProperty("position").GetInt64(), data.GetProperty("score").GetDouble());
    }, stop);

    /// <summary>Reads until it is told to stop.</summary>
    /// <param name="heard">Told the data of each event of an alarm.</param>
    /// <param name="stop">Ends it.</param>
    public void ReadAll(Action<JsonElement> heard, CancellationToken stop)
    {
        var settings = new ConsumerConfig { BootstrapServers = servers, GroupId = "on-call" };
        using IConsumer<Ignore, byte[]> consumer = new ConsumerBuilder<Ignore, byte[]>(settings).SetLogHandler((_, _) => { }).Build();
        // All partitions from their beginning, without a group and the three seconds it takes to form.
        consumer.Assign(Enumerable.Range(0, EmbeddedBroker.Partitions)
            .Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        while (!stop.IsCancellationRequested)
        {
            if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is not { } record) continue;
            using JsonDocument data = JsonDocument.Parse(record.Message.Value);
            if (!data.RootElement.TryGetProperty("change", out _)) continue;  // no alarm, such as a feed that fell silent
            heard(data.RootElement);
            Interlocked.Increment(ref _read);
        }
    }
}
