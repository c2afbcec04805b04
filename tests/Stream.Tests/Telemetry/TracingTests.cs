using System.Diagnostics;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Text;
using Esn.Streaming.Configuration;
using Esn.Streaming.Pipeline;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
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
            DetectionPipeline.Run(Observable.Return(Pipelines.Batch(Pipelines.Record(0, "traced", 1))), streams, new Nowhere(),
                ImmediateScheduler.Instance).Wait();
        }
        Activity consume = spans.First(span => span.OperationName == "consume"
            && Equals(span.GetTagItem("messaging.batch.message_count"), 1));
        foreach (string child in new[] { "step", "publish" })
            Assert.Contains(spans, span => span.OperationName == child && span.ParentSpanId == consume.SpanId
                && span.TraceId == consume.TraceId);
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
            FeedRecord Traced(long offset, string header) =>
                Pipelines.Record(offset, "linked", 1) with { Headers =
                [new RecordHeader(Spans.TraceParent, Encoding.UTF8.GetBytes(header))] };
            DetectionPipeline.Run(Observable.Return(Pipelines.Batch(Traced(3, trace), Traced(4, trace), Traced(5, "no trace"),
                Pipelines.Record(6, "linked", 1))),
                new StreamTable(Pipelines.Config(), TimeProvider.System), new Nowhere(), ImmediateScheduler.Instance).Wait();
        }
        Activity consume = spans.Single(span => span.OperationName == "consume" && span.Links.Any());
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", Assert.Single(consume.Links).Context.TraceId.ToHexString());
        Assert.Equal("1970-01-01T00:00:03Z", consume.GetTagItem("esn.oldest_produced_at"));
        Assert.Equal(("kafka", "process", "steps"),
            (consume.GetTagItem("messaging.system"), consume.GetTagItem("messaging.operation.type"),
            consume.GetTagItem("messaging.destination.name")));
    }

    [Fact]
    public async Task Spans_reach_an_OTLP_receiver_over_gRPC()
    {
        await using OtlpReceiver receiver = await OtlpReceiver.Start("trace.v1.TraceService");
        using (TracerProvider traces = Tracing.Start(new TracingConfig { OtlpEndpoint = receiver.Endpoint }, "night-watch")!)
        {
            DetectionPipeline.Run(Observable.Return(Pipelines.Batch(Pipelines.Record(0, "exported", 1))),
                new StreamTable(Pipelines.Config(), TimeProvider.System), new Nowhere(), ImmediateScheduler.Instance).Wait();
            traces.ForceFlush();
        }
        string said = await receiver.Said("publish");
        foreach (string word in new[] { "consume", "step", "publish", "night-watch", "messaging.destination.name",
            "esn.oldest_produced_at" })
            Assert.Contains(word, said, StringComparison.Ordinal);
    }

    sealed class Nowhere : IOutbox
    {
        public Task Store(ScoredBatch batch, CancellationToken cancel) => Task.CompletedTask;
    }
}
