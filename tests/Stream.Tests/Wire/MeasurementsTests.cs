using System.Text;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class MeasurementsTests
{
    static ScoredBatch Take(FrameFields fields, string json, string? key = null) =>
        new StreamTable(Pipelines.Config(source => source with { Fields = fields }), TimeProvider.System).Take(new RecordBatch(
            [new FeedRecord("steps", 0, 4711, 1000, key is null ? null : Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(json))]));

    static string Told(ScoredBatch batch) =>
        string.Join(' ', batch.Frames.Select(frame => FormattableString.Invariant($"{frame.Frame.Stream.Key}={frame.Frame.Values[0]}")));

    static readonly FrameFields List = new() { Each = "p.list", Stream = ["host", "p.list.n"], Value = "p.list.v", Timestamp = "at" };

    [Fact]
    public void Each_of_a_list_is_a_measurement_with_the_fields_around_it()
    {
        ScoredBatch batch = Take(List, """{"at": 5, "host": "a", "p": {"list": [{"n": "x", "v": 1}, {"n": "y", "v": 2}]}}""");
        Assert.Equal("a/x=1 a/y=2", Told(batch));
        Assert.Empty(batch.DeadLetters);
        Assert.Equal(4712, Assert.Single(batch.Offsets).Next);
        Assert.Equal("x=1 y=2 x=3", Told(Take(new FrameFields { Each = "[]", Stream = ["n"], Value = "v", Timestamp = "t" },
            """[{"n": "x", "v": 1, "t": 1}, {"n": "y", "v": 2, "t": 1}, {"n": "x", "v": 3, "t": 2}]""")));
    }

    [Fact]
    public void One_that_has_no_value_as_programs_write_it_does_not_cost_the_others() =>
        Assert.Equal("a/y=2 a/z=3", Told(Take(List, """
            {"at": 5, "host": "a", "p": {"list": [{"n": "x", "v": NaN}, {"n": "y", "v": 2}, {"n": "z", "v": 3}]}}
            """)));

    [Fact]
    public void One_that_is_bad_is_a_dead_letter_by_itself_and_the_others_are_taken()
    {
        ScoredBatch batch = Take(List, """{"at": 5, "host": "a", "p": {"list": [{"n": "x", "v": null}, {"n": "y", "v": 2}, {"v": 3}]}}""");
        Assert.Equal("a/y=2", Told(batch));
        Assert.Equal([Rejection.NotFinite, Rejection.NoKey], batch.DeadLetters.Select(letter => letter.Reason));
        Assert.Equal("a/x", batch.DeadLetters[0].Stream?.Key);
        Assert.Equal((4711, """{"at":5,"host":"a","p":{"list":{"n":"x","v":null}}}"""),
            (batch.DeadLetters[0].Record.Offset, Encoding.UTF8.GetString(batch.DeadLetters[0].Record.Value!)));
    }

    [Theory]
    [InlineData("""{"at": 5, "host": "a", "p": {"list": 7}}""", Rejection.NoKey)]
    [InlineData("""{"at": 5, "host": "a"}""", Rejection.NoKey)]
    [InlineData("""{"at": 5, "host": "a", "p": {"list": []}}""", Rejection.NoKey)]
    [InlineData("""{"at": 5, "host": """, Rejection.NotJson)]
    [InlineData("""{"host": "a", "host": "b", "p": {"list": [{"n": "x", "v": 1}]}}""", Rejection.BadFields)]
    [InlineData("[1, 2]", Rejection.NotJson)]
    public void A_record_without_a_list_stays_whole_and_says_what_is_wrong(string json, Rejection reason)
    {
        DeadLetter letter = Assert.Single(Take(List, json).DeadLetters);
        Assert.Equal((reason, json), (letter.Reason, Encoding.UTF8.GetString(letter.Record.Value!)));
    }

    [Fact]
    public void Fields_that_are_streams_of_their_own_are_named_by_the_record_or_behind_its_key()
    {
        var fields = new FrameFields { Measurements = ["t", "air.h"] };
        Assert.Equal("north/t=3.1 north/h=80", Told(Take(fields, """{"t": 3.1, "air": {"h": 80}, "battery": 12}""", "north")));
        Assert.Equal("north/h=80", Told(Take(fields, """{"air": {"h": 80}}""", "north")));
        Assert.Equal("t:s=3.1 h:s=80", Told(Take(fields with { Stream = ["measurement", "s"] },
            """{"s": "s", "t": 3.1, "air": {"h": 80}}"""))
            .Replace('/', ':'));
        Assert.Equal(Rejection.NotFinite, Assert.Single(Take(fields, """{"t": null}""", "north").DeadLetters).Reason);
    }

    [Fact]
    public void Events_of_two_streams_of_one_record_have_ids_of_their_own()
    {
        var record = new FeedRecord("steps", 0, 4711, 0, null, []);
        AlarmEvent alarm = Board.Opened(DateTime.UnixEpoch);
        string Id(int part) => AnomalyCloudEvent.IdOf(new Frame(record with { Part = part }, new StreamId("steps", 0, "a"),
            DateTime.UnixEpoch, [1]), alarm);
        Assert.Equal("steps/0/4711/opened", Id(0));
        Assert.Equal("steps/0/4711.1/opened", Id(1));
    }

    [Theory]
    [InlineData("measurements: [a], channels: [b]", "say one of the two")]
    [InlineData("measurements: [a], value: p.v", "must be no path then")]
    public void What_can_not_be_meant_is_refused(string fields, string says) => Assert.Contains(says, Assert.Throws<ConfigException>(() =>
        ConfigFile.Parse($"source: {{ fields: {{ {fields} }} }}", "esn.yaml", _ => null)).Message, StringComparison.Ordinal);

    static class Board
    {
        public static AlarmEvent Opened(DateTime time) => new()
        {
            Change = AlarmChange.Opened, Position = 5, Start = 5, Peak = 5, Time = time, StartTime = time, PeakTime = time, Score = 2,
            PeakScore = 2, Severity = Severity.Critical, Normality = 0, Expected = [0], Observed = [1], Contributions = [], Scores = [],
            Forecast = null, Drift = null,
        };
    }
}
