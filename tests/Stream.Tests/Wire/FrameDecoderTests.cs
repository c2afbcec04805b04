using System.Text;
using CloudNative.CloudEvents;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class FrameDecoderTests
{
    static readonly DateTime RecordTime = new(2026, 5, 1, 0, 0, 0, DateTimeKind.Utc);

    static (Frame? Frame, DeadLetter? DeadLetter) Decode(string? value, FrameFields? fields = null) =>
        new FrameDecoder(fields ?? new FrameFields())
            .Decode(Record("pump"u8.ToArray(), value is null ? null : Encoding.UTF8.GetBytes(value)));

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

    // Whatever way a time takes to be read, it is the one that its text says.
    [Theory]
    [InlineData("2026-01-02T03:04:05Z")]
    [InlineData("2026-01-02T03:04:05.1Z")]
    [InlineData("2026-01-02T03:04:05.1234567Z")]
    [InlineData("2026-01-02T03:04:05.12345678901Z")]
    [InlineData("2026-01-02T03:04Z")]
    [InlineData("2026-01-02T24:00:00Z")]
    [InlineData("2026-01-02T03:04:60Z")]
    [InlineData("2026-01-02T03:04:05z")]
    [InlineData("2026-01-02 03:04:05Z")]
    [InlineData("2026-01-02T03:04:05+05:30")]
    [InlineData("2026-01-02T03:04:05")]
    [InlineData("2026-01-02Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z")]
    public void A_time_is_what_its_text_says(string text) =>
        Assert.Equal(TimeText.Parse(text)!.Value.Utc, Decode($$"""{"timestamp": "{{text}}", "value": 1}""").Frame!.Time);

    [Fact]
    public void A_time_is_read_anew_where_its_text_is_another()
    {
        var decoder = new FrameDecoder(new FrameFields());
        string[] texts = ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z", "2026-01-02T03:04:06.5Z",
            "2026-01-02T03:04:05Z", "2026-01-02T03:04Z", "2026-01-02T03:04:05.0000000000000000000000000000000001Z", "2026-01-02T03:04:05Z"];
        foreach (string text in texts)
            Assert.Equal(TimeText.Parse(text)!.Value.Utc, decoder.Decode(Record("pump"u8.ToArray(),
                Encoding.UTF8.GetBytes($$"""{"timestamp": "{{text}}", "value": 1}"""))).Frame!.Time);
    }

    [Theory]
    [InlineData("20260105", "2026-01-05T00:00:00Z")]
    [InlineData("202601051300", "2026-01-05T13:00:00Z")]
    [InlineData("1767323045", "2026-01-02T03:04:05Z")]
    [InlineData("1767323045.25", "2026-01-02T03:04:05.25Z")]
    [InlineData("1767323045250", "2026-01-02T03:04:05.25Z")]
    public void A_number_is_a_date_or_a_time_since_1970(string number, string time) =>
        Assert.Equal(TimeText.Parse(time)!.Value.Utc, Decode($$"""{"timestamp": {{number}}, "value": 1}""").Frame!.Time);

    [Fact]
    public void Fields_and_keys_are_found_however_they_are_written_and_in_any_order()
    {
        var decoder = new FrameDecoder(new FrameFields { Channels = ["flow", "druck \u00b0"] });
        foreach (string json in new[]
        {
            """{"flow": 1, "druck \u00b0": 2, "timestamp": 0}""",
            """{"druck °": 2, "other": [1, {"flow": 7}], "timestamp": 0, "\u0066low": 1}""",
        })
            foreach (string key in new[] { "a", "b", "Ærø", "a" })
            {
                Frame frame = decoder.Decode(Record(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(json))).Frame!;
                Assert.Equal([1, 2], frame.Values);
                Assert.Equal(key, frame.Stream.Key);
            }
    }

    [Fact]
    public void What_a_record_said_is_not_left_for_the_next()
    {
        var decoder = new FrameDecoder(new FrameFields { Channels = ["flow", "pressure"] });
        Assert.Equal([1, 2], Of("""{"timestamp": 60, "flow": 1, "pressure": 2}""").Values);
        Frame next = Of("""{"pressure": 3}""");
        Assert.Equal([double.NaN, 3], next.Values);
        Assert.Equal(RecordTime, next.Time);

        Frame Of(string json) => decoder.Decode(Record("pump"u8.ToArray(), Encoding.UTF8.GetBytes(json))).Frame!;
    }

    [Fact]
    public void A_name_that_is_no_text_is_no_JSON() =>
        Assert.Equal(Rejection.NotJson, Decode("""{"\ud800": 1, "value": 1}""").DeadLetter!.Reason);

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

    // Who names the wrong fields is told which there are.
    [Theory]
    [InlineData("""{"ts": 1, "temp": 2.5, "tags": {"host": "a"}}""", "there; the record has ts, temp, tags.host: source.fields says which "
        + "are meant")]
    [InlineData("{}", "neither field value nor field values is there")]
    [InlineData("""{"value": [1]}""", "was a list")]
    [InlineData("""{"value": {"of": 1}}""", "was an object")]
    [InlineData("""{"values": true}""", "was true")]
    public void What_is_there_instead_is_said(string json, string detail) =>
        Assert.EndsWith(detail, Decode(json).DeadLetter!.Detail, StringComparison.Ordinal);

    [Fact]
    public void A_mark_of_UTF_8_is_passed_over_and_gzip_is_told_as_such()
    {
        var decoder = new FrameDecoder(new FrameFields());
        byte[] key = "pump"u8.ToArray();
        Assert.Equal([1.5], decoder.Decode(Record(key, [0xEF, 0xBB, 0xBF, .. """{"value": 1.5}"""u8])).Frame!.Values);
        foreach (byte[] before in new byte[][] { [0xEF, 0xBB, 0xBF], [0, 0, 0, 0, 7] })
            Assert.Contains("the record has temp", decoder.Decode(Record(key, [.. before, .. """{"temp": NaN}"""u8])).DeadLetter!.Detail,
                StringComparison.Ordinal);
        Assert.Contains("gzip", decoder.Decode(Record(key, [0x1F, 0x8B, 8, 0])).DeadLetter!.Detail, StringComparison.Ordinal);
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
        var decoder = new FrameDecoder(new FrameFields());
        int[] lastOfPlanes = [.. Enumerable.Range(1, 17).SelectMany(plane => (int[])[0x10000 * plane - 2, 0x10000 * plane - 1])];
        foreach (int point in Enumerable.Range(0, 0x10000).Where(Rune.IsValid).Concat(lastOfPlanes))
        {
            string key = $"pump {new Rune(point)}";
            (Frame? frame, DeadLetter? rejected) = decoder.Decode(Record(Encoding.UTF8.GetBytes(key), """{"value": 1}"""u8.ToArray()));
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
