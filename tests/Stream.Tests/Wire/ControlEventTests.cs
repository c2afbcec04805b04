using System.Text;
using CloudNative.CloudEvents;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class ControlEventTests
{
    static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, 250, TimeSpan.Zero);

    static readonly ControlCommand[] All =
    [
        new ControlMute("20260301T120000-ab12", At, "alice", "belt \"is\" off", "pump-*", null, At + TimeSpan.FromHours(2)),
        new ControlMute("m", At, "alice", "", "pump-*", "steps", At) { EndedBy = "bob" },
        new ControlAcknowledgement("steps/0/a/b/4711", At, "alice", "mine"),
        new ControlFeedback("steps/0/a/b/4711", At, "bob", "", false, 2.5),
        new ControlTaken("20260301T120000-ab12", "steps", 3, 17, null, At),
        new ControlTaken("20260301T120000-ab12", "steps", 3, 17, 19, At),
    ];

    [Fact]
    public void A_command_comes_back_from_its_record()
    {
        foreach (ControlCommand command in All)
        {
            CloudEvent cloudEvent = ControlEvent.Of(command);
            (var attributes, ReadOnlyMemory<byte> data) = AnomalyCloudEvent.Binary(cloudEvent);
            Assert.Equal(command, ControlEvent.Read(data.Span));
            Assert.Contains(("subject", command.Key), attributes);
            Assert.StartsWith("esn.command.", cloudEvent.Type, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void One_who_and_one_why_are_in_each_record_and_the_key_is_that_of_what_it_takes_the_place_of()
    {
        string json = Encoding.UTF8.GetString(AnomalyCloudEvent.Binary(ControlEvent.Of(All[3])).Data.Span);
        Assert.Equal("""{"kind":"feedback","alarm":"steps/0/a/b/4711","anomaly":false,"peakScore":2.5,"id":"feedback/steps/0/a/b/4711/"""
            + $$"""{{At.UtcTicks}}","at":"2026-03-01T12:00:00.25+00:00","by":"bob","why":""}""", json);
        Assert.Equal(All[4].Key, All[5].Key);
        Assert.NotEqual(All[0].Key, All[1].Key);
    }

    [Theory]
    [InlineData("[]", "a command must be a JSON object")]
    [InlineData("null", "a command must be a JSON object, was null")]
    [InlineData("{", "a command must be a JSON object")]
    [InlineData("""{"kind":"dance"}""", "a command must be of kind mute, acknowledgement, feedback, taken, was 'dance'")]
    [InlineData("""{"kind":"mute","id":"x"}""", "must have all its fields")]
    [InlineData("""{"kind":"feedback","alarm":"nothing","by":"a","why":""}""", "must have all its fields")]
    [InlineData("""{"kind":"taken","command":"x","topic":"t","from":-3}""", "must have all its fields")]
    public void What_is_no_command_is_told(string value, string says) => Assert.Contains(says,
        Assert.Throws<InvalidDataException>(() => ControlEvent.Read(Encoding.UTF8.GetBytes(value))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("steps/0/a/7", "a")]
    [InlineData("steps/12/pump 7/a/b/4711", "pump 7/a/b")]
    [InlineData("steps/0/7", null)]
    [InlineData("steps/x/a/7", null)]
    [InlineData("steps/0/a/x", null)]
    [InlineData("none", null)]
    [InlineData("/0/a/7", null)]
    public void The_stream_of_an_alarm_is_in_its_id(string alarm, string? stream) => Assert.Equal(stream, AlarmIds.StreamOf(alarm)?.Key);
}
