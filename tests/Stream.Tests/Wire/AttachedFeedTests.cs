using System.Text;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>What people have can be attached: each example of config/feeds takes the very record that it shows.</summary>
public sealed class AttachedFeedTests
{
    static readonly DateTime At = new(2026, 1, 2, 3, 0, 0, DateTimeKind.Utc);

    static string Folder => Path.Combine(SharedData.Root, "config", "feeds");

    public static TheoryData<string, string, double[]> Examples => new()
    {
        { "telegraf.yaml", "web-1/cpu-total", [4.2, 1.9] },
        { "prometheus-kafka-adapter.yaml", "web-1:80/http_requests:rate1m", [41.2] },
        { "kafka-connect-mqtt.yaml", "pump-7", [31.9, 2.04] },
        { "debezium.yaml", "t-12", [71.3] },
        { "confluent-json-schema.yaml", "flow-3", [12.5] },
        { "telegraf-batch.yaml", "web-1/mem web-1/disk", [41.5, 83.2] },
        { "weather-station.yaml", "north/temperature north/humidity", [3.1, 81.5] },
    };

    // The record that the file shows, on its one line with a brace.
    static byte[] Shown(string file)
    {
        string line = File.ReadLines(Path.Combine(Folder, file))
            .Single(line => line.StartsWith('#') && line.Contains('{', StringComparison.Ordinal));
        string json = line[line.IndexOf('{', StringComparison.Ordinal)..].Replace("[…]", "[]", StringComparison.Ordinal)
            .Replace("{…}", "{}", StringComparison.Ordinal);
        string framing = line[1..line.IndexOf('{', StringComparison.Ordinal)].Trim();
        return [.. framing.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(hex => Convert.ToByte(hex, 16)),
            .. Encoding.UTF8.GetBytes(json)];
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_takes_the_record_that_it_shows(string file, string stream, double[] values)
    {
        EsnConfig config = ConfigFile.Load(Path.Combine(Folder, file));
        ScoredBatch batch = new StreamTable(config, TimeProvider.System)
            .Take(new RecordBatch([new FeedRecord(config.Source.Topics[0], 0, 0, 0, null, Shown(file))]));
        Assert.Empty(batch.DeadLetters.Select(letter => letter.Detail));
        Assert.Equal(stream, string.Join(' ', batch.Frames.Select(frame => frame.Frame.Stream.Key)));
        Assert.All(batch.Frames, frame => Assert.Equal(At, frame.Frame.Time));
        Assert.Equal(values, batch.Frames.SelectMany(frame => frame.Frame.Values));
    }

    [Fact]
    public void Every_example_is_here() =>
        Assert.Equal(Directory.GetFiles(Folder).Select(Path.GetFileName).Order(), Examples.Select(example => example.Data.Item1).Order());

    static (Frame? Frame, DeadLetter? DeadLetter) Decode(FrameFields fields, byte[] value) =>
        new FrameDecoder(fields).Decode(new FeedRecord("steps", 3, 0, 0, null, value));

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0, 42, 2, 0x80, 0x3f })]
    [InlineData(new byte[] { 0, 0, 0, 0, 42 })]
    public void Avro_and_Protobuf_are_told_by_name(byte[] value)
    {
        DeadLetter letter = Decode(new FrameFields { Stream = ["sensor"] }, value).DeadLetter!;
        Assert.Equal(Rejection.NotJson, letter.Reason);
        Assert.Contains("schema 42", letter.Detail, StringComparison.Ordinal);
        Assert.Contains("Avro or Protobuf", letter.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"value": 1}""", Rejection.NoKey)]
    [InlineData("""{"value": 1, "host": null}""", Rejection.BadKey)]
    [InlineData("""{"value": 1, "host": ""}""", Rejection.BadKey)]
    [InlineData("""{"value": 1, "host": "a\nb"}""", Rejection.BadKey)]
    [InlineData("""{"value": 1, "host": ["a"]}""", Rejection.BadKey)]
    [InlineData("""{"value": 1, "host": "a", "host": "b"}""", Rejection.BadFields)]
    public void A_record_without_a_name_is_a_value_with_a_reason(string json, Rejection reason) =>
        Assert.Equal(reason, Decode(new FrameFields { Stream = ["host"] }, Encoding.UTF8.GetBytes(json)).DeadLetter!.Reason);

    [Theory]
    [InlineData("""{"p": {"values": [1, 1e999, 3]}, "tag": {"host": "web-1", "n": 7}}""", Rejection.NotFinite)]
    [InlineData("""{"p": {"values": [[1, [2]], 3]}, "tag": {"host": "web-1", "n": 7}}""", Rejection.WrongType)]
    [InlineData("""{"p": {"values": {"a": [1]}}, "tag": {"host": "web-1", "n": 7}}""", Rejection.WrongType)]
    [InlineData("""{"p": 1, "tag": {"host": "web-1", "n": 7}}""", Rejection.BadFields)]
    public void Whose_record_it_is_is_known_though_its_values_come_first_and_are_none(string json, Rejection reason)
    {
        DeadLetter letter = Decode(new FrameFields { Stream = ["tag.host", "tag.n"], Values = "p.values" }, Encoding.UTF8.GetBytes(json))
            .DeadLetter!;
        Assert.Equal((reason, new StreamId("steps", 3, "web-1/7")), (letter.Reason, letter.Stream));
    }

    [Fact]
    public void A_field_with_a_dot_in_its_own_name_is_that_field() =>
        Assert.Equal([5], Decode(new FrameFields { Stream = ["s"], Value = "a.b" }, """{"a.b": 5, "s": "x"}"""u8.ToArray()).Frame!.Values);

    [Fact]
    public void A_number_in_a_text_is_one_only_where_that_is_said()
    {
        byte[] value = """{"s": "x", "value": "1.25"}"""u8.ToArray();
        var fields = new FrameFields { Stream = ["s"] };
        Assert.Equal(Rejection.WrongType, Decode(fields, value).DeadLetter!.Reason);
        Assert.Equal([1.25], Decode(fields with { NumbersInTexts = true }, value).Frame!.Values);
        Assert.Equal([double.NaN], Decode(fields with { NumbersInTexts = true }, """{"s": "x", "value": "NaN"}"""u8.ToArray())
            .Frame!.Values);
        Assert.Equal(Rejection.WrongType, Decode(fields with { NumbersInTexts = true }, """{"s": "x", "value": "much"}"""u8.ToArray())
            .DeadLetter!.Reason);
    }

    [Fact]
    public void A_field_can_not_be_a_value_and_an_object()
    {
        const string twice = "source: { fields: { value: payload, timestamp: payload.ts } }";
        var refused = Assert.Throws<ConfigException>(() => ConfigFile.Parse(twice, "esn.yaml", _ => null));
        Assert.Contains("'payload' is named as both", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1767322800")]
    [InlineData("1767322800000")]
    [InlineData("1767322800000000")]
    [InlineData("1767322800000000000")]
    public void A_time_in_any_unit_since_1970_is_that_time(string number) =>
        Assert.Equal(At, Decode(new FrameFields { Stream = ["s"] },
            Encoding.UTF8.GetBytes($$"""{"s": "x", "value": 1, "timestamp": {{number}}}""")).Frame!.Time);
}
