using System.Globalization;
using System.Text;
using System.Text.Json;
using Esn.Streaming.Wire;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class UsualRecordTests
{
    static (DateTime Time, double Value)? Read(string json, FrameFields? fields = null) => Read(Encoding.UTF8.GetBytes(json), fields);

    static (DateTime Time, double Value)? Read(byte[] json, FrameFields? fields = null) =>
        UsualRecord.Of(fields ?? new FrameFields())!.TryRead(json, out DateTime time, out double value) ? (time, value) : null;

    [Theory]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 1.25}""", 1.25, 0)]
    [InlineData("""{"timestamp":"2026-01-02T03:04:05Z","value":-0}""", -0.0, 0)]
    [InlineData("""  { "value"  : 0.30000000000000004 , "timestamp" :  "2026-01-02T03:04:05.5Z" }  """, 0.30000000000000004, 5_000_000)]
    [InlineData("{\n\t\"value\": 123456789012345678,\r\n\"timestamp\": \"2026-01-02T03:04:05.1234567Z\"}", 123456789012345678, 1_234_567)]
    public void What_is_written_as_usual_is_read(string json, double value, long ticks)
    {
        (DateTime time, double read) = Read(json)!.Value;
        Assert.Equal((new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddTicks(ticks), DateTimeKind.Utc), (time, time.Kind));
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(read));
    }

    // All of these are for the reader that knows more, or says what is wrong.
    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z"}""")]
    [InlineData("""{"value": 1}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 1""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 1,}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 1}}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 1} x""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 1, "unit": "bar"}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 1, "value": 2}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 01}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 1.}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": .5}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": +1}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": -}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 1e3}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 1x}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": NaN}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": null}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": "1"}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05+01:00", "value": 1}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05", "value": 1}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05.Z", "value": 1}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05.12345678Z", "value": 1}""")]
    [InlineData("""{"timestamp": "2026-02-30T03:04:05Z", "value": 1}""")]
    [InlineData("""{"timestamp": "0000-01-02T03:04:05Z", "value": 1}""")]
    [InlineData("""{"timestamp": "2026-01-02T24:00:00Z", "value": 1}""")]
    [InlineData("""{"timestamp": "2026-01-02T23:59:60Z", "value": 1}""")]
    [InlineData("""{"timestamp": "2026-01-02T-1:59:60Z", "value": 1}""")]
    [InlineData("""{"timestamp": 1767323045, "value": 1}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": , "value": 1}""")]
    [InlineData("""{"timestamp": "2026-01-02T03:04:05Z", "value": 01, "value": 1}""")]
    [InlineData("""{"timestamp": ",\"timestamp\": "2026-01-02T03:04:05Z", "value": 1}""")]
    public void What_is_written_in_any_other_way_is_left_to_the_decoder(string json) => Assert.Null(Read(json));

    [Fact]
    public void Names_are_those_of_the_configuration()
    {
        var fields = new FrameFields { Timestamp = "at", Value = "v_1" };
        Assert.Equal(2.5, Read("""{"at": "2026-01-02T03:04:05Z", "v_1": 2.5}""", fields)!.Value.Value);
        Assert.Null(Read("""{"timestamp": "2026-01-02T03:04:05Z", "value": 2.5}""", fields));
    }

    [Fact]
    public void Fields_that_are_read_in_another_way_have_none()
    {
        foreach (FrameFields fields in (FrameFields[])[new() { Stream = ["name"] }, new() { Channels = ["a"] }, new() { Each = "[]" },
            new() { Measurements = ["a"] }, new() { TimestampFormat = "ms" }, new() { Value = "payload.value" }, new() { Value = "w ü" }])
            Assert.Null(UsualRecord.Of(fields));
    }

    // The reader of the framework is the reference, whatever becomes of a byte.
    [Fact]
    public void What_is_read_is_what_the_json_says_to_the_bit()
    {
        var chance = new MersenneTwister(7);
        UsualRecord usual = UsualRecord.Of(new FrameFields())!;
        (int read, int changed) = (0, 0);
        const string Letters = "0123456789-+.eEZT:\"{}, \tvalue\\u\u0000ü";
        for (int i = 0; i < 200_000; i++)
        {
            byte[] json = Encoding.UTF8.GetBytes(Json(chance));
            bool touched = chance.Next(2) == 0;
            if (touched) json[chance.Next(json.Length)] = (byte)Letters[chance.Next(Letters.Length)];
            if (!usual.TryRead(json, out DateTime time, out double value))
            {
                Assert.True(touched, Encoding.UTF8.GetString(json));
                continue;
            }
            using JsonDocument document = JsonDocument.Parse(json);
            Assert.Equal(2, document.RootElement.GetPropertyCount());
            Assert.Equal(document.RootElement.GetProperty("timestamp").GetDateTimeOffset().UtcDateTime, time);
            Assert.Equal(BitConverter.DoubleToInt64Bits(document.RootElement.GetProperty("value").GetDouble()),
                BitConverter.DoubleToInt64Bits(value));
            read++;
            changed += touched ? 1 : 0;
        }
        Assert.True(read > 100_000 && changed > 10_000, $"{read} were read, {changed} of them with another byte");
    }

    static readonly string[] Fractions = ["", ".f", ".fff", ".ffffff", ".fffffff"], Formats = ["F0", "F1", "F6", "F14", "F20"];

    static string Json(MersenneTwister chance)
    {
        DateTime time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(chance.NextInt64() % TimeSpan.FromDays(36_500).Ticks);
        string stamp = time.ToString($"yyyy-MM-ddTHH:mm:ss{Fractions[chance.Next(5)]}Z", CultureInfo.InvariantCulture);
        double number = (chance.NextDouble() - .5) * Math.Pow(10, chance.Next(12));
        string value = number.ToString(Formats[chance.Next(5)], CultureInfo.InvariantCulture);
        return chance.Next(2) == 0 ? $$"""{"timestamp": "{{stamp}}", "value": {{value}}}"""
            : $$"""{"value":{{value}},"timestamp":"{{stamp}}"}""";
    }
}
