using Esn.Streaming.Configuration;
using Esn.Streaming.Demo;
using Esn.Streaming.Feeds;
using Esn.Streaming.Simulation;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class DemoTests
{
    static EsnConfig Nowhere(params (string Key, string Value)[] producer) => new()
    {
        Kafka = new KafkaConfig { BootstrapServers = "127.0.0.1:1", Producer = producer.ToDictionary(one => one.Key, one => one.Value) },
    };

    static Task Send(EsnConfig config, CancellationToken stop) => Task.Run(() => new DemoProducer(config, new DemoFeed(1, 2000, .01),
        TimeProvider.System).Send("steps", null, 0, () => long.MaxValue, stop), CancellationToken.None);

    [Fact]
    public async Task A_feed_that_no_broker_takes_is_an_error()
    {
        EsnConfig config = Nowhere(("message.timeout.ms", "500"), ("linger.ms", "5"));
        FeedException e = await Assert.ThrowsAsync<FeedException>(() => Send(config, TestContext.Current.CancellationToken))
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.StartsWith("can't send to steps at 127.0.0.1:1: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_feed_that_waits_for_room_ends_when_it_is_asked_to()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        EsnConfig config = Nowhere(("queue.buffering.max.messages", "10"), ("message.timeout.ms", "0"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Send(config, stop.Token))
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Mackey_Glass_agrees_with_a_fine_plain_integration()
    {
        // A plain Heun twin with a step ten times smaller, over a stretch in which chaos has not yet had time.
        const int fine = 100, delay = 17 * fine;
        double[] x = new double[delay + 1 + 60 * fine];
        Array.Fill(x, 1.2, 0, delay + 1);
        for (int t = delay; t + 1 < x.Length; t++)
        {
            double Slope(double now, double then) => .2 * then / (1 + Math.Pow(then, 10)) - .1 * now;
            double k = Slope(x[t], x[t - delay]);
            x[t + 1] = x[t] + .5 / fine * (k + Slope(x[t] + k / fine, x[t + 1 - delay]));
        }
        var equation = new MackeyGlass(1.2);
        // the kink at t = 0 costs most of it
        for (int sample = 1; sample < 60; sample++) Assert.Equal(x[delay + sample * fine], equation.Next(), 5e-5);
    }

    [Fact]
    public void The_feed_has_anomalies_of_fifty_steps_after_the_quiet_beginning()
    {
        var feed = new DemoFeed(seed: 2, quiet: 2000, noise: 0);
        for (int i = 0; i < 50_000; i++) Assert.InRange(feed.Next(), .1, 1.6);
        Assert.InRange(feed.Anomalies.Count, 9, 14);
        Assert.True(feed.Anomalies[0] >= 2000);
        Assert.All(feed.Anomalies.Zip(feed.Anomalies.Skip(1)), pair => Assert.True(pair.Second - pair.First > 3000));
    }

    [Fact]
    public void The_report_counts_what_is_caught_and_what_is_false()
    {
        var report = new DemoReport();
        foreach (long anomaly in new long[] { 1000, 2000, 3000 }) report.Began(anomaly);
        Assert.Equal(7, report.Opened(1007));
        Assert.Equal(60, report.Opened(1060));  // the same anomaly again is neither false nor caught twice
        Assert.Null(report.Opened(1500));
        Assert.Equal(0, report.Opened(3000));
        Assert.Equal((3, 2, 1), (report.Anomalies, report.Caught, report.FalseAlarms));
        Assert.False(report.Good(4000));
    }

    [Theory]
    [InlineData(true, 3, true, "[green]good[/]")]
    [InlineData(false, 0, true, "[yellow]ended before the first anomaly[/]")]
    [InlineData(false, 3, true, "[yellow]stopped[/]")]
    [InlineData(false, 3, false, "[red]not good[/]")]
    public void Who_stops_the_demo_is_not_told_that_it_failed(bool good, int anomalies, bool stopped, string says) =>
        Assert.Equal(says, DemoScreen.Verdict(good, anomalies, stopped));

    [Fact]
    public void A_chart_draws_the_last_values_from_the_bottom_to_the_top()
    {
        Assert.Equal(["⠀⢸", "⠀⢸"], BrailleChart.Draw([double.NaN, double.NaN, 0, 1], 2, 2, 0, 1).Select(line => line.Replace('⣸', '⢸')));
        Assert.Equal(["⣀⣀"], BrailleChart.Draw([0, 0, 0, 0], 2, 1, 0, 1));
        Assert.Equal(["⠉⠉"], BrailleChart.Draw([5, 5, 5, 5], 2, 1, 0, 1));
    }
}
