using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Esn.Streaming.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.OpenApi;
using Prometheus;

namespace Esn.Streaming.Http;

/// <summary>What the process answers over HTTP: the page, its API, metrics, health, mutes.</summary>
static class WebServer
{
    const int MostBody = 16 * 1024, MostHeaders = 64, MostHeaderBytes = 16 * 1024, MostLine = 8 * 1024;

    /// <summary>Makes it; it does not listen yet.</summary>
    /// <param name="config">Where, and what is allowed.</param>
    /// <param name="metrics">What /metrics serves.</param>
    /// <param name="board">What the page and its API show.</param>
    /// <param name="readiness">What /health/ready says.</param>
    /// <param name="book">What people ask for.</param>
    /// <param name="time">For the pace of what is told by itself.</param>
    /// <param name="logs">For the server's own log.</param>
    /// <param name="log">Told of every change.</param>
    /// <exception cref="ConfigException">The certificate can't be used.</exception>
    public static WebApplication Make(HttpConfig config, CollectorRegistry metrics, StreamBoard board, Readiness readiness,
        CommandBook book,
        TimeProvider time, ILoggerFactory logs, ILogger log)
    {
        X509Certificate2? certificate = Certificate(config);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(logs);
        builder.Services.AddWriteLimit();
        builder.Services.ConfigureHttpJsonOptions(json => JsonShape.Applied(json.SerializerOptions));
        builder.Services.AddOpenApi("v1", Describe);
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);  // the guard says what was wrong
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            Limit(kestrel.Limits, config);
            kestrel.Listen(IPEndPoint.Parse(config.Address), listen =>
            {
                if (certificate is not null) listen.UseHttps(certificate);
            });
        });
        if (certificate is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        WebApplication web = builder.Build();
        web.UseGuard(config);
        web.UseRateLimiter();
        web.MapMetrics("/metrics", metrics).ExcludeFromDescription();
        web.MapGet("/health/live", () => "live\n").ExcludeFromDescription();
        web.MapGet("/health/ready", () => readiness.Missing is { } missing
            ? Results.Text($"not ready: {missing}\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("ready\n")).ExcludeFromDescription();
        web.MapPage();
        RouteGroupBuilder api = web.MapGroup("/api/v1");
        api.MapBoard(board, readiness);
        api.MapAlarmNotes(board, readiness, book, config, log);
        api.MapMutes(book, config, log);
        new ChangeEndpoints(board, readiness, time, web.Lifetime.ApplicationStopping).Map(api);
        web.MapOpenApi("/api/{documentName}/openapi.json");
        return web;
    }

    static void Limit(KestrelServerLimits limits, HttpConfig config)
    {
        limits.MaxConcurrentConnections = config.MaxConnections;
        limits.MaxRequestBodySize = MostBody;
        limits.MaxRequestHeaderCount = MostHeaders;
        limits.MaxRequestHeadersTotalSize = MostHeaderBytes;
        limits.MaxRequestLineSize = MostLine;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
    }

    /// <summary>The server's certificate, with its private key; null: none is configured.</summary>
    /// <param name="config">Where it is.</param>
    /// <param name="where">Where the key stands in its file, to end an error with.</param>
    /// <exception cref="ConfigException">It can't be used.</exception>
    internal static X509Certificate2? Certificate(HttpConfig config, string where = "")
    {
        if (config.Certificate.Length == 0) return null;
        try
        {
            return X509Certificate2.CreateFromPemFile(config.Certificate, config.CertificateKey.Length > 0 ? config.CertificateKey : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ConfigException($"http.certificate: can't use "
                + $"{config.Certificate}{(config.CertificateKey.Length > 0 ? $" with the key {config.CertificateKey}" : "")}: "
                + $"{e.Message.TrimEnd('.')}; PEM files of a certificate and its private key are expected{where}");
        }
    }

    // The writers of JsonShape say nothing of themselves to who describes them.
    static void Describe(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "esn", Version = Build.Version,
                Description =
                    "What an anomaly detector knows of its streams. Scores: 1 = alarm. Times are UTC. Writing needs a token of "
                    + "http.tokens: Authorization: Bearer TOKEN.",
            };
            document.Servers = [];
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            Type type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
            var number = new OpenApiSchema { Type = JsonSchemaType.Number | JsonSchemaType.Null };
            if (type == typeof(double)) schema.Type = number.Type;
            if (type != typeof(double[])) return Task.CompletedTask;
            schema.Type = JsonSchemaType.Array;
            schema.Items = number;
            return Task.CompletedTask;
        });
    }
}
