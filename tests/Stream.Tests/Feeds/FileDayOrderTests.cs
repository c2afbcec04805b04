using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Whether the day or the month comes first, which rows settle, or nobody.</summary>
public sealed class FileDayOrderTests : FileTests
{
    [Fact]
    public void A_date_whose_order_a_row_settles_is_the_clock_after_a_week_too_and_one_that_none_settles_is_not_asked_about_beside_a_clock()
    {
        Assert.Equal("messung", Read("woche,messung,wert\n"
            + Rows(20 * 24, i => $"2026-W{2 + i / 168:d2},{5 + i / 24:d2}.01.2026 {i % 24:d2}:00,{N(i % 7)}.5")).Feed.TimeColumn);
        string Born(int i) => $"0{1 + i * i % 9}/0{1 + i * 7 % 9}/19{60 + i % 30}";
        string At(int i) => $"2026-01-05 {i % 24:d2}:00:00";
        Assert.Equal("at", Read("at,born,value\n" + Rows(20, i => $"{At(i)},{Born(i)},{N(i % 7)}.5")).Feed.TimeColumn);
        Assert.Equal("at", Read("born,at,value\n" + Rows(20, i => $"{Born(i)},{At(i)},{N(i % 7)}.5")).Feed.TimeColumn);
        string Mixed(int i) => i == 3 ? "13/02" : "02/13";
        Assert.Equal("at", Read("born,at,value\n" + Rows(20, i => $"{Mixed(i)}/1970,{At(i)},{N(i % 7)}.5")).Feed.TimeColumn);
        Assert.Contains("no row decides", Refused("born,value\n" + Rows(20, i => $"{Born(i)},{N(i % 7)}.5")), StringComparison.Ordinal);
        Assert.Contains("only reads month first", Refused("born,value\n13/02/1970,1.5\n02/13/1970,2.5\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("13/01/2026", "05/01/2026")]  // the row that decides may come first
    [InlineData("05/01/2026", "13/01/2026")]
    public void All_rows_settle_the_order_of_day_and_month(string first, string last)
    {
        FeedRow[] rows = Read($"when,value\n{first} 10:00,1.5\n{last} 11:00,2.5\n", new FeedOptions { TimeColumn = "when" }).Rows;
        Assert.All(rows, row => Assert.Equal(1, row.Time.Month));
    }

    [Fact]
    public void A_row_far_behind_the_first_ten_thousand_decides_as_well()
    {
        string text = "date,value\n" + Rows(12_000, i => $"05/{1 + i / 1000:d2}/2026 {i % 1000 / 60:d2}:{i % 60:d2},{N(i % 9)}.5")
            + "05/13/2026 00:00,1.5\n";
        Assert.Equal(5, Read(text).Rows[0].Time.Month);
    }

    [Fact]
    public void Day_and_month_that_nothing_settles_are_refused_with_what_would_settle_them()
    {
        const string text = "date,value\n01/02/2026,1.5\n02/02/2026,2.5\n03/02/2026,3.5\n04/02/2026,1.5\n";
        Assert.Contains("no row decides: say which with --time-format day-first or --time-format month-first", Refused(text),
            StringComparison.Ordinal);
        Assert.Equal(new DateTime(2026, 2, 1), Read(text, new FeedOptions { TimeFormat = "day-first" }).Rows[0].Time);
        Assert.Equal(new DateTime(2026, 1, 2), Read(text, new FeedOptions { TimeFormat = "month-first" }).Rows[0].Time);
        Assert.Contains("only reads day first, and '02/13/2026', which only reads month first",
            Refused("date,value\n13/02/2026,1\n02/13/2026,2\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yyyy-dd-MM HH:mm:ss")]
    [InlineData("yyyy/dd/MM HH:mm")]
    [InlineData("yyyy.dd.MM")]
    [InlineData("yyyy-dd-MMTHH:mm:ssZ")]
    public void A_year_before_a_day_is_settled_by_all_rows(string form)
    {
        string At(int i) => new DateTime(2026, 1, 5).AddDays(i).ToString(form.Replace("T", "'T'", StringComparison.Ordinal)
            .Replace("Z", "'Z'", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);
        (CsvFeed feed, FeedRow[] rows) = Read("timestamp,value\n" + Rows(60, i => $"{At(i)},{N(i % 7)}.5"));
        Assert.All(rows, (row, i) => Assert.Equal((new DateTime(2026, 1, 5).AddDays(i), null), (row.Time, row.Problem)));
        Assert.Contains("read as year, day and month", Assert.Single(feed.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Some_broken_months_do_not_make_a_year_before_a_day()
    {
        // Of one row in 300, and beside a day that no month is.
        FeedRow[] rows = Read("timestamp,value\n"
            + Rows(300, i => $"2026-{(i == 7 ? 13 : 1):d2}-{1 + i / 30:d2} {i % 24:d2}:00,{N(i % 7)}.5")).Rows;
        Assert.Equal((1, 1), (rows.Count(row => row.Problem is not null), rows[^1].Time.Month));
        rows = Read("timestamp,value\n"
            + Rows(60, i => $"2026-{(i < 20 ? 13 : 1):d2}-{1 + i / 4:d2} {i % 24:d2}:00,{N(i % 7)}.5")).Rows;
        Assert.Equal((20, 1), (rows.Count(row => row.Problem is not null), rows[^1].Time.Month));
    }

    [Theory]
    [InlineData(260, "yyyy-MM-dd HH:mm", 3, false)]  // the first to the eleventh, and three broken rows
    [InlineData(900, "yyyy-MM-dd HH:mm", 12, false)]
    [InlineData(20, "yyyy-MM-dd HH:mm", 3, false)]   // of a day
    [InlineData(900, "yyyy-dd-MM HH:mm", 0, true)]
    public void A_year_is_before_a_day_where_only_so_the_rows_follow_each_other(int count, string form, int broken, bool day)
    {
        DateTime first = new(2026, 5, 1);
        bool IsBroken(int i) => i % 5 == 2 && i / 5 < broken;
        string At(int i) => IsBroken(i) ? "2026-13-05 00:00"
            : first.AddHours(day ? i : i % 264).AddYears(day ? 0 : i / 264)
                .ToString(form, System.Globalization.CultureInfo.InvariantCulture);
        (CsvFeed feed, FeedRow[] rows) = Read("timestamp,value\n" + Rows(count, i => $"{At(i)},{N(i % 7)}.5"));
        Assert.Equal((first.AddHours(1), broken), (rows[1].Time, rows.Count(row => row.Problem is not null)));
        Assert.Equal(day, feed.Notes.Any(note => note.Contains("read as year, day and month", StringComparison.Ordinal)));
    }

    [Fact]
    public void Rows_that_are_evenly_spaced_in_one_order_alone_are_read_so_and_it_is_said()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("date,value\n" + Rows(12 * 24, i => $"{1 + i / 24:d2}/01/2026 {i % 24:d2}:00,{N(i % 24)}.5"));
        Assert.Equal(new DateTime(2026, 1, 12, 23, 0, 0), rows[^1].Time);
        Assert.Contains("read day first, as only so its rows are evenly spaced (--time-format month-first for the other)",
            Assert.Single(feed.Notes), StringComparison.Ordinal);
    }
}
