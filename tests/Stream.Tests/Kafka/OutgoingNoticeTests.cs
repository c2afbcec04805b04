using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Joining;
using Esn.Streaming.Kafka;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class OutgoingNoticeTests
{
    static readonly EsnConfig Config = new()
    {
        Source = new SourceConfig { Fields = new FrameFields { Channels = ["bytes", "packets"] } },
    };

    static Message<byte[]?, byte[]?> Told(ModelChange change) => Assert.Single(All(change));

    static List<Message<byte[]?, byte[]?>> All(ModelChange change)
    {
        FeedRecord record = Pipelines.Record(70, "eth0", 1, partition: 2);
        var frame = new ScoredFrame(new Frame(record, new StreamId("steps", 2, "eth0"), DateTime.UnixEpoch.AddSeconds(70), [1, 2]),
            new StepResult(69, false, 0, 1, false, null) { Model = change }, new double[2], false, -1);
        List<Outgoing> outgoing = Outgoing.Of(new ScoredBatch(Pipelines.Batch(record)) { Frames = [frame] }, Config);
        Assert.All(outgoing, one => Assert.Equal(("esn.anomalies", new PartitionId("steps", 2)), (one.Topic, one.Source)));
        return [.. outgoing.Select(one => Assert.Single(one.Messages()))];
    }

    static string Header(Message<byte[]?, byte[]?> message, string name) => Encoding.UTF8.GetString(message.Headers.GetLastBytes(name));

    [Fact]
    public void That_channels_grow_is_an_event_that_names_them()
    {
        Message<byte[]?, byte[]?> told = Told(new ModelChange(ModelChangeKind.Growing, [1], Restarted: false));
        Assert.Equal("eth0", Encoding.UTF8.GetString(told.Key!));
        Assert.Equal(("esn.model.growing", "steps/2/eth0/69/model/growing"), (Header(told, "ce_type"), Header(told, "ce_id")));
        JsonElement data = JsonDocument.Parse(told.Value!).RootElement;
        Assert.Equal(("growing", 69), (data.GetProperty("why").GetString(), data.GetProperty("position").GetInt64()));
        Assert.Equal(["packets"], data.GetProperty("channels").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal("packets grows without bound: modelled by the growth a step", data.GetProperty("says").GetString());
    }

    [Fact]
    public void That_a_base_line_wanders_is_an_event_of_its_own()
    {
        Message<byte[]?, byte[]?> told = Told(new ModelChange(ModelChangeKind.Wandering, [], Restarted: false));
        Assert.Equal(("esn.model.wandering", "steps/2/eth0/69/model/wandering"), (Header(told, "ce_type"), Header(told, "ce_id")));
        JsonElement data = JsonDocument.Parse(told.Value!).RootElement;
        Assert.Equal("wandering", data.GetProperty("why").GetString());
        Assert.Equal("a rhythm on a base line that wanders: what is left beside it drives the units", data.GetProperty("says").GetString());
    }

    [Theory]
    [InlineData("0 1", "", "bytes + packets tell of each other, so far: each channel is judged by itself")]
    [InlineData("", "0 1", "no channel tells of another, so far: each channel is judged by itself")]
    [InlineData("0 1", "2", "bytes + packets tell of each other, channel 2 of none, so far: each channel is judged by itself")]
    [InlineData("0 1,2 3", "", "bytes + packets and channel 2 + channel 3 tell of each other, so far: each channel is judged by itself")]
    public void That_channels_tell_nothing_of_each_other_is_an_event_of_its_own(string groups, string alone, string says)
    {
        int[] Numbers(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        int[] channels = Numbers(alone);
        Message<byte[]?, byte[]?> told = Told(new ModelChange(ModelChangeKind.Apart, channels, Restarted: false)
        {
            Groups = [.. groups.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Numbers)],
        });
        Assert.Equal(("esn.model.apart", "steps/2/eth0/69/model/apart"), (Header(told, "ce_type"), Header(told, "ce_id")));
        JsonElement data = JsonDocument.Parse(told.Value!).RootElement;
        Assert.Equal("apart", data.GetProperty("why").GetString());
        Assert.False(data.TryGetProperty("warmUp", out _) || data.TryGetProperty("setAside", out _), "of a model that begins anew alone");
        Assert.Equal(channels.Length, data.GetProperty("channels").GetArrayLength());
        Assert.Equal(says, data.GetProperty("says").GetString());
    }

    [Fact]
    public void Who_joins_the_alarms_of_tiles_passes_it_over()
    {
        Message<byte[]?, byte[]?> told = Told(new ModelChange(ModelChangeKind.Growing, [1], Restarted: false));
        Assert.Null(JoinRun.TileOf(told.Headers, told.Value));
    }

    [Fact]
    public void A_scaling_that_was_moved_is_an_event_of_its_own()
    {
        Message<byte[]?, byte[]?> told = Told(new ModelChange(ModelChangeKind.Outgrown, [1], Restarted: false));
        Assert.Equal("esn.model.rescaled", Header(told, "ce_type"));
        JsonElement data = JsonDocument.Parse(told.Value!).RootElement;
        Assert.Equal("outgrown", data.GetProperty("why").GetString());
        Assert.EndsWith("the scaling is moved, and what was learnt holds there", data.GetProperty("says").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_begins_anew_is_an_event_with_the_reason()
    {
        Message<byte[]?, byte[]?> told = Told(new ModelChange(ModelChangeKind.Outgrown, [], Restarted: true));
        Assert.Equal("esn.model.restarted", Header(told, "ce_type"));
        JsonElement data = JsonDocument.Parse(told.Value!).RootElement;
        Assert.Equal("outgrown", data.GetProperty("why").GetString());
        Assert.Equal((false, 0), (data.GetProperty("setAside").GetBoolean(), data.GetProperty("warmUp").GetInt32()));  // it judges
        Assert.StartsWith("the feed has left the range", data.GetProperty("says").GetString(), StringComparison.Ordinal);
        JsonElement grown = JsonDocument.Parse(Told(new ModelChange(ModelChangeKind.Growing, [0, 1], true) { WarmUp = 1800 }).Value!)
            .RootElement;
        Assert.Equal("bytes, packets grow without bound: modelled by the growth a step, the model begins anew, "
            + "and warms up for 1800 frames", grown.GetProperty("says").GetString());
        Assert.Equal((false, 1800), (grown.GetProperty("setAside").GetBoolean(), grown.GetProperty("warmUp").GetInt32()));
    }

    [Fact]
    public void A_channel_that_is_set_aside_is_named_with_what_becomes_of_the_others_and_when_it_ends()
    {
        Message<byte[]?, byte[]?> told = Told(new ModelChange(ModelChangeKind.Outgrown, [1], Restarted: true)
        {
            SetsAside = true, WarmUp = 1300,
        });
        Assert.Equal("esn.model.restarted", Header(told, "ce_type"));
        JsonElement data = JsonDocument.Parse(told.Value!).RootElement;
        Assert.Equal("packets left the range that its scaling was fixed for: packets is set aside, judged by what is unprecedented alone, "
            + "until another model has warmed up, in 1300 frames at the earliest; the other channels are judged as before",
            data.GetProperty("says").GetString());
        Assert.Equal((true, 1300), (data.GetProperty("setAside").GetBoolean(), data.GetProperty("warmUp").GetInt32()));
        Message<byte[]?, byte[]?> back = Told(new ModelChange(ModelChangeKind.Kept, [1], Restarted: false));
        Assert.Equal("esn.model.kept", Header(back, "ce_type"));
        data = JsonDocument.Parse(back.Value!).RootElement;
        Assert.Equal("packets", Assert.Single(data.GetProperty("channels").EnumerateArray().ToArray()).GetString());
        Assert.Equal("packets is back where it was: the former model goes on, and judges all channels",
            data.GetProperty("says").GetString());
    }

    [Fact]
    public void What_a_model_that_succeeds_has_found_is_told_as_of_a_first_one()
    {
        var change = new ModelChange(ModelChangeKind.Succeeded, [1], Restarted: false)
        {
            Found = [new ModelChange(ModelChangeKind.Apart, [1], Restarted: false) { Groups = [[0, 2]] }],
        };
        List<Message<byte[]?, byte[]?>> told = All(change);
        Assert.Equal(["esn.model.succeeded", "esn.model.apart"], told.Select(one => Header(one, "ce_type")));
        Assert.Equal(2, told.Select(one => Header(one, "ce_id")).Distinct().Count());
        JsonElement data = JsonDocument.Parse(told[0].Value!).RootElement;
        Assert.Equal("the model that began anew has warmed up: it judges all channels from here on, packets too",
            data.GetProperty("says").GetString());
    }
}
