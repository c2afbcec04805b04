using System.Text;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class EsnMetricsTests
{
    static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    static async Task<string> Exposed(EsnMetrics metrics)
    {
        using var text = new MemoryStream();
        await metrics.Registry.CollectAndExportAsTextAsync(text);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    [Fact]
    public async Task The_series_of_a_stream_go_with_its_partition_and_the_same_key_in_another_keeps_its_own()
    {
        EsnConfig config = Pipelines.Config();
        var metrics = new EsnMetrics(config.Http, []);
        var table = new StreamTable(config, TimeProvider.System);
        metrics.Observe(table.Take(Pipelines.Batch(Pipelines.Record(0, "a", 1, partition: 0), Pipelines.Record(0, "a", 2, partition: 1))));
        string text = await Exposed(metrics);
        Assert.Contains("esn_observed_value{topic=\"steps\",partition=\"0\",stream=\"a\",channel=\"0\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("esn_observed_value{topic=\"steps\",partition=\"1\",stream=\"a\",channel=\"0\"} 2", text, StringComparison.Ordinal);
        metrics.Observe(table.Take(new PartitionsRevoked([new("steps", 0)])));
        text = await Exposed(metrics);
        Assert.DoesNotContain("partition=\"0\"", text, StringComparison.Ordinal);
        Assert.Contains("partition=\"1\"", text, StringComparison.Ordinal);
        Assert.Contains("esn_streams 1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_show_a_capped_number_of_streams_and_count_the_others()
    {
        EsnConfig config = Pipelines.Config(http: http => http with { MaxStreams = 1 });
        var metrics = new EsnMetrics(config.Http, []);
        metrics.Observe(new StreamTable(config, TimeProvider.System).Take(
            Pipelines.Batch(Pipelines.Record(0, "a", 1), Pipelines.Record(1, "b", 1), Pipelines.Record(2, "c", 1), Pipelines.Record(3, "c", double.MaxValue))));
        string text = await Exposed(metrics);
        Assert.Single(text.Split('\n'), line => line.StartsWith("esn_anomaly_score{", StringComparison.Ordinal));
        Assert.Contains("esn_hidden_streams_total 2", text, StringComparison.Ordinal);
        Assert.Contains("esn_streams 3", text, StringComparison.Ordinal);
        Assert.Contains("esn_steps_total 4", text, StringComparison.Ordinal);
        Assert.Contains("esn_readout_recoveries_total 0", text, StringComparison.Ordinal);
        Assert.Contains("esn_readout_refusals_total 0", text, StringComparison.Ordinal);
        Assert.Contains("esn_rescalings_total 0", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_instrument_has_the_prefix_a_help_text_and_a_unit_where_it_has_one()
    {
        string text = await Exposed(new EsnMetrics(new HttpConfig(), []));
        string[] types = [.. text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal))];
        Assert.All(types, line => Assert.StartsWith("# TYPE esn_", line, StringComparison.Ordinal));
        Assert.All(types.Where(line => line.EndsWith(" counter", StringComparison.Ordinal)), line => Assert.EndsWith("_total counter", line, StringComparison.Ordinal));
        Assert.All(types.Where(line => line.EndsWith(" histogram", StringComparison.Ordinal)), line => Assert.EndsWith("_seconds histogram", line, StringComparison.Ordinal));
        Assert.Equal(types.Length, text.Split('\n').Count(line => line.StartsWith("# HELP esn_", StringComparison.Ordinal) && line.Split(' ').Length > 4));
        Assert.Contains("esn_dead_letters_total{reason=\"not_json\"} 0", text, StringComparison.Ordinal);
        Assert.Contains("esn_dead_letters_total{reason=\"no_memory\"} 0", text, StringComparison.Ordinal);
        Assert.Contains("esn_events_total{change=\"opened\"} 0", text, StringComparison.Ordinal);
    }

    static AlarmEvent Event(AlarmChange change, double? lead) => new()
    {
        Change = change, Position = 900, Start = 890, Peak = 895, Time = Now, StartTime = Now, PeakTime = Now, Score = 1.2, PeakScore = 1.3,
        Severity = Severity.Minor, Normality = .5, Expected = [1], Observed = [1], Contributions = [], Scores = [], Forecast = null,
        Drift = new Drift(DriftKind.Level, 0, 500, Now.AddSeconds(-4000), .002, lead, lead is { } steps ? TimeSpan.FromSeconds(10 * steps) : null),
    };

    [Theory]
    [InlineData(AlarmChange.Closed)]
    [InlineData(AlarmChange.Adapted)]
    public async Task The_gauge_shows_the_lead_until_the_alarm_ends(AlarmChange end)
    {
        var metrics = new EsnMetrics(new HttpConfig(), []);
        async Task<string> Lead(AlarmEvent? alarm)
        {
            FeedRecord record = Pipelines.Record(7, "a", 1);
            var frame = new ScoredFrame(new Frame(record, new StreamId("topic", 0, "a"), Now, [1]), new StepResult(900, false, 1, 1, true, alarm), new double[] { 1 }, false, 3);
            metrics.Observe(new ScoredBatch(Pipelines.Batch(record)) { Frames = [frame], Streams = [new StreamSteps(frame.Frame.Stream, [frame], default, default, null, TimeSpan.Zero)] });
            return (await Exposed(metrics)).Split('\n').Single(line => line.StartsWith("esn_drift_lead_seconds{", StringComparison.Ordinal)).Split(' ')[^1];
        }

        Assert.Equal("NaN", await Lead(null));
        Assert.Equal("3000", await Lead(Event(AlarmChange.Opened, 300)));
        Assert.Equal("NaN", await Lead(Event(AlarmChange.Updated, null)));
        Assert.Equal("200", await Lead(Event(AlarmChange.Escalated, 20)));
        Assert.Equal("NaN", await Lead(Event(end, 10)));
    }
}
