using System.Diagnostics;
using System.Text;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Pipeline;

/// <summary>The spans of a batch on its way: consume → step → publish.</summary>
public static class Spans
{
    /// <summary>The source of all spans.</summary>
    public static ActivitySource Source { get; } = new("Esn.Streaming", Build.Version);

    /// <summary>Header of a record that says which trace it belongs to, by W3C's Trace Context.</summary>
    public const string TraceParent = "traceparent";

    const int MostLinks = 32;  // traces that a batch is linked to

    /// <summary>
    /// The span of a batch, linked to the traces that its records belong to; null where nobody listens. It says when the oldest of
    /// its records was produced, by the record's own timestamp.
    /// </summary>
    public static Activity? Consume(RecordBatch batch)
    {
        if (!Source.HasListeners()) return null;
        Activity? span = Source.StartActivity("consume", ActivityKind.Consumer, default(ActivityContext), links: Links(batch));
        if (span is null) return null;
        span.SetTag("messaging.system", "kafka").SetTag("messaging.operation.type", "process")
            .SetTag("messaging.batch.message_count", batch.Records.Count);
        string[] topics = [.. batch.Records.Select(record => record.Topic).Distinct()];
        if (topics is [var topic]) span.SetTag("messaging.destination.name", topic);
        if (batch.Records.Min(record => record.Timestamp) is { } produced)
        {
            span.SetTag("esn.oldest_produced_at", FeedTime.Write(produced));
            span.SetTag("esn.oldest_age_seconds", Math.Max(0, (span.StartTimeUtc - produced).TotalSeconds));
        }
        return span;
    }

    static IEnumerable<ActivityLink> Links(RecordBatch batch) => batch.Records
        .Select(record => record.Headers.FirstOrDefault(header => header.Name == TraceParent).Value)
        .Where(value => value is not null)
        .Select(value => ActivityContext.TryParse(Encoding.UTF8.GetString(value!), null, isRemote: true, out ActivityContext context)
            ? context : default)
        .Where(context => context != default)
        .Distinct().Take(MostLinks).Select(context => new ActivityLink(context));
}
