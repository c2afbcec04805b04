using System.Net;
using System.Text.Json;
using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Esn.Streaming.Http;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Prometheus;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class MutesTests
{
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    readonly Mutes _mutes;

    public MutesTests() => _mutes = new Mutes(_time);

    static StreamId Pump(string topic = "steps") => new(topic, 0, "pump 7/a");

    void Arrive(StreamId stream) => _mutes.Observe(new ScoredBatch(Pipelines.Batch()) { Streams = [new StreamSteps(stream, [], default, default, null, TimeSpan.Zero)] });

    void Leave(StreamId stream) => _mutes.Observe(new ScoredBatch(Pipelines.Batch()) { Gone = [stream] });

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("15m", 900)]
    [InlineData("2h", 7200)]
    [InlineData("1.5h", 5400)]
    [InlineData("30d", 30 * 86400)]
    [InlineData("31d", null)]
    [InlineData("0s", null)]
    [InlineData("-1h", null)]
    [InlineData("2", null)]
    [InlineData("2 h", null)]
    [InlineData("h", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_duration_is_a_number_and_a_unit(string? text, int? seconds) =>
        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, Mutes.Duration(text));

    [Fact]
    public void A_mute_ends_by_the_wall_clock()
    {
        Arrive(Pump());
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromHours(2), _mutes.Set("pump 7/a", null, TimeSpan.FromHours(2), out _)?.Until);
        Assert.True(_mutes.Covers(Pump()));
        Assert.Single(_mutes.All);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.False(_mutes.Covers(Pump()));
        Assert.Empty(_mutes.All);
    }

    [Fact]
    public void A_mute_can_be_ended_and_goes_with_its_stream()
    {
        Arrive(Pump());
        _mutes.Set("pump 7/a", "steps", TimeSpan.FromHours(2), out _);
        _mutes.End("pump 7/a", null, out MuteProblem? problem);
        Assert.Null(problem);
        Assert.False(_mutes.Covers(Pump()));

        _mutes.Set("pump 7/a", "steps", TimeSpan.FromHours(2), out _);
        Leave(Pump());
        Arrive(Pump());
        Assert.False(_mutes.Covers(Pump()));
    }

    [Fact]
    public void A_stream_that_is_not_here_can_not_be_muted_nor_one_of_two()
    {
        Assert.Null(_mutes.Set("pump 7/a", null, TimeSpan.FromHours(1), out MuteProblem? problem));
        Assert.True(problem!.Unknown);
        Arrive(Pump());
        Arrive(Pump("other"));
        Assert.Null(_mutes.Set("pump 7/a", null, TimeSpan.FromHours(1), out problem));
        Assert.False(problem!.Unknown);
        Assert.NotNull(_mutes.Set("pump 7/a", "other", TimeSpan.FromHours(1), out _));
        Assert.False(_mutes.Covers(Pump()));
    }

    [Fact]
    public void A_name_in_two_partitions_is_muted_in_both_until_both_are_gone()
    {
        Arrive(Pump());
        Arrive(Pump() with { Partition = 1 });
        Assert.NotNull(_mutes.Set("pump 7/a", null, TimeSpan.FromHours(1), out _));
        Assert.True(_mutes.Covers(Pump() with { Partition = 1 }));
        Leave(Pump());
        Assert.True(_mutes.Covers(Pump() with { Partition = 1 }));
        Leave(Pump() with { Partition = 1 });
        Assert.Empty(_mutes.All);
    }

    [Fact]
    public void A_muted_stream_alarms_nothing_while_the_others_do()
    {
        EsnConfig config = Pipelines.Config();
        var metrics = new EsnMetrics(config.Http, []);
        var table = new StreamTable(config, _time, _mutes.Covers);
        ScoredBatch Take(long t)
        {
            ScoredBatch batch = table.Take(Pipelines.Batch(Pipelines.Record(t, "a", Pipelines.Value(t)), Pipelines.Record(t, "b", Pipelines.Value(t))));
            metrics.Observe(batch);
            _mutes.Observe(batch);
            return batch;
        }
        List<ScoredFrame> Run(long from, long to) =>
            [.. Enumerable.Range((int)from, (int)(to - from)).SelectMany(t => Take(t).Frames)];
        Run(0, 595);
        _mutes.Set("a", null, TimeSpan.FromMinutes(5), out _);
        List<ScoredFrame> muted = Run(595, 650);
        Assert.DoesNotContain(muted, frame => frame.Frame.Stream.Key == "a" && (frame.Result.AlarmOpen || frame.Result.Alarm is not null));
        Assert.Contains(muted, frame => frame.Frame.Stream.Key == "b" && frame.Result.Alarm?.Change == AlarmChange.Opened);
        Assert.Equal(1, Muted(metrics, "a"));
        Assert.Equal(0, Muted(metrics, "b"));
        _time.Advance(TimeSpan.FromMinutes(5));
        Run(650, 651);
        Assert.Equal(0, Muted(metrics, "a"));
    }

    static double Muted(EsnMetrics metrics, string stream)
    {
        using var text = new MemoryStream();
        metrics.Registry.CollectAndExportAsTextAsync(text, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        string line = System.Text.Encoding.UTF8.GetString(text.ToArray()).Split('\n').Single(line => line.StartsWith("esn_muted{", StringComparison.Ordinal) && line.Contains($"\"{stream}\"", StringComparison.Ordinal));
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Over_http_a_stream_is_muted_shown_and_judged_again()
    {
        Arrive(Pump());
        await using WebApplication web = await Serve(allowed: true);
        using var client = new HttpClient { BaseAddress = new Uri(web.Urls.First()) };
        CancellationToken stop = TestContext.Current.CancellationToken;
        string name = Uri.EscapeDataString(Pump().Key);

        HttpResponseMessage put = await client.PutAsync($"/mutes?stream={name}&for=2h", null, stop);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.True(_mutes.Covers(Pump()));
        JsonElement shown = Assert.Single(JsonDocument.Parse(await client.GetStringAsync("/mutes", stop)).RootElement.EnumerateArray());
        Assert.Equal((Pump().Key, "steps", _time.GetUtcNow() + TimeSpan.FromHours(2)),
            (shown.GetProperty("stream").GetString(), shown.GetProperty("topic").GetString(), shown.GetProperty("until").GetDateTimeOffset()));
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/mutes?stream={name}&topic=steps", stop)).StatusCode);
        Assert.Equal("[]", await client.GetStringAsync("/mutes", stop));
    }

    [Theory]
    [InlineData("PUT", "/mutes?for=2h", HttpStatusCode.BadRequest, "say which stream")]
    [InlineData("PUT", "/mutes?stream=a", HttpStatusCode.BadRequest, "for must be such as 90s, 15m, 2h or 3d, above 0 and at most 30d, was ''")]
    [InlineData("PUT", "/mutes?stream=a&for=soon", HttpStatusCode.BadRequest, "was 'soon'")]
    [InlineData("PUT", "/mutes?stream=a&for=1h&for=2h", HttpStatusCode.BadRequest, "was '1h,2h'")]
    [InlineData("PUT", "/mutes?stream=a&until=tomorrow", HttpStatusCode.BadRequest, "unknown parameter until")]
    [InlineData("PUT", "/mutes?stream=nobody&for=1h", HttpStatusCode.NotFound, "no stream nobody is in this process")]
    [InlineData("DELETE", "/mutes?stream=nobody", HttpStatusCode.NotFound, "no stream nobody")]
    [InlineData("DELETE", "/mutes", HttpStatusCode.BadRequest, "say which stream")]
    public async Task A_bad_request_is_told_what_would_be_right(string method, string path, HttpStatusCode status, string says)
    {
        Arrive(new StreamId("steps", 0, "a"));
        await using WebApplication web = await Serve(allowed: true);
        using var client = new HttpClient { BaseAddress = new Uri(web.Urls.First()) };
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, response.StatusCode);
        Assert.Contains(says, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Empty(_mutes.All);
    }

    [Fact]
    public async Task Where_it_is_not_allowed_nobody_is_muted()
    {
        Arrive(Pump());
        await using WebApplication web = await Serve(allowed: false);
        using var client = new HttpClient { BaseAddress = new Uri(web.Urls.First()) };
        HttpResponseMessage put = await client.PutAsync($"/mutes?stream={Uri.EscapeDataString(Pump().Key)}&for=2h", null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, put.StatusCode);
        Assert.Empty(_mutes.All);
    }

    async Task<WebApplication> Serve(bool allowed)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication web = builder.Build();
        web.MapMutes(_mutes, allowed, NullLogger.Instance);
        await web.StartAsync(TestContext.Current.CancellationToken);
        return web;
    }
}
