using System.Text.Json;
using Esn.Streaming.Board;
using Esn.Streaming.Control;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class ApiTests
{
    static async Task<JsonElement> Get(Served served, string path) =>
        JsonDocument.Parse(await served.Client.GetStringAsync("/api/v1/" + path, Served.Stop)).RootElement;

    [Fact]
    public async Task An_alarm_comes_to_the_top_and_can_be_taken_on()
    {
        await using Served served = await Served.Start();
        served.Feed(595, "b", "a", "c");
        Assert.Equal(["a", "b", "c"], (await Get(served, "streams?sort=name")).GetProperty("streams").EnumerateArray()
            .Select(s => s.GetProperty("stream").GetString()));
        Assert.Empty((await Get(served, "alarms?open=true")).EnumerateArray());
        served.Feed(8, "c");  // at 600 the feed jumps
        JsonElement page = await Get(served, "streams?limit=1");
        JsonElement first = Assert.Single(page.GetProperty("streams").EnumerateArray());
        Assert.Equal(("c", "alarm", 3, 1), (first.GetProperty("stream").GetString(), first.GetProperty("state").GetString(),
            page.GetProperty("total").GetInt32(), page.GetProperty("counts").GetProperty("alarm").GetInt32()));
        JsonElement alarm = Assert.Single((await Get(served, "alarms?open=true")).EnumerateArray());
        string id = alarm.GetProperty("id").GetString()!;
        Assert.Equal(id, first.GetProperty("alarm").GetString());
        Assert.NotEmpty(alarm.GetProperty("scores").EnumerateArray());

        Assert.Equal(200, (await served.Write("PUT", $"/api/v1/alarms/acknowledgement?alarm={Uri.EscapeDataString(id)}&why=mine")).Status);
        first = Assert.Single((await Get(served, "streams?state=alarm")).GetProperty("streams").EnumerateArray());
        Assert.True(first.GetProperty("acknowledged").GetBoolean());
        Assert.Equal("alice", (await Get(served, "alarms"))[0].GetProperty("acknowledged").GetProperty("by").GetString());
        Assert.Equal(404, (await served.Write("PUT", "/api/v1/alarms/acknowledgement?alarm=none")).Status);
    }

    [Fact]
    public async Task An_alarm_that_never_was_is_refused_where_its_stream_is_and_nothing_is_written_down()
    {
        await using Served served = await Served.Start();
        served.Feed(603, "a");
        string never = (await Get(served, "alarms?open=true"))[0].GetProperty("id").GetString()! + "7";
        // What was before this process is still being read, or can't be: the stream may know the alarm.
        (int taken, string said) = await served.Write("PUT", "/api/v1/alarms/acknowledgement?alarm=steps/0/a/1");
        Assert.Equal(202, taken);
        Assert.Contains("its stream is told", said, StringComparison.Ordinal);
        Assert.NotEqual(default, served.Book.Notes.Of("steps/0/a/1"));
        // Of a partition that the group has not, nobody will ever hear it.
        served.Readiness.Told([new GroupPartition(new PartitionId("steps", 0), 0, 0, true)], null);
        Assert.Equal(202, (await served.Write("PUT", "/api/v1/alarms/acknowledgement?alarm=steps/0/a/1")).Status);
        foreach (string nowhere in new[] { "steps/2/a/1", "step/0/a/1" })
        {
            (taken, said) = await served.Write("PUT", $"/api/v1/alarms/acknowledgement?alarm={nowhere}");
            Assert.Equal(404, taken);
            Assert.Contains("among the partitions that the group reads", said, StringComparison.Ordinal);
        }
        served.Board.Recall([], [new PartitionId("steps", 0)]);
        foreach (string path in new[] { $"acknowledgement?alarm={Uri.EscapeDataString(never)}",
            $"feedback?alarm={Uri.EscapeDataString(never)}&anomaly=false" })
        {
            (int status, string text) = await served.Write("PUT", "/api/v1/alarms/" + path);
            Assert.Equal(404, status);
            Assert.Contains($"has had no alarm {never}", text, StringComparison.Ordinal);
        }
        Assert.Equal(default, served.Book.Notes.Of(never));
    }

    [Theory]
    [InlineData("feedback?alarm=steps/0/a/1", "anomaly")]
    [InlineData("feedback?alarm=steps/0/a/1&anomaly=perhaps", "anomaly")]
    [InlineData("acknowledgement", "alarm")]
    public async Task A_parameter_that_is_missing_or_none_of_its_kind_is_named(string path, string says)
    {
        await using Served served = await Served.Start();
        (int status, string text) = await served.Write("PUT", "/api/v1/alarms/" + path);
        Assert.Equal(400, status);
        Assert.Contains(says, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_says_that_an_alarm_was_none_and_whoever_looks_is_told_who_and_why()
    {
        await using Served served = await Served.Start();
        served.Feed(603, "a");
        string id = (await Get(served, "alarms?open=true"))[0].GetProperty("id").GetString()!, alarm = Uri.EscapeDataString(id);
        long version = served.Board.Version;
        Assert.Equal(401, (await served.Write("PUT", $"/api/v1/alarms/feedback?alarm={alarm}&anomaly=false", token: null)).Status);
        Assert.Equal(400, (await served.Write("PUT", $"/api/v1/alarms/feedback?alarm={alarm}&anomaly=perhaps")).Status);
        Assert.Equal(404, (await served.Write("PUT", "/api/v1/alarms/feedback?alarm=none&anomaly=false")).Status);
        Assert.Equal(200, (await served.Write("PUT", $"/api/v1/alarms/feedback?alarm={alarm}&anomaly=false&why=a%20test")).Status);
        Assert.Equal(id, Assert.Single(served.Board.Changes(version).Alarms).Id);
        JsonElement verdict = (await Get(served, "alarms"))[0].GetProperty("verdict");
        Assert.Equal((false, "alice", "a test"), (verdict.GetProperty("anomaly").GetBoolean(), verdict.GetProperty("by").GetString(),
            verdict.GetProperty("why").GetString()));
        served.Feed(1, "a");  // what the feed does is its new normal
        Assert.Equal("adapted", (await Get(served, "alarms"))[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_write_that_can_not_be_kept_is_refused()
    {
        await using Served served = await Served.Start();
        served.Feed(603, "a");
        string alarm = Uri.EscapeDataString((await Get(served, "alarms?open=true"))[0].GetProperty("id").GetString()!);
        served.Book.Log = CommandBook.Missing("esn.commands");
        foreach ((string method, string path) in new[] { ("PUT", "mutes?streams=a&for=1h"),
            ("PUT", $"alarms/acknowledgement?alarm={alarm}"),
            ("PUT", $"alarms/feedback?alarm={alarm}&anomaly=true") })
        {
            (int status, string text) = await served.Write(method, "/api/v1/" + path);
            Assert.Equal(503, status);
            Assert.Contains("topic esn.commands does not exist: create it", text, StringComparison.Ordinal);
        }
        Assert.Empty(served.Mutes.All);
        served.Book.Log = served.Book;
        Assert.Equal(202, (await served.Write("PUT", "/api/v1/alarms/feedback?alarm=steps/7/other/12&anomaly=true")).Status);
    }

    [Fact]
    public async Task A_mute_ends_an_open_alarm_for_who_looks_before_another_frame_comes()
    {
        await using Served served = await Served.Start();
        served.Feed(603, "pump-7");
        Assert.Single((await Get(served, "alarms?open=true")).EnumerateArray());
        long version = served.Board.Version;
        Assert.Equal(200, (await served.Write("PUT", "/api/v1/mutes?streams=pump-*&for=1h30m")).Status);
        Assert.Empty((await Get(served, "alarms?open=true")).EnumerateArray());
        Assert.Equal("muted", (await Get(served, "streams")).GetProperty("streams")[0].GetProperty("state").GetString());
        Assert.Equal("pump-7", Assert.Single(served.Board.Changes(version).Streams).Stream);
    }

    [Fact]
    public async Task A_stream_is_told_in_the_time_and_the_points_that_were_asked_for()
    {
        await using Served served = await Served.Start();
        served.Feed(640, "a");
        JsonElement all = await Get(served, "stream?stream=a&points=50");
        Assert.InRange(all.GetProperty("points").GetProperty("time").GetArrayLength(), 10, 50 + 400);
        double[] highs = Series(all, "high");
        Assert.True(highs.Max() > 3, "the jump is in the coarse points too");
        JsonElement some = (await Get(served, "stream?stream=a&from=1970-01-01T00:10:00Z&to=619000")).GetProperty("points");
        Assert.Equal(Enumerable.Range(600, 20), some.GetProperty("position").EnumerateArray().Select(p => p.GetInt32()));
        Assert.Equal(Enumerable.Range(600, 20).Select(t => 1000.0 * t),
            some.GetProperty("time").EnumerateArray().Select(p => p.GetDouble()));
        Assert.Equal(Pipelines.Value(605), some.GetProperty("channels")[0].GetProperty("low")[5].GetDouble(), 1e-5);
        Assert.Equal(30, (await Get(served, "stream?stream=a&steps=30")).GetProperty("points").GetProperty("time").GetArrayLength());
    }

    static double[] Series(JsonElement detail, string name) =>
        [.. detail.GetProperty("points").GetProperty("channels")[0].GetProperty(name).EnumerateArray().Select(p => p.GetDouble())];

    [Theory]
    [InlineData("streams?sort=size", 400, "sort must be one of matter, name, score, seen, was size")]
    [InlineData("streams?state=ill", 400, "state must be one of alarm, silent, normal, warming_up, muted, was ill")]
    [InlineData("streams?limit=0", 400, "limit must be in [1, 1000], was 0")]
    [InlineData("streams?offset=-1", 400, "offset must be 0 or more")]
    [InlineData("stream?stream=nobody", 404, "no stream nobody is in this process")]
    [InlineData("stream?stream=a&points=0", 400, "points must be in")]
    [InlineData("stream?stream=a&from=soon", 400, "from must be a time such as")]
    [InlineData("changes?stream=nobody", 404, "no stream nobody")]
    [InlineData("alarms?limit=5000", 400, "limit must be in")]
    public async Task A_bad_request_is_told_what_would_be_right(string path, int status, string says)
    {
        await using Served served = await Served.Start();
        served.Feed(1, "a");
        (int was, string text) = await served.Write("GET", "/api/v1/" + path);
        Assert.Equal(status, was);
        Assert.Contains(says, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT", "mutes?for=2h", 400, "say which streams")]
    [InlineData("PUT", "mutes?streams=a", 400, "for must be such as 90s, 15m, 1h30m, 2h or 3d, above 0 and at most 30d, was ''")]
    [InlineData("PUT", "mutes?streams=a&for=soon", 400, "was 'soon'")]
    [InlineData("PUT", "mutes?streams=a&until=tomorrow&for=1h", 400, "unknown parameter until")]
    [InlineData("DELETE", "mutes?streams=nobody", 404, "no mute of nobody is in force: there is none")]
    [InlineData("DELETE", "mutes", 400, "say which mute")]
    public async Task A_bad_mute_is_told_what_would_be_right(string method, string path, int status, string says)
    {
        await using Served served = await Served.Start();
        (int was, string text) = await served.Write(method, "/api/v1/" + path);
        Assert.Equal(status, was);
        Assert.Contains(says, text, StringComparison.Ordinal);
        Assert.Empty(served.Mutes.All);
    }

    [Fact]
    public async Task A_stream_that_is_not_here_is_said_to_be_where_the_group_has_its_partition()
    {
        await using Served served = await Served.Start();
        served.Readiness.Told([Of(0, null), Of(1, "esn on 10.0.0.4"), Of(2, "esn-1"), Of(3, "esn-1")], gone: null);
        async Task<string> Said(string query) =>
            await (await served.Client.GetAsync($"/api/v1/stream?stream=pump-7{query}", Served.Stop)).Content
                .ReadAsStringAsync(Served.Stop);
        Assert.Contains("another replica may have it: esn on 10.0.0.4 has steps[1]; esn-1 has steps[2], steps[3]", await Said(""),
            StringComparison.Ordinal);
        Assert.EndsWith("another replica may have it: esn on 10.0.0.4 has steps[1]", (await Said("&topic=steps&partition=1")).Trim(),
            StringComparison.Ordinal);
        Assert.EndsWith("another replica may have it", (await Said("&topic=others")).Trim(), StringComparison.Ordinal);

        static GroupPartition Of(int number, string? who) => new(new PartitionId("steps", number), 0, 0, Held: true) { Elsewhere = who };
    }

    [Fact]
    public async Task Health_says_of_when_what_is_shown_is()
    {
        await using Served served = await Served.Start();
        async Task<JsonElement> At() =>
            JsonDocument.Parse(await served.Client.GetStringAsync("/api/v1/health", Served.Stop)).RootElement.GetProperty("scoredAt");
        Assert.Equal(JsonValueKind.Null, (await At()).ValueKind);
        served.Feed(3, "pump-7");
        DateTime scored = served.Time.GetUtcNow().UtcDateTime;
        served.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(scored, (await At()).GetDateTime());
    }

    [Fact]
    public async Task What_changes_is_told_by_events()
    {
        await using Served served = await Served.Start();
        served.Feed(3, "a", "b");
        using System.IO.Stream events = await served.Client.GetStreamAsync("/api/v1/changes?stream=a", Served.Stop);
        using var reader = new StreamReader(events);
        async Task<JsonElement> Next(string kind)
        {
            while (true)
            {
                string line = await reader.ReadLineAsync(Served.Stop) ?? throw new EndOfStreamException();
                if (line == $"event: {kind}") return JsonDocument.Parse((await reader.ReadLineAsync(Served.Stop))!["data: ".Length..])
                    .RootElement;
            }
        }
        Assert.Equal(2, (await Next("health")).GetProperty("streams").GetInt32());
        served.Feed(2, "a");
        Assert.Equal(["a"], (await Next("changes")).GetProperty("streams").EnumerateArray()
            .Select(s => s.GetProperty("stream").GetString()));
        JsonElement points = await Next("points");
        int[] positions = [.. points.GetProperty("position").EnumerateArray().Select(p => p.GetInt32())];
        if (positions.Length == 1) positions = [.. positions,
            .. (await Next("points")).GetProperty("position").EnumerateArray().Select(p => p.GetInt32())];
        Assert.Equal([3, 4], positions);
    }

    [Fact]
    public async Task The_API_describes_itself_and_a_word_of_the_wire_is_one_of_the_code()
    {
        await using Served served = await Served.Start();
        JsonElement document = JsonDocument.Parse(await served.Client.GetStringAsync("/api/v1/openapi.json", Served.Stop)).RootElement;
        string[] paths = [.. document.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal)];
        Assert.Equal(["/api/v1/alarms", "/api/v1/alarms/acknowledgement", "/api/v1/alarms/feedback", "/api/v1/changes",
            "/api/v1/field", "/api/v1/health", "/api/v1/mutes",
            "/api/v1/stream", "/api/v1/streams"], paths);
        JsonElement summary = document.GetProperty("components").GetProperty("schemas").GetProperty("StreamSummary");
        Assert.Contains("number", summary.GetProperty("properties").GetProperty("score").GetProperty("type").EnumerateArray()
            .Select(type => type.GetString()));
        Assert.Equal("warming_up", Words.Of(Streaming.Board.StreamState.WarmingUp));
    }
}
