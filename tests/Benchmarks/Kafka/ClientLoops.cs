using System.Diagnostics;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.Wire;

namespace Esn.Benchmarks.Kafka;

/// <summary>A consumer with the settings of `esn run`, and nothing behind it.</summary>
static class ClientLoops
{
    /// <summary>Reads all records.</summary>
    /// <param name="servers">Of the broker.</param>
    /// <param name="load">What is there.</param>
    /// <param name="decode">Makes frames of them; null: they are only read.</param>
    public static Cost Consume(string servers, KafkaLoad load, FrameDecoder? decode)
    {
        long read = 0;
        var watch = new CpuWatch();
        Each(servers, load, result =>
        {
            if (read++ == 0) watch.Restart();
            if (read == load.Records / 2) watch.Half();
            if (decode?.Decode(Record(result)).DeadLetter is { } letter) throw new InvalidDataException(letter.Detail);
        });
        return watch.Cost(load.Records);
    }

    /// <summary>All frames, in the order that a consumer gets them, with the numbers of their streams.</summary>
    public static (int[] Streams, double[] Values, DateTime[] Times) Frames(string servers, KafkaLoad load)
    {
        var decoder = new FrameDecoder(new FrameFields());
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var streams = new int[load.Records];
        var values = new double[load.Records];
        var times = new DateTime[load.Records];
        int read = 0;
        Each(servers, load, result =>
        {
            Frame frame = decoder.Decode(Record(result)).Frame!;
            if (!numbers.TryGetValue(frame.Stream.Key, out int number)) numbers.Add(frame.Stream.Key, number = numbers.Count);
            (streams[read], values[read], times[read]) = (number, frame.Values[0], frame.Time);
            read++;
        });
        return (streams, values, times);
    }

    static void Each(string servers, KafkaLoad load, Action<ConsumeResult<byte[]?, byte[]?>> take)
    {
        var config = new EsnConfig
        {
            Kafka = new KafkaConfig { BootstrapServers = servers },
            Source = new SourceConfig { Topics = [KafkaLoad.Topic], Group = $"bare-{Guid.NewGuid():N}" },
        };
        using IConsumer<byte[]?, byte[]?> consumer = new ConsumerBuilder<byte[]?, byte[]?>(ClientSettings.Consumer(config)).Build();
        consumer.Subscribe(KafkaLoad.Topic);
        for (int read = 0; read < load.Records;)
        {
            if (consumer.Consume(TimeSpan.FromSeconds(1)) is not { } result) continue;
            take(result);
            read++;
        }
        consumer.Close();
    }

    static FeedRecord Record(ConsumeResult<byte[]?, byte[]?> result) => new(result.Topic, result.Partition, result.Offset,
        result.Message.Timestamp.UnixTimestampMs, result.Message.Key, result.Message.Value);
}

/// <summary>Time and processor time of this process.</summary>
sealed class CpuWatch
{
    long _start = Stopwatch.GetTimestamp();
    TimeSpan _cpu = Environment.CpuUsage.TotalTime, _half;

    public void Restart() => (_start, _cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);

    /// <summary>Half of the records are through.</summary>
    public void Half() => _half = Environment.CpuUsage.TotalTime;

    public Cost Cost(long records)
    {
        TimeSpan now = Environment.CpuUsage.TotalTime;
        return new Cost(records, Stopwatch.GetElapsedTime(_start).TotalSeconds, (now - _cpu).TotalSeconds,
            2e6 * (now - _half).TotalSeconds / records);
    }
}
