using Microsoft.Playwright;
using Xunit;

namespace Esn.Browser.Tests;

/// <summary>One Chromium, driven by Playwright, for the tests of the page.</summary>
public sealed class Browsers : IAsyncLifetime
{
    public const string None = "no Chromium: set CHROME_PATH or install chromium";

    IPlaywright? _playwright;
    IBrowser? _browser;

    /// <summary>Where screenshots are kept, to be looked at.</summary>
    public static string Pictures { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;

    public async ValueTask InitializeAsync()
    {
        if (Chrome.Path is null) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chrome.Path,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"],
        });
    }

    /// <summary>A window with nothing open yet; what goes wrong in it is kept.</summary>
    public async Task<(IPage Page, List<string> Wrong)> Open(ColorScheme scheme = ColorScheme.Light, int width = 1400, int height = 1000)
    {
        Assert.SkipUnless(Chrome.Path is not null, None);
        IBrowserContext context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = height }, TimezoneId = "Pacific/Auckland",
        });
        context.SetDefaultTimeout(120_000);
        IPage page = await context.NewPageAsync();
        var wrong = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") wrong.Add(message.Text);
        };
        page.PageError += (_, error) => wrong.Add(error);
        return (page, wrong);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
