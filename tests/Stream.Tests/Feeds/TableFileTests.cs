using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Esn.Streaming.Feeds;
using Parquet;
using Parquet.Schema;
using Xunit;
using Field = Apache.Arrow.Field;

namespace Esn.Stream.Tests;

/// <summary>Files of tables give the frames that the same numbers give in a CSV file, to the last bit.</summary>
public sealed class TableFileTests : FileTests
{
    const int Count = 90;

    static DateTime Time(int i) => new DateTime(2026, 1, 5, 0, 0, 0, DateTimeKind.Utc).AddSeconds(i).AddTicks(10 * i);

    static double? Flow(int i) => i == 7 ? null : Math.Sin(i) * 1e-3 + 1;

    static string Host(int i) => i % 2 == 0 ? "a" : "b";

    // Missing where it is missing, and the rest bit for bit.
    static void AsWritten(string file, FeedOptions? options = null)
    {
        (CsvFeed feed, FeedRow[] rows) = ReadFile(file, options);
        Assert.Equal(("time", "table", Count), (feed.TimeColumn, feed.Stream, feed.RowCount));
        Assert.Equal(["flow", "level"], feed.Channels);
        Assert.Equal(Enumerable.Range(0, Count).Select(Time), rows.Select(row => row.Time));
        Assert.Equal(Enumerable.Range(0, Count).Select(i => Flow(i) ?? double.NaN), rows.Select(row => row.Values[0]));
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (double)(i * i % 11)), rows.Select(row => row.Values[1]));
        Assert.All(rows, row => Assert.Null(row.Problem));
    }

    async Task<string> Parquet(CompressionMethod method, bool utc = true)
    {
        string file = Path.Combine(Folder, "table.parquet");
        var time = new DateTimeDataField("time", DateTimeFormat.Timestamp, isAdjustedToUTC: utc, unit: DateTimeTimeUnit.Micros);
        var (flow, level, host) = (new DataField<double?>("flow"), new DataField<int>("level"), new DataField<string>("host"));
        await using System.IO.Stream stream = File.Create(file);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(time, flow, level, host), stream,
            new ParquetOptions { CompressionMethod = method });
        foreach (int[] rows in Enumerable.Range(0, Count).Chunk(40))  // in groups
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync<DateTime>(time, rows.Select(Time).ToArray());
            await group.WriteAsync<double>(flow, rows.Select(Flow).ToArray());
            await group.WriteAsync<int>(level, rows.Select(i => i * i % 11).ToArray());
            await group.WriteAsync(host, rows.Select(Host).ToArray());
            group.CompleteValidate();
        }
        return file;
    }

    [Theory]
    [InlineData(CompressionMethod.None)]
    [InlineData(CompressionMethod.Snappy)]
    [InlineData(CompressionMethod.Zstd)]
    public async Task A_parquet_file_is_read(CompressionMethod method) => AsWritten(await Parquet(method));

    [Fact]
    public async Task Series_of_a_parquet_file_are_read_one_by_one()
    {
        string file = await Parquet(CompressionMethod.Snappy);
        Assert.Equal(["a", "b"], CsvFeed.Keys(file, new FeedOptions { KeyColumn = "host" }, out _));
        (CsvFeed feed, FeedRow[] rows) = ReadFile(file, new FeedOptions { KeyColumn = "host", Key = "b" });
        Assert.Equal(("b", Count / 2, Time(1)), (feed.Stream, rows.Length, rows[0].Time));
    }

    [Fact]
    public async Task A_time_without_a_zone_is_of_the_clock_that_is_said()
    {
        (_, FeedRow[] rows) = ReadFile(await Parquet(CompressionMethod.None, utc: false),
            new FeedOptions { Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Copenhagen") });
        Assert.Equal(Time(3).AddHours(-1), rows[3].Time);
    }

    [Fact]
    public async Task A_parquet_file_that_was_cut_off_is_told_in_one_line()
    {
        string file = await Parquet(CompressionMethod.Snappy);
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^20]);
        string said = RefusedFile(file);
        Assert.StartsWith($"{file} can't be read as Parquet: ", said, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', said);
    }

    static Schema ArrowSchema { get; } = new Schema.Builder()
        .Field(new Field("time", new TimestampType(TimeUnit.Microsecond, "UTC"), nullable: false))
        .Field(new Field("flow", DoubleType.Default, nullable: true))
        .Field(new Field("level", Int32Type.Default, nullable: false))
        .Field(new Field("host", StringType.Default, nullable: false)).Build();

    static RecordBatch ArrowBatch(int[] rows)
    {
        var times = new TimestampArray.Builder((TimestampType)ArrowSchema.FieldsList[0].DataType);
        var flow = new DoubleArray.Builder();
        foreach (int i in rows)
        {
            times.Append(Time(i));
            if (Flow(i) is { } value) flow.Append(value);
            else flow.AppendNull();
        }
        IArrowArray[] columns =
        [
            times.Build(), flow.Build(), new Int32Array.Builder().AppendRange(rows.Select(i => i * i % 11)).Build(),
            new StringArray.Builder().AppendRange(rows.Select(Host)).Build(),
        ];
        return new RecordBatch(ArrowSchema, columns, rows.Length);
    }

    string Arrow(bool file, CompressionCodecType? codec)
    {
        string path = Path.Combine(Folder, "table.arrow");
        using System.IO.Stream stream = File.Create(path);
        var options = new IpcOptions { CompressionCodec = codec, CompressionCodecFactory = new CompressionCodecFactory() };
        using ArrowStreamWriter writer = file ? new ArrowFileWriter(stream, ArrowSchema, leaveOpen: true, options)
            : new ArrowStreamWriter(stream, ArrowSchema, leaveOpen: true, options);
        foreach (int[] rows in Enumerable.Range(0, Count).Chunk(40)) writer.WriteRecordBatch(ArrowBatch(rows));
        writer.WriteEnd();
        return path;
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(true, CompressionCodecType.Lz4Frame)]
    [InlineData(true, CompressionCodecType.Zstd)]
    [InlineData(false, null)]
    public void An_arrow_file_or_stream_is_read(bool file, CompressionCodecType? codec) => AsWritten(Arrow(file, codec));

    [Fact]
    public async Task A_table_that_is_read_from_its_end_does_not_come_through_a_pipe_and_an_arrow_stream_does()
    {
        string whole = Arrow(file: true, null), pipe = Path.Combine(Folder, "pipe");
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", pipe))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        Task writing = Task.Run(() => File.WriteAllBytes(pipe, File.ReadAllBytes(whole)));
        Assert.EndsWith("is an Arrow file, which is read from its end: name the file, a pipe or a packed one will not do",
            RefusedFile(pipe), StringComparison.Ordinal);
        await writing.ContinueWith(_ => { }, TaskScheduler.Default);  // nobody read on

        byte[] stream = File.ReadAllBytes(Arrow(file: false, null));
        writing = Task.Run(() => File.WriteAllBytes(pipe, stream));
        Assert.Equal(Count, ReadFile(pipe, new FeedOptions { PipeRows = 10 }).Rows.Length);
        await writing;
    }
}
