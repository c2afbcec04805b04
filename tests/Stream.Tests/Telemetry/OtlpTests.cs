using System.Diagnostics.Metrics;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>What is scraped and what is logged reaches a receiver of OpenTelemetry as well.</summary>
public sealed class OtlpTests
{
    static TracingConfig To(OtlpReceiver receiver) => new() { OtlpEndpoint = receiver.Endpoint };

    [Fact]
    public async Task Metrics_reach_an_OTLP_receiver_with_the_names_labels_and_values_that_are_scraped()
    {
        await using OtlpReceiver receiver = await OtlpReceiver.Start("metrics.v1.MetricsService");
        EsnConfig config = Pipelines.Config();
        var metrics = new EsnMetrics(config.Http, []);
        using (Otlp.Start(To(receiver), "night-watch", metrics, TimeProvider.System))
        {
            metrics.Observe(new StreamTable(config, TimeProvider.System).Take(
                Pipelines.Batch([.. Enumerable.Range(0, 641).Select(t => Pipelines.Record(t, "pump \"7\"", Pipelines.Value(t)))])));
        }
        string said = await receiver.Said("esn_steps_total");
        Dictionary<string, HashSet<string>> scraped = await Exposition.Series();
        foreach (string name in scraped.Keys.Where(name => name.StartsWith("esn_", StringComparison.Ordinal)))
        {
            // One that has no sample yet is none over there.
            string family = name.Replace("_bucket", "", StringComparison.Ordinal).Replace("_sum", "", StringComparison.Ordinal)
                .Replace("_count", "", StringComparison.Ordinal);
            string[] silent = ["esn_partition_lag_records", "esn_group_lag_records", "esn_snapshot_timestamp_seconds",
                "esn_stream_dead_letters_total", "esn_snapshot_pause_seconds", "esn_drift_lead_seconds", "esn_forecast_value",
                "esn_alarm_channel_share"];
            Assert.True(silent.Contains(family) || said.Contains(family, StringComparison.Ordinal), family);
        }
        foreach (string word in new[] { "night-watch", "pump \"7\"", "process_cpu_seconds_total", OtlpReceiver.Bytes(641) })
            Assert.Contains(word, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_lines_reach_an_OTLP_receiver_with_their_values()
    {
        await using OtlpReceiver receiver = await OtlpReceiver.Start("logs.v1.LogsService");
        using (ILoggerFactory log = LoggerFactory.Create(logging => logging.AddOtlp(To(receiver), "night-watch")))
            log.CreateLogger("esn").Alarm("opened", "pump-7", "2026-03-01T12:00:00Z", 4711, "critical", 2.5, "; in flow");
        string said = await receiver.Said("pump-7");
        string[] words = ["night-watch", "alarm opened: stream pump-7", "Severity", "critical", "; in flow", OtlpReceiver.Bytes(2.5)];
        foreach (string word in words)
            Assert.Contains(word, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_endpoint_nothing_is_exported()
    {
        Assert.Null(Otlp.Start(new TracingConfig(), "esn", new EsnMetrics(new HttpConfig(), []), TimeProvider.System));
        var metrics = new EsnMetrics(new HttpConfig(), []);
        Assert.False(metrics.Meter.CreateCounter<int>("unheard").Enabled);
    }

    [Fact]
    public void Samples_are_read_with_their_labels()
    {
        Dictionary<string, List<Measurement<double>>> values = MeterBridge.Parse("""
            # HELP a_total Things.
            # TYPE a_total counter
            a_total 3
            b{x="1",y="a \"quoted\" \\ and\nbroken, {name}"} 2.5e-3
            b{x="2",y=""} NaN
            b{x="3",y=""} +Inf
            """);
        Assert.Equal(3, Assert.Single(values["a_total"]).Value);
        Assert.Equal(2, values["b"].Count);
        Assert.Equal(.0025, values["b"][0].Value);
        Assert.Equal([new("x", "1"), new("y", "a \"quoted\" \\ and\nbroken, {name}")], values["b"][0].Tags.ToArray());
        Assert.Equal(double.PositiveInfinity, values["b"][1].Value);
    }
}
