using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class ArrowFieldTests
{
    static readonly FrameDecoder Decoder = new(new FrameFields());

    static Dictionary<string, string> Tensor(string shape) => new()
    {
        ["ARROW:extension:name"] = "arrow.fixed_shape_tensor", ["ARROW:extension:metadata"] = $$"""{"shape":{{shape}}}""",
    };

    // As pyarrow writes it: one column a quantity, one row, a list of fixed size.
    static byte[] Stream(params (string Name, Dictionary<string, string> Metadata, IArrowArray Numbers)[] columns)
    {
        var (fields, arrays) = (new List<Field>(), new List<IArrowArray>());
        foreach ((string name, Dictionary<string, string> metadata, IArrowArray numbers) in columns)
        {
            var type = new FixedSizeListType(new Field("item", numbers.Data.DataType, nullable: true), numbers.Length);
            fields.Add(new Field(name, type, nullable: true, metadata));
            arrays.Add(new FixedSizeListArray(new ArrayData(type, 1, 0, 0, [ArrowBuffer.Empty], [numbers.Data])));
        }
        using var stream = new MemoryStream();
        using (var writer = new ArrowStreamWriter(stream, new Schema(fields, null)))
        {
            writer.WriteRecordBatch(new RecordBatch(new Schema(fields, null), arrays, 1));
            writer.WriteEnd();
        }
        return stream.ToArray();
    }

    static FeedRecord Record(byte[] value, params (string Name, string Value)[] headers) =>
        new("frames", 0, 0, 5000, "ocean"u8.ToArray(), value)
    {
        Headers = [new RecordHeader("content-type", "application/vnd.apache.arrow.stream"u8.ToArray()),
            .. headers.Select(header => new RecordHeader(header.Name, System.Text.Encoding.UTF8.GetBytes(header.Value)))],
    };

    static DoubleArray Doubles(params double?[] values)
    {
        var builder = new DoubleArray.Builder();
        foreach (double? value in values)
        {
            if (value is { } number) builder.Append(number);
            else builder.AppendNull();
        }
        return builder.Build();
    }

    [Fact]
    public void A_tensor_is_the_field_that_its_binary_twin_is()
    {
        FloatArray narrow = new FloatArray.Builder().AppendRange([1, 2, 3, 4, 5, 6]).Build();
        byte[] value = Stream(("u", Tensor("[2,3]"), Doubles(1.5, null, 3, 4, 5, 1e300)), ("v", Tensor("[2,3]"), narrow));
        Frame frame = Decoder.Decode(Record(value, ("esn-time", "2026-01-01T00:00:00Z"), ("esn-latitudes", "-10:1"), ("esn-fill", "5")))
            .Frame!;
        Assert.Equal((2, 2, 3), (frame.Field!.Fields, frame.Field.Rows, frame.Field.Columns));
        Assert.Equal(["u", "v"], frame.Field.Names);
        Assert.Equal([-10.0, -9], frame.Field.Latitudes);
        Assert.Equal(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), frame.Time);
        Assert.Equal([1.5, double.NaN, 3, 4, double.NaN, 1e300, 1, 2, 3, 4, double.NaN, 6], frame.Values);
    }

    [Fact]
    public void What_is_no_such_tensor_is_refused_with_what_it_is()
    {
        Refused(Stream(("u", [], Doubles(1, 2))), "column u is fixed_size_list");
        Refused(Stream(("u", Tensor("[2,3]"), Doubles(1, 2))), "column u has the shape 2×3 in 2 numbers");
        Refused(Stream(("u", Tensor("[1,2]"), Doubles(1, 2)), ("v", Tensor("[2,1]"), Doubles(1, 2))), "column v is 2×1, column u 1×2");
        Refused(Stream(("u", Tensor("[1,2]"), new Int32Array.Builder().AppendRange([1, 2]).Build())), "column u holds int32");
        Refused(Stream(("u", Tensor("[1,2]"), Doubles(1, double.PositiveInfinity))), "u at row 0, column 1 is Infinity");
        byte[] good = Stream(("u", Tensor("[2,3]"), Doubles(1, 2, 3, 4, 5, 6)));
        Refused([], "the value is no field of application/vnd.apache.arrow.stream: ");
        for (int length = 1; length < good.Length - 8; length += 7)
            Assert.Null(Decoder.Decode(Record(good[..length])).Frame);
    }

    static void Refused(byte[] value, string reason) =>
        Assert.Contains(reason, Decoder.Decode(Record(value)).DeadLetter!.Detail, StringComparison.Ordinal);
}
