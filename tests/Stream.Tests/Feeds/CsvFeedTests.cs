using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class CsvFeedTests : FileTests
{
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
    [InlineData("timestamp,name\n2020-01-01,x\n", "no column of numbers beside times and labels; name: 'x' in row 0 is no number")]
    [InlineData("timestamp value\n2020-01-01 1\n", "several are separated by a comma, a semicolon, a tab or |")]
    [InlineData("timestamp,value\n", "has a header and no rows")]
    public void A_file_that_is_no_feed_says_why(string text, string says) =>
        Assert.Contains(says, Assert.Throws<FeedException>(() => CsvFeed.Open(Write(text), [], [])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_there_or_is_a_folder_says_so()
    {
        Assert.StartsWith("there is no file ", Assert.Throws<FeedException>(() =>
            CsvFeed.Open(Path.Combine(Folder, "nope.csv"), [], [])).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder: name its files", Assert.Throws<FeedException>(() => CsvFeed.Open(Folder, [], [])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Beside_semicolons_a_comma_is_a_decimal_point()
    {
        using CsvFeed feed = CsvFeed.Open(Write("time;flow\n2026-01-01;-1,5\n2026-01-02;2\n2026-01-03;1.234,5\n"), [], []);
        FeedRow[] rows = [.. feed.Rows()];
        Assert.Equal([-1.5, 2, 1234.5], rows.Select(row => row.Values[0]));
    }

    [Fact]
    public void A_label_is_a_number_true_or_false_or_a_known_word()
    {
        using CsvFeed good =
            CsvFeed.Open(Write("time,v,anomaly\n2026-01-01,1,True\n2026-01-02,1,\n2026-01-03,1,0.0\n2026-01-04,1,1\n"), [], ["anomaly"]);
        Assert.Equal([true, false, false, true], good.Rows().Select(row => row.Anomalous));
        using CsvFeed bad = CsvFeed.Open(Write("time,v,anomaly\n2026-01-01,1,0\n2026-01-02,1,maybe\n"), [], ["anomaly"]);
        Assert.Contains("row 1: label column anomaly must be a number (0: nothing is anomalous), true or false, or a word such as normal "
            + "and anomaly, was 'maybe'",
            Assert.Throws<FeedException>(() => bad.Rows().ToList()).Message, StringComparison.Ordinal);
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
    public void A_column_that_is_not_there_is_an_error_that_names_those_that_are()
    {
        string message = Assert.Throws<FeedException>(() => CsvFeed.Open(Write("timestamp,flow\n2020-01-01,1\n"), ["floww"], [])).Message;
        Assert.Contains("has no column floww; its columns are timestamp, flow", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_feed_is_left_closed()
    {
        string file = Write("timestamp,name\n2020-01-01,x\n");
        Assert.Throws<FeedException>(() => CsvFeed.Open(file, [], []));
        using FileStream alone = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);  // refused while somebody reads it
        Assert.True(alone.CanWrite);
    }
}
