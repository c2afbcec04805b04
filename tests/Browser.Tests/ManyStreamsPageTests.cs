using System.Globalization;
using System.Text;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Esn.Streaming.Http;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Playwright;
using SkiaSharp;
using Xunit;

namespace Esn.Browser.Tests;

/// <summary>The server over a board of three thousand streams; one of them is a field in alarm.</summary>
public sealed class ManyStreams : IAsyncLifetime
{
    public const int Count = 3000, Rows = 40, Columns = 60, HotRow = 30, HotColumn = 45;
    public const string Token = "a token for the tests";

    readonly StreamBoard _board;
    readonly WebApplication _web;
    readonly DateTime _start = DateTime.UtcNow.AddMinutes(-10);
    long _step;

    public ManyStreams()
    {
        var http = new HttpConfig { Listen = "127.0.0.1:0", Tokens = new Dictionary<string, string> { ["alice"] = Token } };
        var mutes = new Mutes(TimeProvider.System);
        _board = new StreamBoard(http, ["flow", "pressure"], TimeProvider.System, mutes.Covers);
        mutes.Changed += _board.Touch;
        _web = WebServer.Make(http, new EsnMetrics(http, []).Registry, _board, new Readiness(TimeProvider.System, TimeSpan.FromHours(1)), mutes, TimeProvider.System, NullLoggerFactory.Instance, NullLogger.Instance);
        for (int t = 0; t < 200; t++) Step(t < 199 ? 2 : Count);
        Alarm();
    }

    public Uri Address { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await _web.StartAsync();
        Address = new Uri(_web.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        await _web.StopAsync();
        await _web.DisposeAsync();
    }

    /// <summary>A step of the first streams.</summary>
    public void Step(int streams)
    {
        long t = _step++;
        StreamSteps[] steps = [.. Enumerable.Range(0, streams).Select(i => Steps($"pump-{i:0000}", t, .3 + .2 * Math.Sin(t + i), null))];
        Observe(steps);
    }

    void Alarm()
    {
        var heat = new float[Rows * Columns];
        for (int i = 0; i < heat.Length; i++)
            heat[i] = (float)(1 + 200 * Math.Exp(-(Math.Pow(i / Columns - HotRow, 2) + Math.Pow(i % Columns - HotColumn, 2)) / 8));
        DateTime time = _start.AddSeconds(_step);
        var told = new AlarmEvent
        {
            Change = AlarmChange.Opened, Position = _step, Start = _step, Peak = _step, Time = time, StartTime = time, PeakTime = time, Score = 3, PeakScore = 3,
            Severity = Severity.Critical, Normality = 0, Expected = [0, 0], Observed = [1, 1], Contributions = [new Contribution(1, .8), new Contribution(0, .2)],
            Scores = [new ScoreContribution("activity", 20)], Forecast = null, Drift = new Drift(DriftKind.Level, 1, _step, time, .01, 600, TimeSpan.FromMinutes(10)),
            Field = new FieldEvidence(Rows, Columns, 3, heat, HotRow, HotColumn, [new FieldRegion(HotRow, HotColumn, 201, HotRow, HotColumn, HotRow - 2, HotColumn - 2, HotRow + 2, HotColumn + 2, 25, 1)]),
        };
        Observe([Steps("the <b>ocean</b>", _step, 3, told)]);
    }

    StreamSteps Steps(string name, long t, double score, AlarmEvent? told)
    {
        double[] values = [Math.Sin(.1 * t), 1e6 + Math.Cos(.1 * t)], expected = [values[0] + .01, values[1] - .01];
        var record = new FeedRecord("plant", 0, t, new DateTimeOffset(_start).ToUnixTimeMilliseconds() + 1000 * t, Encoding.UTF8.GetBytes(name), []);
        var frame = new Frame(record, new StreamId("plant", 0, name), _start.AddSeconds(t), values);
        var scored = new ScoredFrame(frame, new StepResult(t, false, score, .5, told is not null, told), expected, Muted: false, OpenedAt: told is null ? -1 : t);
        return new StreamSteps(frame.Stream, [scored], default, default, null, TimeSpan.Zero);
    }

    void Observe(StreamSteps[] steps) => _board.Observe(new ScoredBatch(new RecordBatch([.. steps.Select(step => step.Frames[0].Frame.Record)]))
        { Streams = steps, Frames = [.. steps.Select(step => step.Frames[0])], ScoredAt = DateTime.UtcNow, StreamCount = Count });
}

public sealed class ManyStreamsPageTests(ManyStreams many, Browsers browsers) : IClassFixture<ManyStreams>, IClassFixture<Browsers>
{
    async Task<(IPage Page, List<string> Wrong)> Open(string path = "", ColorScheme scheme = ColorScheme.Light)
    {
        (IPage page, List<string> wrong) = await browsers.Open(scheme);
        await page.GotoAsync(new Uri(many.Address, path).AbsoluteUri);
        await page.Locator(".row").First.WaitForAsync();
        return (page, wrong);
    }

    [Fact]
    public async Task Of_thousands_of_streams_those_in_sight_are_there_and_the_alarm_is_on_top()
    {
        (IPage page, List<string> wrong) = await Open();
        Assert.Equal("the <b>ocean</b>", await page.Locator("#row0 .name").InnerTextAsync());
        Assert.Contains("3,001 streams", await page.Locator("#listCount").InnerTextAsync(), StringComparison.Ordinal);
        Assert.InRange(await page.Locator(".row").CountAsync(), 10, 60);
        await page.EvaluateAsync("() => { const list = document.querySelector('#list'); list.scrollTop = list.scrollHeight; }");
        await page.Locator($"#row{ManyStreams.Count}").WaitForAsync();
        Assert.InRange(await page.Locator(".row").CountAsync(), 5, 60);
        await page.Locator("#search").FillAsync("pump-29");
        await page.WaitForFunctionAsync("() => document.querySelector('#listCount').innerText.startsWith('100 of')");
        Assert.Empty(wrong);
        await page.Context.CloseAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task A_heat_map_shows_where_in_the_field_it_is(ColorScheme scheme)
    {
        (IPage page, List<string> wrong) = await Open("?stream=" + Uri.EscapeDataString("the <b>ocean</b>"), scheme);
        await page.Locator("#field canvas").First.WaitForAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('#fieldText').innerText !== ''");
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"row {ManyStreams.HotRow}, column {ManyStreams.HotColumn}"), await page.Locator("#fieldText").InnerTextAsync(), StringComparison.Ordinal);
        byte[] shot = await page.Locator("#field").ScreenshotAsync();
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Browsers.Pictures, $"field-{scheme}.png".ToLowerInvariant()), FullPage = true });
        // The hot spot differs from the rest, which is as usual.
        using SKBitmap picture = SKBitmap.Decode(shot);
        SKColor At(double row, double column) => picture.GetPixel((int)(46 + (picture.Width - 46 - 84) * (column + .5) / ManyStreams.Columns), (int)(16 + (picture.Height - 16 - 34) * (row + .5) / ManyStreams.Rows));
        static int Apart(SKColor a, SKColor b) => Math.Abs(a.Red - b.Red) + Math.Abs(a.Green - b.Green) + Math.Abs(a.Blue - b.Blue);
        Assert.True(Apart(At(5, 5), At(10, 20)) < 12, $"{At(5, 5)} {At(10, 20)}");
        Assert.True(Apart(At(ManyStreams.HotRow, ManyStreams.HotColumn), At(5, 5)) > 150, $"{At(ManyStreams.HotRow, ManyStreams.HotColumn)} {At(5, 5)}");
        AxeResult found = await page.RunAxe();
        Assert.Empty(found.Violations.Select(violation => $"{violation.Id}: {violation.Help}: {string.Join(" | ", violation.Nodes.Take(3).Select(node => node.Html))}"));
        Assert.Empty(wrong);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task With_a_token_a_stream_is_muted_from_the_page()
    {
        (IPage page, List<string> wrong) = await Open("?stream=pump-0007");
        await page.Locator("#mute").ClickAsync();
        await page.Locator("#askStreams").FillAsync("pump-0007");
        await page.Locator("#askToken").FillAsync(ManyStreams.Token);
        await page.Locator("#askYes").ClickAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('#banner').innerText.startsWith('Muted')");
        Assert.Empty(wrong);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task However_long_it_goes_on_the_page_takes_no_more_memory()
    {
        (IPage page, List<string> wrong) = await Open("?stream=pump-0000");
        ICDPSession session = await page.Context.NewCDPSessionAsync(page);
        async Task<double> Megabytes()
        {
            await session.SendAsync("HeapProfiler.collectGarbage");
            return await page.EvaluateAsync<double>("() => performance.memory.usedJSHeapSize / 1e6");
        }
        async Task Go(int messages)
        {
            for (int i = 0; i < messages; i++)
            {
                for (int k = 0; k < 50; k++) many.Step(2);
                await Task.Delay(250);  // the pace at which viewers are told
            }
        }
        await Go(6);  // the picture is full: 256 steps
        double before = await Megabytes();
        await Go(20);
        double after = await Megabytes();
        Assert.True(after < 1.3 * before + 3, $"{before:0.0} MB, after a thousand steps more {after:0.0} MB");
        Assert.Empty(wrong);
        await page.Context.CloseAsync();
    }
}
