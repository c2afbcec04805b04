using System.Globalization;
using System.Text;
using System.Text.Json;
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
        var book = new CommandBook(TimeProvider.System);
        _board = new StreamBoard(http, ["flow", "pressure"], TimeProvider.System, book.Mutes.Covers, book.Notes.Of);
        book.Mutes.Changed += _board.Touch;
        book.Notes.Changed += _board.Touch;
        _web = WebServer.Make(http, new EsnMetrics(http, []).Registry, _board, new Readiness(TimeProvider.System, TimeSpan.FromHours(1)),
            book, TimeProvider.System, NullLoggerFactory.Instance, NullLogger.Instance);
        for (int t = 0; t < 200; t++) Step(t < 199 ? 2 : Count);
        Alarm();
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>Steps so far.</summary>
    public long Steps => _step;

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
        StreamSteps[] steps = [.. Enumerable.Range(0, streams).Select(i => StepsOf($"pump-{i:0000}", t, .3 + .2 * Math.Sin(t + i), null))];
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
            Change = AlarmChange.Opened, Position = _step, Start = _step, Peak = _step, Time = time, StartTime = time, PeakTime = time,
                Score = 3, PeakScore = 3,
            Severity = Severity.Critical, Normality = 0, Expected = [0, 0], Observed = [1, 1],
                Contributions = [new Contribution(1, .8), new Contribution(0, .2)],
            Scores = [new ScoreContribution("activity", 20)], Forecast = null,
                Drift = new Drift(DriftKind.Level, 1, _step, time, .01, 600, TimeSpan.FromMinutes(10)),
            Field = new FieldEvidence(Rows, Columns, 3, heat, HotRow, HotColumn,
                [new FieldRegion(HotRow, HotColumn, 201, HotRow, HotColumn, HotRow - 2, HotColumn - 2, HotRow + 2, HotColumn + 2, 25, 1)]),
        };
        Observe([Ocean("the <b>ocean</b>", _step, told)]);
    }

    /// <summary>A field whose first rows are land; it is by 2 too high at the hot place, as the model sees it.</summary>
    StreamSteps Ocean(string name, long t, AlarmEvent told)
    {
        var land = new bool[Rows * Columns];
        land.AsSpan(0, 3 * Columns).Fill(true);
        double[] values = new double[Rows * Columns], expected = new double[Rows * Columns];
        for (int i = 3 * Columns; i < values.Length; i++)
        {
            expected[i] = Math.Sin(.2 * (i % Columns));
            values[i] = expected[i] + (i == HotRow * Columns + HotColumn ? 2 : .01);
        }
        var record = new FeedRecord("plant", 0, t, new DateTimeOffset(_start).ToUnixTimeMilliseconds() + 1000 * t,
            Encoding.UTF8.GetBytes(name), []);
        var frame = new Frame(record, new StreamId("plant", 0, name), _start.AddSeconds(t), values)
        {
            Field = new FieldLayout(1, Rows, Columns) { Names = ["height"] },
        };
        var scored = new ScoredFrame(frame, new StepResult(t, false, 3, .5, true, told), expected, Muted: false, OpenedAt: t)
        {
            Grid = new GridSpec { Rows = Rows, Columns = Columns, Land = land },
        };
        // Three columns further on.
        double[] ahead = [.. Enumerable.Range(0, values.Length).Select(i => Math.Sin(.2 * (i % Columns - 3)))];
        return new StreamSteps(frame.Stream, [scored], default, default, null, TimeSpan.Zero) { Ahead = new FieldAhead(t, 8, ahead) };
    }

    StreamSteps StepsOf(string name, long t, double score, AlarmEvent? told)
    {
        double[] values = [Math.Sin(.1 * t), 1e6 + Math.Cos(.1 * t)], expected = [values[0] + .01, values[1] - .01];
        var record = new FeedRecord("plant", 0, t, new DateTimeOffset(_start).ToUnixTimeMilliseconds() + 1000 * t,
            Encoding.UTF8.GetBytes(name), []);
        var frame = new Frame(record, new StreamId("plant", 0, name), _start.AddSeconds(t), values);
        var scored = new ScoredFrame(frame, new StepResult(t, false, score, .5, told is not null, told), expected, Muted: false,
            OpenedAt: told is null ? -1 : t);
        return new StreamSteps(frame.Stream, [scored], default, default, null, TimeSpan.Zero);
    }

    void Observe(StreamSteps[] steps) => _board.Observe(new ScoredBatch(new RecordBatch([.. steps.Select(step => step.Frames[0]
        .Frame.Record)]))
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
    public async Task A_field_is_drawn_as_it_came_as_it_was_expected_and_by_how_much_it_differs(ColorScheme scheme)
    {
        (IPage page, List<string> wrong) = await Open("?stream=" + Uri.EscapeDataString("the <b>ocean</b>"), scheme);
        await page.WaitForFunctionAsync("() => document.querySelector('#layers').dataset.position");
        async Task<int[]> At(string layer, int row, int column) => await page.EvaluateAsync<int[]>(
            $"() => [...document.querySelector('#{layer}').getContext('2d').getImageData({column}, {row}, 1, 1).data]");
        static int Apart(int[] a, int[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Sum();

        foreach (string layer in new[] { "layerObserved", "layerExpected", "layerError" })
            Assert.Equal(0, (await At(layer, 1, 5))[3]);  // land: nothing is drawn
        // sin(.2 · column) has its crest at 8 and its trough at 24.
        Assert.True(Apart(await At("layerObserved", 20, 8), await At("layerObserved", 20, 24)) > 150);
        Assert.True(Apart(await At("layerExpected", 20, 8), await At("layerExpected", 20, 24)) > 150);
        Assert.True(Apart(await At("layerObserved", 20, 8), await At("layerExpected", 20, 8)) < 30);
        Assert.True(Apart(await At("layerAhead", 20, 11), await At("layerObserved", 20, 8)) < 30);
        Assert.True(Apart(await At("layerAhead", 20, 11), await At("layerAhead", 20, 27)) > 150);
        Assert.Equal(0, (await At("layerAhead", 1, 5))[3]);
        Assert.Equal("forecast, in 8 steps", await page.Locator("#layerAheadText").InnerTextAsync());
        int[] hot = await At("layerError", ManyStreams.HotRow, ManyStreams.HotColumn), usual = await At("layerError", 10, 10);
        Assert.True(hot[0] > hot[2] + 50, "above what was expected is red");
        Assert.True(Apart(hot, usual) > 150);
        Assert.True(usual.Take(3).Max() - usual.Take(3).Min() < 40, "as expected has no colour");
        Assert.Contains("40 × 60 cells", await page.Locator("#layersText").InnerTextAsync(), StringComparison.Ordinal);
        await page.Locator("#layersPanel").ScreenshotAsync(new LocatorScreenshotOptions
        {
            Path = Path.Combine(Browsers.Pictures, $"layers-{scheme}.png".ToLowerInvariant()),
        });
        await Clean(page);
        // That one is of this test's own reading of pixels.
        Assert.DoesNotContain(wrong, said => !said.StartsWith("Canvas2D: Multiple readback", StringComparison.Ordinal));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Somebody_says_on_the_page_that_an_alarm_was_none()
    {
        (IPage page, List<string> wrong) = await Open("?stream=" + Uri.EscapeDataString("the <b>ocean</b>"));
        await page.Locator(".say").First.ClickAsync();
        await page.Locator("#askToken").FillAsync(ManyStreams.Token);
        await page.Locator("#askYes").ClickAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('#askProblem').innerText === 'say whether it was one'");
        await page.Locator("#askNormal").CheckAsync();
        await page.Locator("#askWhy").FillAsync("the yearly <i>test</i>");
        await Clean(page);
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Browsers.Pictures, "feedback.png") });
        await page.Locator("#askYes").ClickAsync();
        await page.Locator(".verdict").First.WaitForAsync();
        Assert.Equal("no anomaly, says alice: the yearly <i>test</i>", await page.Locator(".verdict").First.InnerTextAsync());
        Assert.Empty(wrong);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_stream_that_another_replica_has_is_said_to_be_none_of_this_one_until_it_comes_and_the_rest_goes_on()
    {
        (IPage page, _) = await browsers.Open();
        await page.RouteAsync(url => url.Contains("stream=pump-0042", StringComparison.Ordinal) && url.Contains("/api/",
            StringComparison.Ordinal), route => route.FulfillAsync(new() { Status = 404, Body = "pump-0042 is elsewhere" }));
        await page.AddInitScriptAsync("""
            addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
              if (document.querySelector('#healthText').innerText.includes('no connection')) window.lost = true;
            }).observe(document.querySelector('#healthText'), { childList: true, characterData: true, subtree: true }));
            """);
        int asked = 0;
        page.Request += (_, request) => asked += request.Url.Contains("/stream?stream=pump-0042", StringComparison.Ordinal) ? 1 : 0;
        await page.GotoAsync(new Uri(many.Address, "?stream=pump-0042").AbsoluteUri);
        await page.WaitForFunctionAsync("() => document.querySelector('#banner').innerText === 'pump-0042 is elsewhere'");
        await page.WaitForFunctionAsync("() => document.querySelector('#healthText').innerText.includes('steps/s')");
        for (int before = asked; asked < before + 2;) await page.WaitForRequestAsync("**/stream?stream=pump-0042**");
        Assert.False(await page.EvaluateAsync<bool>("() => window.lost === true"));
        await page.UnrouteAllAsync();
        await page.WaitForFunctionAsync("() => +document.querySelector('#chart').dataset.points > 0");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_is_shown_while_nothing_is_read_is_said_to_be_old()
    {
        (IPage page, List<string> wrong) = await Open();  // the group has assigned nothing
        await page.WaitForFunctionAsync("() => !document.querySelector('#stale').hidden");
        Assert.Matches(@"^Not ready: no broker is connected\. What is shown is of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, .+ ago\.$",
            await page.Locator("#stale").InnerTextAsync());
        Assert.Empty(wrong);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task That_the_process_does_not_answer_is_said_in_words_of_the_page()
    {
        (IPage page, _) = await Open();
        await page.RouteAsync("**/api/v1/streams**", route => route.AbortAsync());
        await page.FillAsync("#search", "pump");
        await page.WaitForFunctionAsync("() => document.querySelector('#listCount').innerText === 'The process does not answer.'");
        await page.Context.CloseAsync();
    }

    static async Task Clean(IPage page)
    {
        AxeResult found = await page.RunAxe();
        Assert.Empty(found.Violations.Select(violation =>
            $"{violation.Id}: {violation.Help}: {string.Join(" | ", violation.Nodes.Take(3).Select(node => node.Html))}"));
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task A_heat_map_shows_where_in_the_field_it_is(ColorScheme scheme)
    {
        (IPage page, List<string> wrong) = await Open("?stream=" + Uri.EscapeDataString("the <b>ocean</b>"), scheme);
        await page.Locator("#field canvas").First.WaitForAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('#fieldText').innerText !== ''");
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"row {ManyStreams.HotRow}, column {ManyStreams.HotColumn}"),
            await page.Locator("#fieldText").InnerTextAsync(), StringComparison.Ordinal);
        byte[] shot = await page.Locator("#field").ScreenshotAsync();
        await page.ScreenshotAsync(new PageScreenshotOptions { Path =
            Path.Combine(Browsers.Pictures, $"field-{scheme}.png".ToLowerInvariant()), FullPage = true });
        // The hot spot differs from the rest, which is as usual.
        using SKBitmap picture = SKBitmap.Decode(shot);
        SKColor At(double row, double column) =>
            picture.GetPixel((int)(46 + (picture.Width - 46 - 84) * (column + .5) / ManyStreams.Columns),
            (int)(16 + (picture.Height - 16 - 34) * (row + .5) / ManyStreams.Rows));
        static int Apart(SKColor a, SKColor b) => Math.Abs(a.Red - b.Red) + Math.Abs(a.Green - b.Green) + Math.Abs(a.Blue - b.Blue);
        Assert.True(Apart(At(5, 5), At(10, 20)) < 12, $"{At(5, 5)} {At(10, 20)}");
        Assert.True(Apart(At(ManyStreams.HotRow, ManyStreams.HotColumn), At(5, 5)) > 150,
            $"{At(ManyStreams.HotRow, ManyStreams.HotColumn)} {At(5, 5)}");
        AxeResult found = await page.RunAxe();
        Assert.Empty(found.Violations.Select(violation =>
            $"{violation.Id}: {violation.Help}: {string.Join(" | ", violation.Nodes.Take(3).Select(node => node.Html))}"));
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

    // ESN_PAGE_SECONDS=300 for the five minutes that are promised; short by default.
    [Fact]
    public async Task However_long_it_goes_on_at_fifty_updates_a_second_the_page_takes_no_more_memory()
    {
        int seconds = int.TryParse(Environment.GetEnvironmentVariable("ESN_PAGE_SECONDS"), out int asked) ? asked : 12;
        (IPage page, List<string> wrong) = await Open("?stream=pump-0000");
        var heap = new Heap(await page.Context.NewCDPSessionAsync(page));
        int done = 0;
        async Task Go(int length)
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            for (int step = 0; step < 50 * length; step++, done++)
            {
                many.Step(100);
                TimeSpan ahead = TimeSpan.FromMilliseconds(20 * (step + 1)) - watch.Elapsed;
                if (ahead > TimeSpan.Zero) await Task.Delay(ahead);
            }
        }
        // It has kept up: what it shows last is what came last, and nothing waits to be read.
        async Task Shown() => await page.WaitForFunctionAsync($"() => document.querySelector('#where').innerText.includes('step "
            + $"{(many.Steps - 1).ToString("N0", CultureInfo.InvariantCulture)} ')");
        await Go(6);  // the picture is full: 256 steps
        await Go(Math.Max(1, seconds / 4));  // and all of the script has been compiled, as far as it will be
        await Shown();
        Heap.Size before = await heap.Taken();
        var held = await heap.Constructors();
        var log = new List<string> { $"{before}" };
        int first = done;
        for (int part = 0; part < 3; part++)
        {
            await Go(Math.Max(1, seconds / 4));
            log.Add($"{await heap.Taken()}");
        }
        await Shown();
        Heap.Size after = await heap.Taken();
        var now = await heap.Constructors();
        log.Add(Heap.Growth(held, now));
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join('\n', log));
        // The smallest object that an update could leave behind takes 32 bytes; it makes thousands. Beside that there may be one picture
        // more, which has 256 steps in a dozen series of pairs.
        long grown = Heap.OfScripts(now) - Heap.OfScripts(held), picture = 256 * 12 * 100;
        Assert.True(grown < 32 * (done - first) + picture, $"{grown} bytes more\n{string.Join('\n', log)}");
        Assert.InRange(after.Nodes, 0, before.Nodes + 500);
        Assert.InRange(after.Listeners, 0, before.Listeners + 50);
        Assert.Empty(wrong);
        await page.Context.CloseAsync();
    }
}
