using System.IO.Compression;
using System.Text;
using Esn.Streaming.Feeds;
using Xunit;
using ZstdSharp;

namespace Esn.Stream.Tests;

/// <summary>Packed files, JSON, Parquet, Arrow, pipes, and what can't be read.</summary>
public sealed class FileFormatTests : FileTests
{
    static readonly byte[] Plain = Encoding.UTF8.GetBytes("time,value\n2026-01-05,1.5\n2026-01-06,2.5\n");

    string Packed(string ending)
    {
        string file = Path.Combine(Folder, "plant.csv" + ending);
        using System.IO.Stream stream = ending == ".gz" ? new GZipStream(File.Create(file), CompressionLevel.Fastest)
            : new CompressionStream(File.Create(file), leaveOpen: false);
        stream.Write(Plain);
        return file;
    }

    [Theory]
    [InlineData(".gz")]
    [InlineData(".zst")]
    public void A_packed_file_is_unpacked_and_its_stream_is_called_as_what_is_in_it(string ending)
    {
        using CsvFeed feed = CsvFeed.Open(Packed(ending), new FeedOptions());
        Assert.Equal(("plant", 2), (feed.Stream, feed.RowCount));
        Assert.Equal([1.5, 2.5], feed.Rows().Select(row => row.Values[0]));
    }

    [Theory]
    [InlineData(".gz")]
    [InlineData(".zst")]
    public void A_packed_file_that_is_damaged_is_told(string ending)
    {
        string file = Packed(ending);
        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, [.. bytes[..12], .. bytes[12..].Select(one => (byte)~one)]);
        Assert.StartsWith($"{file} can't be unpacked: ", RefusedFile(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    public void What_json_does_not_know_and_programs_write_costs_its_value_alone(string bare)
    {
        (CsvFeed feed, FeedRow[] rows) = Read(Rows(30, i => "{\"time\": \"2026-01-05T00:" + $"{i:d2}" + ":00\", \"note\": \"a \\\" NaN\", "
            + $"\"flow\": {(i % 3 == 0 ? bare : N(i + .5))}, \"heat\": {i}.25}}"));
        Assert.Equal(["flow", "heat"], feed.Channels);
        Assert.All(rows, row => Assert.Null(row.Problem));
        Assert.Equal([double.NaN, .25], rows[0].Values);
        Assert.Equal([1.5, 1.25], rows[1].Values);
    }

    [Fact]
    public void Json_lines_are_rows_with_or_without_a_key_before_them()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("{\"timestamp\": 1767571200, \"a\": {\"flow\": 1.5}, \"state\": \"on\"}\n\n"
            + "{\"timestamp\": 1767571500, \"a\": {\"flow\": null}}\nnot this\n");
        Assert.Equal(["a.flow"], feed.Channels);
        Assert.Equal([1.5, double.NaN, double.NaN], rows.Select(row => row.Values[0]));
        Assert.StartsWith("the line is no JSON object", rows[2].Problem, StringComparison.Ordinal);
        Assert.Equal(["values.0", "values.1"],
            Read("pump\t{\"timestamp\": \"2026-01-05T00:00:00Z\", \"values\": [1.5, 2.5]}\n").Feed.Channels);
        Assert.Contains("is a JSON array: one object a line is expected", Refused("[\n{\"a\": 1}\n]\n"), StringComparison.Ordinal);
    }

    // In a text, three digits behind each point can be thousands.
    [Fact]
    public void A_number_of_json_is_the_number_that_json_has()
    {
        (_, FeedRow[] rows) = Read(Rows(80, i => $"{{\"timestamp\": {1767571200 + i}, \"value\": {(i == 7 ? "5" : $"1.{100 + i}")}}}"));
        Assert.Equal(1.179, rows[79].Values[0]);
    }

    [Theory]
    [InlineData("PAR1\u0015\u0000", "can't be read as Parquet: ")]
    [InlineData("ARROW1\u0000\u0000\u0001", "can't be read as Arrow: ")]
    [InlineData("PK\u0003\u0004\u0000", "save the sheet as CSV")]
    [InlineData("\u0001\u0000\u0002\u0000\u0003\u0000\u0000", "is a binary file")]
    public void A_binary_file_is_told_by_what_it_is(string bytes, string says) =>
        Assert.Contains(says, Refused(bytes), StringComparison.Ordinal);

    [Theory]
    [InlineData("PAR1", "it is damaged or was cut off (")]
    [InlineData("", "is a binary file, and none of Parquet or Arrow whatever its name says: a text is expected")]
    public void What_is_named_Parquet_and_is_none_is_told_in_words(string begins, string says)
    {
        var random = new Random(1);
        byte[] bytes = [.. Encoding.ASCII.GetBytes(begins), .. Enumerable.Range(0, 5000).Select(_ => (byte)random.Next(2, 256))];
        string file = Path.Combine(Folder, "random.parquet");
        File.WriteAllBytes(file, bytes);
        Assert.Contains(says, Assert.Throws<FeedException>(() => CsvFeed.Open(file, [], [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_line_is_read_without_a_bound_and_one_that_is_too_long_costs_its_own_row()
    {
        string tooLong = new('1', LineReader.MostCharacters + 1);
        FeedRow[] rows = Read("time,value\n" + Rows(30, i => $"2026-01-05 00:{i:d2},{(i == 7 ? tooLong : $"{i}.5")}")).Rows;
        Assert.Equal("line 9 has more than 1048576 characters", Assert.Single(rows, row => row.Problem is not null).Problem);
        Assert.Equal(8.5, rows[8].Values[0]);
        Assert.Contains("line 1: a line of more than 1048576 characters is no row of a feed", Refused(tooLong), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_is_read_once()
    {
        string pipe = Path.Combine(Folder, "pipe");
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", pipe))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        Task writing =
            Task.Run(() => File.WriteAllText(pipe, "time,value\n" + Rows(300, i => $"2026-01-05 {i / 60:d2}:{i % 60:d2},{i}.5")));
        using CsvFeed feed = CsvFeed.Open(pipe, new FeedOptions { PipeRows = 10 });
        Assert.Equal(300, feed.Rows().Count());
        Assert.Null(feed.RowCount);
        await writing;
    }
}
