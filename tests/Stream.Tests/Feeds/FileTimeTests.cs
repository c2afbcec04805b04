using System.Globalization;
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

    [Theory]
    [InlineData("elapsed", "0:05:00", "0:10:00.5", 300)]
    [InlineData("time", "23:59:00", "24:04:00.5", 86_340)]
    [InlineData("time", "0 days 00:05:00", "1 days 00:10:00.5", 300)]
    [InlineData("Time", "\"1 day, 0:05:00\"", "\"1 day, 0:10:00.5\"", 86_700)]
    public void Hours_that_passed_since_a_start_are_no_times_of_day(string name, string first, string second, int seconds)
    {
        FeedRow[] rows = Read($"{name},value\n{first},1.5\n{second},2.5\n").Rows;
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(seconds), rows[0].Time);
        Assert.Equal(TimeSpan.FromMilliseconds(500), TimeSpan.FromTicks(rows[1].Time.Ticks % TimeSpan.TicksPerSecond));
    }

    [Fact]
    public void A_clock_is_what_tells_rows_apart_not_a_week_or_a_day_of_export_beside_it()
    {
        string rows = Rows(60, i => $"2026-W{2 + i / 30:00},2026-01-{5 + i / 10:00} {i % 10:00}:00:00,{N(i % 7)}.5");
        Assert.Equal(new DateTime(2026, 1, 5, 1, 0, 0), Read($"woche,gemessen,wert\n{rows}").Rows[1].Time);
        rows = Rows(60, i => $"2026-03-01,{N(46027 + i / 24.0)},{N(i % 7)}.5");
        Assert.Equal(new DateTime(2026, 1, 5, 1, 0, 0), Read($"date,timestamp,flow\n{rows}").Rows[1].Time);
        // Sampled by the hour, two rows each, beside stamps of what was opened whenever: those are more, and go to and fro.
        var random = new Random(3);
        string Opened() => new DateTime(2024, 1, 1).AddMinutes(random.Next(1_000_000)).ToString("s", CultureInfo.InvariantCulture);
        string Sampled(int i) => new DateTime(2026, 1, 5).AddHours(i / 2).ToString("s", CultureInfo.InvariantCulture);
        Assert.Equal("sampled", Read("opened,sampled,value\n" + Rows(300, i => $"{Opened()},{Sampled(i)},{N(i % 7)}.5")).Feed.TimeColumn);
        Assert.Equal("sampled", Read("sampled,opened,value\n" + Rows(300, i => $"{Sampled(i)},{Opened()},{N(i % 7)}.5")).Feed.TimeColumn);
        Assert.Equal("date", Read("created_at,date,value\n" + Rows(300, i => $"{Opened()},{Sampled(i)},{N(i % 7)}.5")).Feed.TimeColumn);
        Assert.Equal("date", Read("date,value\n" + Rows(300, i => $"{Opened()},{N(i % 7)}.5")).Feed.TimeColumn);
        rows = Rows(60, i => $"2026-03-01,{N(i % 7)}.5");
        Assert.Equal(new DateTime(2026, 3, 1), Read($"date,flow\n{rows}").Rows[1].Time);  // late, which is told; better than counted
    }

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

    [Fact]
    public void Dates_come_before_a_stopwatch()
    {
        string Run(int i) => $"{i / 60}:{i % 60:d2}:00";
        string At(int i) => new DateTime(2026, 1, 5).AddMinutes(i).ToString("s", CultureInfo.InvariantCulture);
        foreach (string header in (string[])["Date,Time", "at,Elapsed", "Date,Elapsed"])
        {
            (CsvFeed feed, FeedRow[] rows) = Read($"{header},value\n" + Rows(1500, i => $"{At(i)},{Run(i)},{N(i % 7)}.5"));
            Assert.Equal((header.Split(',')[0], new DateTime(2026, 1, 6, 0, 59, 0)), (feed.TimeColumn, rows[^1].Time));
        }
        Assert.Equal("laufzeit", Read("value,laufzeit\n" + Rows(1500, i => $"{N(i % 7)}.5,{Run(i)}")).Feed.TimeColumn);  // passes a day
    }

    [Fact]
    public void Days_of_digits_alone_are_days_and_not_seconds()
    {
        FeedRow[] rows = Read("date,sales\n20260131,1.5\n20260201,2.5\n").Rows;
        Assert.Equal([new DateTime(2026, 1, 31), new DateTime(2026, 2, 1)], rows.Select(row => row.Time));
    }

    [Fact]
    public void Seconds_of_a_run_count_from_its_start()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("time[s],flow\n" + Rows(30, i => $"{300 * i},{N(i % 7 + .5)}"));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(300), rows[1].Time);
        Assert.Contains("seconds since a start", feed.Description, StringComparison.Ordinal);
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

    [Fact]
    public void Rows_that_are_evenly_spaced_in_one_order_alone_are_read_so_and_it_is_said()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("date,value\n" + Rows(12 * 24, i => $"{1 + i / 24:d2}/01/2026 {i % 24:d2}:00,{N(i % 24)}.5"));
        Assert.Equal(new DateTime(2026, 1, 12, 23, 0, 0), rows[^1].Time);
        Assert.Contains("read day first, as only so its rows are evenly spaced (--time-format month-first for the other)",
            Assert.Single(feed.Notes), StringComparison.Ordinal);
    }

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

    [Fact]
    public void Weeks_are_times()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("observed,value\n" + Rows(120, i => $"{2005 + i / 52}-W{1 + i % 52:d2},{N(i % 7 + .5)}"));
        Assert.Equal("observed", feed.TimeColumn);
        Assert.Equal([new DateTime(2005, 1, 3), new DateTime(2005, 1, 10)], rows[..2].Select(row => row.Time));
        Assert.Null(TimeText.Parse("2005-W53"));  // of 52 weeks
        Assert.Equal(new DateTime(2009, 12, 28), TimeText.Parse("2009-W53-1")!.Value.Clock);
    }

    [Theory]
    [InlineData("Zeitpunkt", 24 * 60)]
    [InlineData("Datum Uhrzeit", 24 * 60)]
    [InlineData("Fecha y hora", 24 * 60)]
    [InlineData("Date/Time", 24 * 60)]
    [InlineData("Tijdstip", 5)]  // by what it holds
    public void Days_of_a_spreadsheet_are_a_clock(string name, int minutes)
    {
        (CsvFeed feed, FeedRow[] rows) = Read($"value,{name}\n"
            + Rows(60, i => $"{N(i % 7 + .5)},{N(Math.Round(46_077 + minutes * i / 1440.0, 6))}"));
        Assert.Equal((name, 60), (feed.TimeColumn, rows.Length));
        Assert.Equal(new DateTime(2026, 2, 24).AddMinutes(59 * minutes), rows[59].Time);
        Assert.Contains(feed.Notes, note => note.StartsWith($"{name} is read as days of a spreadsheet", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("F6", .0031415)]  // no whole seconds
    [InlineData("F2", .25)]       // too few places to tell
    [InlineData("F0", 1)]
    public void A_counter_among_such_numbers_is_a_channel(string form, double step)
    {
        (CsvFeed feed, _) = Read("energy,value\n" + Rows(60, i =>
            $"{(46_077 + step * i).ToString(form, CultureInfo.InvariantCulture)},{N(i % 7 + .5)}"), new FeedOptions());
        Assert.StartsWith("time: none", feed.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_may_be_days_come_after_what_is_surely_a_clock() =>
        Assert.Equal("b", Read("a,b,value\n" + Rows(60, i =>
            $"{N(Math.Round(46_077 + i / 288.0, 6))},2026-01-05 00:{i:d2},{N(i % 7 + .5)}")).Feed.TimeColumn);

    [Theory]
    [InlineData("time_s", 1)]
    [InlineData("Elapsed (s)", 1)]
    [InlineData("elapsed_ms", .001)]
    [InlineData("seconds", 1)]
    [InlineData("Elapsed Time [min]", 60)]
    public void What_passed_since_a_start_is_a_clock_where_it_rises(string name, double unit)
    {
        (CsvFeed feed, FeedRow[] rows) = Read($"{name},value\n" + Rows(60, i => $"{3 * i},{N(i % 7 + .5)}"));
        Assert.Equal((name, DateTime.UnixEpoch.AddSeconds(177 * unit)), (feed.TimeColumn, rows[59].Time));
        // A duration that is measured, and one that is written in a way of its own.
        Assert.Equal([name, "value"], Read($"{name},value\n" + Rows(60, i => $"{N(i * i % 13 + .5)},{N(i % 7 + .5)}")).Feed.Channels);
        Assert.Equal(["value"], Read($"{name.Replace("time", "elapsed", StringComparison.Ordinal)},value\n"
            + Rows(60, i => $"{i}m{i % 60}s,{N(i % 7 + .5)}")).Feed.Channels);
    }

    [Fact]
    public void A_zone_is_that_of_the_clock_and_the_hour_that_comes_twice_comes_twice()
    {
        var options = new FeedOptions { Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Copenhagen") };
        FeedRow[] rows = Read("time,value\n2024-10-27 01:30,1\n2024-10-27 02:00,2\n2024-10-27 02:30,3\n2024-10-27 02:00,4\n"
            + "2024-10-27 02:30,5\n2024-10-27 03:00,6\n", options).Rows;
        Assert.Equal([-30, 0, 30, 60, 90, 120], rows.Select(row => (int)(row.Time - new DateTime(2024, 10, 27)).TotalMinutes));
    }

    [Fact]
    public void A_column_of_days_and_one_of_times_of_day_are_one_time()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("date,time,value\n2026-01-05,00:05,1.5\n2026-01-05,00:10,2.5\n");
        Assert.Equal(new DateTime(2026, 1, 5, 0, 10, 0), rows[1].Time);
        Assert.StartsWith("time: date and time (dates); channels: value", feed.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ds")]
    [InlineData("@timestamp")]
    [InlineData("_time")]
    [InlineData("Timestamp (UTC)")]
    [InlineData("whatever")]
    public void A_column_of_times_is_known_by_what_it_holds(string name) =>
        Assert.Equal(name, Read($"value,{name}\n1.5,2026-01-05 00:00:00\n2.5,2026-01-05 00:05:00\n").Feed.TimeColumn);

    [Fact]
    public void A_nameless_epoch_is_the_time_and_a_counter_is_not()
    {
        string epoch = "a,b\n" + Rows(50, i => $"{1767571200 + 300 * i},{N(i % 5)}.5");
        string counter = "a,b\n" + Rows(50, i => $"{1767571200 + 300 * i + i * i},{N(i % 5)}.5");
        Assert.Equal("a", Read(epoch).Feed.TimeColumn);
        Assert.Equal("row", Read(counter).Feed.TimeColumn);
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

    [Fact]
    public void A_named_column_that_holds_no_times_says_so() =>
        Assert.Contains("'soon' in column time is no time: --time-format says how it is written", Refused("time,value\nsoon,1\nlater,2\n"),
            StringComparison.Ordinal);
}
