using System.Globalization;
using System.IO.Compression;
using System.Text;
using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>What people's files are like: the right value, or an error that says what would be right.</summary>
public sealed class FileFormTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("esn-forms-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    string Write(string text, string name = "feed.csv")
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllText(file, text);
        return file;
    }

    static string Rows(int count, Func<int, string> row) => string.Concat(Enumerable.Range(0, count).Select(i => row(i) + "\n"));

    static string N(double value) => value.ToString(CultureInfo.InvariantCulture);

    (CsvFeed Feed, FeedRow[] Rows) Read(string text, FeedOptions? options = null)
    {
        using CsvFeed feed = CsvFeed.Open(Write(text), options ?? new FeedOptions());
        return (feed, [.. feed.Rows()]);
    }

    string Refused(string text, FeedOptions? options = null) =>
        Assert.Throws<FeedException>(() => CsvFeed.Open(Write(text), options ?? new FeedOptions())).Message;

    // ---- times

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
        string text = "date,value\n" + Rows(12_000, i => $"05/{1 + i / 1000:d2}/2026 {i % 1000 / 60:d2}:{i % 60:d2},{N(i % 9)}.5") + "05/13/2026 00:00,1.5\n";
        Assert.Equal(5, Read(text).Rows[0].Time.Month);
    }

    [Fact]
    public void Day_and_month_that_nothing_settles_are_refused_with_what_would_settle_them()
    {
        const string text = "date,value\n01/02/2026,1.5\n02/02/2026,2.5\n03/02/2026,3.5\n04/02/2026,1.5\n";
        Assert.Contains("no row decides: say which with --time-format day-first or --time-format month-first", Refused(text), StringComparison.Ordinal);
        Assert.Equal(new DateTime(2026, 2, 1), Read(text, new FeedOptions { TimeFormat = "day-first" }).Rows[0].Time);
        Assert.Equal(new DateTime(2026, 1, 2), Read(text, new FeedOptions { TimeFormat = "month-first" }).Rows[0].Time);
        Assert.Contains("only reads day first, and '02/13/2026', which only reads month first", Refused("date,value\n13/02/2026,1\n02/13/2026,2\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_are_evenly_spaced_in_one_order_alone_are_read_so_and_it_is_said()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("date,value\n" + Rows(12 * 24, i => $"{1 + i / 24:d2}/01/2026 {i % 24:d2}:00,{N(i % 24)}.5"));
        Assert.Equal(new DateTime(2026, 1, 12, 23, 0, 0), rows[^1].Time);
        Assert.Contains("read day first, as only so its rows are evenly spaced (--time-format month-first for the other)", Assert.Single(feed.Notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dd.MM.yyyy HH:mm")]
    [InlineData("%d.%m.%Y %H:%M")]
    public void A_form_can_be_said(string form)
    {
        FeedRow[] rows = Read("when,value\n05.01.2026 13:30,1.5\n", new FeedOptions { TimeColumn = "when", TimeFormat = form }).Rows;
        Assert.Equal(new DateTime(2026, 1, 5, 13, 30, 0), rows[0].Time);
        Assert.Contains("is not written as --time-format", Refused("when,value\n2026-01-05,1\n", new FeedOptions { TimeColumn = "when", TimeFormat = form }), StringComparison.Ordinal);
        Assert.Null(ColumnTimes.Of("sometimes", null));
    }

    [Fact]
    public void A_zone_is_that_of_the_clock_and_the_hour_that_comes_twice_comes_twice()
    {
        var options = new FeedOptions { Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Copenhagen") };
        FeedRow[] rows = Read("time,value\n2024-10-27 01:30,1\n2024-10-27 02:00,2\n2024-10-27 02:30,3\n2024-10-27 02:00,4\n2024-10-27 02:30,5\n2024-10-27 03:00,6\n", options).Rows;
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
        string epoch = "a,b\n" + Rows(50, i => $"{1767571200 + 300 * i},{N(i % 5)}.5"), counter = "a,b\n" + Rows(50, i => $"{1767571200 + 300 * i + i * i},{N(i % 5)}.5");
        Assert.Equal("a", Read(epoch).Feed.TimeColumn);
        Assert.Equal("row", Read(counter).Feed.TimeColumn);
    }

    [Fact]
    public void Newest_first_is_refused_with_the_way_out()
    {
        const string text = "time,value\n2026-01-05,3\n2026-01-04,2\n2026-01-03,1\n";
        Assert.EndsWith("its newest row comes first: --sort puts the rows in the order of their times", Refused(text), StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], Read(text, new FeedOptions { Sort = true }).Rows.Select(row => row.Values[0]));
    }

    [Fact]
    public void A_named_column_that_holds_no_times_says_so() =>
        Assert.Contains("'soon' in column time is no time: --time-format says how it is written", Refused("time,value\nsoon,1\nlater,2\n"), StringComparison.Ordinal);

    // ---- columns

    [Fact]
    public void What_every_column_is_taken_for_is_said_in_one_line()
    {
        (CsvFeed feed, _) = Read("time,sensor_id,seq,flow,state,anomaly,note\n" + Rows(30, i => $"2026-01-05 00:{i:d2},7,{100 + i},{N(i % 7)}.5,ok,0,"));
        Assert.Equal(["flow"], feed.Channels);
        Assert.Equal("time: time (dates); channels: flow; left out: state (no numbers), anomaly (a label by its name, --label-column takes it), note (empty), "
            + "sensor_id (an id by its name, --value-column sensor_id takes it), seq (whole numbers that rise in every row, as an index does, --value-column seq takes it)", feed.Description);
    }

    [Fact]
    public void A_rising_number_is_a_channel_where_it_is_named_or_alone()
    {
        string text = "time,total,flow\n" + Rows(30, i => $"2026-01-05 00:{i:d2},{100 + i},{N(i % 7)}.5"), alone = "time,total\n" + Rows(30, i => $"2026-01-05 00:{i:d2},{100 + i}");
        Assert.Equal(["flow"], Read(text).Feed.Channels);
        Assert.Equal(["total"], Read(text, new FeedOptions { Values = ["total"] }).Feed.Channels);
        Assert.Equal(["total"], Read(alone).Feed.Channels);
    }

    [Fact]
    public void Many_rows_decide_what_a_channel_is()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("time,flow,pressure\n2026-01-05 00:00,1.5,N/A\n2026-01-05 00:01,2.5,7.5\n2026-01-05 00:02,2.5,7.5\n");
        Assert.Equal(["flow", "pressure"], feed.Channels);
        Assert.Equal([1.5, double.NaN], rows[0].Values);
        Assert.All(rows, row => Assert.Null(row.Problem));
    }

    [Fact]
    public void Several_series_in_one_file_are_hinted_at_and_read_one_by_one()
    {
        string text = "time,host,value\n" + Rows(40, i => $"2026-01-05 00:{i / 2:d2},{(i % 2 == 0 ? "web" : "db")},{i}.5");
        Assert.Contains("with --key-column host each is a stream of its own", Assert.Single(Read(text).Feed.Notes), StringComparison.Ordinal);
        var options = new FeedOptions { KeyColumn = "host" };
        Assert.Equal(["web", "db"], CsvFeed.Keys(Write(text), options));
        (CsvFeed feed, FeedRow[] rows) = Read(text, options with { Key = "db" });
        Assert.Equal((20, 1.5, "db", 20), (rows.Length, rows[0].Values[0], feed.Stream, feed.RowCount));
    }

    [Fact]
    public void Without_a_header_columns_are_numbered_or_called_as_the_comment_before_them_says()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("2026-01-05 00:00,1.5\n2026-01-05 00:01,2.5\n");
        Assert.Equal(("c1", "c2", 2), (feed.TimeColumn, feed.Channels.Single(), rows.Length));
        Assert.Contains("there is no header: the columns are called c1 … c2", feed.Notes);
        Assert.Equal(["flow"], Read("# time,flow\n2026-01-05 00:00,1.5\n2026-01-05 00:01,2.5\n").Feed.Channels);
    }

    // ---- text

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
        Assert.Equal([1001, 987], Read("time\tpower\n2026-01-05 00:00\t1,001\n2026-01-05 00:01\t987\n").Rows.Select(row => row.Values[0]));
        Assert.Equal([1.001, .987], Read("time;power\n2026-01-05 00:00;1,001\n2026-01-05 00:01;0,987\n").Rows.Select(row => row.Values[0]));
        // Another column settles it too.
        Assert.Equal([2.013, 3.5], Read("time;a;b\n2026-01-05 00:00;2,013;3,5\n").Rows[0].Values);
        const string doubtful = "time;power\n2026-01-05 00:00;1,001\n2026-01-05 00:01;1,002\n";
        Assert.Contains("'1,001' in column power can have a decimal comma or thousands, and no row decides: say which with --decimal , or --decimal .", Refused(doubtful), StringComparison.Ordinal);
        Assert.Equal(1.001, Read(doubtful, new FeedOptions { DecimalPoint = ',' }).Rows[0].Values[0]);
        Assert.Equal(1001, Read(doubtful, new FeedOptions { DecimalPoint = '.' }).Rows[0].Values[0]);
    }

    [Fact]
    public void Quotes_in_headers_are_letters_or_hold_separators()
    {
        Assert.Equal(["flow 4\" line", "pressure"], Read("timestamp,flow 4\" line,pressure\n2026-01-05,1.5,2.5\n2026-01-06,1.5,2.5\n").Feed.Channels);
        Assert.Equal(["flow, m3/h", "level, m"], Read("\"time\";\"flow, m3/h\";\"level, m\"\n\"2026-01-05\";\"1000,5\";\"2,25\"\n").Feed.Channels);
    }

    [Fact]
    public void A_quote_that_is_not_closed_costs_its_own_row_alone()
    {
        (_, FeedRow[] rows) = Read("time,value,note\n" + Rows(500, i => $"2026-01-05 {i / 60:d2}:{i % 60:d2},{i}.5,{(i == 7 ? "\"lost" : i == 300 ? "\"kept\"" : "ok")}"));
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

    [Fact]
    public void Comments_a_line_that_says_the_separator_a_mark_and_repeated_headers_are_no_rows()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("\uFEFFsep=;\r\n# from the logger\r\ntime;value;\r\n2026-01-05 00:00;1,5;\r\n\r\n# pause\r\ntime;value;\r\n2026-01-05 00:01;2,5;\r\n");
        Assert.Equal(["value"], feed.Channels);
        Assert.Equal([1.5, 2.5], rows.Select(row => row.Values[0]));
    }

    [Fact]
    public void The_annotated_form_of_influxdb_is_read()
    {
        const string head = "#group,false,false,true,true,false,false,true\n#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string\n#default,_result,,,,,,\n,result,table,_start,_stop,_time,_value,_field\n";
        string rows = Rows(3, i => $",,0,2026-01-05T00:00:00Z,2026-01-06T00:00:00Z,2026-01-05T00:0{i}:00Z,{i}.5,temp");
        (CsvFeed feed, FeedRow[] read) = Read(head + rows + "\n" + head + Rows(3, i => $",,1,2026-01-05T00:00:00Z,2026-01-06T00:00:00Z,2026-01-05T00:1{i}:00Z,{i}.5,temp"));
        Assert.Equal(("_time", "_value", 6), (feed.TimeColumn, feed.Channels.Single(), read.Length));
        Assert.All(read, row => Assert.Null(row.Problem));
    }

    [Fact]
    public void A_packed_file_is_unpacked_and_its_stream_is_called_as_what_is_in_it()
    {
        string file = Path.Combine(_directory, "plant.csv.gz");
        using (var packed = new GZipStream(File.Create(file), CompressionLevel.Fastest))
            packed.Write(Encoding.UTF8.GetBytes("time,value\n2026-01-05,1.5\n2026-01-06,2.5\n"));
        using CsvFeed feed = CsvFeed.Open(file, new FeedOptions());
        Assert.Equal(("plant", 2, 2), (feed.Stream, feed.RowCount, feed.Rows().Count()));
    }

    [Fact]
    public void Json_lines_are_rows_with_or_without_a_key_before_them()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("{\"timestamp\": 1767571200, \"a\": {\"flow\": 1.5}, \"state\": \"on\"}\n\n{\"timestamp\": 1767571500, \"a\": {\"flow\": null}}\nnot this\n");
        Assert.Equal(["a.flow"], feed.Channels);
        Assert.Equal([1.5, double.NaN, double.NaN], rows.Select(row => row.Values[0]));
        Assert.StartsWith("the line is no JSON object", rows[2].Problem, StringComparison.Ordinal);
        Assert.Equal(["values.0", "values.1"], Read("pump\t{\"timestamp\": \"2026-01-05T00:00:00Z\", \"values\": [1.5, 2.5]}\n").Feed.Channels);
        Assert.Contains("is a JSON array: one object a line is expected", Refused("[\n{\"a\": 1}\n]\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PAR1\u0015\u0000", "is a Parquet file")]
    [InlineData("PK\u0003\u0004\u0000", "save the sheet as CSV")]
    [InlineData("\u0001\u0000\u0002\u0000\u0003\u0000\u0000", "is a binary file")]
    public void A_binary_file_is_told_by_what_it_is(string bytes, string says) => Assert.Contains(says, Refused(bytes), StringComparison.Ordinal);

    [Fact]
    public void No_line_is_read_without_a_bound() =>
        Assert.Contains("line 2: a line of more than 1048576 characters is no row of a feed", Refused("time,value\n" + new string('1', LineReader.MostCharacters + 1)), StringComparison.Ordinal);

    [Fact]
    public async Task A_pipe_is_read_once()
    {
        string pipe = Path.Combine(_directory, "pipe");
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", pipe)) await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        Task writing = Task.Run(() => File.WriteAllText(pipe, "time,value\n" + Rows(300, i => $"2026-01-05 {i / 60:d2}:{i % 60:d2},{i}.5")));
        using CsvFeed feed = CsvFeed.Open(pipe, new FeedOptions { PipeRows = 10 });
        Assert.Equal(300, feed.Rows().Count());
        Assert.Null(feed.RowCount);
        await writing;
    }
}
