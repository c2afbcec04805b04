using System.Globalization;
using System.Text;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Time.Testing;
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
            Pipelines.Batch(Pipelines.Record(0, "a", 1), Pipelines.Record(1, "b", 1), Pipelines.Record(2, "c", 1),
                Pipelines.Record(3, "c", double.MaxValue))));
        string text = await Exposed(metrics);
        Assert.Single(text.Split('\n'), line => line.StartsWith("esn_anomaly_score{", StringComparison.Ordinal));
        Assert.Contains("esn_hidden_streams_total 2", text, StringComparison.Ordinal);
        Assert.Contains("esn_streams 3", text, StringComparison.Ordinal);
        Assert.Contains("esn_steps_total 4", text, StringComparison.Ordinal);
        Assert.Contains("esn_readout_recoveries_total 0", text, StringComparison.Ordinal);
        Assert.Contains("esn_readout_refusals_total 0", text, StringComparison.Ordinal);
        Assert.Contains("esn_rescalings_total 0", text, StringComparison.Ordinal);
    }

    static string? Sample(string text, string name) =>
        text.Split('\n').SingleOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(' ')[^1];

    internal static ScoredBatch Scored(double score, AlarmEvent? alarm = null, bool open = false, DateTime? at = null,
        params double[] values)
    {
        if (values.Length == 0) values = [1];
        FeedRecord record = Pipelines.Record(7, "a", values[0]) with
        {
            Milliseconds = (long)((at ?? Now) - DateTime.UnixEpoch).TotalMilliseconds,
        };
        var frame = new ScoredFrame(new Frame(record, new StreamId("steps", 0, "a"), at ?? Now, values),
            new StepResult(900, false, score, 1, open, alarm), Enumerable.Repeat(1.0, values.Length).ToArray(), false, 3);
        return new ScoredBatch(Pipelines.Batch(record)) { Frames = [frame],
            Streams = [new StreamSteps(frame.Frame.Stream, [frame], default, default, null, TimeSpan.Zero)], ScoredAt = at ?? Now };
    }

    [Fact]
    public async Task Changes_of_models_are_counted_by_reason()
    {
        var metrics = new EsnMetrics(new HttpConfig(), [], new FakeTimeProvider(Now));
        ScoredBatch batch = Scored(0);
        ScoredFrame frame = batch.Frames[0] with
        {
            Result = batch.Frames[0].Result with { Model = new ModelChange(ModelChangeKind.Growing, [0], Restarted: false) },
        };
        metrics.Observe(batch with { Frames = [frame], Streams = [batch.Streams[0] with { Frames = [frame] }] });
        string text = await Exposed(metrics);
        Assert.Contains("esn_model_changes_total{why=\"growing\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("esn_model_changes_total{why=\"outgrown\"} 0", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_happens_between_two_scrapes_is_seen_by_the_next_and_gone_after_65_seconds()
    {
        var time = new FakeTimeProvider(Now);
        var metrics = new EsnMetrics(new HttpConfig(), [], time);
        void Step(double score, AlarmEvent? alarm = null, bool open = false) =>
            metrics.Observe(Scored(score, alarm, open, time.GetUtcNow().UtcDateTime));
        Step(.3);
        Step(1.2, Event(AlarmChange.Opened, null) with { PeakScore = 1.2 }, open: true);
        Step(2.4, Event(AlarmChange.Escalated, null) with { PeakScore = 2.4, Severity = Severity.Critical }, open: true);
        Step(.1, Event(AlarmChange.Closed, null) with { PeakScore = 2.4, Severity = Severity.Critical });
        string text = await Exposed(metrics);
        Assert.Equal("0.1", Sample(text, "esn_anomaly_score{"));
        Assert.Equal("2.4", Sample(text, "esn_anomaly_score_max{"));
        Assert.Equal("0", Sample(text, "esn_alarm_active{"));
        Assert.Equal("3", Sample(text, "esn_alarm_severity{"));
        Assert.Equal("2.4", Sample(text, "esn_alarm_peak_score{"));
        Assert.Equal("1", Sample(text, "esn_stream_alarms_opened_total{"));
        Assert.Equal("4", Sample(text, "esn_stream_steps_total{"));
        time.Advance(TimeSpan.FromSeconds(59));
        Step(.2);
        Assert.Equal("2.4", Sample(await Exposed(metrics), "esn_anomaly_score_max{"));
        time.Advance(TimeSpan.FromSeconds(6));
        text = await Exposed(metrics);
        Assert.Equal("0.2", Sample(text, "esn_anomaly_score_max{"));
        Assert.Equal("0", Sample(text, "esn_alarm_severity{"));
        Assert.Equal("NaN", Sample(text, "esn_alarm_peak_score{"));
    }

    [Fact]
    public async Task Severity_and_peak_of_an_open_alarm_are_shown_for_as_long_as_it_is_open()
    {
        var time = new FakeTimeProvider(Now);
        var metrics = new EsnMetrics(new HttpConfig(), [], time);
        metrics.Observe(Scored(1.2, Event(AlarmChange.Opened, null) with { PeakScore = 1.2, Severity = Severity.Major }, open: true));
        metrics.Observe(Scored(1.7, open: true));
        time.Advance(TimeSpan.FromHours(3));
        string text = await Exposed(metrics);
        Assert.Equal("2", Sample(text, "esn_alarm_severity{"));
        Assert.Equal("1.7", Sample(text, "esn_alarm_peak_score{"));
        Assert.Equal("1", Sample(text, "esn_alarm_active{"));
    }

    [Fact]
    public async Task Values_of_a_feed_that_stopped_go_stale_by_its_own_pace_and_come_back_with_it()
    {
        var time = new FakeTimeProvider(Now);
        var metrics = new EsnMetrics(new HttpConfig(), [], time);
        for (int t = 0; t < 3; t++)
        {
            if (t > 0) time.Advance(TimeSpan.FromMinutes(10));
            metrics.Observe(Scored(.5, at: time.GetUtcNow().UtcDateTime));
        }
        string[] measured = ["esn_anomaly_score{", "esn_normality{", "esn_expected_value{", "esn_observed_value{", "esn_forecast_value{"];
        time.Advance(TimeSpan.FromMinutes(29));
        string text = await Exposed(metrics);
        Assert.All(measured, name => Assert.NotNull(Sample(text, name)));
        Assert.Equal("1740", Sample(text, "esn_silence_seconds{"));
        Assert.Equal("600", Sample(text, "esn_interval_seconds{"));
        Assert.Equal("600", Sample(text, "esn_longest_gap_seconds{"));

        time.Advance(TimeSpan.FromMinutes(2));
        text = await Exposed(metrics);
        Assert.All(measured, name => Assert.Null(Sample(text, name)));
        Assert.Null(Sample(text, "esn_anomaly_score_max{"));
        Assert.NotNull(Sample(text, "esn_alarm_active{"));
        Assert.Equal("1860", Sample(text, "esn_silence_seconds{"));

        metrics.Observe(Scored(.25, at: time.GetUtcNow().UtcDateTime));
        text = await Exposed(metrics);
        Assert.All(measured, name => Assert.NotNull(Sample(text, name)));
        Assert.Equal("0.25", Sample(text, "esn_anomaly_score_max{"));
    }

    [Fact]
    public async Task A_backlog_that_is_read_at_once_does_not_quicken_the_pace_of_a_feed()
    {
        var metrics = new EsnMetrics(Pipelines.Config().Http, []);
        metrics.Observe(new StreamTable(Pipelines.Config(), TimeProvider.System).Take(Pipelines.Batch(
            // one a second, and a pause of half a minute
            [.. Enumerable.Range(0, 400).Select(t => Pipelines.Record(t + (t >= 300 ? 29 : 0), "a", t))])));
        string text = await Exposed(metrics);
        Assert.Equal("30", Sample(text, "esn_longest_gap_seconds{"));
        Assert.Equal(428 / 399.0, double.Parse(Sample(text, "esn_interval_seconds{")!, CultureInfo.InvariantCulture), 1e-9);
    }

    [Fact]
    public async Task Dead_letters_are_counted_by_stream_up_to_the_cap_and_go_with_the_partition()
    {
        EsnConfig config = Pipelines.Config(http: http => http with { MaxStreams = 2 });
        var metrics = new EsnMetrics(config.Http, []);
        var table = new StreamTable(config, TimeProvider.System);
        FeedRecord Null(long offset, string key) => Pipelines.Record(offset, key, 1) with { Value = "{\"value\":null}"u8.ToArray() };
        metrics.Observe(table.Take(Pipelines.Batch(Null(0, "never"), Null(1, "never"), Pipelines.Record(5, "late", 1),
            Pipelines.Record(4, "late", 1), Null(8, "beyond"), Null(9, "late") with { Value = "{\"value\":\"Infinity\"}"u8.ToArray() },
                Null(10, "x") with { Key = null })));
        string text = await Exposed(metrics);
        Assert.Equal("2",
            Sample(text, "esn_stream_dead_letters_total{topic=\"steps\",partition=\"0\",stream=\"never\",reason=\"not_finite\"}"));
        Assert.Equal("1", Sample(text, "esn_stream_dead_letters_total{topic=\"steps\",partition=\"0\",stream=\"late\",reason=\"late\"}"));
        Assert.Equal("1",
            Sample(text, "esn_stream_dead_letters_total{topic=\"steps\",partition=\"0\",stream=\"late\",reason=\"not_finite\"}"));
        Assert.DoesNotContain("stream=\"beyond\"", text, StringComparison.Ordinal);
        Assert.Equal("4", Sample(text, "esn_dead_letters_total{reason=\"not_finite\"}"));
        metrics.Observe(table.Take(new PartitionsRevoked([new("steps", 0)])));
        Assert.DoesNotContain("esn_stream_dead_letters_total{", await Exposed(metrics), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lag_is_shown_by_partition_and_goes_with_it()
    {
        var readiness = new Readiness(TimeProvider.System, TimeSpan.FromSeconds(30));
        var metrics = new EsnMetrics(new HttpConfig(), []);
        metrics.ShowBeforeCollecting(readiness);
        static string Partition(int number, string state, long stored) => string.Create(CultureInfo.InvariantCulture,
            $"\"{number}\":{{\"fetch_state\":\"{state}\","
            + $"\"ls_offset\":100,\"next_offset\":90,\"stored_offset\":{stored},\"fetchq_cnt\":0}}");
        void Heard(string second) => readiness.Heard("{\"brokers\":{},\"topics\":{\"steps\":{\"partitions\":{" + Partition(0, "active", 70)
            + "," + Partition(1, second, -1001) + "}}}}");
        Heard("active");
        string text = await Exposed(metrics);
        Assert.Equal("30", Sample(text, "esn_partition_lag_records{topic=\"steps\",partition=\"0\"}"));
        Assert.Equal("10", Sample(text, "esn_partition_lag_records{topic=\"steps\",partition=\"1\"}"));
        Heard("none");
        text = await Exposed(metrics);
        Assert.Null(Sample(text, "esn_partition_lag_records{topic=\"steps\",partition=\"1\"}"));
        Assert.NotNull(Sample(text, "esn_partition_lag_records{topic=\"steps\",partition=\"0\"}"));
    }

    [Fact]
    public async Task The_process_itself_is_shown()
    {
        string text = await Exposed(new EsnMetrics(new HttpConfig(), []));
        foreach (string name in new[] { "process_cpu_seconds_total ", "process_working_set_bytes ", "process_start_time_seconds ",
            "dotnet_total_memory_bytes ", "dotnet_collection_count_total{generation=\"2\"} " })
            Assert.NotNull(Sample(text, name));
    }

    [Fact]
    public async Task Every_instrument_has_the_prefix_a_help_text_and_a_unit_where_it_has_one()
    {
        string text = await Exposed(new EsnMetrics(new HttpConfig(), []));
        string[] types = [.. text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)
            && !line.StartsWith("# TYPE process_", StringComparison.Ordinal)
            && !line.StartsWith("# TYPE dotnet_", StringComparison.Ordinal))];
        Assert.All(types, line => Assert.StartsWith("# TYPE esn_", line, StringComparison.Ordinal));
        Assert.All(types.Where(line => line.EndsWith(" counter", StringComparison.Ordinal)),
            line => Assert.EndsWith("_total counter", line, StringComparison.Ordinal));
        Assert.All(types.Where(line => line.EndsWith(" histogram", StringComparison.Ordinal)),
            line => Assert.EndsWith("_seconds histogram", line, StringComparison.Ordinal));
        Assert.Equal(types.Length, text.Split('\n')
            .Count(line => line.StartsWith("# HELP esn_", StringComparison.Ordinal) && line.Split(' ').Length > 4));
        Assert.Contains("esn_dead_letters_total{reason=\"not_json\"} 0", text, StringComparison.Ordinal);
        Assert.Contains("esn_dead_letters_total{reason=\"no_memory\"} 0", text, StringComparison.Ordinal);
        Assert.Contains("esn_events_total{change=\"opened\"} 0", text, StringComparison.Ordinal);
    }

    /// <summary>Of three channels, of which two have a part in it that is worth a word.</summary>
    internal static AlarmEvent OfThree(AlarmChange change) => Event(change, null) with
    {
        Expected = [1, 1, 1], Observed = [1, 2, 3], Contributions = [new(2, .6), new(1, .3), new(0, .1)],
    };

    [Fact]
    public async Task The_channels_of_an_alarm_are_shown_while_it_is_open_and_for_a_minute()
    {
        var time = new FakeTimeProvider(Now);
        var metrics = new EsnMetrics(new HttpConfig(), [], time);
        async Task<IEnumerable<string?>> Shares()
        {
            string text = await Exposed(metrics);
            return Enumerable.Range(0, 3).Select(c =>
                Sample(text, $"esn_alarm_channel_share{{topic=\"steps\",partition=\"0\",stream=\"a\",channel=\"{c}\"}}"));
        }
        void Step(AlarmEvent? alarm, bool open) =>
            metrics.Observe(Scored(alarm is null ? .1 : 1.5, alarm, open, time.GetUtcNow().UtcDateTime, 1, 2, 3));
        Step(null, open: false);
        Assert.Equal(new string?[] { null, null, null }, await Shares());
        Step(OfThree(AlarmChange.Opened), open: true);
        Assert.Equal(new[] { null, "0.3", "0.6" }, await Shares());
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(new[] { null, "0.3", "0.6" }, await Shares());
        Step(OfThree(AlarmChange.Closed), open: false);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(new[] { null, "0.3", "0.6" }, await Shares());
        time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(new string?[] { null, null, null }, await Shares());
    }

    static AlarmEvent Event(AlarmChange change, double? lead) => new()
    {
        Change = change, Position = 900, Start = 890, Peak = 895, Time = Now, StartTime = Now, PeakTime = Now, Score = 1.2, PeakScore = 1.3,
        Severity = Severity.Minor, Normality = .5, Expected = [1], Observed = [1], Contributions = [], Scores = [], Forecast = null,
        Drift = new Drift(DriftKind.Level, 0, 500, Now.AddSeconds(-4000), .002, lead,
            lead is { } steps ? TimeSpan.FromSeconds(10 * steps) : null),
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
            var frame = new ScoredFrame(new Frame(record, new StreamId("topic", 0, "a"), Now, [1]),
                new StepResult(900, false, 1, 1, true, alarm), new double[] { 1 }, false, 3);
            metrics.Observe(new ScoredBatch(Pipelines.Batch(record)) { Frames = [frame],
                Streams = [new StreamSteps(frame.Frame.Stream, [frame], default, default, null, TimeSpan.Zero)] });
            return (await Exposed(metrics)).Split('\n').Single(line => line.StartsWith("esn_drift_lead_seconds{", StringComparison.Ordinal))
                .Split(' ')[^1];
        }

        Assert.Equal("NaN", await Lead(null));
        Assert.Equal("3000", await Lead(Event(AlarmChange.Opened, 300)));
        Assert.Equal("NaN", await Lead(Event(AlarmChange.Updated, null)));
        Assert.Equal("200", await Lead(Event(AlarmChange.Escalated, 20)));
        Assert.Equal("NaN", await Lead(Event(end, 10)));
    }
}
