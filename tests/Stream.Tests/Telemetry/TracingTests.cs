using System.Diagnostics;
using System.Net;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Text;
using Esn.Streaming.Configuration;
using Esn.Streaming.Pipeline;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class TracingTests
{
    [Fact]
    public void A_batch_is_one_trace_of_consume_step_and_publish()
    {
        var spans = new List<Activity>();
        using (TracerProvider traces = Sdk.CreateTracerProviderBuilder().AddSource(Spans.Source.Name).AddInMemoryExporter(spans).Build())
        {
            EsnConfig config = Pipelines.Config();
            var streams = new StreamTable(config, TimeProvider.System);
            DetectionPipeline.Run(Observable.Return(Pipelines.Batch(Pipelines.Record(0, "traced", 1))), streams, new Nowhere(), ImmediateScheduler.Instance).Wait();
        }
        Activity consume = spans.First(span => span.OperationName == "consume" && Equals(span.GetTagItem("messaging.batch.message_count"), 1));
        foreach (string child in new[] { "step", "publish" })
            Assert.Contains(spans, span => span.OperationName == child && span.ParentSpanId == consume.SpanId && span.TraceId == consume.TraceId);
    }

    [Fact]
    public void Without_an_endpoint_nothing_is_traced() => Assert.Null(Tracing.Start(new TracingConfig(), "esn"));

    [Fact]
    public void A_batch_is_linked_to_the_traces_of_its_records_and_says_when_they_were_produced()
    {
        const string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var spans = new List<Activity>();
        using (TracerProvider traces = Sdk.CreateTracerProviderBuilder().AddSource(Spans.Source.Name).AddInMemoryExporter(spans).Build())
        {
            FeedRecord Traced(long offset, string header) => Pipelines.Record(offset, "linked", 1) with { Headers = [new RecordHeader(Spans.TraceParent, Encoding.UTF8.GetBytes(header))] };
            DetectionPipeline.Run(Observable.Return(Pipelines.Batch(Traced(3, trace), Traced(4, trace), Traced(5, "no trace"), Pipelines.Record(6, "linked", 1))),
                new StreamTable(Pipelines.Config(), TimeProvider.System), new Nowhere(), ImmediateScheduler.Instance).Wait();
        }
        Activity consume = spans.Single(span => span.OperationName == "consume" && span.Links.Any());
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", Assert.Single(consume.Links).Context.TraceId.ToHexString());
        Assert.Equal("1970-01-01T00:00:03Z", consume.GetTagItem("esn.oldest_produced_at"));
        Assert.Equal(("kafka", "process", "steps"), (consume.GetTagItem("messaging.system"), consume.GetTagItem("messaging.operation.type"), consume.GetTagItem("messaging.destination.name")));
    }

    [Fact]
    public async Task Spans_reach_an_OTLP_receiver_over_gRPC()
    {
        var came = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        await using WebApplication receiver = builder.Build();
        receiver.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            came.TrySetResult(body.ToArray());
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);  // an empty message
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await receiver.StartAsync();
        using (TracerProvider traces = Tracing.Start(new TracingConfig { OtlpEndpoint = receiver.Urls.First() }, "night-watch")!)
        {
            DetectionPipeline.Run(Observable.Return(Pipelines.Batch(Pipelines.Record(0, "exported", 1))), new StreamTable(Pipelines.Config(), TimeProvider.System), new Nowhere(), ImmediateScheduler.Instance).Wait();
            traces.ForceFlush();
        }
        string said = Encoding.Latin1.GetString(await came.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        foreach (string word in new[] { "consume", "step", "publish", "night-watch", "messaging.destination.name", "esn.oldest_produced_at" })
            Assert.Contains(word, said, StringComparison.Ordinal);
    }

    sealed class Nowhere : IOutbox
    {
        public Task Store(ScoredBatch batch, CancellationToken cancel) => Task.CompletedTask;
    }
}
