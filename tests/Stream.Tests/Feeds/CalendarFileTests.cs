using System.Globalization;
using Esn.Streaming.Feeds;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Which of a file's columns is the clock where several may be, and dates that stand in columns of their parts.</summary>
public sealed class CalendarFileTests : FileTests
{
    static DateTime At(int i) => new DateTime(2025, 11, 3).AddHours(i);

    static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // Of a price: it goes up and down.
    static string Price(int i) => N(14 + i * 7 % 11 * .25);

    [Theory]
    [InlineData("X.Y..m..d,T,p")]
    [InlineData("when,t,p")]
    [InlineData("when,time,p")]
    public void A_column_of_dates_is_the_clock_before_numbers_that_are_called_so(string header)
    {
        (CsvFeed feed, FeedRow[] rows) = Read(header + "\n" + Rows(60, i => F($"{At(24 * i):yyyy-MM-dd},{Price(i)},{i % 5}.5")));
        Assert.Equal((header.Split(',')[0], 2), (feed.TimeColumn, feed.Channels.Count));
        Assert.Equal(At(24), rows[1].Time);
        // So it is beside seconds that do rise, and not where it stands still.
        Assert.Equal("when", Read("when,t,p\n" + Rows(60, i => F($"{At(i):yyyy-MM-dd HH:mm},{i}.25,{i % 5}.5"))).Feed.TimeColumn);
        Assert.Equal("t", Read("made,t,p\n" + Rows(60, i => F($"2019-04-01,{i}.25,{i % 5}.5"))).Feed.TimeColumn);
    }

    [Fact]
    public void Numbers_that_do_not_rise_are_a_clock_only_where_they_are_named()
    {
        string text = "T,p\n" + Rows(60, i => $"{Price(i)},{i % 5}.5");
        (CsvFeed feed, _) = Read(text);
        Assert.Equal(("row", 2), (feed.TimeColumn, feed.Channels.Count));
        Assert.Equal("T", Read(text, new FeedOptions { TimeColumn = "T" }).Feed.TimeColumn);
        // A run that begins anew goes back once, and the stamps of a logger with several threads now and then.
        Assert.Equal("t", Read("t,p\n" + Rows(60, i => $"{i % 30},{i % 5}.5")).Feed.TimeColumn);
        Assert.Equal("timestamp", Read("timestamp,p\n" + Rows(60, i => $"{1767571200 + i * 37 % 60},{i % 5}.5")).Feed.TimeColumn);
    }

    [Theory]
    [InlineData(12, 3)]
    [InlineData(12, 2)]
    [InlineData(4, 2)]
    [InlineData(12, 11)]
    public void Years_with_decimals_are_the_months_that_they_stand_for(int aYear, int digits)
    {
        (CsvFeed feed, FeedRow[] rows) = Read("time,value\n" + Rows(300, i =>
            F($"{Math.Round(1953 + (double)i / aYear, digits)},{i % 7}.5")));
        Assert.Equal([.. Enumerable.Range(0, 300).Select(i => new DateTime(1953, 1, 1).AddMonths(i * 12 / aYear))],
            rows.Select(row => row.Time));
        Assert.Contains("time is read as years with decimals, from 1953-01-01T00:00:00Z on; --time-format s if these are seconds",
            feed.Notes);
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1953), Read("time,value\n" + Rows(30, i => F($"{1953 + i / 4.0},{i % 7}.5")),
            new FeedOptions { TimeColumn = "time", TimeFormat = "s" }).Rows[0].Time);
    }

    [Fact]
    public void Years_with_decimals_by_days_are_days_and_a_clock_of_seconds_is_none()
    {
        FeedRow[] rows = Read("time,value\n" + Rows(600, i => F($"{2001 + i / 365.0:R},{i % 7}.5"))).Rows;
        Assert.All(rows, row => Assert.True(Math.Abs((row.Time - new DateTime(2001, 1, 1).AddDays(row.Index)).TotalMinutes) < 1));
        Assert.Equal(new DateTime(1871, 1, 1), Read("year,flow\n" + Rows(60, i => $"{1871 + i},{i % 7}.5")).Rows[0].Time);
        rows = Read("time,value\n" + Rows(300, i => F($"{1700 + i / 10.0},{i % 7}.5"))).Rows;
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1700), rows[0].Time);
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1953),
            Read("time[s],value\n" + Rows(300, i => F($"{1953 + i / 4.0},{i % 7}.5"))).Rows[0].Time);
    }

    [Theory]
    [InlineData(1, .05, .01)]    // 20 Hz, give or take
    [InlineData(1, .02, .003)]
    [InlineData(1, 1, 0)]
    [InlineData(3, .2, 0)]       // 5 Hz, every third row is missing
    [InlineData(3, .1, 0)]
    public void Seconds_that_could_be_years_are_no_years(int gap, double step, double jitter)
    {
        var random = new Random(7);
        FeedRow[] rows = Read("time,value\n" + Rows(300, i =>
            F($"{1601 + Math.Round(step * (i + (gap > 1 ? i / gap : 0)) + jitter * random.NextDouble(), 3)},{i % 7}.5"))).Rows;
        Assert.Equal(1601, (rows[0].Time - DateTime.UnixEpoch).TotalSeconds, .1);
        Assert.Equal(300, rows.Length);
    }

    // As R keeps prices by the trading day; 250 and 256 a second are clocks.
    [Theory]
    [InlineData(248, true)]
    [InlineData(252, true)]
    [InlineData(260, true)]
    [InlineData(250, false)]
    [InlineData(256, false)]
    public void Trading_days_are_parts_of_a_year(int aYear, bool years)
    {
        DateTime first = Read("time,value\n" + Rows(900, i => F($"{1962 + (double)i / aYear:F11},{i % 7}.5"))).Rows[0].Time;
        Assert.Equal(years ? new DateTime(1962, 1, 1) : DateTime.UnixEpoch.AddSeconds(1962), first);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Days_are_parts_of_the_year_that_they_are_of(int days)
    {
        DateTime At(int i) => new DateTime(1999, 11, 1).AddDays(days * i);
        FeedRow[] rows = Read("time,value\n" + Rows(500, i =>
            F($"{At(i).Year + (At(i).DayOfYear - 1) / (DateTime.IsLeapYear(At(i).Year) ? 366.0 : 365):F4},{i % 7}.5"))).Rows;
        Assert.All(rows, row => Assert.True(Math.Abs((row.Time - At((int)row.Index)).TotalHours) < 1));
    }

    [Fact]
    public void Digits_of_a_date_and_an_hour_are_no_seconds()
    {
        FeedRow[] rows = Read("Date,High\n" + Rows(60, i => F($"{At(24 * i):yyyyMMdd}1,{i % 7}.5"))).Rows;
        Assert.Equal(At(24 * 59 + 1), rows[59].Time);
        rows = Read("Date,High\n" + Rows(60, i => F($"{At(i):yyyyMMddHH},{i % 7}.5"))).Rows;
        Assert.Equal(At(59), rows[59].Time);
    }

    [Fact]
    public void Days_without_a_year_are_joined_to_their_times_of_day_though_a_row_is_broken_and_it_is_said()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("mm-dd,hh:mm:ss,power\n" + Rows(60, i => F($"03-dec,00:00:{i:d2},{i % 7}.5"))
            + "00:01:00,0,3.5\n");
        Assert.StartsWith("time: mm-dd and hh:mm:ss (days and months without a year); channels: power", feed.Description,
            StringComparison.Ordinal);
        Assert.Contains("mm-dd has days and months without a year, as '03-dec': read as of 2000", feed.Notes);
        Assert.Equal(new DateTime(2000, 12, 3, 0, 0, 59), rows[59].Time);
        Assert.Null(FeedTime.Parse("3-Dec 13:05"));  // of a record nobody can say it
        Assert.Equal([60L], rows.Where(row => row.Problem is not null).Select(row => row.Index));
    }

    [Fact]
    public void Year_month_day_and_hour_are_one_time_and_no_channels()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("counts,hour,day,month,year,weekday\n" + Rows(2000, i =>
            F($"{i % 7}.5,{At(i):%H},{At(i):%d},{At(i):MMM},{At(i):yyyy},{(int)At(i).DayOfWeek}")));
        Assert.Equal("time: year, month, day and hour (dates, such as 2025-11-03 00:00:00); channels: counts; left out: "
            + "weekday (the day of the week, --value-column weekday takes it)", feed.Description);
        Assert.Equal(At(1999), rows[1999].Time);
    }

    [Theory]
    [InlineData("year,month,date_of_month,n", "yyyy,MM,dd", 24)]
    [InlineData("year,doy,n", "yyyy,DOY", 24)]
    [InlineData("year,julday,hour,min,n", "yyyy,DOY,HH,mm", 1)]
    [InlineData("date,hour,n", "yyyy-MM-dd,HH", 1)]
    [InlineData("date,hour,n", "yyyyMMdd,HH", 1)]
    [InlineData("date,time,n", "yyyyMMdd,HH:mm", 1)]
    [InlineData("date,hr,n", "dd.MM.yyyy,HH", 1)]
    [InlineData("year,month,day,time,n", "yyyy,MM,dd,HH:mm", 1)]
    public void Parts_of_a_date_are_joined_whichever_they_are(string header, string form, int hours)
    {
        string Written(DateTime time) =>
            time.ToString(form.Replace("DOY", $"'{time.DayOfYear}'", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        FeedRow[] rows = Read(header + "\n" + Rows(900, i => $"{Written(At(hours * i))},{i % 7}.5")).Rows;
        Assert.Equal([.. Enumerable.Range(0, 900).Select(i => At(hours * i))], rows.Select(row => row.Time));
    }

    [Fact]
    public void Parts_that_make_no_date_are_left_out_and_taken_where_they_are_named()
    {
        string text = "julday,n\n" + Rows(240, i => $"{373 + i / 24},{i % 7}.5");
        (CsvFeed feed, _) = Read(text);
        Assert.Equal(("row", "n"), (feed.TimeColumn, Assert.Single(feed.Channels)));
        Assert.Contains("julday (a count of days, --value-column julday takes it)", feed.Description, StringComparison.Ordinal);
        Assert.Equal(["julday", "n"], Read(text, new FeedOptions { Values = ["julday", "n"] }).Feed.Channels);
        // Beside a clock they are no channels either; what is only called so is one.
        (feed, _) = Read("time,day,month,mm,hour\n" + Rows(2000, i => F($"{At(i):s},{At(i):%d},{At(i):%M},{1 + i % 5},{i % 7}.5")));
        Assert.Equal(["mm", "hour"], feed.Channels);
        // A year that comes again in row after row gives no row its time.
        Assert.Equal("row", Read("Year,n\n" + Rows(60, i => $"{(i < 30 ? 1993 : 1997)},{i % 7}.5")).Feed.TimeColumn);
    }

    [Fact]
    public void Years_of_two_digits_go_on_after_1999()
    {
        DateTime At(int i) => new DateTime(1998, 1, 1).AddDays(i);
        FeedRow[] rows = Read("year,month,day,n\n" + Rows(5000, i => F($"{At(i):yy},{At(i):MM},{At(i):dd},{i % 7}.5"))).Rows;
        Assert.Equal([.. Enumerable.Range(0, 5000).Select(At)], rows.Select(row => row.Time));
        // Those of a run are none.
        Assert.Equal(["year", "n"], Read("year,n\n" + Rows(60, i => $"{10 + i % 5},{i % 7}.5")).Feed.Channels);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(30)]
    [InlineData(40)]
    public void A_day_and_an_hour_of_a_run_are_its_clock_however_long_it_is(int days)
    {
        (CsvFeed feed, FeedRow[] rows) = Read("day,hour,load\n" + Rows(24 * days, i => $"{1 + i / 24},{i % 24},{i % 7}.5"));
        Assert.Equal("load", Assert.Single(feed.Channels));
        Assert.Equal([.. Enumerable.Range(0, 24 * days).Select(i => DateTime.UnixEpoch.AddDays(1).AddHours(i))],
            rows.Select(row => row.Time));
    }

    [Fact]
    public void A_day_that_only_rises_counts_the_days_of_a_run() =>
        Assert.Equal(DateTime.UnixEpoch.AddDays(2), Read("day,n\n" + Rows(30, i => $"{1 + i},{i % 7}.5")).Rows[1].Time);
}
