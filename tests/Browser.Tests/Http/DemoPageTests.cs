using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Esn.Streaming.Demo;
using Microsoft.Playwright;
using SkiaSharp;
using Xunit;

namespace Esn.Browser.Tests;

/// <summary>`esn demo`, running: a feed through a broker, with anomalies in it.</summary>
public sealed class RunningDemo : IAsyncLifetime
{
    readonly CancellationTokenSource _stop = new();
    DemoRun? _demo;
    Task? _run;

    public Uri Address => _demo!.Host.Address!;

    public async ValueTask InitializeAsync()
    {
        if (Chrome.Path is null) return;
        _demo = new DemoRun(new DemoOptions(Steps: null, Exit: false, Rate: 250, Seed: 1, Noise: .01), TimeProvider.System);
        _run = _demo.Run(_stop.Token);
        await Until(() => _demo.Host.Address is not null, "listened");
        // Its stream is there once its first records have come through, and has a score once its model is warm.
        await Until(() => !_demo.Progress.WarmingUp, "was warm");
    }

    async Task Until(Func<bool> condition, string what)
    {
        for (DateTime end = DateTime.UtcNow.AddMinutes(2); !condition(); await Task.Delay(50))
        {
            if (_run!.IsCompleted) await _run;  // says why, where it threw
            Assert.False(_run.IsCompleted, $"the demo ended before it {what}");
            Assert.True(DateTime.UtcNow < end, $"two minutes went by before the demo {what}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_run is not null) await _run;
        if (_demo is not null) await _demo.DisposeAsync();
        _stop.Dispose();
    }
}

public sealed class DemoPageTests(RunningDemo demo, Browsers browsers) : IClassFixture<RunningDemo>, IClassFixture<Browsers>
{
    const string Stream = "mackey-glass";

    async Task<(IPage Page, List<string> Wrong)> Open(string path = "", ColorScheme scheme = ColorScheme.Light, int width = 1400,
        int height = 1000)
    {
        (IPage page, List<string> wrong) = await browsers.Open(scheme, width, height);
        await page.GotoAsync(new Uri(demo.Address, path).AbsoluteUri);
        return (page, wrong);
    }

    static async Task Drawn(IPage page) =>
        await page.WaitForFunctionAsync("() => +document.querySelector('#chart').dataset.points > 100 && document.querySelector('#chart "
            + "canvas')");

    // The address changes at once, the picture once there is an answer.
    static async Task DrawnAsAsked(IPage page) =>
        await page.WaitForFunctionAsync("""
            () => {
              const a = new URLSearchParams(location.search), drawn = document.querySelector('#chart').dataset;
              return +drawn.points > 100 && drawn.range === ['from', 'to', 'steps'].map(name => a.get(name) ?? '').join(' ');
            }
            """);

    [Fact]
    public async Task It_loads_without_an_error_from_this_host_alone()
    {
        (IPage page, List<string> wrong) = await browsers.Open();
        var asked = new List<string>();
        page.Request += (_, request) => asked.Add(request.Url);
        await page.GotoAsync(new Uri(demo.Address, $"?stream={Stream}").AbsoluteUri);
        await Drawn(page);
        Assert.Empty(wrong);
        Assert.Null(await page.EvaluateAsync<string?>("() => document.body.dataset.error ?? null"));
        Assert.True(asked.Count > 8, string.Join('\n', asked));
        Assert.DoesNotContain(asked, url => new Uri(url).Authority != demo.Address.Authority);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_row_shows_what_the_API_says_and_goes_on_without_a_reload()
    {
        (IPage page, List<string> wrong) = await Open();
        ILocator score = page.Locator($".row[data-stream='{Stream}'] .score");
        await score.WaitForAsync();
        // Both move on three hundred times a second: what is shown is one of the scores that the API tells of the last steps.
        for (DateTime end = DateTime.UtcNow.AddMinutes(2); ;)
        {
            double shown = double.Parse(await score.InnerTextAsync(), CultureInfo.InvariantCulture);
            using JsonDocument told =
                JsonDocument.Parse(await page.EvaluateAsync<string>($"async () => await (await "
                + $"fetch('/api/v1/stream?stream={Stream}&points=5000&from=' + (Date.now() - 3000))).text()"));
            double[] scores = [.. told.RootElement.GetProperty("points").GetProperty("score").EnumerateArray()
                .Select(value => value.GetDouble())];
            if (scores.Any(value => Math.Abs(value - shown) <= .006 * Math.Max(shown, value))) break;
            Assert.True(DateTime.UtcNow < end, $"{shown} is none of {scores.Length} scores");
        }
        string before = await page.Locator("#healthText").InnerTextAsync();
        await page.Locator($".row[data-stream='{Stream}']").ClickAsync();
        await Drawn(page);
        string where = await page.Locator("#where").InnerTextAsync();
        await page.WaitForFunctionAsync("text => document.querySelector('#where').innerText !== text", where);
        Assert.Contains("steps/s", before, StringComparison.Ordinal);
        Assert.Empty(wrong);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Each_kind_of_score_is_told_in_words()
    {
        (IPage page, List<string> wrong) = await Open();
        string[] names = ["error(1,1)", "error(1,10) 2 ahead", "median error 40", "8 ahead 40", "out of range", "free run 25",
            "free run 25 over 256", "slow level 256", "level 10[flow]", "spread 40[2]", "quiet 40", "relation 12[0]", "shape",
            "unprecedented", "evidence", "evidence[3]"];
        string[] told = await page.EvaluateAsync<string[]>(
            "async names => { const { looks } = await import('/page/format.js'); return names.map(looks); }", names);
        Assert.DoesNotContain("", told);
        Assert.NotEqual(told[5], told[6]);
        Assert.Empty(wrong);
        await page.Context.CloseAsync();
    }

    // Of the running feed, but that its newest alarm is open and has a second incident.
    [Fact]
    public async Task An_open_alarm_of_two_incidents_says_so_above_the_chart_and_on_its_card()
    {
        (IPage page, List<string> wrong) = await browsers.Open(ColorScheme.Light, 1400, 1000);
        await page.RouteAsync("**/api/v1/stream?**", async route =>
        {
            IAPIResponse response = await route.FetchAsync();
            JsonNode told = JsonNode.Parse(await response.TextAsync())!;
            if (told["alarms"] is JsonArray { Count: > 0 } alarms)
            {
                JsonNode alarm = alarms[0]!;
                (alarm["incidents"], alarm["state"], alarm["end"]) = (2, "open", null);
                told["summary"]!["alarm"] = alarm["id"]!.DeepClone();
            }
            await route.FulfillAsync(new() { Response = response, Body = told.ToJsonString() });
        });
        await page.GotoAsync(new Uri(demo.Address, $"?stream={Stream}").AbsoluteUri);
        await page.Locator("#banner", new() { HasText = "2 incidents" }).WaitForAsync();
        await page.Locator(".alarmCard .line", new() { HasText = "2 incidents" }).First.WaitForAsync();
        await page.UnrouteAllAsync(new() { Behavior = UnrouteBehavior.IgnoreErrors });
        Assert.Empty(wrong);
        await page.Context.CloseAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1400, 1000)]
    [InlineData(ColorScheme.Dark, 1400, 1000)]
    [InlineData(ColorScheme.Light, 390, 844)]
    public async Task An_alarm_appears_and_its_picture_is_drawn(ColorScheme scheme, int width, int height)
    {
        (IPage page, List<string> wrong) = await Open($"?stream={Stream}", scheme, width, height);
        // One that is over: of one that is open, there is more for whoever looks later.
        ILocator alarm = page.Locator(".alarmCard:not(.open)").First;
        await alarm.WaitForAsync();
        await Drawn(page);
        await alarm.ClickAsync();
        await page.WaitForFunctionAsync("() => new URLSearchParams(location.search).has('to')");
        await DrawnAsAsked(page);
        string name = $"demo-{scheme}-{width}".ToLowerInvariant();
        byte[] shot = await page.Locator("#chart").ScreenshotAsync();
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Browsers.Pictures, $"{name}.png") });
        (int colours, int longest) = Ink(shot);
        Assert.True(colours > 40, $"{colours} colours");
        Assert.True(longest < width / 4, $"{longest} columns in a row without a line");
        Assert.Empty(wrong);

        // The address can be pasted into a chat: somebody else sees the same.
        static async Task<string> Range(IPage page) => (await page.Locator("#range").InnerTextAsync()).Split(',')[0];
        // It reaches a little beyond the alarm, which may not all have come when the first one looked.
        await page.WaitForFunctionAsync($"async () => Date.parse((await (await fetch('/api/v1/stream?stream={Stream}&points=1')).json())"
            + ".summary.time) > +new URLSearchParams(location.search).get('to')");
        (IPage other, _) = await browsers.Open(scheme, width, height);
        await other.GotoAsync(page.Url);
        await DrawnAsAsked(other);
        await page.ReloadAsync();
        await DrawnAsAsked(page);
        Assert.Equal(await Range(page), await Range(other));
        await other.Context.CloseAsync();
        await page.Context.CloseAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Nobody_is_kept_out_by_how_it_is_made(ColorScheme scheme)
    {
        (IPage page, _) = await Open($"?stream={Stream}", scheme);
        await page.Locator(".alarmCard").First.WaitForAsync();
        await page.Locator("#healthButton").ClickAsync();
        AxeResult found = await page.RunAxe();
        Assert.Empty(found.Violations.Select(violation =>
            $"{violation.Id}: {violation.Help}: {string.Join(" | ", violation.Nodes.Take(3).Select(node => node.Html))}"));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Hands_on_the_keys_go_everywhere()
    {
        (IPage page, List<string> wrong) = await Open();
        await page.Locator(".row").First.WaitForAsync();
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("MACKEY");
        await page.WaitForFunctionAsync("() => location.search === '?q=MACKEY'");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("ArrowDown");
        // Until what was searched for has been answered there is nothing to open.
        for (DateTime end = DateTime.UtcNow.AddMinutes(2); !await page.Locator("#detail").IsVisibleAsync(); await Task.Delay(100))
        {
            Assert.True(DateTime.UtcNow < end, page.Url);
            await page.Keyboard.PressAsync("Enter");
        }
        await Drawn(page);
        await page.Keyboard.PressAsync("0");
        await page.WaitForFunctionAsync("() => new URLSearchParams(location.search).get('from') === '0'");
        await page.Keyboard.PressAsync("+");
        await page.WaitForFunctionAsync("() => new URLSearchParams(location.search).has('to')");
        await page.Keyboard.PressAsync("l");
        await page.WaitForFunctionAsync("() => !new URLSearchParams(location.search).has('from')");
        await page.Keyboard.PressAsync("m");
        Assert.True(await page.Locator("#ask").IsVisibleAsync());
        await page.Locator("#askYes").ClickAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('#askProblem').innerText.includes('http.tokens')");
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("Escape");
        Assert.True(await page.Locator("#detail").IsHiddenAsync());
        // the browser tells of the refused write itself
        Assert.DoesNotContain(wrong, text => !text.Contains("403", StringComparison.Ordinal));
        await page.Context.CloseAsync();
    }

    // How many colours the inside of a picture has, and the widest stretch of it without a line.
    static (int Colours, int Longest) Ink(byte[] png)
    {
        using SKBitmap picture = SKBitmap.Decode(png);
        var kinds = new HashSet<uint>();
        int blank = 0, longest = 0;
        for (int x = 80; x < picture.Width - 25; x++)
        {
            var column = new HashSet<uint>();
            for (int y = 10; y < picture.Height / 2; y++) column.Add((uint)picture.GetPixel(x, y));
            kinds.UnionWith(column);
            blank = column.Count < 4 ? blank + 1 : 0;
            longest = Math.Max(longest, blank);
        }
        return (kinds.Count, longest);
    }
}
