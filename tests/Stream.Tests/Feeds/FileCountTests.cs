using System.Globalization;
using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Times that are numbers: days, seconds and ticks since some moment, however they are written.</summary>
public sealed class FileCountTests : FileTests
{
    static readonly DateTime Start = new(2026, 1, 5);

    static string Comma(double number, string form) => number.ToString(form, CultureInfo.InvariantCulture).Replace('.', ',');

    [Theory]
    [InlineData("timestamp")]
    [InlineData("Zeit")]
    [InlineData("Datum")]
    [InlineData("messung")]  // by what it holds
    public void Days_of_a_spreadsheet_may_have_a_decimal_comma(string name)
    {
        (CsvFeed feed, FeedRow[] rows) = Read($"{name};Wert\n"
            + Rows(40, i => $"{Comma(46027 + i / 288.0, "F6")};{Comma(50.25 + i % 7, "F2")}"));
        Assert.Equal((name, 50.25, Start.AddMinutes(5 * 39)), (feed.TimeColumn, rows[0].Values[0], rows[39].Time));
        Assert.Equal(["Wert"], feed.Channels);
        Assert.Contains("days of a spreadsheet, decimal comma", feed.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1767571200,25", 250, null)]
    [InlineData("1.767.571.200,25", 250, null)]
    [InlineData("1.767.571.200.250", 250, null)]
    [InlineData("1767571200,25", 250, "s")]
    public void Seconds_and_milliseconds_since_1970_may_have_a_decimal_comma_and_thousands(string first, int milliseconds, string? format)
    {
        string Next(int i) => first.Replace("571.200", N(571 + i) + ".200", StringComparison.Ordinal)
            .Replace("571200", N(571 + i) + "200", StringComparison.Ordinal);
        (CsvFeed feed, FeedRow[] rows) = Read("timestamp;Wert\n" + Rows(30, i => $"{Next(i)};{N(i % 7)},25"),
            new FeedOptions { TimeFormat = format });
        Assert.Equal(("timestamp", Start.AddMilliseconds(milliseconds)), (feed.TimeColumn, rows[0].Time));
        Assert.Equal(TimeSpan.FromSeconds(1000), rows[1].Time - rows[0].Time);
    }

    [Theory]
    [InlineData(",", "1767571200.25,5.5", 250)]
    [InlineData(",", "\"1,767,571,200,250\",5.5", 250)]
    [InlineData(";", "1767571200,25;5.5", 250)]  // each column by itself
    public void A_clock_is_read_as_it_writes_itself(string separator, string row, int milliseconds) =>
        Assert.Equal(Start.AddMilliseconds(milliseconds), Read($"time{separator}value\n{row}\n{row}\n").Rows[0].Time);

    [Fact]
    public void Seconds_that_do_not_say_how_they_are_written_are_written_as_the_channels()
    {
        FeedRow[] rows = Read("Zeit;Wert\n" + Rows(30, i => $"{Comma(1.5 + i / 2.0, "F3")};{N(i % 7)},25")).Rows;  // 1,500 may be 1500
        Assert.Equal(TimeSpan.FromSeconds(.5), rows[1].Time - rows[0].Time);
    }

    [Fact]
    public void Seconds_of_a_date_in_parts_may_have_a_decimal_comma() =>
        Assert.Equal(Start.AddSeconds(2.5), Read("year;month;day;hour;minute;second;value\n"
            + Rows(30, i => $"2026;1;5;0;0;{N(i)},5;{N(i % 7)},25")).Rows[2].Time);

    [Theory]
    [InlineData("1", "F3", 1250)]
    [InlineData("1.000", "F3", 1250)]
    [InlineData("1.000", "F3", 1000)]
    [InlineData("01", "00.000", 7500)]
    public void Three_places_of_a_date_in_parts_are_no_thousands(string one, string form, int milliseconds)
    {
        string of = one.Contains('.', StringComparison.Ordinal) ? "2026.000" : "2026";
        string five = one.Replace('1', '5');
        string Row(int i) => Start.AddMilliseconds(milliseconds * i) is var at
            ? $"{of},{one},{five},{at.Hour},{at.Minute},"
                + (at.TimeOfDay.TotalSeconds % 60).ToString(form, CultureInfo.InvariantCulture) : "";
        (CsvFeed feed, FeedRow[] rows) =
            Read("year,month,day,hour,minute,second,value\n" + Rows(300, i => $"{Row(i)},{N(i % 7)}.5"));
        Assert.Equal(["value"], feed.Channels);
        Assert.All(rows, (row, i) => Assert.Equal(Start.AddMilliseconds(milliseconds * i), row.Time));
    }

    [Theory]
    [InlineData("filetime", 0)]
    [InlineData("filetime", long.MaxValue)]
    [InlineData("ticks", 0)]
    [InlineData("datenum", 0)]
    public void A_broken_stamp_does_not_change_what_the_others_are(string name, long broken)
    {
        string At(int i) => name switch
        {
            "filetime" => (134120448000000000 + 3_000_000_000L * i).ToString(CultureInfo.InvariantCulture),
            "ticks" => (639031680000000000 + 3_000_000_000L * i).ToString(CultureInfo.InvariantCulture),
            _ => (739987 + i / 288.0).ToString("F8", CultureInfo.InvariantCulture),
        };
        foreach (int at in (int[])[0, 20])
        {
            FeedRow[] rows = Read($"{(name == "ticks" ? "timestamp" : name)},value\n"
                + Rows(60, i => $"{(i == at ? broken.ToString(CultureInfo.InvariantCulture) : At(i))},{N(i % 7)}.5")).Rows;
            Assert.All(rows, (row, i) => Assert.Equal(i == at ? default : Start.AddMinutes(5 * i), row.Time));
            Assert.Contains("is no time", rows[at].Problem, StringComparison.Ordinal);
            Assert.Equal(1, rows.Count(row => row.Problem is not null));
        }
    }

    [Fact]
    public void Seconds_that_may_be_days_of_MATLAB_are_doubted()
    {
        Assert.Contains("time is read as seconds since a start; --time-format matlab if these are days of MATLAB, from "
            + "2026-01-05T00:00:00Z on", Read("time,value\n" + Rows(40, i => $"{739987 + i},{N(i % 7)}.5")).Feed.Notes);
        Assert.Empty(Read("time_s,value\n" + Rows(40, i => $"{739987 + i},{N(i % 7)}.5")).Feed.Notes);
        Assert.Empty(Read("time,value\n" + Rows(40, i => $"{700000 + i},{N(i % 7)}.5")).Feed.Notes);
    }

    [Fact]
    public void Thousands_alone_are_no_decimal_comma() => Assert.StartsWith("time: timestamp (seconds since 1970); channels: wert (decimal",
        Read("timestamp;wert\n" + Rows(40, i => $"1.767.{571 + i:d3}.200;{N(i % 7)},25")).Feed.Description, StringComparison.Ordinal);

    [Theory]
    [InlineData("timestamp", 134120448000000000, 3_000_000_000, "FILETIME of Windows")]
    [InlineData("FileTime", 134120448000000000, 3_000_000_000, "FILETIME of Windows")]
    [InlineData("geschrieben", 134120448000000000, 3_000_000_000, "FILETIME of Windows")]
    [InlineData("timestamp", 639031680000000000, 3_000_000_000, "ticks of .NET")]
    [InlineData("timestamp", 1767571200000000000, 300_000_000_000, null)]
    public void Ticks_of_Windows_are_told_from_nanoseconds(string name, long first, long step, string? says)
    {
        (CsvFeed feed, FeedRow[] rows) = Read($"{name},value\n" + Rows(30, i => $"{first + i * step},{N(i % 7)}.5"));
        Assert.Equal((name, Start.AddMinutes(5)), (feed.TimeColumn, rows[1].Time));
        Assert.Equal(["value"], feed.Channels);
        Assert.Equal(says is not null, feed.Notes.Any(note => note.Contains($"read as {says}", StringComparison.Ordinal)
            && note.Contains("--time-format ns", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("timestamp", "134120448000000000", "ns", 1974)]
    [InlineData("time_ns", "134120448000000000", null, 1974)]
    [InlineData("at", "134120448000000001", "filetime", 2026)]
    [InlineData("at", "639031680000000001", "ticks", 2026)]
    [InlineData("at", "739987,25", "matlab", 2026)]
    public void What_is_said_of_a_clock_holds(string name, string first, string? format, int year)
    {
        DateTime time = Read($"{name};value\n{first};1,5\n{first};2,5\n",
            new FeedOptions { TimeFormat = format, TimeColumn = name }).Rows[0].Time;
        Assert.Equal(year, time.Year);
        if (format is "filetime" or "ticks") Assert.Equal(1, time.Ticks % 10);
    }

    [Fact]
    public void Nanoseconds_that_leave_the_years_that_may_be_ticks_are_nanoseconds() =>
        Assert.Equal(1974, Read("timestamp,value\n" + Rows(30, i => $"{134120448000000000 + i * 30_000_000_000_000_000},{N(i % 7)}.5"))
            .Rows[0].Time.Year);

    [Theory]
    [InlineData("datenum")]
    [InlineData("time")]
    [InlineData("serial")]
    public void Days_of_MATLAB_are_times(string name)
    {
        (CsvFeed feed, FeedRow[] rows) = Read($"{name},value\n"
            + Rows(40, i => $"{(739987 + i / 288.0).ToString("F8", CultureInfo.InvariantCulture)},{N(i % 7)}.5"));
        Assert.Equal((name, Start.AddMinutes(5)), (feed.TimeColumn, rows[1].Time));
    }

    [Fact]
    public void A_clock_beside_that_of_the_rows_is_no_channel()
    {
        string At(int i) => Start.AddMinutes(5 * i).ToString("dd.MM.yyyy HH:mm:ss", CultureInfo.InvariantCulture);
        CsvFeed feed = Read("VarName;TimeString;VarValue;Time_ms\n" + Rows(60, i =>
            $"FIC101;{At(i)};{Comma(50.224 + i % 7, "F3")};{Comma(46027e6 + i / 288.0 * 1e6, "F3")}")).Feed;
        Assert.Equal(("TimeString", "VarValue"), (feed.TimeColumn, Assert.Single(feed.Channels)));
        Assert.Contains("Time_ms (another clock, --value-column Time_ms takes it)", feed.Description, StringComparison.Ordinal);
        Assert.Equal(["Time_ms"], Read(File.ReadAllText(Path.Combine(Folder, "feed.csv")),
            new FeedOptions { Values = ["Time_ms"] }).Feed.Channels);
        // With fractions, so that it is no index.
        feed = Read("timestamp,elapsed,value\n" + Rows(60, i => $"{Start.AddMinutes(5 * i):s},{N(300.25 * i)},{N(i % 7)}.5")).Feed;
        Assert.Equal(["value"], feed.Channels);
        // In whichever unit, a column that has none; and epochs whatever they are called.
        foreach ((string name, double first, double aMinute) in ((string, double, double)[])[("t", 0, 1), ("time", 0, 60_000),
            ("time", 2.5, 1.0 / 60), ("elapsed", .5, 1.0 / 1440), ("ts", 1_767_571_200, 60), ("messzeit", 1_767_571_200_000, 60_000)])
            Assert.Equal(["value"], Read($"timestamp,{name},value\n" + Rows(60, i =>
                $"{Start.AddMinutes(5 * i):s},{N(first + 5 * i * aMinute)},{N(i % 7)}.5")).Feed.Channels);
        // What only is called one goes its own ways.
        var random = new Random(5);
        feed = Read("timestamp,t\n" + Rows(60, i => $"{Start.AddMinutes(5 * i):s},{N(20 + .1 * i + random.NextDouble())}")).Feed;
        Assert.Equal(["t"], feed.Channels);
    }

    [Theory]
    [InlineData("T", 20, .5)]                        // an oven
    [InlineData("kwh", 46027, .01)]                  // days of a spreadsheet, if they were days
    [InlineData("total", 1_767_000_000, 1500)]
    [InlineData("bytes", 130_000_000_000_000_000, 400_000_000)]
    public void What_rises_evenly_is_a_channel(string name, double first, double step) => Assert.Equal([name, "flow"],
        Read($"timestamp,{name},flow\n" + Rows(60, i => string.Create(CultureInfo.InvariantCulture,
            $"{Start.AddMinutes(5 * i):s},{(decimal)first + i * (decimal)step:F5},{i % 7}.5"))).Feed.Channels);

    [Fact]
    public void A_clock_is_a_channel_where_nothing_else_is()
    {
        CsvFeed feed = Read("timestamp,id,total\n"
            + Rows(60, i => $"{Start.AddMinutes(5 * i):s},{i},{1_767_000_000 + 300 * i}")).Feed;
        Assert.Contains("total", feed.Channels);
        Assert.DoesNotContain("left out", feed.Description, StringComparison.Ordinal);
        Assert.Equal(["seconds"], Read("timestamp,seconds,note\n"
            + Rows(60, i => $"{Start.AddMinutes(5 * i):s},{300 * i}.5,as is")).Feed.Channels);
    }

    [Fact]
    public void A_column_that_is_called_one_of_times_and_has_many_is_the_time_whatever_else_it_has()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("timestamp,value\n"
            + Rows(100, i => $"{(i % 5 < 2 ? N(1772409600 + 60 * i) : $"garbage{i}")},{N(i % 7)}.5"));
        Assert.Equal(("timestamp", 60), (feed.TimeColumn, rows.Count(row => row.Problem is not null)));
        // A column of words with some numbers is no clock.
        Assert.Equal("row", Read("t,value\n" + Rows(100, i => $"{(i % 5 < 2 ? N(i % 3) : "off")},{N(i % 7)}.5")).Feed.TimeColumn);
    }

    [Fact]
    public void A_minus_of_typesetters_is_a_minus()
    {
        FeedRow[] rows = Read("time,temp,dew\n" + Rows(30, i => $"{Start.AddMinutes(i):s},\u22129.{i % 7}8,\u22121.{i % 5} °C")).Rows;
        Assert.Equal((-9.08, -1.0), (rows[0].Values[0], rows[0].Values[1]));
    }
}
