using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Esn.Streaming.Pipeline;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>The stages under virtual time: nothing here waits.</summary>
public sealed class DetectionPipelineTests
{
    readonly HistoricalScheduler _clock = new();
    readonly StreamTable _streams = new(Pipelines.Config(), TimeProvider.System);
    readonly List<(DateTimeOffset Time, long Offset)> _done = [];
    Exception? _error;
    bool _completed;

    IDisposable Run(IObservable<SourceMessage> source, IOutbox outbox) => DetectionPipeline.Run(source, _streams, outbox, _clock).Subscribe(
        batch =>
        {
            if (batch.Message is RecordBatch) _done.Add((_clock.Now, batch.Records[^1].Offset));
        }, error => _error = error, () => _completed = true);

    IObservable<SourceMessage> Every(TimeSpan period, int batches) =>
        Observable.Interval(period, _clock).Take(batches)
            .Select(i => Pipelines.Batch(Pipelines.Record(2 * i, "a", i), Pipelines.Record(2 * i + 1, "a", i + .5)));

    [Fact]
    public void Batches_come_out_complete_and_in_order_and_the_end_follows_the_last()
    {
        using IDisposable running = Run(Every(TimeSpan.FromSeconds(1), 20), new Outbox(_ => Task.CompletedTask));
        _clock.AdvanceBy(TimeSpan.FromSeconds(10.5));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => 2L * i + 1), _done.Select(batch => batch.Offset));
        Assert.False(_completed);
        _clock.AdvanceBy(TimeSpan.FromSeconds(10));
        Assert.Equal(20, _done.Count);
        Assert.True(_completed);
    }

    [Fact]
    public void A_batch_is_done_only_when_it_is_published_and_overtakes_none()
    {
        var stored = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource()).ToArray();
        int published = 0;
        using IDisposable running = Run(Every(TimeSpan.FromSeconds(1), 3),
            new Outbox(batch => batch.Message is RecordBatch ? stored[published++].Task : Task.CompletedTask));
        _clock.AdvanceBy(TimeSpan.FromSeconds(5));
        Assert.Empty(_done);
        Assert.Equal(1, published);  // the second waits for the first
        stored[0].SetResult();
        Assert.True(SpinWait.SpinUntil(() => _done.Count == 1, 10_000));
        Assert.Equal(1, _done[0].Offset);
        Assert.False(_completed);
        stored[1].SetResult();
        stored[2].SetResult();
        Assert.True(SpinWait.SpinUntil(() => _completed, 10_000));
        Assert.Equal([1, 3, 5], _done.Select(batch => batch.Offset));
    }

    [Fact]
    public void An_outbox_that_fails_ends_the_pipeline_with_its_error_and_nothing_more_is_done()
    {
        using IDisposable running = Run(Every(TimeSpan.FromSeconds(1), 5), new Outbox(batch =>
            batch.Records is [{ Offset: 4 }, ..] ? Task.FromException(new IOException("disk full")) : Task.CompletedTask));
        _clock.AdvanceBy(TimeSpan.FromSeconds(10));
        Assert.Equal("disk full", Assert.IsType<IOException>(_error).Message);
        Assert.Equal([1, 3], _done.Select(batch => batch.Offset));
    }

    [Fact]
    public void Garbage_is_no_error()
    {
        using var source = new Subject<SourceMessage>();
        var letters = new List<DeadLetter>();
        using IDisposable running = Run(source, new Outbox(batch =>
        {
            letters.AddRange(batch.DeadLetters);
            return Task.CompletedTask;
        }));
        source.OnNext(Pipelines.Batch(Pipelines.Record(0, "a", 1) with { Value = [1, 2, 3] }));
        source.OnNext(Pipelines.Batch(Pipelines.Record(1, "a", 1)));
        _clock.AdvanceBy(TimeSpan.FromSeconds(1));
        Assert.Equal(2, _done.Count);
        Assert.Equal(Rejection.NotJson, Assert.Single(letters).Reason);
        Assert.Null(_error);
    }

    sealed class Outbox(Func<ScoredBatch, Task> store) : IOutbox
    {
        public Task Store(ScoredBatch batch, CancellationToken cancel) => store(batch);
    }
}
