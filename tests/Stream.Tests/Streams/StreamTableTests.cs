using System.Text;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class StreamTableTests
{
    static StreamTable Table(EsnConfig config, EsnMetrics? metrics = null) => new(config, metrics ?? new EsnMetrics(config.Http), TimeProvider.System);

    static async Task<string> Exposed(EsnMetrics metrics)
    {
        using var text = new MemoryStream();
        await metrics.Registry.CollectAndExportAsTextAsync(text);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    [Fact]
    public void The_same_records_give_the_same_results_in_any_batches()
    {
        FeedRecord[] records = [.. Enumerable.Range(0, 1400).Select(i => Pipelines.Record(i, i % 2 == 0 ? "a" : "b", Pipelines.Value(i / 2, i % 2)))];
        List<ScoredFrame> one = [], other = [];
        StreamTable ones = Table(Pipelines.Config()), others = Table(Pipelines.Config());
        foreach (FeedRecord record in records) one.AddRange(ones.Step(Pipelines.Batch(record)).Frames);
        foreach (FeedRecord[] chunk in records.Chunk(97)) other.AddRange(others.Step(Pipelines.Batch(chunk)).Frames);

        Assert.Equal(one.Select(frame => BitConverter.DoubleToInt64Bits(frame.Result.Score)), other.Select(frame => BitConverter.DoubleToInt64Bits(frame.Result.Score)));
        Assert.Equal(one.Select(frame => frame.Frame.Record.Offset), other.Select(frame => frame.Frame.Record.Offset));
        Assert.Contains(one, frame => frame.Result.Alarm is { Change: AlarmChange.Opened, Position: >= 600 and < 610 });
    }

    [Fact]
    public void Bad_records_change_nothing_for_the_good_ones()
    {
        StreamTable clean = Table(Pipelines.Config()), disturbed = Table(Pipelines.Config());
        List<ScoredFrame> expected = [], found = [];
        for (int i = 0; i < 700; i++)
        {
            FeedRecord good = Pipelines.Record(i, "a", Pipelines.Value(i));
            expected.AddRange(clean.Step(Pipelines.Batch(good)).Frames);
            FeedRecord[] bad =
            [
                good with { Value = "{"u8.ToArray() }, good with { Key = null }, good with { Value = null },
                good with { Value = """{"values": [1, 2, 3]}"""u8.ToArray() }, good with { Key = "empty"u8.ToArray(), Value = "{}"u8.ToArray() },
            ];
            ScoredBatch batch = disturbed.Step(Pipelines.Batch([bad[0], bad[1], good, bad[2], bad[3], bad[4]]));
            Assert.Equal(5, batch.DeadLetters.Count);
            found.AddRange(batch.Frames);
        }
        Assert.Equal(expected.Select(frame => frame.Result.Score), found.Select(frame => frame.Result.Score));
    }

    [Fact]
    public void Beyond_the_cap_a_new_stream_is_a_dead_letter()
    {
        StreamTable table = Table(Pipelines.Config(source => source with { MaxStreams = 2 }));
        ScoredBatch batch = table.Step(Pipelines.Batch(Pipelines.Record(0, "a", 1), Pipelines.Record(1, "b", 1), Pipelines.Record(2, "c", 1), Pipelines.Record(3, "a", 2)));
        Assert.Equal(Rejection.TooManyStreams, Assert.Single(batch.DeadLetters).Reason);
        Assert.Equal(3, batch.Frames.Count);
    }

    [Fact]
    public async Task A_revoked_partition_takes_its_streams_and_their_series_along()
    {
        EsnConfig config = Pipelines.Config();
        var metrics = new EsnMetrics(config.Http);
        StreamTable table = Table(config, metrics);
        table.Step(Pipelines.Batch(Pipelines.Record(0, "a", 1, partition: 0), Pipelines.Record(0, "b", 1, partition: 1)));
        Assert.Contains("stream=\"a\"", await Exposed(metrics), StringComparison.Ordinal);
        ScoredBatch batch = table.Step(new RecordBatch([Pipelines.Record(1, "b", 2, partition: 1)], [("steps", 0)]));
        Assert.Equal(1, batch.Frames[0].Result.Position);
        Assert.DoesNotContain("stream=\"a\"", await Exposed(metrics), StringComparison.Ordinal);
        Assert.Equal(0, table.Step(Pipelines.Batch(Pipelines.Record(1, "a", 2))).Frames[0].Result.Position);
    }

    [Fact]
    public async Task Metrics_show_a_capped_number_of_streams_and_count_the_others()
    {
        EsnConfig config = Pipelines.Config(http: http => http with { MaxStreams = 1 });
        var metrics = new EsnMetrics(config.Http);
        Table(config, metrics).Step(Pipelines.Batch(Pipelines.Record(0, "a", 1), Pipelines.Record(1, "b", 1), Pipelines.Record(2, "c", 1), Pipelines.Record(3, "c", double.MaxValue)));
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
        string text = await Exposed(new EsnMetrics(new HttpConfig()));
        string[] types = [.. text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal))];
        Assert.All(types, line => Assert.StartsWith("# TYPE esn_", line, StringComparison.Ordinal));
        Assert.All(types.Where(line => line.EndsWith(" counter", StringComparison.Ordinal)), line => Assert.EndsWith("_total counter", line, StringComparison.Ordinal));
        Assert.All(types.Where(line => line.EndsWith(" histogram", StringComparison.Ordinal)), line => Assert.EndsWith("_seconds histogram", line, StringComparison.Ordinal));
        Assert.Equal(types.Length, text.Split('\n').Count(line => line.StartsWith("# HELP esn_", StringComparison.Ordinal) && line.Split(' ').Length > 4));
        Assert.Contains("esn_dead_letters_total{reason=\"not_json\"} 0", text, StringComparison.Ordinal);
        Assert.Contains("esn_events_total{change=\"opened\"} 0", text, StringComparison.Ordinal);
    }
}
