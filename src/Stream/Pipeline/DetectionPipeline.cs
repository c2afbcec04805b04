using System.Diagnostics;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Pipeline;

/// <summary>Where events and dead letters go.</summary>
public interface ISink
{
    /// <summary>Returns once everything of the batch is stored.</summary>
    Task Publish(ScoredBatch batch, CancellationToken cancel);
}

/// <summary>
/// The way of a batch: source → decode, order and score → publish → done. Batches keep their order; while one is being
/// published the next may be scored.
/// </summary>
public static class DetectionPipeline
{
    /// <summary>Connects the stages.</summary>
    /// <param name="source">Waits by itself while too many batches are on their way.</param>
    /// <param name="streams">Scores.</param>
    /// <param name="sink">Publishes.</param>
    /// <param name="scheduler">Where scoring runs.</param>
    /// <returns>Each batch, once all that came of it is stored. An error of the sink ends it.</returns>
    public static IObservable<ScoredBatch> Run(IObservable<RecordBatch> source, StreamTable streams, ISink sink, IScheduler scheduler) =>
        source
            .ObserveOn(scheduler)
            .Select(batch => Score(batch, streams))
            .Select(scored => Observable.FromAsync(async cancel =>
            {
                using Activity? trace = Spans.Source.StartActivity("publish", ActivityKind.Producer, scored.Trace);
                trace?.SetTag("esn.events", scored.Batch.Frames.Count(frame => frame.Result.Alarm is not null)).SetTag("esn.dead_letters", scored.Batch.DeadLetters.Count);
                await sink.Publish(scored.Batch, cancel).ConfigureAwait(false);
                return scored.Batch;
            }))
            .Concat();

    static (ScoredBatch Batch, ActivityContext Trace) Score(RecordBatch batch, StreamTable streams)
    {
        using Activity? whole = Spans.Source.StartActivity("consume", ActivityKind.Consumer);
        whole?.SetTag("messaging.batch.message_count", batch.Records.Count);
        using Activity? step = Spans.Source.StartActivity("step");
        ScoredBatch scored = streams.Step(batch);
        step?.SetTag("esn.steps", scored.Frames.Count);
        return (scored, whole?.Context ?? default);
    }
}
