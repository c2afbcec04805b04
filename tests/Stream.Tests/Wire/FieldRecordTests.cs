using System.Buffers.Binary;
using System.Text;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class FieldRecordTests
{
    static readonly FrameDecoder Decoder = new(new FrameFields());

    static FeedRecord Record(byte[] value, params (string Name, string Value)[] headers) =>
        new("frames", 0, 0, 5000, "ocean"u8.ToArray(), value)
    {
        Headers = [.. headers.Select(header => new RecordHeader(header.Name, Encoding.UTF8.GetBytes(header.Value)))],
    };

    static byte[] Singles(params float[] values) => [.. values.SelectMany(value =>
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return bytes;
    })];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_encoded_is_decoded(bool wide)
    {
        FeedRecord record = Waves.Record(7, wide: wide);
        Frame frame = Decoder.Decode(record).Frame!;
        Assert.Equal(Waves.Frame(7).Select(value => wide ? value : (float)value), frame.Values);
        Assert.Equal(Waves.Time(7), frame.Time);
        Assert.Equal("ocean", frame.Stream.Key);
        Assert.Equal((1, Waves.Rows, Waves.Columns), (frame.Field!.Fields, frame.Field.Rows, frame.Field.Columns));
        Assert.Equal(Waves.Layout.Names, frame.Field.Names);
        Assert.Equal(Waves.Layout.Latitudes, frame.Field.Latitudes);
        Assert.Equal(Waves.Layout.Longitudes, frame.Field.Longitudes);
    }

    [Fact]
    public void Three_headers_are_enough_and_the_records_own_time_counts_then()
    {
        Frame frame = Decoder.Decode(Record(Singles(1, 2, 3, 4, 5, 6), ("content-type", FieldRecord.ContentType), ("esn-shape", "3,2"),
            ("esn-dtype", "float32"))).Frame!;
        Assert.Equal([1, 2, 3, 4, 5, 6], frame.Values);
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(5), frame.Time);
        Assert.Empty(frame.Field!.Latitudes);
    }

    [Fact]
    public void Several_fields_a_fill_value_and_an_epoch_are_read()
    {
        Frame frame = Decoder.Decode(Record(Singles(1, -1e34f, 3, 4), ("esn-shape", "(2, 1, 2)"), ("esn-dtype", "<f4"),
            ("esn-time", "1767225600"),
            ("esn-field", "u, v"), ("esn-fill", "-1e34"), ("esn-longitudes", "10:0.5"))).Frame!;
        Assert.Equal([1, double.NaN, 3, 4], frame.Values);
        Assert.Equal(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), frame.Time);
        Assert.Equal(["u", "v"], frame.Field!.Names);
        Assert.Equal([10, 10.5], frame.Field.Longitudes);
        Assert.Equal([false, true], frame.Field.Grid(frame.Values).Land);
    }

    [Theory]
    [InlineData("2,3", "float64", Rejection.WrongLength, "esn-shape 2×3 of float64 makes 48 bytes, the value has 24")]
    [InlineData("2,4", "float32", Rejection.WrongLength, "esn-shape 2×4 of float32 makes 32 bytes, the value has 24")]
    [InlineData("2,3", "int16", Rejection.BadHeader, "esn-dtype must be float32 or float64, little-endian, was 'int16'")]
    [InlineData("2,3", ">f4", Rejection.BadHeader, "esn-dtype must be float32 or float64, little-endian, was '>f4'")]
    [InlineData("2,3", null, Rejection.BadHeader, "header esn-dtype is missing")]
    [InlineData(null, "float32", Rejection.BadHeader, "header esn-shape is missing")]
    [InlineData("6", "float32", Rejection.BadHeader, "esn-shape must be rows,columns or fields,rows,columns")]
    [InlineData("-2,3", "float32", Rejection.BadHeader, "was '-2,3'")]
    [InlineData("0,3", "float32", Rejection.BadHeader, "was '0,3'")]
    [InlineData("1,2,3,4", "float32", Rejection.BadHeader, "was '1,2,3,4'")]
    [InlineData("100,10000,10000", "float32", Rejection.TooManyChannels, "cut it into tiles")]
    public void Headers_that_are_wrong_are_told(string? shape, string? dtype, Rejection reason, string detail)
    {
        List<(string, string)> headers = [("content-type", FieldRecord.ContentType)];
        if (shape is not null) headers.Add(("esn-shape", shape));
        if (dtype is not null) headers.Add(("esn-dtype", dtype));
        DeadLetter letter = Decoder.Decode(Record(Singles(1, 2, 3, 4, 5, 6), [.. headers])).DeadLetter!;
        Assert.Equal(reason, letter.Reason);
        Assert.Contains(detail, letter.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("esn-time", "yesterday", Rejection.BadTimestamp, "esn-time must be ISO 8601")]
    [InlineData("esn-field", "u,v", Rejection.BadHeader, "esn-field must name 1 field, was 'u,v'")]
    [InlineData("esn-fill", "none", Rejection.BadHeader, "esn-fill must be the number")]
    [InlineData("esn-latitudes", "1,2,3", Rejection.BadHeader, "esn-latitudes must be 2 degrees within ±90")]
    [InlineData("esn-latitudes", "80:20", Rejection.BadHeader, "was '80:20'")]
    [InlineData("esn-longitudes", "a:b", Rejection.BadHeader, "esn-longitudes must be 3 degrees within ±360")]
    public void Headers_beside_the_shape_are_told_too(string name, string value, Rejection reason, string detail)
    {
        DeadLetter letter = Decoder.Decode(Record(Singles(1, 2, 3, 4, 5, 6), ("esn-shape", "2,3"), ("esn-dtype", "float32"),
            (name, value))).DeadLetter!;
        Assert.Equal(reason, letter.Reason);
        Assert.Contains(detail, letter.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Infinity_is_no_land()
    {
        DeadLetter letter = Decoder.Decode(Record(Singles(1, 2, 3, 4, float.PositiveInfinity, 6), ("esn-shape", "2,3"),
            ("esn-dtype", "float32"), ("esn-field", "sst"))).DeadLetter!;
        Assert.Equal(Rejection.NotFinite, letter.Reason);
        Assert.Contains("sst at row 1, column 1", letter.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_headers_and_bytes_never_throw()
    {
        var random = new MathNet.Numerics.Random.Xoshiro256StarStar(5, threadSafe: false);
        FeedRecord good = Waves.Record(0);
        for (int i = 0; i < 3000; i++)
        {
            RecordHeader[] headers = [.. good.Headers.Select(header => header with { Value = [.. header.Value!] })];
            for (int k = random.Next(3); k >= 0; k--)
            {
                byte[] header = headers[random.Next(headers.Length)].Value!;
                header[random.Next(header.Length)] = (byte)random.Next(256);
            }
            (Frame? frame, DeadLetter? letter) =
                Decoder.Decode(good with { Headers = headers, Value = random.Next(4) == 0 ? good.Value![..random.Next(good.Value!.Length)]
                : good.Value });
            Assert.True(frame is null != letter is null);
        }
    }
}
