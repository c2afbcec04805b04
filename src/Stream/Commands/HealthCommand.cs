using System.CommandLine;

namespace Esn.Streaming.Commands;

/// <summary>esn health: what a running process says of itself, for container health checks where there is no shell.</summary>
static class HealthCommand
{
    static readonly TimeSpan Within = TimeSpan.FromSeconds(4);

    public static (Command, string[]) Make()
    {
        Option<string> at = OnCall.At();
        var command = new Command("health",
            "Asks a running process whether it is well. Exit code 0: it is; 1: it is not, and why. With a path, such as "
            + "http://localhost:9464/health/live, it asks for that, else for /health/ready.") { at };
        command.SetAction(async (parsed, stop) =>
        {
            var asked = new Uri(parsed.GetRequiredValue(at));
            if (asked.AbsolutePath == "/") asked = new Uri(asked, "/health/ready");
            using var client = new HttpClient { Timeout = Within };
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(asked, stop).ConfigureAwait(false);
                string said = await answer.Content.ReadAsStringAsync(stop).ConfigureAwait(false);
                await Console.Out.WriteLineAsync(said.TrimEnd().AsMemory(), stop).ConfigureAwait(false);
                return answer.IsSuccessStatusCode ? 0 : 1;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
            {
                await Console.Error.WriteLineAsync($"esn: {asked} does not answer: {e.Message}").ConfigureAwait(false);
                return 1;
            }
        });
        return (command, ["esn health", "esn health --at http://localhost:9464", "esn health --at http://localhost:9464/health/live"]);
    }
}
