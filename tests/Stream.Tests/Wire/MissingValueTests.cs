using System.Text;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class MissingValueTests
{
    static readonly FrameFields Plant = new() { Channels = ["flow", "heat"] };

    static (Frame? Frame, DeadLetter? DeadLetter) Decode(FrameFields fields, string json) =>
        new FrameDecoder(fields).Decode(new FeedRecord("steps", 0, 0, 0, "pump"u8.ToArray(), Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("""{"flow": 1.5, "heat": null}""")]
    [InlineData("""{"flow": 1.5, "heat": "NaN"}""")]
    [InlineData("""{"note": "a \"NaN\" and a \\", "heat": NaN, "flow": 1.5}""")]
    [InlineData("""{"flow": 1.5, "heat": -Infinity, "note": "Infinity"}""")]
    [InlineData("""{"flow": 1.5}""")]
    public void A_channel_without_a_value_does_not_cost_the_others(string json) =>
        Assert.Equal([1.5, double.NaN], Decode(Plant, json).Frame!.Values);

    [Fact]
    public void So_it_is_in_a_list_and_in_a_feed_of_one_channel()
    {
        Assert.Equal([1, double.NaN, 3], Decode(new FrameFields(), """{"values": [1, null, 3]}""").Frame!.Values);
        foreach (string bare in new[] { "NaN", "Infinity", "-Infinity" })
            Assert.Equal([double.NaN], Decode(new FrameFields(), $$"""{"value": {{bare}}}""").Frame!.Values);
    }

    [Fact]
    public void A_record_with_none_of_its_channels_is_of_other_fields()
    {
        DeadLetter letter = Decode(Plant, """{"flwo": 1, "haet": 2}""").DeadLetter!;
        Assert.Equal((Rejection.BadFields, "none of the fields flow, heat is there; the record has flwo, haet: source.fields "
            + "says which are meant"), (letter.Reason, letter.Detail));
        Assert.Equal(Rejection.NotJson, Decode(Plant, """{"flow": NaN, "heat": }""").DeadLetter!.Reason);
        Assert.Equal(Rejection.BadTimestamp, Decode(Plant, """{"timestamp": NaN, "flow": 1}""").DeadLetter!.Reason);
    }
}
