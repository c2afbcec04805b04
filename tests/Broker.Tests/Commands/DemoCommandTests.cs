using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Broker.Tests;

public sealed class DemoCommandTests(EmbeddedBrokerFixture broker) : IClassFixture<EmbeddedBrokerFixture>
{
    [Fact]
    public async Task A_feed_that_is_begun_again_goes_on_after_what_it_has_sent()
    {
        string topic = await broker.Topic("demo");
        for (int begun = 0; begun < 2; begun++)
        {
            using var feed = new EsnProcess("demo", "--to", topic, "--bootstrap-servers", broker.BootstrapServers!, "--steps", "5000",
                "--rate", "1000");
            Assert.True(await feed.Exit(EndToEnd.Patience) == 0, feed.Said);
        }
        string[] times = [.. (await Topics.ReadAll(broker.BootstrapServers!, topic)).OrderBy(record => record.Offset.Value)
            .Select(record => record.Data().GetProperty("timestamp").GetString()!)];
        Assert.Equal(10_000, times.Length);
        Assert.Equal(times.OrderBy(FeedTime.Parse), times);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_demo_catches_nine_of_ten_with_at_most_one_false_alarm(int seed)
    {
        using var demo = new EsnProcess("demo", "--steps", "20000", "--exit", "--rate", "0", "--seed", $"{seed}");
        int code = await demo.Exit(TimeSpan.FromMinutes(3));
        Assert.True(code == 0, demo.Said);
        Assert.Contains(": good", demo.Said, StringComparison.Ordinal);
    }
}
