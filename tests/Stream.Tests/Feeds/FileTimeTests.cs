using Esn.Streaming.Feeds;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Times as people's files write them: the right one, or an error that says what would be right.</summary>
public sealed class FileTimeTests : FileTests
{
    [Theory]
    [InlineData("1767571200", "1767571500")]
    [InlineData("1767571200000", "1767571500000")]
    [InlineData("1767571200000000", "1767571500000000")]
    [InlineData("1767571200000000000", "1767571500000000000")]
    [InlineData("1767571200.0", "1767571500.0")]
    [InlineData("2026-01-05 00:00:00", "2026-01-05 00:05:00")]
    [InlineData("2026-01-05T00:00:00.000000Z", "2026-01-05T00:05:00.000000Z")]
    [InlineData("2026-01-05 00:00:00 UTC", "2026-01-05 00:05:00 UTC")]
    [InlineData("2026-01-05 00:00:00+00:00", "2026-01-05 00:05:00+00:00")]
    [InlineData("2026-01-05T05:30:00+0530", "2026-01-05T05:35:00+0530")]
    [InlineData("2026/1/5 0:00", "2026/1/5 0:05")]
    [InlineData("\"2026-01-05 00:00:00,000\"", "\"2026-01-05 00:05:00,000\"")]
    [InlineData("5.1.2026 00:00", "5.1.2026 00:05")]
    [InlineData("5 Jan 2026 00:00", "5 Jan 2026 00:05")]
    [InlineData("\"Mon, 05 Jan 2026 00:00:00 GMT\"", "\"Mon, 05 Jan 2026 00:05:00 GMT\"")]
    [InlineData("202601050000", "202601050005")]
    [InlineData("20260105000000", "20260105000500")]
    [InlineData("20260105T000000Z", "20260105T000500Z")]
    [InlineData("46027.000000", "46027.003472")]
    public void A_time_is_read_as_its_column_writes_it(string first, string second)
    {
        (CsvFeed feed, FeedRow[] rows) = Read($"timestamp,value\n{first},1.5\n{second},2.5\n");
        Assert.Equal([new DateTime(2026, 1, 5), new DateTime(2026, 1, 5, 0, 5, 0)], rows.Select(row => row.Time));
        Assert.Equal(["value"], feed.Channels);
    }

    [Theory]
    [InlineData("2026Q1", "2026Q3")]
    [InlineData("2026-Q1", "2026-Q3")]
    [InlineData("Q1 2026", "Q3 2026")]
    [InlineData("2026M01", "2026M07")]
    [InlineData("2026m1", "2026m7")]
    [InlineData("2026q1", "2026q3")]
    public void A_quarter_or_a_month_of_statistics_is_its_first_day(string first, string second) =>
        Assert.Equal([new DateTime(2026, 1, 1), new DateTime(2026, 7, 1)],
            Read($"date,value\n{first},1.5\n{second},2.5\n").Rows.Select(row => row.Time));

    [Fact]
    public void Weeks_are_times()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("observed,value\n" + Rows(120, i => $"{2005 + i / 52}-W{1 + i % 52:d2},{N(i % 7 + .5)}"));
        Assert.Equal("observed", feed.TimeColumn);
        Assert.Equal([new DateTime(2005, 1, 3), new DateTime(2005, 1, 10)], rows[..2].Select(row => row.Time));
        Assert.Null(TimeText.Parse("2005-W53"));  // of 52 weeks
        Assert.Equal(new DateTime(2009, 12, 28), TimeText.Parse("2009-W53-1")!.Value.Clock);
    }

    [Fact]
    public void Newest_first_is_refused_with_the_way_out()
    {
        const string text = "time,value\n2026-01-05,3\n2026-01-04,2\n2026-01-03,1\n";
        Assert.EndsWith("its newest row comes first: --sort puts the rows in the order of their times", Refused(text),
            StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], Read(text, new FeedOptions { Sort = true }).Rows.Select(row => row.Values[0]));
    }

    [Theory]
    [InlineData("٢٠٢٦-٠١-٠٥ ١٣:٠٠:٠٠")]
    [InlineData("２０２６-01-05 13:00")]
    [InlineData("٠٥/٠١/٢٠٢٦")]
    [InlineData("5 Jan ٢٠٢٦ 13:00")]
    [InlineData("٢٠٢٦Q1")]
    [InlineData("٢٦:05:00")]
    [InlineData("5 Jan 2026 Z UTC")]
    public void A_row_whose_time_has_other_digits_or_two_zones_is_refused_and_the_rest_goes_on(string text)
    {
        FeedRow[] rows = Read("time,value\n" + Rows(40, i => $"{(i == 20 ? text : $"2026-01-05 13:{i:d2}:00")},{N(i % 7)}.5")).Rows;
        Assert.Equal(40, rows.Length);
        Assert.Equal([20], rows.Select((row, i) => (row, i)).Where(row => row.row.Problem is not null).Select(row => row.i));
        Assert.Contains("is no time", Refused($"time,value\n{text},1.5\n{text},2\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_column_that_holds_no_times_says_so() =>
        Assert.Contains("'soon' in column time is no time: --time-format says how it is written", Refused("time,value\nsoon,1\nlater,2\n"),
            StringComparison.Ordinal);
}
