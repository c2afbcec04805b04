using System.Text;
using System.Text.Json;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using Esn.Streaming.Kafka;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Demo;

/// <summary>Sends the demo's feed to a topic: a quiet beginning at once, to learn from, then at a pace.</summary>
/// <param name="config">Where the broker is.</param>
/// <param name="feed">What is sent.</param>
/// <param name="time">The clock.</param>
/// <param name="atOnce">Steps of the beginning; 0: the feed was learnt before, and goes on with a time that is later than all of it.
/// </param>
sealed class DemoProducer(EsnConfig config, DemoFeed feed, TimeProvider time, int atOnce = DemoRun.Quiet)
{
    /// <summary>Its name, the key of its records.</summary>
    public const string Stream = "mackey-glass";

    /// <summary>Sends it.</summary>
    /// <param name="topic">Where to.</param>
    /// <param name="steps">How many; null: without end.</param>
    /// <param name="rate">Steps per second; 0: as fast as it goes.</param>
    /// <param name="scored">Steps that are scored already.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FeedException">Something could not be sent: the topic may not be written, or no broker answers.</exception>
    public async Task Send(string topic, long? steps, double rate, Func<long> scored, CancellationToken stop)
    {
        using var sender = new TopicSender(config, topic);
        byte[] key = Encoding.UTF8.GetBytes(Stream);
        var clock = new DemoClock(time, atOnce, rate);
        long pacedFrom = 0;
        for (long step = 0; step < (steps ?? long.MaxValue); step++)
        {
            if (step == atOnce)
            {
                // From here on latency is measured: not of records that wait for the consumer group to form.
                sender.Flush(stop);
                while (scored() < atOnce) await Task.Delay(TimeSpan.FromMilliseconds(20), time, stop).ConfigureAwait(false);
                pacedFrom = time.GetTimestamp();
            }
            if (step > atOnce && rate > 0)
            {
                TimeSpan ahead = TimeSpan.FromSeconds((step - atOnce) / rate) - time.GetElapsedTime(pacedFrom);
                if (ahead > TimeSpan.FromMilliseconds(5)) await Task.Delay(ahead, time, stop).ConfigureAwait(false);
            }
            byte[] value = JsonSerializer.SerializeToUtf8Bytes(new { timestamp = FeedTime.Write(clock.At(step)),
                value = feed.Next() });
            sender.Send(key, value, null, stop);
        }
        sender.Flush(stop);
    }
}
