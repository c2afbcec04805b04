using System.CommandLine;
using System.Net.Http.Headers;
using Esn.Streaming.Configuration;

namespace Esn.Streaming.Commands;

/// <summary>What the commands have in common that ask a running process over HTTP.</summary>
static class OnCall
{
    /// <summary>Variable of the environment that has the token.</summary>
    public const string TokenVariable = "ESN_TOKEN";

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static Option<string> At()
    {
        var at = new Option<string>("--at", "--url")
        {
            Description = "Where a process is.", DefaultValueFactory = _ => "http://127.0.0.1:9464",
        };
        at.Validators.Add(result =>
        {
            string said = result.GetValueOrDefault<string>();
            if (!Uri.TryCreate(said, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
                result.AddError($"--at must be an address such as http://localhost:9464, was {said}");
        });
        return at;
    }

    public static Option<string> Why() =>
        new("--why") { Description = "For the others, at most 500 letters.", DefaultValueFactory = _ => "" };

    /// <summary>Sends a write and says what came of it.</summary>
    /// <returns>The exit code: 0 done, 1 refused, 2 not reached or no token.</returns>
    public static async Task<int> Send(
        string at, HttpMethod method, string path, IReadOnlyList<(string Name, string? Value)> parameters, string done,
        CancellationToken stop)
    {
        string? token = Environment.GetEnvironmentVariable(TokenVariable);
        if (string.IsNullOrEmpty(token))
        {
            await Console.Error.WriteLineAsync($"esn: the environment's {TokenVariable} must hold a token, was empty: "
                + "one that http.tokens has in the configuration of the esn run at --at").ConfigureAwait(false);
            return 2;
        }
        if (!HttpConfig.IsToken(token))
        {
            await Console.Error.WriteLineAsync($"esn: the environment's {TokenVariable} must hold a token of http.tokens, had a space at "
                + "an end, or letters that no header carries").ConfigureAwait(false);
            return 2;
        }
        string query = string.Join('&', parameters.Where(parameter => !string.IsNullOrEmpty(parameter.Value))
            .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value!)}"));
        using var client = new HttpClient { Timeout = Patience };
        using var request = new HttpRequestMessage(method, new Uri(new Uri(at), $"/api/v1/{path}?{query}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, stop).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                Console.WriteLine(done);
                return 0;
            }
            string said = (await response.Content.ReadAsStringAsync(stop).ConfigureAwait(false)).Trim();
            await Console.Error.WriteLineAsync($"esn: {(said.Length > 0 ? said : $"{at} answers {(int)response.StatusCode}")}")
                .ConfigureAwait(false);
            return 1;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !stop.IsCancellationRequested))
        {
            await Console.Error.WriteLineAsync($"esn: can't reach {at}: {e.GetBaseException().Message}. "
                + "Does esn run go on there? Its http.listen says where it listens, --at says so here").ConfigureAwait(false);
            return 2;
        }
    }
}
