using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Numbers that can be read in two ways: 1.234 has decimals or thousands, and so has 1,234.</summary>
public sealed class FileNumberTests : FileTests
{
    const int Many = 12_000;  // more rows than the columns are recognised by

    [Theory]
    [InlineData("value\n", "", '.')]
    [InlineData("time;value\n", ";", '.')]
    [InlineData("time\tvalue\n", "\t", '.')]
    [InlineData("time,value\n", ",", '.')]
    [InlineData("time;value\n", ";", ',')]
    [InlineData("time\tvalue\n", "\t", ',')]
    public void Three_decimals_beside_whole_numbers_of_the_same_size_are_no_thousands(string header, string separator, char point)
    {
        FeedRow[] rows = Read(header + Rows(Many, i => (separator.Length == 0 ? "" : Time(i) + separator)
            + (i % 250 == 0 ? "50" : Three(i, point)))).Rows;
        Assert.All(rows, row => Assert.Null(row.Problem));
        Assert.All(rows, row => Assert.InRange(row.Values[0], 49, 57));
        Assert.Equal((50, 49.089), (rows[0].Values[0], rows[8].Values[0]));
    }

    [Fact]
    public void Whole_numbers_that_stand_for_a_state_make_no_thousands_of_decimals()
    {
        foreach (double state in (double[])[0, -999, 1500])
        {
            FeedRow[] rows = Read("time;value\n" + Rows(600, i => $"{Time(i)};{(i % 100 == 3 ? N(state) : Three(i, '.'))}")).Rows;
            Assert.Equal((49.089, state), (rows[8].Values[0], rows[3].Values[0]));
        }
        // Not even where thousands would begin right above it.
        string text = "time;value\n" + Rows(600, i => $"{Time(i)};{(i % 100 == 3 ? "-999" : $"1.{101 + i}")}");
        Assert.Equal(1.109, Read(text).Rows[8].Values[0]);
        Assert.Contains("can have a decimal comma or thousands", Refused(text.Replace('.', ',')), StringComparison.Ordinal);
    }

    [Fact]
    public void A_point_that_can_part_thousands_is_refused_where_numbers_below_a_thousand_have_none()
    {
        string text = "time;power\n" + Rows(300, i => $"{Time(i)};{(i % 3 == 0 ? N(900 + i % 90) : $"1.{i:d3}")}");
        Assert.Contains("'1.001' in column power can have a decimal point or thousands, and no row decides: say which with --decimal , or "
            + "--decimal .", Refused(text), StringComparison.Ordinal);
        Assert.Equal([900, 1001], Read(text, new FeedOptions { DecimalPoint = ',' }).Rows.Take(2).Select(row => row.Values[0]));
        Assert.Equal([900, 1.001], Read(text, new FeedOptions { DecimalPoint = '.' }).Rows.Take(2).Select(row => row.Values[0]));
        // Where a comma parts columns, as programs write them, a point is one.
        Assert.Equal(1.001, Read(text.Replace(';', ',')).Rows[1].Values[0]);
        // What another column has settles it.
        foreach ((string flow, double power) in ((string, double)[])[("2,5", 1001), ("2.5", 1.001)])
            Assert.Equal(power, Read("time;power;flow\n"
                + Rows(300, i => $"{Time(i)};{(i % 3 == 0 ? "900" : $"1.{i:d3}")};{flow}")).Rows[1].Values[0]);
    }

    [Theory]
    [InlineData(40, 300, 4, 9)]
    [InlineData(800, 990, 12, 19)]
    [InlineData(20, 60, 1, 4)]
    public void Points_are_doubtful_beside_whole_numbers_below_a_thousand_that_lie_elsewhere_however_far(int bareFrom, int bareTo, int from,
        int to)
    {
        // By night without thousands, by day with them.
        string Bare(int i) => N(bareFrom + i % (bareTo - bareFrom + 1));
        string Marked(int i) => $"{from + i % (to - from)}.{i % 990 + 1:d3}";
        string text = "time;load\n" + Rows(Many, i => $"{Time(i)};{(i % 100 < 50 ? Bare(i) : Marked(i))}");
        Assert.EndsWith("in column load can have a decimal point or thousands, and no row decides: say which with --decimal , or "
            + "--decimal .", Refused(text), StringComparison.Ordinal);
        foreach ((char point, double times) in ((char, double)[])[(',', 1000), ('.', 1)])
        {
            FeedRow[] rows = Read(text, new FeedOptions { DecimalPoint = point }).Rows;
            Assert.All(rows, row => Assert.Null(row.Problem));
            Assert.Equal((bareFrom + 7 % (bareTo - bareFrom + 1), times * (from + 51 % (to - from) + .052)),
                (rows[7].Values[0], rows[51].Values[0]));
        }
    }

    [Fact]
    public void Decimals_stay_decimals_beside_whole_numbers_of_any_size_that_lie_among_them_or_have_no_thousands_themselves()
    {
        foreach ((int least, int kinds) in ((int, int)[])[(47, 13), (20_000, 30)])
        {
            FeedRow[] rows = Read("time;value\n"
                + Rows(Many, i => $"{Time(i)};{(i % 250 == 0 ? N(least + i / 250 % kinds) : Three(i, '.'))}")).Rows;
            Assert.Equal((least, 49.089), (rows[0].Values[0], rows[8].Values[0]));
        }
    }

    [Fact]
    public void A_row_that_decides_may_come_late()
    {
        string text = "time;power\n" + Rows(Many, i => $"{Time(i)};1,{101 + i % 800}");
        Assert.Contains("'1,101' in column power can have a decimal comma or thousands", Refused(text), StringComparison.Ordinal);
        Assert.Equal(1.101, Read(text + $"{Time(Many)};1,5\n").Rows[0].Values[0]);
        text = "time;power\n" + Rows(Many, i => $"{Time(i)};1.{101 + i % 800}");
        Assert.Equal(1101, Read(text + Rows(200, i => $"{Time(Many + i)};1.240,5")).Rows[0].Values[0]);
    }

    [Fact]
    public void A_slip_of_the_pen_makes_no_thousands_of_all_others()
    {
        string text = "time;power\n" + Rows(5000, i => $"{Time(i)};{(i == 4000 ? "1,5" : Three(i, '.'))}");
        Assert.Contains("can have a decimal point or thousands", Refused(text), StringComparison.Ordinal);
        FeedRow[] rows = Read(text, new FeedOptions { DecimalPoint = '.' }).Rows;
        Assert.Equal("'1,5' in column power has a decimal comma, and numbers with a decimal point are expected: --decimal says which",
            Assert.Single(rows, row => row.Problem is not null).Problem);
    }

    [Fact]
    public void What_the_other_series_of_a_file_write_counts_as_well()
    {
        string text = "time;host;value\n" + Rows(400, i => $"{Time(i)};{(i % 2 == 0 ? "web" : "db")};{(i % 2 == 0 ? "1,001" : "2,5")}");
        Assert.Equal(1.001, Read(text, new FeedOptions { KeyColumn = "host", Key = "web" }).Rows[0].Values[0]);
    }

    [Fact]
    public void Numbers_of_a_format_with_types_have_points() => Assert.Equal([1.204, 812],
        Read(Rows(100, i => $"{{\"time\": \"{Time(i)}\", \"value\": {(i % 2 == 0 ? "1.204" : "812")}}}"))
            .Rows.Take(2).Select(row => row.Values[0]));

    [Fact]
    public void How_numbers_are_read_is_said_where_it_is_not_the_usual_way()
    {
        Assert.Empty(Read("time;flow\n" + Rows(60, i => $"{Time(i)};{i}.5")).Feed.Notes);
        CsvFeed feed = Read("time;flow;level\n" + Rows(60, i => $"{Time(i)};{i},5;1.{i + 101}")).Feed;
        Assert.Equal("time: time (dates); channels: flow (decimal comma), level (decimal comma)", feed.Description);
        Assert.Equal(["'0,5' in column flow is read as 0.5, its comma as the decimal point (--decimal . reads it otherwise)",
            "'1.101' in column level is read as 1101, its point as one between thousands (--decimal . reads it otherwise)"], feed.Notes);
        feed = Read("time\tload\n" + Rows(60, i => $"{Time(i)}\t{(i % 2 == 0 ? $"1,{i + 101}" : $"{900 + i}")}")).Feed;
        Assert.Equal("'1,101' in column load is read as 1101, its comma as one between thousands (--decimal , reads it otherwise)",
            Assert.Single(feed.Notes));
        Assert.Empty(Read("time;flow\n" + Rows(60, i => $"{Time(i)};{i},5"), new FeedOptions { DecimalPoint = ',' }).Feed.Notes);
    }

    [Fact]
    public async Task A_pipe_is_read_by_its_first_rows_and_a_later_one_that_is_written_otherwise_says_so()
    {
        const string doubtful = "and none of the first 10 rows decides: say which with --decimal , or --decimal .";
        string pipe = Path.Combine(Folder, "pipe");
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", pipe))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        var options = new FeedOptions { PipeRows = 10 };
        Task writing = Task.Run(() => File.WriteAllText(pipe,
            "time;power\n" + Rows(30, i => $"{Time(i)};1.{(i == 20 ? "240,5" : N(101 + i))}")));
        FeedRow[] rows = ReadFile(pipe, options).Rows;
        await writing;
        Assert.Equal(1.101, rows[0].Values[0]);
        Assert.Equal("'1.240,5' in column power has a decimal comma, and numbers with a decimal point are expected: --decimal says which",
            Assert.Single(rows, row => row.Problem is not null).Problem);
        writing = Task.Run(() => File.WriteAllText(pipe, "time;power\n" + Rows(30, i => $"{Time(i)};1,{101 + i}")));
        Assert.EndsWith(doubtful, RefusedFile(pipe, options), StringComparison.Ordinal);
        await writing;
    }

    [Fact]
    public void What_is_no_number_is_told_by_what_it_is()
    {
        FeedRow[] rows = Read("time,flow\n" + Rows(60, i => $"{Time(i)},{(i == 40 ? "o11" : i == 41 ? "1e999" : $"{i}.5")}")).Rows;
        Assert.Equal("'o11' in column flow is no number", rows[40].Problem);
        Assert.Equal("'1e999' in column flow is not a finite number", rows[41].Problem);
    }

    static string Time(int i) => $"2026-01-{5 + i / 1440:d2} {i / 60 % 24:d2}:{i % 60:d2}";

    // 49.001 … 56.989, never with a 0 at its end.
    static string Three(int i, char point) => $"{49 + i % 8}{point}{i % 99:d2}{1 + i % 9}";
}
