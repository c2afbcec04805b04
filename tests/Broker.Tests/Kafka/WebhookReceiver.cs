using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Esn.Broker.Tests;

/// <summary>What is posted to it, as on-call's own receiver would have it.</summary>
sealed class WebhookReceiver : IAsyncDisposable
{
    readonly WebApplication _web;
    readonly SemaphoreSlim _came = new(0);

    WebhookReceiver(WebApplication web) => _web = web;

    /// <summary>Bodies, in their order.</summary>
    public ConcurrentQueue<string> Bodies { get; } = [];

    /// <summary>Where to post to.</summary>
    public Uri Address => new(_web.Urls.First());

    /// <summary>What the requests said under authorization.</summary>
    public ConcurrentQueue<string> Authorizations { get; } = [];

    /// <summary>Listens on any free port of loopback.</summary>
    /// <param name="first">What it answers at first; then 200.</param>
    public static async Task<WebhookReceiver> Start(params HttpStatusCode[] first)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication web = builder.Build();
        var receiver = new WebhookReceiver(web);
        var answers = new ConcurrentQueue<HttpStatusCode>(first);
        web.MapPost("/{**path}", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            receiver.Authorizations.Enqueue(request.Headers.Authorization.ToString());
            receiver.Bodies.Enqueue(await reader.ReadToEndAsync());
            receiver._came.Release();
            return Results.StatusCode(answers.TryDequeue(out HttpStatusCode answer) ? (int)answer : StatusCodes.Status200OK);
        });
        await web.StartAsync();
        return receiver;
    }

    /// <summary>Waits for a body of which something is so.</summary>
    public async Task<string> Wait(Func<string, bool> such, TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        while (true)
        {
            if (Bodies.FirstOrDefault(such) is { } body) return body;
            await _came.WaitAsync(limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        _came.Dispose();
    }
}
