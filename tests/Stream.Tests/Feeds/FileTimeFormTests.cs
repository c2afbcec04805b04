using System.Globalization;
using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Forms of times, said by hand or known of C and of web servers.</summary>
public sealed class FileTimeFormTests : FileTests
{
    [Theory]
    [InlineData("dd.MM.yyyy HH:mm")]
    [InlineData("%d.%m.%Y %H:%M")]
    public void A_form_can_be_said(string form)
    {
        FeedRow[] rows = Read("when,value\n05.01.2026 13:30,1.5\n", new FeedOptions { TimeColumn = "when", TimeFormat = form }).Rows;
        Assert.Equal(new DateTime(2026, 1, 5, 13, 30, 0), rows[0].Time);
        Assert.Contains("is not written as --time-format",
            Refused("when,value\n2026-01-05,1\n", new FeedOptions { TimeColumn = "when", TimeFormat = form }), StringComparison.Ordinal);
        Assert.Null(ColumnTimes.Of("sometimes", null));
    }

    [Theory]
    [InlineData("%a %b %d %H:%M:%S %Y", "Sun Jan  4 10:00:00 2026")]
    [InlineData("%A, %B %e %Y %I:%M:%S %p", "Sunday, January 4 2026 10:00:00 AM")]
    [InlineData("%c", "Sun Jan 4 10:00:00 2026")]
    [InlineData("day %-d of %Y-%m, %T", "day 4 of 2026-01, 10:00:00")]
    [InlineData("%Y%m%d%H%M%S", "20260104100000")]
    [InlineData("%d/%b/%Y:%H:%M:%S %z", "04/Jan/2026:11:00:00 +0100")]
    [InlineData("%Y-%m-%d %H:%M:%S %Z", "2026-01-04 11:00:00 CET")]
    [InlineData("%a %b %d %H:%M:%S %Z %Y", "Sun Jan 04 05:00:00 EST 2026")]
    [InlineData("%Y-%m-%d %H:%M:%S %Z%z", "2026-01-04 11:00:00 GMT+0100")]
    [InlineData("%Y-%m-%d %H:%M:%S %z %Z", "2026-01-04 04:00:00 -0600 CST")]
    [InlineData("%a %b %d %Y %H:%M:%S %Z%z", "Sun Jan 04 2026 15:30:00 GMT+0530")]
    [InlineData("%Y-%j %H:%M", "2026-004 10:00")]
    [InlineData("%Y%j%H%M", "20260041000")]
    [InlineData("%j/%Y %H:%M:%S %Z", "004/2026 11:00:00 CET")]
    public void A_form_as_C_and_Python_write_it_reads_what_they_write_by_it(string form, string text) =>
        Assert.Equal(new DateTime(2026, 1, 4, 10, 0, 0),
            Read($"when,value\n\"{text}\",1.5\n", new FeedOptions { TimeColumn = "when", TimeFormat = form }).Rows[0].Time);

    [Fact]
    public void A_form_with_a_code_that_is_none_is_refused_and_so_is_one_whose_words_alone_say_a_day()
    {
        Assert.Null(ColumnTimes.Of("%Y-%m-%d %Q", null));
        Assert.Null(ColumnTimes.Of("%Y %-j", null));
        Assert.Null(ColumnTimes.Of("%Y %j", null)!.Read("2026 366"));
        Assert.Null(ColumnTimes.Of("%Y %j", null)!.Read("2026 000"));
        Assert.Equal(new DateTime(2024, 12, 31), ColumnTimes.Of("%Y %j", null)!.Read("2024 366"));
        Assert.Null(ColumnTimes.Of("%b %H:%M day", null));
        Assert.Null(ColumnTimes.Of("%a %Y %H:%M", null));
    }

    [Theory]
    [InlineData("%Y-%m-%d %H:%M:%S KST", "2026-01-04 19:00:00 KST")]
    [InlineData("%d %b '%y %H:%M", "4 Jan '26 19:00")]
    public void Words_of_a_form_are_no_zone(string form, string text) => Assert.Equal(new DateTime(2026, 1, 4, 10, 0, 0),
        Read($"when,value\n{text},1.5\n", new FeedOptions { TimeColumn = "when", TimeFormat = form,
            Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Seoul") }).Rows[0].Time);

    [Theory]
    [InlineData("ddd MMM d HH:mm:ss yyyy", 60)]
    [InlineData("ddd MMM d HH:mm:ss 'UTC' yyyy", 60)]
    [InlineData("dd/MMM/yyyy:HH:mm:ss '+0000'", 60)]
    [InlineData("'['dd/MMM/yyyy:HH:mm:ss '+0000]'", 60)]
    public void Times_as_C_and_web_servers_write_them_are_known_whatever_the_column_is_called(string form, int minutes)
    {
        string At(int i) => new DateTime(2026, 1, 4, 10, 0, 0).AddMinutes(minutes * i).ToString(form, CultureInfo.InvariantCulture);
        (CsvFeed feed, FeedRow[] rows) = Read("value,observed\n" + Rows(300, i => $"{N(i % 7 + .5)},{At(i)}"));
        Assert.Equal("observed", feed.TimeColumn);
        Assert.Equal(["value"], feed.Channels);
        Assert.Equal(new DateTime(2026, 1, 4, 10, 0, 0).AddMinutes(299 * minutes), rows[299].Time);
    }
}
