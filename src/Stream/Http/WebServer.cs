using System.Net;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace Esn.Streaming.Http;

/// <summary>What the process answers over HTTP: metrics, health, mutes.</summary>
static class WebServer
{
    /// <summary>Makes it; it does not listen yet.</summary>
    /// <param name="config">Where, and what is allowed.</param>
    /// <param name="metrics">What /metrics serves.</param>
    /// <param name="readiness">What /health/ready says.</param>
    /// <param name="mutes">What /mutes changes.</param>
    /// <param name="logs">For the server's own log.</param>
    /// <param name="log">Told of every change.</param>
    public static WebApplication Make(HttpConfig config, CollectorRegistry metrics, Readiness readiness, Mutes mutes,
        ILoggerFactory logs, ILogger log)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(logs);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPEndPoint.Parse(config.Listen)));
        WebApplication web = builder.Build();
        web.MapMetrics("/metrics", metrics);
        web.MapGet("/health/live", () => "live\n");
        web.MapGet("/health/ready", () => readiness.Missing is { } missing
            ? Results.Text($"not ready: {missing}\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("ready\n"));
        web.MapMutes(mutes, config.Mutes, log);
        return web;
    }
}
