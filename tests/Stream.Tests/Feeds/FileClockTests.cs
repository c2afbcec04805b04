using System.Globalization;
using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Which column of a file is its clock, and which one only looks like it.</summary>
public sealed class FileClockTests : FileTests
{
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
}
