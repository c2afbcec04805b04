using System.CommandLine;

namespace Esn.Streaming.Commands;

/// <summary>esn health: what a running process says of itself, for container health checks where there is no shell.</summary>
static class HealthCommand
{
    static readonly TimeSpan Within = TimeSpan.FromSeconds(4);

    public static (Command, string[]) Make()
    {
        var url = new Option<Uri>("--url")
        {
            Description = "What to ask.", DefaultValueFactory = _ => new Uri("http://127.0.0.1:9464/health/ready"),
            // The library knows no addresses.
            CustomParser = result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? address) && address.Scheme is ("http" or "https"))
                    return address;
                result.AddError($"--url must be an address such as http://localhost:9464/health/live, was {result.Tokens[0].Value}");
                return null;
            },
        };
        var command = new Command("health",
            "Asks a running process whether it is well. Exit code 0: it is; 1: it is not, and why.") { url };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = new HttpClient { Timeout = Within };
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(parsed.GetValue(url), stop).ConfigureAwait(false);
                string said = await answer.Content.ReadAsStringAsync(stop).ConfigureAwait(false);
                await Console.Out.WriteLineAsync(said.TrimEnd().AsMemory(), stop).ConfigureAwait(false);
                return answer.IsSuccessStatusCode ? 0 : 1;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
            {
                await Console.Error.WriteLineAsync($"esn: {parsed.GetValue(url)} does not answer: {e.Message}").ConfigureAwait(false);
                return 1;
            }
        });
        return (command, ["esn health", "esn health --url http://127.0.0.1:9464/health/live"]);
    }
}
