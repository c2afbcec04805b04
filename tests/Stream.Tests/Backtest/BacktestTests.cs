using System.Globalization;
using System.Text.Json;
using Esn.Streaming.Backtest;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using Esn.Streaming.Streams;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class BacktestTests : FileTests
{
    BacktestSummary Run(string file, string[]? values = null, string[]? labels = null)
    {
        using CsvFeed feed = CsvFeed.Open(file, values ?? [], labels ?? []);
        return BacktestRun.Run(feed, labels is null ? null : new FeedLabels(), Pipelines.Config(), Folder, null, TimeProvider.System,
            _ => { }, CancellationToken.None);
    }

    string Feed(int rows, Func<int, string?>? line = null) =>
        Write("timestamp,value,is_anomaly\n" + string.Concat(Enumerable.Range(0, rows).Select(t =>
        (line?.Invoke(t) ?? string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddSeconds(t):yyyy-MM-dd HH:mm:ss},{Pipelines.Value(t):R},{(t is >= 600 and < 620 ? 1 : 0)}")) + "\n")));

    [Fact]
    public void Scores_has_a_row_for_each_row_of_the_feed_and_the_summary_counts_what_is_labelled()
    {
        BacktestSummary summary = Run(Feed(1000), labels: ["is_anomaly"]);
        string[] scores = File.ReadAllLines(Path.Combine(Folder, "scores.csv"));
        Assert.Equal("timestamp,score,normality,expected,observed,alarm,state", scores[0]);
        Assert.Equal(1001, scores.Length);
        Assert.StartsWith("1970-01-01 00:10:00,", scores[601], StringComparison.Ordinal);
        Assert.Equal((1000, 1000, 1, 1), (summary.Rows, summary.Steps, summary.Labels!.Windows, summary.Labels.Caught));
        Assert.Equal(["value"], summary.Channels);
        string[] row = scores[601].Split(',');
        Assert.True(double.Parse(row[1], CultureInfo.InvariantCulture) >= 1);
        Assert.Equal(["1", "judged"], row[5..]);

        JsonElement written = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "summary.json"))).RootElement;
        Assert.Equal(1, written.GetProperty("labels").GetProperty("caught").GetInt32());
        JsonElement[] events =
            [.. File.ReadLines(Path.Combine(Folder, "events.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal("1.0", events[0].GetProperty("specversion").GetString());
        Assert.Equal("esn.anomaly.opened", events[0].GetProperty("type").GetString());
        Assert.Equal(600, events[0].GetProperty("data").GetProperty("position").GetInt64());
        Assert.Single(events.Select(found => found.GetProperty("data").GetProperty("alarm").GetString()).Distinct());
    }

    [Fact]
    public void What_is_told_in_the_warm_up_says_so_and_events_have_rows_of_the_file_where_values_are_missing()
    {
        string file = Write("timestamp,load\n" + string.Concat(Enumerable.Range(0, 700).Select(t => string.Create(
            CultureInfo.InvariantCulture, $"{DateTime.UnixEpoch.AddHours(t):yyyy-MM-dd HH:mm:ss},"
            + $"{(t % 20 == 7 ? "" : t is 80 or 600 ? "90" : $"{20 + 5 * Math.Sin(t * Math.Tau / 24) + t * 7919 % 13 / 13.0:R}")}\n"))));
        using (CsvFeed feed = CsvFeed.Open(file, [], []))
        {
            EsnConfig config = new() { Detector = new MetricModelSpec { WarmUp = 300 } };
            BacktestRun.Run(feed, null, config, Folder, new Dictionary<string, string>(), TimeProvider.System, _ => { },
                CancellationToken.None);
        }
        JsonElement[] opened = [.. File.ReadLines(Path.Combine(Folder, "events.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(told => told.GetProperty("type").GetString() == "esn.anomaly.opened").Select(told => told.GetProperty("data"))
            .Where(told => told.GetProperty("observed")[0].GetDouble() == 90)];
        Assert.Equal([80, 600], opened.Select(told => told.GetProperty("rows").GetProperty("at").GetInt64()));
        Assert.Equal([80, 600], opened.Select(told => told.GetProperty("rows").GetProperty("start").GetInt64()));
        Assert.True(opened[1].GetProperty("position").GetInt64() < 600, "no row was missing: the feed shows nothing");
        Assert.True(opened[0].GetProperty("early").GetBoolean());
        Assert.False(opened[1].TryGetProperty("early", out _));
        Assert.All(opened, told => Assert.Equal("load", told.GetProperty("channels")[0].GetProperty("name").GetString()));
        Assert.Contains("\"early\":true", File.ReadAllText(Path.Combine(Folder, "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void That_a_feed_grows_and_that_its_model_began_anew_are_told_and_shown()
    {
        BacktestSummary counter = Run(Feed(1000, t => string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddSeconds(t):yyyy-MM-dd HH:mm:ss},{1000 * t + Pipelines.Value(t):R},0")));
        Assert.Equal((49L, "value grows without bound: modelled by the growth a step"),
            (Assert.Single(counter.Models).Row, counter.Models[0].Says));
        Assert.Equal([new RowSpan(0, 399)], counter.WarmUps);
        Assert.Contains(File.ReadLines(Path.Combine(Folder, "events.jsonl")), line => line.Contains("esn.model.growing",
            StringComparison.Ordinal));

        // Out of its scaling from 1000 on: an alarm, which is adapted to after 500 steps, then the model goes on there.
        BacktestSummary moved = Run(Feed(2500, t => string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddSeconds(t):yyyy-MM-dd HH:mm:ss},{Pipelines.Value(t) + (t < 1000 ? 0 : 1000):R},0")));
        ModelRow told = Assert.Single(moved.Models);
        Assert.StartsWith("the feed has left the range", told.Says, StringComparison.Ordinal);
        Assert.Equal([new RowSpan(0, 399)], moved.WarmUps);
    }

    [Fact]
    public void That_a_base_line_wanders_is_told_and_shown()
    {
        string file = Feed(1500, t => string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddSeconds(t):yyyy-MM-dd HH:mm:ss},{Math.Pow(Math.Sin(t / 20.0), 8) + Math.Sin(t / 150.0):R},0"));
        using CsvFeed feed = CsvFeed.Open(file, ["value"], []);
        ErrorModelSpec signal = Presets.Signal();
        var config = new EsnConfig { Detector = signal with { Reservoir = signal.Reservoir with { Units = 40 } } };
        BacktestSummary summary = BacktestRun.Run(feed, null, config, Folder, null, TimeProvider.System, _ => { },
            CancellationToken.None);
        Assert.Equal((999L, "a rhythm on a base line that wanders: what is left beside it drives the units"),
            (Assert.Single(summary.Models).Row, summary.Models[0].Says));
        Assert.Contains(File.ReadLines(Path.Combine(Folder, "events.jsonl")), line => line.Contains("esn.model.wandering",
            StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_too_short_for_the_warm_up_that_was_said_tells_both()
    {
        using CsvFeed feed = CsvFeed.Open(Feed(300), ["value"], []);
        BacktestSummary summary = BacktestRun.Run(feed, null, new EsnConfig { Detector = Presets.Metric() }, Folder, null,
            TimeProvider.System, _ => { }, CancellationToken.None);
        Assert.Equal((45, 750), (summary.WarmUpSteps, summary.LongerWarmUp));
        Assert.Null(Run(Feed(2500)).LongerWarmUp);
        Assert.Equal(2000, (Presets.Metric() with { WarmUp = 2000 }).ForFeedOf(20_000).WarmUp);
    }

    [Fact]
    public void Bad_rows_are_refused_by_reason_and_keep_their_place()
    {
        BacktestSummary summary = Run(Feed(900, t => t switch
        {
            500 => "1970-01-01 00:08:20,NaN,0",
            501 => "1970-01-01 00:08:21,,0",
            502 => "1970-01-01 00:08:22,1,0,7",
            503 => "some day,1,0",
            504 => "1970-01-01 00:00:01,1,0",
            _ => null,
        }));
        Assert.Equal(new SortedDictionary<string, long> { ["blank"] = 2, ["late"] = 1, ["unreadable"] = 2 }, summary.Refused);
        Assert.Equal("row 500: it has no value in any channel: a gap", summary.FirstRefused["blank"]);
        Assert.StartsWith("row 504: the stream's last frame is of 1970-01-01T00:08:19Z", summary.FirstRefused["late"],
            StringComparison.Ordinal);
        Assert.Equal((900, 895), (summary.Rows, summary.Steps));
        Assert.Equal(901, File.ReadAllLines(Path.Combine(Folder, "scores.csv")).Length);
    }

    // The alarm of 600 is open until after the window: the row that is blank in it tells nothing.
    [Theory]
    [InlineData(-1)]
    [InlineData(625)]
    public void A_window_in_an_alarm_that_began_before_is_not_caught_by_a_row_that_is_refused(int blank)
    {
        BacktestSummary summary = Run(Feed(1000, t => string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddSeconds(t):yyyy-MM-dd HH:mm:ss},"
            + $"{(t == blank ? "" : (Pipelines.Value(t) + (t is >= 600 and < 660 ? 3 : 0)).ToString("R", CultureInfo.InvariantCulture))},"
            + $"{(t is >= 620 and < 635 ? 1 : 0)}")), labels: ["is_anomaly"]);
        Assert.Equal(blank < 0 ? 0 : 1, summary.Refused.GetValueOrDefault("blank"));
        Assert.Equal((1, 0, 1), (summary.Labels!.Windows, summary.Labels.Caught, summary.Labels.StillOpen));
    }

    [Fact]
    public void Windows_of_another_time_are_an_error_rather_than_no_labels()
    {
        string file = Feed(100);
        using CsvFeed feed = CsvFeed.Open(file, [], []);
        var labels = new FeedLabels([(new DateTime(2030, 1, 1), new DateTime(2030, 1, 2))]);
        string message = Assert.Throws<FeedException>(() =>
            BacktestRun.Run(feed, labels, Pipelines.Config(), null, null, TimeProvider.System, _ => { }, CancellationToken.None)).Message;
        Assert.Contains("none of its 1 windows holds a row", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1, 2]", "must be {\"folder/file.csv\": [[\"start\", \"end\"], …], …} in JSON")]
    [InlineData("{\"feed.csv\": [[\"2026-01-01\"]]}", "a window is a start and an end, was [\"2026-01-01\"]")]
    [InlineData("{\"feed.csv\": [[\"2026-01-02\", \"2026-01-01\"]]}", "must not end before it starts")]
    [InlineData("{\"feed.csv\": [[\"2026-01-02\", \"soon\"]]}", "soon")]
    [InlineData("{\"type\": [[\"long, long, long, long, long, long, long, long, long, long, long\"]]}",
        "a window is a start and an end, was [\"long, long, long, long, long, long, long, long, long, long …")]
    public void A_windows_file_of_another_form_says_what_is_expected(string text, string says) =>
        Assert.Contains(says, Assert.Throws<FeedException>(() => WindowsFile.Load(Write(text, "windows.json"))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void An_alarm_has_the_same_name_in_a_backtest_and_live()
    {
        Run(Feed(1000));
        string[] backtest = [.. File.ReadLines(Path.Combine(Folder, "events.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("data").GetProperty("alarm").GetString()!)];
        var live = new StreamTable(Pipelines.Config(), TimeProvider.System);
        string[] names =
        [
            .. Enumerable.Range(0, 1000).Chunk(70).SelectMany(block =>
                live.Take(Pipelines.Batch([.. block.Select(t => Pipelines.Record(t, "feed", Pipelines.Value(t)) with { Topic = "feed" })]))
                    .Frames)
                .Where(frame => frame.Result.Alarm is not null).Select(frame => frame.AlarmId),
        ];
        Assert.NotEmpty(backtest);
        Assert.Equal(names, backtest);
        Assert.StartsWith("feed/0/feed/60", names[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_feed_runs_through_the_model_that_its_name_gets_live()
    {
        string file = Feed(300);
        using CsvFeed feed = CsvFeed.Open(file, [], []);
        ModelConfig[] models =
        [
            new() { Streams = ["fe*"], Detector = Pipelines.Config().Detector, Budget = null },
            new() { Streams = ["*"], Detector = Presets.Metric() },
        ];
        EsnConfig config = Pipelines.Config() with { Models = models };
        BacktestRun.Run(feed, null, config with { Detector = Presets.Metric() }, Folder, null, TimeProvider.System, _ => { },
            CancellationToken.None);
        string[] scores = File.ReadAllLines(Path.Combine(Folder, "scores.csv"));
        Assert.NotEqual("NaN", scores[60].Split(',')[3]);  // scaled after 50 steps, as the first entry has it
        Assert.Equal("NaN", scores[49].Split(',')[3]);
    }
}
