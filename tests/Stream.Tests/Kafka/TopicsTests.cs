using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class TopicsTests
{
    [Fact]
    public async Task Brokers_that_are_away_are_asked_again_by_the_clock_that_was_passed_in()
    {
        var (time, log) = (new FakeTimeProvider(), new RecordingLog());
        var config = new EsnConfig { Kafka = new KafkaConfig { BootstrapServers = "127.0.0.1:1" } };
        using var stop = new CancellationTokenSource();
        Task<bool> there = Topics.Ensure(config, time, log, stop.Token);
        int Told() => log.Lines.ToArray().Count(line => line.Contains("can't reach the brokers", StringComparison.Ordinal));
        await Until(() => Told() == 1);
        Assert.False(there.IsCompleted);
        // The next try is a second away, and told of again after a minute.
        await Until(() =>
        {
            time.Advance(TimeSpan.FromMinutes(1));
            return Told() == 2;
        });
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => there);
    }

    static async Task Until(Func<bool> isSo)
    {
        DateTime end = DateTime.UtcNow.AddSeconds(60);
        while (!isSo())
        {
            Assert.True(DateTime.UtcNow < end);
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
