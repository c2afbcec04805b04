using System.Diagnostics;

namespace Esn.Browser.Tests;

/// <summary>Headless Chromium: CHROME_PATH, else chromium, chromium-browser or google-chrome on the PATH.</summary>
static class Chrome
{
    static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    /// <summary>Null where there is none.</summary>
    public static string? Path { get; } = Environment.GetEnvironmentVariable("CHROME_PATH") is { Length: > 0 } named ? named : Search();

    static string? Search() => (
        from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
        from name in Names
        let file = System.IO.Path.Combine(folder, name)
        where File.Exists(file)
        select file).FirstOrDefault();

    /// <summary>Opens a page of this machine and gives what the browser wrote to its standard output.</summary>
    public static async Task<string> Run(string page, string fragment, params string[] options)
    {
        string profile = Directory.CreateTempSubdirectory("esn-chrome-").FullName;
        var start = new ProcessStartInfo(Path!, [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run",
                "--hide-scrollbars",
            $"--user-data-dir={profile}", "--window-size=1400,1000", "--virtual-time-budget=5000", .. options,
                new Uri(page).AbsoluteUri + fragment])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process chrome = Process.Start(start)!;
        try
        {
            Task<string> output = chrome.StandardOutput.ReadToEndAsync(), errors = chrome.StandardError.ReadToEndAsync();
            await chrome.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
            if (chrome.ExitCode != 0) throw new InvalidOperationException($"{Path} ended with {chrome.ExitCode}: {await errors}");
            return await output;
        }
        finally
        {
            if (!chrome.HasExited) chrome.Kill(entireProcessTree: true);
            await chrome.WaitForExitAsync();
            Directory.Delete(profile, recursive: true);
        }
    }
}
