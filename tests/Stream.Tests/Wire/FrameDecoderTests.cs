using System.Text;
using CloudNative.CloudEvents;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class FrameDecoderTests
{
    static readonly DateTime RecordTime = new(2026, 5, 1, 0, 0, 0, DateTimeKind.Utc);

    static (Frame? Frame, DeadLetter? DeadLetter) Decode(string? value, FrameFields? fields = null, byte[]? key = null) =>
        new FrameDecoder(fields ?? new FrameFields())
            .Decode(Record(key ?? "pump"u8.ToArray(), value is null ? null : Encoding.UTF8.GetBytes(value)));

    static FeedRecord Record(byte[]? key, byte[]? value) =>
        new("steps", 0, 0, (RecordTime - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond, key, value);

    [Theory]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 1.25}""", 1.25)]
    [InlineData("""{"value": 1.25, "timestamp": "2026-01-02 03:04:05"}""", 1.25)]
    [InlineData("""{"timestamp": 1767323045, "value": 1.25, "unit": {"of": ["measure"]}}""", 1.25)]
    [InlineData("""{"timestamp": 1767323045000, "values": [1.25]}""", 1.25)]
    [InlineData("""{"timestamp": "2026-01-02T05:04:05+02:00", "value": 125e-2}""", 1.25)]
    public void A_frame_is_read(string json, double value)
    {
        Frame frame = Decode(json).Frame!;
        Assert.Equal([value], frame.Values);
        Assert.Equal(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), frame.Time);
        Assert.Equal(new StreamId("steps", 0, "pump"), frame.Stream);
    }

    [Fact]
    public void Without_a_timestamp_the_records_own_counts() => Assert.Equal(RecordTime, Decode("""{"value": 1}""").Frame!.Time);

    [Theory]
    [InlineData(-62_135_596_800_001)]
    [InlineData(253_402_300_800_000)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void A_record_of_no_year_is_a_value_with_a_reason_unless_its_value_says_the_time(long milliseconds)
    {
        var decoder = new FrameDecoder(new FrameFields());
        FeedRecord record = Record("pump"u8.ToArray(), """{"value": 1}"""u8.ToArray()) with { Milliseconds = milliseconds };
        DeadLetter letter = decoder.Decode(record).DeadLetter!;
        Assert.Equal(Rejection.BadTimestamp, letter.Reason);
        Assert.Contains($"{milliseconds} ms", letter.Detail, StringComparison.Ordinal);
        Assert.NotNull(decoder.Decode(record with { Value = """{"timestamp": 0, "value": 1}"""u8.ToArray() }).Frame);
    }

    [Fact]
    public void The_first_and_the_last_moment_of_the_calendar_are_times()
    {
        FeedRecord record = Record("pump"u8.ToArray(), """{"value": 1}"""u8.ToArray());
        Assert.Equal(DateTime.MinValue, (record with { Milliseconds = -62_135_596_800_000 }).Timestamp);
        Assert.Equal(9999, (record with { Milliseconds = 253_402_300_799_999 }).Timestamp!.Value.Year);
    }

    [Fact]
    public void Fields_can_be_channels()
    {
        var fields = new FrameFields { Timestamp = "ts", Channels = ["flow", "pressure"] };
        Assert.Equal([2.5, 1.5], Decode("""{"pressure": 1.5, "ts": 0, "flow": 2.5, "value": "x"}""", fields).Frame!.Values);
        Assert.Equal(Rejection.BadFields, Decode("""{"value": 2.5}""", fields).DeadLetter!.Reason);
        Assert.Equal(Rejection.BadFields, Decode("""{"flow": 2.5, "flow": 2, "pressure": 1}""", fields).DeadLetter!.Reason);
    }

    [Theory]
    [InlineData(null, Rejection.NoValue)]
    [InlineData("", Rejection.NotJson)]
    [InlineData("{", Rejection.NotJson)]
    [InlineData("""{"value": 1.""", Rejection.NotJson)]
    [InlineData("""{"value": 1} {"value": 2}""", Rejection.NotJson)]
    [InlineData("[1, 2]", Rejection.NotJson)]
    [InlineData("1.5", Rejection.NotJson)]
    [InlineData("{}", Rejection.BadFields)]
    [InlineData("""{"value": 1, "value": 2}""", Rejection.BadFields)]
    [InlineData("""{"value": 1, "values": [2]}""", Rejection.BadFields)]
    [InlineData("""{"values": []}""", Rejection.BadFields)]
    [InlineData("""{"value": "1.5"}""", Rejection.WrongType)]
    [InlineData("""{"value": [1]}""", Rejection.WrongType)]
    [InlineData("""{"values": 1}""", Rejection.WrongType)]
    [InlineData("""{"values": [1, [2]]}""", Rejection.WrongType)]
    [InlineData("""{"value": Infinity}""", Rejection.NotFinite)]
    [InlineData("""{"value": "Infinity"}""", Rejection.NotFinite)]
    [InlineData("""{"value": 1e999}""", Rejection.NotFinite)]
    [InlineData("""{"timestamp": "yesterday", "value": 1}""", Rejection.BadTimestamp)]
    [InlineData("""{"timestamp": 1e300, "value": 1}""", Rejection.BadTimestamp)]
    [InlineData("""{"timestamp": null, "value": 1}""", Rejection.BadTimestamp)]
    public void What_can_not_be_read_is_a_value_with_a_reason(string? json, Rejection reason)
    {
        (Frame? frame, DeadLetter? deadLetter) = Decode(json);
        Assert.Null(frame);
        Assert.Equal(reason, deadLetter!.Reason);
        Assert.NotEmpty(deadLetter.Detail);
    }

    [Fact]
    public void A_key_must_be_a_name()
    {
        var decoder = new FrameDecoder(new FrameFields());
        byte[] value = """{"value": 1}"""u8.ToArray();
        Assert.Equal(Rejection.NoKey, decoder.Decode(Record(null, value)).DeadLetter!.Reason);
        Assert.Equal(Rejection.BadKey, decoder.Decode(Record([], value)).DeadLetter!.Reason);
        Assert.Equal(Rejection.BadKey, decoder.Decode(Record([0xff, 0xfe], value)).DeadLetter!.Reason);
        Assert.Equal(Rejection.BadKey, decoder.Decode(Record("a\nb"u8.ToArray(), value)).DeadLetter!.Reason);
        Assert.Equal(Rejection.BadKey, decoder.Decode(Record(new byte[10_000], value)).DeadLetter!.Reason);
    }

    [Fact]
    public void A_key_that_is_let_in_can_be_the_subject_of_an_event()
    {
        int[] lastOfPlanes = [.. Enumerable.Range(1, 17).SelectMany(plane => (int[])[0x10000 * plane - 2, 0x10000 * plane - 1])];
        foreach (int point in Enumerable.Range(0, 0x10000).Where(Rune.IsValid).Concat(lastOfPlanes))
        {
            string key = $"pump {new Rune(point)}";
            (Frame? frame, DeadLetter? rejected) = Decode("""{"value": 1}""", key: Encoding.UTF8.GetBytes(key));
            bool allowed = frame is not null;
            Assert.Equal(allowed, IsSubject(key));
            Assert.Equal(allowed ? null : Rejection.BadKey, rejected?.Reason);
        }
    }

    static bool IsSubject(string text)
    {
        try
        {
            CloudEventAttributeType.String.Validate(text);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var decoder = new FrameDecoder(new FrameFields());
        var random = new MathNet.Numerics.Random.Xoshiro256StarStar(5, threadSafe: false);
        byte[] good = """{"timestamp": "2026-01-02T03:04:05Z", "values": [1.25, -3e7], "x": "\u00e9"}"""u8.ToArray();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] value = [.. good];
            for (int k = random.Next(6); k >= 0; k--) value[random.Next(value.Length)] = (byte)random.Next(256);
            (Frame? frame, DeadLetter? deadLetter) = decoder.Decode(Record("k"u8.ToArray(), value[..random.Next(value.Length + 1)]));
            Assert.True(frame is null != deadLetter is null);
            Assert.True(frame is null || frame.Values.All(double.IsFinite));
        }
    }
}
