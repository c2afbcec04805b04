using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>What the columns of people's files are taken for, and that it is said.</summary>
public sealed class FileColumnTests : FileTests
{
    [Fact]
    public void What_every_column_is_taken_for_is_said_in_one_line()
    {
        (CsvFeed feed, _) =
            Read("time,sensor_id,seq,flow,state,anomaly,note\n" + Rows(30, i => $"2026-01-05 00:{i:d2},7,{100 + i},{N(i % 7)}.5,ok,0,"));
        Assert.Equal(["flow"], feed.Channels);
        Assert.Equal("time: time (dates); channels: flow; left out: state ('ok' in row 0 is no number), "
            + "anomaly (a label by its name, --label-column takes it), note (empty), "
            + "sensor_id (an id by its name, --value-column sensor_id takes it), "
            + "seq (whole numbers that rise in every row, as an index does, --value-column seq takes it)", feed.Description);
    }

    [Fact]
    public void Words_where_numbers_should_be_are_told_with_their_row()
    {
        string some = "time,flow\n" + Rows(30, i => $"2026-01-05 00:{i:d2},{(i < 20 ? N(i % 7) : "off")}");
        Assert.Contains("flow: 'off' in row 20 is no number", Assert.Throws<FeedException>(() => Read(some)).Message,
            StringComparison.Ordinal);
        Assert.Equal(10, Read(some, new FeedOptions { Values = ["flow"] }).Rows.Count(row => row.Problem is not null));
        string all = "time,flow\n" + Rows(30, i => $"2026-01-05 00:{i:d2},{(i < 20 ? "low" : "off")}");
        Assert.Contains("column flow can't be a channel: 'low' in row 0 is no number",
            Assert.Throws<FeedException>(() => Read(all, new FeedOptions { Values = ["flow"] })).Message, StringComparison.Ordinal);
        string broken = "time,flow\n2026-01-05 00:00,1,2,3\n" + Rows(30, i => $"2026-01-05 00:{i:d2},low");
        Assert.Contains("'low' in row 1 is no number", Assert.Throws<FeedException>(() => Read(broken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_row_leaves_out_at_its_end_is_missing_but_for_a_file_that_was_cut()
    {
        string text = "time,flow,pressure\n" + Rows(30, i => $"2026-01-05 00:{i:d2},{N(i % 7)}{(i % 3 == 0 ? "" : ",7.5")}");
        FeedRow[] rows = Read(text).Rows;
        Assert.All(rows, row => Assert.Null(row.Problem));
        Assert.Equal([0, double.NaN], rows[0].Values);
        Assert.Equal([1, 7.5], rows[1].Values);
        rows = Read(text + "2026-01-05 00:30,1").Rows;
        Assert.Equal("the row has 2 fields, the header 3: the file ends within it", rows[30].Problem);
        Assert.Null(Read(text + "2026-01-05 00:30,1,2").Rows[30].Problem);
    }

    [Fact]
    public void A_row_that_is_shorter_than_nearly_all_others_was_broken_off()
    {
        string Text(int rows, params int[] broken) => "time,flow,pressure,level\n" + Rows(rows, i => $"2026-01-05 {i / 60:d2}:{i % 60:d2},"
            + $"{N(i % 7)}.5{(Array.IndexOf(broken, i) >= 0 ? "" : i % 3 == 0 ? ",7" : ",7,2.5")}");
        FeedRow[] rows = Read(Text(300, 111, 222)).Rows;
        Assert.Equal([111, 222], rows.Where(row => row.Problem is not null).Select(row => (int)row.Index));
        Assert.Equal("the row has 2 fields, the header 4, and 2 of 300 rows are so short: it was broken off", rows[111].Problem);
        Assert.Equal([3.5, 7, double.NaN], rows[3].Values);
        // As often as one row of a hundred it is how the file is written.
        Assert.DoesNotContain(Read(Text(300, 100, 150, 200)).Rows, row => row.Problem is not null);
        Assert.Equal(3, Read(Text(400, 100, 150, 200)).Rows.Count(row => row.Problem is not null));
    }

    [Fact]
    public async Task Of_a_pipe_rows_that_leave_out_fields_are_judged_once_enough_came_to_tell_whether_it_is_its_way()
    {
        string pipe = Path.Combine(Folder, "pipe");
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", pipe))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        async Task<int[]> Broken(int rows, Func<int, bool> isShort)
        {
            Task writing = Task.Run(() => File.WriteAllText(pipe, "time,flow,pressure\n" + Rows(rows, i =>
                $"2026-01-05 {i / 60:d2}:{i % 60:d2},{N(i % 7)}.5{(isShort(i) ? "" : ",7.25")}")));
            FeedRow[] read = ReadFile(pipe, new FeedOptions { PipeRows = 20 }).Rows;
            await writing;
            Assert.Equal(rows, read.Length);
            return [.. read.Where(row => row.Problem is not null).Select(row => (int)row.Index)];
        }
        Assert.Empty(await Broken(600, i => i % 40 == 25));
        int[] late = await Broken(600, i => i is 350 or 450), known = await Broken(19, i => i == 12);
        Assert.Equal([350, 450], late);
        Assert.Equal([12], known);  // all rows of it are
    }

    [Fact]
    public void A_rising_number_is_a_channel_where_it_is_named_or_alone()
    {
        string text = "time,total,flow\n" + Rows(30, i => $"2026-01-05 00:{i:d2},{100 + i},{N(i % 7)}.5");
        string alone = "time,total\n" + Rows(30, i => $"2026-01-05 00:{i:d2},{100 + i}");
        Assert.Equal(["flow"], Read(text).Feed.Channels);
        Assert.Equal(["total"], Read(text, new FeedOptions { Values = ["total"] }).Feed.Channels);
        Assert.Equal(["total"], Read(alone).Feed.Channels);
    }

    [Fact]
    public void Many_rows_decide_what_a_channel_is()
    {
        (CsvFeed feed, FeedRow[] rows) =
            Read("time,flow,pressure\n2026-01-05 00:00,1.5,N/A\n2026-01-05 00:01,2.5,7.5\n2026-01-05 00:02,2.5,7.5\n");
        Assert.Equal(["flow", "pressure"], feed.Channels);
        Assert.Equal([1.5, double.NaN], rows[0].Values);
        Assert.All(rows, row => Assert.Null(row.Problem));
    }

    [Fact]
    public void Several_series_in_one_file_are_hinted_at_and_read_one_by_one()
    {
        string text = "time,host,value\n" + Rows(40, i => $"2026-01-05 00:{i / 2:d2},{(i % 2 == 0 ? "web" : "db")},{i}.5");
        Assert.Contains("with --key-column host each is a stream of its own", Assert.Single(Read(text).Feed.Notes),
            StringComparison.Ordinal);
        var options = new FeedOptions { KeyColumn = "host" };
        Assert.Equal(["web", "db"], CsvFeed.Keys(Write(text), options, out _));
        (CsvFeed feed, FeedRow[] rows) = Read(text, options with { Key = "db" });
        Assert.Equal((20, 1.5, "db", 20), (rows.Length, rows[0].Values[0], feed.Stream, feed.RowCount));
    }

    [Fact]
    public void A_row_that_names_no_series_is_unreadable_and_counted()
    {
        string text = "time,host,value\n" + Rows(30, i => $"2026-01-05 00:{i:d2},{(i % 3) switch { 0 => "web", 1 => " ", _ => "" }},{i}.5");
        var options = new FeedOptions { KeyColumn = "host" };
        Assert.Equal(["web"], CsvFeed.Keys(Write(text), options, out KeylessRows without));
        Assert.Equal((20, "row 1: column host is empty, which names the series of a row"), (without.Rows, without.First));
        Assert.Equal(20, Read(text, options).Rows.Count(row => row.Problem is not null));  // as a replay reads it
    }

    [Theory]
    [InlineData("servers.web1.cpu,2026-01-05 00:0#:00,5#.25", "c2", "c3")]
    [InlineData("pump7,2026-01-05T00:0#:00Z,5#.25,OK", "c2", "c3")]
    [InlineData("\"2026-01-05 00:0#:00\";\"5#,25\";\"gut\"", "c1", "c2")]
    [InlineData("1767571#00,pump7,5#.25", "c1", "c3")]
    [InlineData("note #,05.01.2026 00:0#,5#.25", "c2", "c3")]  // times are enough
    public void A_first_row_of_texts_and_data_as_those_below_is_no_header(string row, string time, string channel)
    {
        (CsvFeed feed, FeedRow[] rows) = Read(Rows(9, i => row.Replace("#", N(i), StringComparison.Ordinal)));
        Assert.Equal((time, channel, 9), (feed.TimeColumn, Assert.Single(feed.Channels), rows.Length));
        Assert.Contains(feed.Notes, note => note.StartsWith("there is no header", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("country,2019,2020", "denmark,1.5,#.5")]       // numbers that name columns
    [InlineData("time,host,5", "2026-01-05 00:0#:00,5,#.5")]
    [InlineData("time,value", "2026-01-05 00:0#:00,#.5\ntime,value")]  // repeated
    [InlineData("when,2019", "2026-01-05 00:0#:00,#.5\nwhen,2019")]
    public void A_first_row_that_names_what_stands_below_is_a_header(string header, string row) =>
        Assert.Equal(header.Split(',')[^1], Read(header + "\n" + Rows(9, i => row.Replace("#", N(i), StringComparison.Ordinal)))
            .Feed.Channels[^1]);

    [Fact]
    public void Without_a_header_columns_are_numbered_or_called_as_the_comment_before_them_says()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("2026-01-05 00:00,1.5\n2026-01-05 00:01,2.5\n");
        Assert.Equal(("c1", "c2", 2), (feed.TimeColumn, feed.Channels.Single(), rows.Length));
        Assert.Contains("there is no header: the columns are called c1 … c2", feed.Notes);
        Assert.Equal(["flow"], Read("# time,flow\n2026-01-05 00:00,1.5\n2026-01-05 00:01,2.5\n").Feed.Channels);
    }

    [Theory]
    [InlineData(",", ".")]
    [InlineData(";", ",")]
    public void Without_a_header_the_columns_are_those_of_the_longest_row(string separator, string point)
    {
        string text = Rows(60, i => string.Join(separator, (string[])[$"2026-01-05 00:{i:d2}", $"{i}{point}5",
            .. i is 0 or 7 or 30 ? (string[])[] : [$"7{point}25"]]));
        (CsvFeed feed, FeedRow[] rows) = Read(text);
        Assert.Equal(["c2", "c3"], feed.Channels);
        Assert.All(rows, row => Assert.Null(row.Problem));
        Assert.Equal([.5, double.NaN], rows[0].Values);
        Assert.Equal([1.5, 7.25], rows[1].Values);
        // Of two columns the first row may have the time alone; a column of numbers is one, whatever its first one is.
        Assert.Equal([double.NaN, 1.5], Read(Rows(60, i => $"2026-01-05 00:{i:d2}{(i is 0 or 7 or 30 ? "" : $"{separator}{i}{point}5")}"))
            .Rows.Take(2).Select(row => row.Values[0]));
        Assert.Equal([.5, 1.5], Read(Rows(60, i => $"2026-01-05 00:{i:d2}{separator}{i}{point}5"))
            .Rows.Take(2).Select(row => row.Values[0]));
        Assert.Equal([7, 1.5], Read(Rows(60, i => i == 0 ? "7" : $"{i}{point}5")).Rows.Take(2).Select(row => row.Values[0]));
    }
}
