using System.Diagnostics;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>What compose would start works together, with the very files that it mounts, as the user that the image has.</summary>
public sealed class StackTests
{
    [Fact]
    public async Task The_parts_of_compose_side_by_side_bring_the_first_alarm_to_alertmanager()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("KAFKA_HOME") is { Length: > 0 }, "no Apache Kafka: set KAFKA_HOME");
        foreach (string tool in new[] { "jq", "curl", "ip", "setpriv", "prometheus", "prometheus-alertmanager" })
            Assert.SkipUnless(Runs("sh", "-c", $"command -v {tool}"), $"no {tool}");
        Assert.SkipUnless(Runs("unshare", "--mount", "--net", "--pid", "--fork", "true"), "no namespaces for mounts and network");
        var start = new ProcessStartInfo(Path.Combine(SharedData.Root, "tests", "stack", "run"), [AppContext.BaseDirectory])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["STACK_RATE"] = "500";  // ten times as quick as in compose
        using Process run = Process.Start(start)!;
        Task<string> said = run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> wrong = run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(6));
        Assert.True(run.ExitCode == 0, await said + await wrong);
        Assert.EndsWith("the stack works\n", await said, StringComparison.Ordinal);
    }

    static bool Runs(string command, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true,
                RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;  // there is none
        }
    }
}
