using System.Globalization;
using Esn.Streaming.Feeds;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Times with a zone: its name, its clock over the year, or the zone of the file.</summary>
public sealed class FileZoneTests : FileTests
{
    [Theory]
    [InlineData("2026-07-05 15:00:00 CEST")]
    [InlineData("2026-07-05T08:00:00.000 EST")]
    [InlineData("07/05/2026 09:00 EDT")]
    [InlineData("Sun Jul 05 15:00:00 CEST 2026")]
    [InlineData("5 Jul 2026 22:00 JST")]
    [InlineData("2026-07-05 15:00:00 cest")]
    [InlineData("5 jul 2026 22:00 jst")]
    [InlineData("2026-186 13:00")]
    [InlineData("2026-186T13:00:00.000Z")]
    public void A_zone_by_its_name_and_a_day_by_its_number_are_read(string text) =>
        Assert.Equal(new DateTime(2026, 7, 5, 13, 0, 0), Read($"date,value\n{text},1.5\n{text.Replace("05 ", "06 ")},1\n",
            new FeedOptions { TimeFormat = text[2] == '/' ? "month-first" : null, TimeColumn = "date" }).Rows[0].Time);

    [Theory]
    [InlineData("2026-01-05 13:00:00 CST", "%Y-%m-%d %H:%M:%S %Z", "Asia/Shanghai")]
    [InlineData("2026-01-05 13:00:00 CST", "%Y-%m-%d %H:%M:%S CST", "Asia/Shanghai")]
    [InlineData("01/05/2026 10:30 AM IST", "%m/%d/%Y %I:%M %p %Z", "Asia/Kolkata")]
    [InlineData("01/05/2026 05:00 AM GMT", "%m/%d/%Y %I:%M %p %Z", "America/Chicago")]  // what is of one clock is of that
    public void A_zone_of_several_clocks_is_asked_for(string text, string form, string zone)
    {
        if (!text.EndsWith("GMT", StringComparison.Ordinal))
            Assert.Contains($"'{text}' in column time names a zone, {text[^3..]}, that is unknown or of several clocks: say the form",
                Refused($"time,value\n2026-01-05 12:00:00 GMT,1.5\n{text},1.5\n"), StringComparison.Ordinal);
        Assert.Equal(new DateTime(2026, 1, 5, 5, 0, 0), Read($"time,value\n{text},1.5\n",
            new FeedOptions { TimeFormat = form, Zone = TimeZoneInfo.FindSystemTimeZoneById(zone) }).Rows[0].Time);
    }

    [Theory]
    [InlineData("America/Chicago", "CST", "CDT", "2026-03-08 08:00")]
    [InlineData("America/Chicago", "CST", "CDT", "2026-11-01 07:00")]
    [InlineData("Europe/London", "GMT", "BST", "2026-03-29 01:00")]
    [InlineData("Europe/London", "GMT", "BST", "2026-10-25 01:00")]
    public void A_clock_with_summer_time_is_read_over_its_changes(string id, string winter, string summer, string around)
    {
        TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById(id);
        DateTime begin = DateTime.Parse(around, CultureInfo.InvariantCulture).AddHours(-10);
        string At(int i)
        {
            DateTime utc = DateTime.SpecifyKind(begin.AddMinutes(10 * i), DateTimeKind.Utc), clock = utc + zone.GetUtcOffset(utc);
            string name = zone.IsDaylightSavingTime(utc) ? summer : winter;
            return $"{clock.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} {name}";
        }
        string text = "time,value\n" + Rows(120, i => $"{At(i)},{N(i % 7)}.5");
        Assert.Contains("--time-format \"%Y-%m-%d %H:%M:%S %Z\" --timezone", Refused(text), StringComparison.Ordinal);
        FeedRow[] rows = Read(text, new FeedOptions { TimeFormat = "%Y-%m-%d %H:%M:%S %Z", Zone = zone }).Rows;
        Assert.Equal(Enumerable.Range(0, 120).Select(i => begin.AddMinutes(10 * i)), rows.Select(row => row.Time));
        Assert.All(rows, row => Assert.Null(row.Problem));
    }

    [Fact]
    public void Fewer_times_than_half_of_a_zone_of_several_clocks_are_refused_and_it_is_said_what_would_read_them()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("time,value\n"
            + Rows(100, i => $"2026-03-29 {i / 10:d2}:{i % 10:d2}:00 {(i < 60 ? "GMT" : "BST")},{N(i % 7)}.5"));
        Assert.Equal(40, rows.Count(row => row.Problem is not null));
        Assert.StartsWith("'2026-03-29 06:00:00 BST' in column time names a zone, BST, that is unknown or of several clocks",
            Assert.Single(feed.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_zone_is_that_of_the_clock_and_the_hour_that_comes_twice_comes_twice()
    {
        var options = new FeedOptions { Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Copenhagen") };
        FeedRow[] rows = Read("time,value\n2024-10-27 01:30,1\n2024-10-27 02:00,2\n2024-10-27 02:30,3\n2024-10-27 02:00,4\n"
            + "2024-10-27 02:30,5\n2024-10-27 03:00,6\n", options).Rows;
        Assert.Equal([-30, 0, 30, 60, 90, 120], rows.Select(row => (int)(row.Time - new DateTime(2024, 10, 27)).TotalMinutes));
    }

    [Fact(Timeout = 60_000)]  // 16,000 names of zones took 24 s, and 30,000 the process
    public Task A_long_text_is_no_time_and_costs_its_own_row() => Task.Run(() =>
    {
        string zones = "5 Jan 2026" + string.Concat(Enumerable.Repeat(" Z", 30_000));
        string At(int i) => i % 4 == 3 ? zones : $"5 Jan 2026 1{i / 60}:{i % 60:d2}";
        FeedRow[] rows = Read("time,value\n" + Rows(400, i => $"{At(i)},{N(i % 7)}.5")).Rows;
        Assert.Equal(100, rows.Count(row => row.Problem is not null));
        foreach (string form in (string[])["%d %b %Y %Z", "day-first", "elapsed", "d MMM yyyy"])
            Assert.Contains("is not written as --time-format", Refused($"time,value\n{zones},1.5\n",
                new FeedOptions { TimeFormat = form, TimeColumn = "time" }), StringComparison.Ordinal);
        Assert.Null(FeedTime.Parse(zones));
    });
}
