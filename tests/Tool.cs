using System.Diagnostics;
using Xunit;

namespace Esn;

/// <summary>Programs that a machine may have; a test that needs one is skipped by name where it is missing.</summary>
static class Tool
{
    /// <summary>The path of a program, or the test is skipped.</summary>
    public static string Path(string name)
    {
        string? path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => System.IO.Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"{name} is not installed");
        return path!;
    }

    /// <summary>Runs it from the root of the repository; the exit code, and what it said.</summary>
    public static async Task<(int Code, string Said)> Run(string name, string[] arguments, string input = "")
    {
        using var process = Process.Start(new ProcessStartInfo(Path(name), arguments)
        {
            WorkingDirectory = SharedData.Root, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }
}
