using System.Diagnostics;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Pipeline;

/// <summary>
/// The way of a message: source → decode, order and score → outbox → done. Messages keep their order; while what came of one is
/// being stored the next may be scored.
/// </summary>
public static class DetectionPipeline
{
    /// <summary>Connects the stages.</summary>
    /// <param name="source">Waits by itself while too many batches are on their way.</param>
    /// <param name="streams">Scores.</param>
    /// <param name="outbox">Stores.</param>
    /// <param name="scheduler">Where scoring runs.</param>
    /// <param name="beside">Messages that are none of the source's, such as that time has passed, until that ends; null: none.</param>
    /// <returns>Each batch, once all that came of it is stored; that of the source's end is the last. An error of a stage ends
    /// it.</returns>
    public static IObservable<ScoredBatch> Run(IObservable<SourceMessage> source, StreamTable streams, IOutbox outbox,
        IScheduler scheduler, IObservable<SourceMessage>? beside = null) =>
        (beside is null ? source : source.Publish(shared => shared.Merge(beside.TakeUntil(shared.LastOrDefaultAsync()))))
            .Concat(Observable.Return<SourceMessage>(new SourceEnded()))
            .ObserveOn(scheduler)
            .Select(message => Score(message, streams))
            .Select(scored => Observable.FromAsync(async cancel =>
            {
                using Activity? trace = scored.Batch.Message is RecordBatch
                    ? Spans.Source.StartActivity("publish", ActivityKind.Producer, scored.Trace) : null;
                trace?.SetTag("messaging.system", "kafka").SetTag("messaging.operation.type", "send")
                    .SetTag("esn.events", scored.Batch.Alarms.Count)
                    .SetTag("esn.dead_letters", scored.Batch.DeadLetters.Count);
                await outbox.Store(scored.Batch, cancel).ConfigureAwait(false);
                return scored.Batch;
            }))
            .Concat();

    static (ScoredBatch Batch, ActivityContext Trace) Score(SourceMessage message, StreamTable streams)
    {
        if (message is not RecordBatch batch) return (streams.Take(message), default);
        using Activity? whole = Spans.Consume(batch);
        using Activity? step = Spans.Source.StartActivity("step");
        ScoredBatch scored = streams.Take(batch);
        step?.SetTag("esn.steps", scored.Frames.Count);
        return (scored, whole?.Context ?? default);
    }
}
