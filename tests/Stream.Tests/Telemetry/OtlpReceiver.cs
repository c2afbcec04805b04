using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>An OTLP receiver over gRPC in this process: takes what is exported, and keeps the bytes.</summary>
sealed class OtlpReceiver : IAsyncDisposable
{
    readonly WebApplication _server;
    readonly ConcurrentQueue<byte[]> _came = new();

    OtlpReceiver(string service)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        _server = builder.Build();
        _server.MapPost($"/opentelemetry.proto.collector.{service}/Export", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _came.Enqueue(body.ToArray());
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);  // an empty message
            context.Response.AppendTrailer("grpc-status", "0");
        });
    }

    /// <summary>Such as metrics.v1.MetricsService.</summary>
    public static async Task<OtlpReceiver> Start(string service)
    {
        var receiver = new OtlpReceiver(service);
        await receiver._server.StartAsync();
        return receiver;
    }

    public string Endpoint => _server.Urls.First();

    /// <summary>All that came so far, as letters of a byte each; texts and numbers stand in it as they are.</summary>
    public async Task<string> Said(string word)
    {
        for (int i = 0; i < 300; i++)
        {
            string said = string.Concat(_came.Select(Encoding.Latin1.GetString));
            if (said.Contains(word, StringComparison.Ordinal)) return said;
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        throw new TimeoutException($"{word} did not come within 30 s, in {_came.Count} messages");
    }

    /// <summary>A double as it stands in what came.</summary>
    public static string Bytes(double value) => Encoding.Latin1.GetString(BitConverter.GetBytes(value));

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(CancellationToken.None);
        await _server.DisposeAsync();
    }
}
