using System.Diagnostics;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Esn.Streaming.Configuration;
using Esn.Streaming.Pipeline;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
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

    sealed class Nowhere : IOutbox
    {
        public Task Store(ScoredBatch batch, CancellationToken cancel) => Task.CompletedTask;
    }
}
