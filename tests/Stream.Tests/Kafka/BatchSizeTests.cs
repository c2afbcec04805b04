using Esn.Streaming.Kafka;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class BatchSizeTests
{
    readonly FakeTimeProvider _time = new();

    void Batch(BatchSize size, int records, double milliseconds)
    {
        size.Begin(records);
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        size.End();
    }

    [Fact]
    public void In_a_backlog_a_batch_is_of_as_many_as_are_through_within_the_aim()
    {
        foreach (double millisecondsEach in new[] { .02, 1, 40 })
        {
            var size = new BatchSize(4000, _time);
            for (int batch = 0; batch < 20; batch++) Batch(size, size.Most, size.Most * millisecondsEach);
            Assert.InRange(size.Most * millisecondsEach, Math.Min(4000 * millisecondsEach, 50), 200);
        }
    }

    [Fact]
    public void One_that_its_bytes_bound_shrinks_too_when_it_is_slow()
    {
        var size = new BatchSize(4000, _time);
        const double MillisecondsEach = 30;
        const int Fit = 16;  // by their bytes, however many may travel
        for (int batch = 0; batch < 5; batch++) Batch(size, Math.Min(size.Most, Fit), Math.Min(size.Most, Fit) * MillisecondsEach);
        Assert.InRange(size.Most * MillisecondsEach, 50, 200);
    }

    [Fact]
    public void Where_no_records_wait_it_stays_and_one_record_is_the_least()
    {
        var size = new BatchSize(4000, _time);
        int before = size.Most;
        for (int batch = 0; batch < 10; batch++) Batch(size, 3, 1);
        Assert.Equal(before, size.Most);
        for (int batch = 0; batch < 10; batch++) Batch(size, 1, 500);
        Assert.Equal(1, size.Most);
        for (int batch = 0; batch < 20; batch++) Batch(size, size.Most, 1);
        Assert.Equal(4000, size.Most);
    }

    [Fact]
    public void What_waited_behind_another_batch_did_not_take_that_time()
    {
        var size = new BatchSize(4000, _time);
        size.Begin(size.Most);
        size.Begin(size.Most);
        int before = size.Most;
        _time.Advance(TimeSpan.FromMilliseconds(150));
        size.End();
        _time.Advance(TimeSpan.FromMilliseconds(150));
        size.End();
        Assert.Equal(before, size.Most);
    }
}
