using System.Globalization;
using System.Text.Json;
using Esn.Streaming.Backtest;
using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class BacktestTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("esn-backtest-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    string Write(string text, string name = "feed.csv")
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllText(file, text);
        return file;
    }

    BacktestSummary Run(string file, string[]? values = null, string[]? labels = null)
    {
        using CsvFeed feed = CsvFeed.Open(file, values ?? [], labels ?? []);
        return BacktestRun.Run(feed, labels is null ? null : new FeedLabels(), Pipelines.Config(), _directory, null, TimeProvider.System, _ => { }, CancellationToken.None);
    }

    string Feed(int rows, Func<int, string?>? line = null) => Write("timestamp,value,is_anomaly\n" + string.Concat(Enumerable.Range(0, rows).Select(t =>
        (line?.Invoke(t) ?? string.Create(CultureInfo.InvariantCulture, $"{DateTime.UnixEpoch.AddSeconds(t):yyyy-MM-dd HH:mm:ss},{Pipelines.Value(t):R},{(t is >= 600 and < 620 ? 1 : 0)}")) + "\n")));

    [Fact]
    public void Scores_has_a_row_for_each_row_of_the_feed_and_the_summary_counts_what_is_labelled()
    {
        BacktestSummary summary = Run(Feed(1000), labels: ["is_anomaly"]);
        string[] scores = File.ReadAllLines(Path.Combine(_directory, "scores.csv"));
        Assert.Equal("timestamp,score,normality,expected,observed,alarm", scores[0]);
        Assert.Equal(1001, scores.Length);
        Assert.StartsWith("1970-01-01 00:10:00,", scores[601], StringComparison.Ordinal);
        Assert.Equal((1000, 1000, 1, 1), (summary.Rows, summary.Steps, summary.Labels!.Windows, summary.Labels.Caught));
        Assert.Equal(["value"], summary.Channels);
        string[] row = scores[601].Split(',');
        Assert.True(double.Parse(row[1], CultureInfo.InvariantCulture) >= 1);
        Assert.Equal("1", row[5]);

        JsonElement written = JsonDocument.Parse(File.ReadAllText(Path.Combine(_directory, "summary.json"))).RootElement;
        Assert.Equal(1, written.GetProperty("labels").GetProperty("caught").GetInt32());
        JsonElement[] events = [.. File.ReadLines(Path.Combine(_directory, "events.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal("1.0", events[0].GetProperty("specversion").GetString());
        Assert.Equal("esn.anomaly.opened", events[0].GetProperty("type").GetString());
        Assert.Equal(600, events[0].GetProperty("data").GetProperty("position").GetInt64());
        Assert.Single(events.Select(found => found.GetProperty("data").GetProperty("alarm").GetString()).Distinct());
    }

    [Fact]
    public void Bad_rows_are_refused_by_reason_and_keep_their_place()
    {
        BacktestSummary summary = Run(Feed(900, t => t switch
        {
            500 => "1970-01-01 00:08:20,NaN,0",
            501 => "1970-01-01 00:08:21,,0",
            502 => "1970-01-01 00:08:22,1",
            503 => "some day,1,0",
            504 => "1970-01-01 00:00:01,1,0",
            _ => null,
        }));
        Assert.Equal(new SortedDictionary<string, long> { ["late"] = 1, ["unreadable"] = 4 }, summary.Refused);
        Assert.Equal("row 501: 'NaN' in column value is not a finite number", summary.FirstRefused["unreadable"]);
        Assert.StartsWith("row 505: the stream's last frame is of 1970-01-01T00:08:19Z", summary.FirstRefused["late"], StringComparison.Ordinal);
        Assert.Equal((900, 895), (summary.Rows, summary.Steps));
        Assert.Equal(901, File.ReadAllLines(Path.Combine(_directory, "scores.csv")).Length);
    }

    [Fact]
    public void Separators_times_and_labels_are_recognised()
    {
        string rows = string.Concat(Enumerable.Range(0, 5).Select(t => $"2020-03-09 10:14:3{t};0.{t};1.{t};0.0;0.0\n"));
        using CsvFeed feed = CsvFeed.Open(Write("datetime;Accel;Volume Flow;anomaly;changepoint\n" + rows), [], ["anomaly"]);
        Assert.Equal(["Accel", "Volume Flow"], feed.Channels);
        Assert.Equal("datetime", feed.TimeColumn);
        FeedRow[] read = [.. feed.Rows()];
        Assert.Equal(5, read.Length);
        Assert.Equal([.4, 1.4], read[4].Values);
        Assert.False(read[4].Anomalous);
    }

    [Fact]
    public void A_feed_without_times_counts_its_rows()
    {
        using CsvFeed feed = CsvFeed.Open(Write(",value,is_anomaly,is_ignored\n0,1.5,0,1\n1,2.5,1,1\n"), [], ["is_anomaly"]);
        Assert.Equal(["value"], feed.Channels);
        FeedRow[] rows = [.. feed.Rows()];
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1), rows[1].Time);
        Assert.True(rows[1].Anomalous);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("1,2,3\n4,5,6\n", "must be a header")]
    [InlineData("timestamp,name\n2020-01-01,x\n", "no column of numbers")]
    [InlineData("timestamp value\n2020-01-01 1\n", "several are separated by a comma, a semicolon, a tab or |")]
    [InlineData("timestamp,value\n", "has a header and no rows")]
    public void A_file_that_is_no_feed_says_why(string text, string says) =>
        Assert.Contains(says, Assert.Throws<FeedException>(() => CsvFeed.Open(Write(text), [], [])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_there_or_is_a_folder_says_so()
    {
        Assert.StartsWith("there is no file ", Assert.Throws<FeedException>(() => CsvFeed.Open(Path.Combine(_directory, "nope.csv"), [], [])).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder: name its files", Assert.Throws<FeedException>(() => CsvFeed.Open(_directory, [], [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Beside_semicolons_a_comma_is_a_decimal_point()
    {
        using CsvFeed feed = CsvFeed.Open(Write("time;flow\n2026-01-01;-1,5\n2026-01-02;2\n2026-01-03;1.234,5\n"), [], []);
        FeedRow[] rows = [.. feed.Rows()];
        Assert.Equal([-1.5, 2], rows[..2].Select(row => row.Values[0]));
        Assert.Contains("'1.234,5' in column flow is not a finite number", rows[2].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_is_a_number_or_true_or_false()
    {
        using CsvFeed good = CsvFeed.Open(Write("time,v,anomaly\n2026-01-01,1,True\n2026-01-02,1,\n2026-01-03,1,0.0\n2026-01-04,1,1\n"), [], ["anomaly"]);
        Assert.Equal([true, false, false, true], good.Rows().Select(row => row.Anomalous));
        using CsvFeed bad = CsvFeed.Open(Write("time,v,anomaly\n2026-01-01,1,0\n2026-01-02,1,no\n"), [], ["anomaly"]);
        Assert.Contains("row 2: label column anomaly must be a number (0: nothing is anomalous), true or false, was 'no'", Assert.Throws<FeedException>(() => bad.Rows().ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_looks_like_a_label_and_is_not_used_is_known()
    {
        string file = Write("time,v,anomaly\n2026-01-01,1,0\n");
        using CsvFeed without = CsvFeed.Open(file, [], []), with = CsvFeed.Open(file, [], ["anomaly"]);
        Assert.Equal(["anomaly"], without.UnusedLabels);
        Assert.Empty(with.UnusedLabels);
    }

    [Fact]
    public void Windows_of_another_time_are_an_error_rather_than_no_labels()
    {
        string file = Feed(100);
        using CsvFeed feed = CsvFeed.Open(file, [], []);
        var labels = new FeedLabels([(new DateTime(2030, 1, 1), new DateTime(2030, 1, 2))]);
        string message = Assert.Throws<FeedException>(() => BacktestRun.Run(feed, labels, Pipelines.Config(), null, null, TimeProvider.System, _ => { }, CancellationToken.None)).Message;
        Assert.Contains("none of its 1 windows holds a row", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1, 2]", "must be {\"folder/file.csv\": [[\"start\", \"end\"], …], …} in JSON")]
    [InlineData("{\"feed.csv\": [[\"2026-01-01\"]]}", "a window is a start and an end, was [\"2026-01-01\"]")]
    [InlineData("{\"feed.csv\": [[\"2026-01-02\", \"2026-01-01\"]]}", "must not end before it starts")]
    [InlineData("{\"feed.csv\": [[\"2026-01-02\", \"soon\"]]}", "soon")]
    public void A_windows_file_of_another_form_says_what_is_expected(string text, string says) =>
        Assert.Contains(says, Assert.Throws<FeedException>(() => WindowsFile.Load(Write(text, "windows.json"))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_column_that_is_not_there_is_an_error_that_names_those_that_are()
    {
        string message = Assert.Throws<FeedException>(() => CsvFeed.Open(Write("timestamp,flow\n2020-01-01,1\n"), ["floww"], [])).Message;
        Assert.Contains("has no column floww; its columns are timestamp, flow", message, StringComparison.Ordinal);
    }
}
