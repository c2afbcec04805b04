using System.Globalization;
using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Numbers, quotes and lines as people's files write them.</summary>
public sealed class FileTextTests : FileTests
{
    [Theory]
    [InlineData("time;power\n", ";", "1.234,5", 1234.5)]
    [InlineData("time;power\n", ";", "-0,25", -.25)]
    [InlineData("time\tpower\n", "\t", "1 234,5", 1234.5)]
    [InlineData("time\tpower\n", "\t", "1,234.5", 1234.5)]
    [InlineData("time;power\n", ";", "1'234.5", 1234.5)]
    [InlineData("time,power\n", ",", "45.1 %", 45.1)]
    [InlineData("time,power\n", ",", "$12.50", 12.5)]
    [InlineData("time,power\n", ",", "12.50 EUR", 12.5)]
    [InlineData("time,power\n", ",", "\"1,5\"", 1.5)]
    [InlineData("time,power\n", ",", "\"1,234,567\"", 1234567)]
    [InlineData("time|power\n", "|", "1e-3", 1e-3)]
    public void Numbers_are_read_as_their_column_writes_them(string header, string separator, string number, double value) =>
        Assert.Equal(value, Read($"{header}2026-01-05 00:00{separator}{number}\n2026-01-05 00:01{separator}{number}\n").Rows[1].Values[0]);

    [Fact]
    public void What_can_be_thousands_or_decimals_is_settled_by_the_other_rows_or_refused()
    {
        Assert.Equal([1001, 987, 954, 991], Read("time\tpower\n2026-01-05 00:00\t1,001\n2026-01-05 00:01\t987\n2026-01-05 00:02\t954\n"
            + "2026-01-05 00:03\t991\n").Rows.Select(row => row.Values[0]));
        Assert.Equal([1.001, .987], Read("time;power\n2026-01-05 00:00;1,001\n2026-01-05 00:01;0,987\n").Rows.Select(row => row.Values[0]));
        // Another column settles it too.
        Assert.Equal([2.013, 3.5], Read("time;a;b\n2026-01-05 00:00;2,013;3,5\n").Rows[0].Values);
        const string doubtful = "time;power\n2026-01-05 00:00;1,001\n2026-01-05 00:01;1,002\n";
        Assert.Contains("'1,001' in column power can have a decimal comma or thousands, and no row decides: say which with --decimal , or "
            + "--decimal .", Refused(doubtful), StringComparison.Ordinal);
        Assert.Equal(1.001, Read(doubtful, new FeedOptions { DecimalPoint = ',' }).Rows[0].Values[0]);
        Assert.Equal(1001, Read(doubtful, new FeedOptions { DecimalPoint = '.' }).Rows[0].Values[0]);
    }

    [Fact]
    public void Quotes_in_headers_are_letters_or_hold_separators()
    {
        Assert.Equal(["flow 4\" line", "pressure"],
            Read("timestamp,flow 4\" line,pressure\n2026-01-05,1.5,2.5\n2026-01-06,1.5,2.5\n").Feed.Channels);
        Assert.Equal(["flow, m3/h", "level, m"],
            Read("\"time\";\"flow, m3/h\";\"level, m\"\n\"2026-01-05\";\"1000,5\";\"2,25\"\n").Feed.Channels);
    }

    [Fact]
    public void A_quote_that_is_not_closed_costs_its_own_row_alone()
    {
        (_, FeedRow[] rows) = Read("time,value,note\n"
            + Rows(500, i => $"2026-01-05 {i / 60:d2}:{i % 60:d2},{i}.5,{(i == 7 ? "\"lost" : i == 300 ? "\"kept\"" : "ok")}"));
        Assert.Equal(500, rows.Length);
        Assert.Equal("line 9 opens a quote and does not close it", Assert.Single(rows, row => row.Problem is not null).Problem);
        Assert.Equal(7, Array.FindIndex(rows, row => row.Problem is not null));
    }

    [Fact]
    public void A_quoted_field_may_go_on_in_the_next_line()
    {
        (_, FeedRow[] rows) = Read("time,note,value\n2026-01-05 00:00,\"two\nlines, \"\"quoted\"\"\",1.5\n2026-01-05 00:01,one,2.5\n");
        Assert.Equal([1.5, 2.5], rows.Select(row => row.Values[0]));
        Assert.All(rows, row => Assert.Null(row.Problem));
    }

    [Theory]
    [InlineData("#N/A", true)]
    [InlineData("#REF!", true)]
    [InlineData("#DIV/0!", true)]
    [InlineData("#N/A: the sensor, 2026", false)]
    [InlineData("# N/A", false)]
    public void A_row_may_begin_with_what_a_spreadsheet_could_not_work_out(string first, bool isRow)
    {
        FeedRow[] rows = Read("temp,timestamp\n" + Rows(60, i => $"{(i == 30 ? first : $"2{N(i % 7)}.5")},2026-01-05 00:{i:d2}")).Rows;
        Assert.Equal(isRow ? 60 : 59, rows.Length);
        Assert.Equal(isRow, double.IsNaN(rows[30].Values[0]));
        // A comment has another number of fields; a time that is none costs its row.
        rows = Read($"timestamp,temp\n#N/A,stopped,by hand\n"
            + Rows(60, i => $"{(i % 3 > 0 ? "#REF!" : $"2026-01-05 00:{i:d2}")},{N(i % 7)}.5")).Rows;
        Assert.Equal((60, 20), (rows.Length, rows.Count(row => row.Problem is null)));
    }

    [Fact]
    public void Rows_without_a_header_may_repeat()
    {
        var random = new Random(11);
        (CsvFeed feed, FeedRow[] rows) = Read("pump7,20,1\n" + Rows(299, _ => $"pump7,{random.Next(20, 23)},{random.Next(2)}"));
        Assert.Equal((300, 2), (rows.Length, feed.Channels.Count));
        // A header of a word that some rows have.
        (feed, rows) = Read("level,1,2\n" + Rows(300, i => $"{(i % 3 == 0 ? "level" : "info")},{random.Next(9)},{random.Next(9)}.5"));
        Assert.Equal((300, 2), (rows.Length, feed.Channels.Count));
        Assert.Equal(["1", "2"], feed.Channels);
    }

    [Fact]
    public void Headers_that_are_repeated_are_counted()
    {
        (CsvFeed feed, FeedRow[] rows) = Read(Rows(3, k => "time,value\n" + Rows(30, i => $"{30 * k + i},{N(i % 7)}.5").TrimEnd()));
        Assert.Equal(90, rows.Length);
        Assert.Contains("lines that repeat the header are left out, 2 of them", feed.Notes);
    }

    [Fact]
    public void Rows_without_a_header_are_cut_so_that_their_fields_are_data()
    {
        (CsvFeed feed, FeedRow[] rows) = Read(Rows(60, i =>
            $"{(46027 + i / 288.0).ToString("F6", CultureInfo.InvariantCulture).Replace('.', ',')};{19 + i % 3},90;pump"));
        Assert.Equal(["c2"], feed.Channels);
        Assert.Equal((60, 19.9), (rows.Length, rows[0].Values[0]));
    }

    [Fact]
    public void Comments_a_line_that_says_the_separator_a_mark_and_repeated_headers_are_no_rows()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("\uFEFFsep=;\r\n# from the logger\r\ntime;value;\r\n2026-01-05 00:00;1,5;\r\n\r\n"
            + "# pause\r\ntime;value;\r\n2026-01-05 00:01;2,5;\r\n");
        Assert.Equal(["value"], feed.Channels);
        Assert.Equal([1.5, 2.5], rows.Select(row => row.Values[0]));
    }

    [Fact]
    public void The_annotated_form_of_influxdb_is_read()
    {
        const string head = "#group,false,false,true,true,false,false,true\n"
            + "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string\n"
            + "#default,_result,,,,,,\n,result,table,_start,_stop,_time,_value,_field\n";
        string rows = Rows(3, i => $",,0,2026-01-05T00:00:00Z,2026-01-06T00:00:00Z,2026-01-05T00:0{i}:00Z,{i}.5,temp");
        string later = Rows(3, i => $",,1,2026-01-05T00:00:00Z,2026-01-06T00:00:00Z,2026-01-05T00:1{i}:00Z,{i}.5,temp");
        (CsvFeed feed, FeedRow[] read) = Read(head + rows + "\n" + head + later);
        Assert.Equal(("_time", "_value", 6), (feed.TimeColumn, feed.Channels.Single(), read.Length));
        Assert.All(read, row => Assert.Null(row.Problem));
    }
}
